from hypothesis import given
from hypothesis import strategies as st

from gateway.models import TimelinePoint
from gateway.rtp.time import GRID
from gateway.webrtc.sending.splice import LEAST_STEP, SLIGHT, shift_between

WRAP = 1 << 32
STAMPS = st.integers(0, WRAP - 1)


def _point(rtp: int, capture: float) -> TimelinePoint:
    return TimelinePoint(rtp % WRAP, capture, 0.01, True, "", 1)


@given(STAMPS, STAMPS, STAMPS, st.floats(0.01, 10), st.integers(-(10**6), 10**6))
def test_rtp_time_follows_capture_time_across_a_switch(a: int, b: int, shift: int, later: float, said: int) -> None:
    """A main-stream picture was captured at 100 s according to map ``a``, and the substream's first picture ``later``
    seconds after it according to map ``b``. The maps may have been measured at any time.
    """
    old, new = _point(a + said, 100 + said / 90_000), _point(b - said, 100 + later - said / 90_000)
    got = shift_between(old, new, shift, (200.0, (a + shift) % WRAP), (200.1, b))
    moved = (b + got - a - shift) % WRAP
    assert abs(moved - round(later * 90_000)) <= GRID
    assert moved % GRID == 0


@given(STAMPS, STAMPS, STAMPS)
def test_time_never_goes_back(a: int, b: int, shift: int) -> None:
    old, new = _point(a, 100.0), _point(b, 90.0)
    got = shift_between(old, new, shift, (200.0, (a + shift) % WRAP), (200.1, b))
    moved = (b + got - a - shift) % WRAP
    assert LEAST_STEP <= moved < LEAST_STEP + GRID
    assert moved % GRID != 0, "a page that has not heard of the switch would date it as ten seconds younger"


@given(STAMPS, STAMPS, STAMPS, st.floats(-SLIGHT / 90_000 + 0.002, 0))
def test_if_maps_differ_slightly_a_page_that_has_not_heard_of_the_switch_dates_pictures(
    a: int, b: int, shift: int, earlier: float
) -> None:
    got = shift_between(_point(a, 100.0), _point(b, 100.0 + earlier), shift, (200.0, (a + shift) % WRAP), (200.1, b))
    assert (b + got - a - shift) % WRAP == LEAST_STEP


@given(STAMPS, STAMPS, STAMPS, st.floats(-10, 10))
def test_with_a_stored_picture_time_may_go_back_but_never_stand_still(a: int, b: int, shift: int, later: float) -> None:
    old, new = _point(a, 100.0), _point(b, 100.0 + later)
    got = shift_between(old, new, shift, (200.0, (a + shift) % WRAP), (200.1, b), back=True)
    moved = (b + got - a - shift + WRAP // 2) % WRAP - WRAP // 2
    assert abs(moved) >= LEAST_STEP
    assert abs(moved - 90_000 * later) <= 2 * LEAST_STEP


@given(STAMPS, STAMPS)
def test_if_a_map_is_unknown_time_continues_as_pictures_arrive(sent: int, rtp: int) -> None:
    got = shift_between(None, _point(rtp, 5.0), 0, (200.0, sent), (200.5, rtp))
    moved = (rtp + got - sent) % WRAP
    assert 0 <= moved - 45_000 < GRID
    assert moved % GRID != 0
