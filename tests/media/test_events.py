"""A listener that fails harms no other, and hears the next event all the same."""

from gateway.media.events import MediaEvents
from gateway.metrics import Metrics
from gateway.models import CameraId


def test_a_listener_that_fails_is_counted_and_told_again() -> None:
    metrics = Metrics()
    events = MediaEvents(metrics)
    heard: list[str] = []

    def fail(camera: CameraId) -> None:
        heard.append(f"failing: {camera}")
        raise ValueError(camera)

    events.picture.add(fail)
    remove = events.picture.add(heard.append)
    events.picture.tell(CameraId("one"))
    events.picture.tell(CameraId("two"))
    remove()
    remove()
    events.picture.tell(CameraId("three"))
    assert heard == ["failing: one", "one", "failing: two", "two", "failing: three"]
    assert metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "media_picture"}) == 3
