from itertools import pairwise

from gateway.webrtc.congestion.stream_selector import FIRST, LAST, Step, StreamSelector


def _climbs(
    selector: StreamSelector, seconds: float, carries: bool, main: bool = False, began: float = 0.0
) -> list[float]:
    """Return the times at which a viewer goes up to the main stream. Trouble shows after 1.5 s and lasts 3 s."""
    climbs, troubled_until, climbed = [], began, began
    for tick in range(int(seconds * 4)):
        now = began + tick / 4
        if main and not carries and now - climbed >= 1.5:
            troubled_until = now + 3
        step = selector.look(now, main, now < troubled_until)
        if step is Step.UP:
            climbs.append(now)
            main, climbed = True, now
        elif step is Step.DOWN:
            main = False
    return climbs


def test_a_viewer_goes_down_at_the_first_trouble() -> None:
    selector = StreamSelector(0.0)
    assert selector.look(1.0, True, False) is Step.STAY
    assert selector.look(2.0, True, True) is Step.DOWN


def test_from_the_substream_it_tries_after_some_quiet_seconds_and_stays_up_on_a_good_link() -> None:
    assert _climbs(StreamSelector(0.0), 300, carries=True) == [FIRST]


def test_a_good_link_is_left_alone() -> None:
    assert _climbs(StreamSelector(0.0), 600, carries=True, main=True) == []


def test_on_a_link_that_cannot_carry_the_main_stream_it_tries_ever_more_rarely() -> None:
    climbs = _climbs(StreamSelector(0.0), 600, carries=False)
    pauses = [after - before for before, after in pairwise(climbs)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 2 * FIRST
    assert LAST <= pauses[-1] <= LAST + 5
    assert len(climbs) <= 14


def test_it_returns_to_the_main_stream_once_the_link_carries_it() -> None:
    selector = StreamSelector(0.0)
    _climbs(selector, 200, carries=False)
    assert _climbs(selector, LAST + 5, carries=True, began=200.0) != []
