"""A page that fails does not keep events from other pages."""

from gateway.api.hub import STOPPING, EventHub, Listener
from gateway.metrics import Metrics
from gateway.models import Principal, Role


def page(name: str) -> Listener:
    return Listener(Principal(name, name.title(), Role.PATROL), f"sign-in of {name}")


def test_a_failure_for_one_page_is_counted_and_the_others_still_get_the_event() -> None:
    metrics = Metrics()
    hub, bad, good = EventHub(metrics), page("bad"), page("good")
    hub.join(bad)
    hub.join(good)

    def audience(principal: Principal) -> bool:
        if principal.id == "bad":
            raise ValueError(principal.id)
        return True

    hub.publish({"type": "push"}, audience)
    assert good.queue.get_nowait() == {"type": "push", "seq": 1}
    assert bad.queue.empty()
    assert metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "event_channel"}) == 1
    hub.publish({"type": "push"}, lambda _: True)
    assert bad.queue.get_nowait() == {"type": "push", "seq": 2}


def test_a_page_that_has_left_hears_nothing_and_is_not_counted_as_connected() -> None:
    hub, here, gone = EventHub(Metrics()), page("here"), page("gone")
    hub.join(here)
    leave = hub.join(gone)
    leave()
    hub.publish({"type": "push"}, lambda _: True)
    assert gone.queue.empty()
    assert hub.sign_ins() == [("sign-in of here", here.principal)]


def test_ending_a_sign_in_closes_its_pages_and_stopping_closes_all() -> None:
    hub, one, other = EventHub(Metrics()), page("one"), page("other")
    hub.join(one)
    hub.join(other)
    hub.end_sign_in("sign-in of one", "signed_out")
    assert (one.reason, other.reason) == ("signed_out", "")
    hub.stop()
    assert (one.reason, other.reason) == (STOPPING, STOPPING)
