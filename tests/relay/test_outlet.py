"""A viewer gets the same start burst whether or not anybody was watching before."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit
from gateway.metrics import Metrics
from gateway.relay import gop
from gateway.relay.outlet import Outlet
from gateway.relay.packet_group import PacketGroup

KEY = (b"\x67sps", b"\x68pps", b"\x65" + bytes(3000))
DELTA = (b"\x41" + bytes(800),)


def outlet() -> Outlet:
    return Outlet(lambda _rtp: True, Metrics())


def unit(number: int, keyframe: bool, codec: str = "H264") -> AccessUnit:
    return AccessUnit(KEY if keyframe else DELTA, number, keyframe, number / 10, codec=codec)


def ignore(_group: PacketGroup) -> None:
    """Return a viewer who is sent everything."""


def shown(groups: tuple[PacketGroup, ...]) -> list[tuple[int, bool, tuple[bytes, ...], float]]:
    return [(group.rtp, group.keyframe, group.payloads, group.arrival) for group in groups]


@given(st.lists(st.sampled_from(["I", "P", "P", "P", "enter", "leave", "forget", "look"]), max_size=60))
def test_a_viewer_starts_with_the_same_packets_even_if_nobody_watched_before(script: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gop, "GOP_GROUPS", 8)
        watched, now_and_then = outlet(), outlet()
        watched.subscribe(ignore)
        leave = []
        for number, what in enumerate(script):
            match what:
                case "enter":
                    subscription = now_and_then.subscribe(ignore)
                    assert shown(subscription.start_burst) == shown(watched.gop())
                    leave.append(subscription.close)
                case "leave" if leave:
                    leave.pop()()
                case "forget":
                    watched.forget()
                    now_and_then.forget()
                case "look":
                    assert shown(now_and_then.gop()) == shown(watched.gop())
                case "I" | "P":
                    for one in (watched, now_and_then):
                        one.send(unit(number, what == "I"), number)
            assert now_and_then.history.gave_up == watched.history.gave_up
        assert shown(now_and_then.gop()) == shown(watched.gop())


def test_while_nobody_is_watching_only_pictures_since_the_keyframe_are_kept() -> None:
    one = outlet()
    for number in range(200):
        one.send(unit(number, number % 50 == 0), number)
    assert one.history.next == 0 + 49 + len(one.gop()[0].payloads)


def test_positions_continue_from_where_the_last_viewer_left() -> None:
    one, got = outlet(), list[PacketGroup]()
    one.send(unit(0, True), 0)
    one.subscribe(got.append).close()
    for number in range(1, 30):
        one.send(unit(number, number % 10 == 0), number)
    again = one.subscribe(got.append)
    one.send(unit(30, False), 30)
    groups = [*again.start_burst, *got]
    assert all(a.position + len(a.payloads) == b.position for a, b in pairwise(groups))
    assert one.history.find(groups[3].position) == (groups[3], 0)


def test_the_rate_is_known_even_just_after_a_keyframe() -> None:
    one = outlet()
    for number in range(41):
        one.send(unit(number, number % 20 == 0), number)
    kept = sum(map(len, KEY)) + 19 * len(DELTA[0])
    assert one.history.bps() == pytest.approx(8 * kept / 2.0)


def test_pictures_in_a_codec_that_browsers_do_not_play_are_not_kept() -> None:
    one = outlet()
    one.send(unit(0, True, "JPEG"), 0)
    assert one.gop() == ()
    one.subscribe(ignore)
    one.send(unit(1, True, "JPEG"), 1)
    assert one.gop() == ()


def test_arrivals_of_the_first_watcher_and_departures_of_the_last_are_reported() -> None:
    one, told = outlet(), list[bool]()
    one.watchers.changed.add(told.append)
    first, second = one.subscribe(ignore), one.subscribe(ignore)
    first.close()
    first.close()
    assert told == [True]
    assert len(one.watchers) == 1
    second.close()
    assert told == [True, False]
