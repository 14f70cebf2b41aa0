"""The status of one stream is kept, and its listeners are notified."""

from gateway.models import CameraId, SourceReason, SourceState, SourceStatus, StreamName
from gateway.sources.standing import Standing
from gateway.sources.state import SourceEvent
from tests.fakes import FakeClock


class Scene:
    def __init__(self) -> None:
        self.told: list[SourceStatus] = []
        self.states: list[SourceState] = []
        clock = FakeClock()
        status = SourceStatus(
            CameraId("hall"), StreamName.MAIN, SourceState.CONNECTING, SourceReason.NONE, "Connecting.", clock.now()
        )
        self.standing = Standing("hall", status, clock, self.told.append, self.states.append)

    def happens(self, event: SourceEvent, reason: SourceReason = SourceReason.NONE, detail: str = "") -> None:
        self.standing.happened(event, reason, detail)


def test_silence_of_a_stream_that_is_down_does_not_change_its_reason() -> None:
    scene = Scene()
    scene.happens(SourceEvent.LOST, SourceReason.PASSWORD_REFUSED, "The camera refuses the password.")
    before = list(scene.told)
    scene.happens(SourceEvent.SILENCE, SourceReason.STREAM_STOPPED, "No picture for three seconds.")
    assert scene.told == before
    assert scene.standing.status.reason is SourceReason.PASSWORD_REFUSED


def test_a_retried_stream_stays_down_with_its_newest_reason_until_a_picture_arrives() -> None:
    scene = Scene()
    scene.happens(SourceEvent.LOST, SourceReason.UNREACHABLE, "Nobody answers.")
    scene.happens(SourceEvent.LOST, SourceReason.TIMED_OUT, "The camera does not answer.")
    scene.happens(SourceEvent.WAITING, SourceReason.TIMED_OUT, "The camera does not answer.")
    assert [(status.state, status.reason) for status in scene.told] == [
        (SourceState.DOWN, SourceReason.UNREACHABLE),
        (SourceState.DOWN, SourceReason.TIMED_OUT),
    ]
    scene.happens(SourceEvent.PICTURE)
    assert scene.told[-1].state is SourceState.UP
    assert scene.states == [SourceState.CONNECTING, SourceState.DOWN, SourceState.DOWN, SourceState.UP]
