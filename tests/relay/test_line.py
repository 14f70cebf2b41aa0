from hypothesis import given
from hypothesis import strategies as st

from gateway.relay.line import LEAP, Line
from gateway.rtp.time import GRID, VIDEO_CLOCK_RATE, WRAP, unwrap


def test_timestamps_are_unwrapped_to_the_nearest() -> None:
    assert unwrap(5, WRAP - 5) == WRAP + 5
    assert unwrap(WRAP - 5, WRAP + 5) == WRAP - 5


def test_time_continues_across_the_wrap() -> None:
    line = Line()
    first = line.place(WRAP - 3000, 10.0)
    second = line.place(3000, 10.0 + 6000 / VIDEO_CLOCK_RATE)
    assert second.outgoing - first.outgoing == second.media - first.media == 6000
    assert not second.restarted


def test_across_a_reconnect_it_moves_by_the_time_that_passed() -> None:
    line = Line()
    first = line.place(123, 10.0)
    line.restart()
    assert line.media_of(5) is None
    second = line.place(4_000_000_000, 17.5)
    assert 0 <= second.outgoing - first.outgoing - round(7.5 * VIDEO_CLOCK_RATE) < GRID
    assert second.restarted


def test_a_leap_ahead_or_back_is_reported_but_hidden_from_viewers() -> None:
    for leap in (-1200.0, -10.0, 5.0, 3600.0):
        line = Line()
        first = line.place(1 << 31, 10.0)
        second = line.place(((1 << 31) + round((leap + 0.1) * VIDEO_CLOCK_RATE)) % WRAP, 10.1)
        assert second.restarted
        assert abs(second.leap - leap) < 0.2
        assert 0 <= second.outgoing - first.outgoing - round(0.1 * VIDEO_CLOCK_RATE) < GRID


def test_b_frames_pauses_and_late_pictures_do_not_count_as_leaps() -> None:
    line = Line()
    line.place(900_000, 10.0)
    for rtp, arrival in ((890_000, 10.1), (910_000, 30.0), (910_000 + 20 * VIDEO_CLOCK_RATE, 49.5)):
        placed = line.place(rtp, arrival)
        assert placed.leap == 0.0
        assert not placed.restarted


@given(st.lists(st.tuples(st.integers(1, 90_000), st.booleans()), min_size=1, max_size=30))
def test_remainders_tell_pictures_of_different_maps_apart(steps: list[tuple[int, bool]]) -> None:
    line, rtp, arrival = Line(), 0, 10.0
    before = line.place(rtp, arrival)
    for ticks, reconnect in steps:
        rtp, arrival = (rtp + ticks) % WRAP, arrival + ticks / VIDEO_CLOCK_RATE
        if reconnect:
            line.restart()
        placed = line.place(rtp, arrival)
        assert placed.outgoing > before.outgoing
        assert (placed.outgoing % GRID == before.outgoing % GRID) is not placed.restarted
        if not placed.restarted:
            assert abs((placed.outgoing - before.outgoing) - (placed.media - before.media)) <= GRID
        before = placed


@given(st.lists(st.tuples(st.integers(0, WRAP - 1), st.floats(0.001, 100), st.booleans()), min_size=2, max_size=30))
def test_outgoing_time_never_goes_back_further_than_b_frames_do(steps: list[tuple[int, float, bool]]) -> None:
    line, arrival = Line(), 0.0
    newest = -1
    for rtp, passed, reconnect in steps:
        arrival += passed
        if reconnect:
            line.restart()
        placed = line.place(rtp, arrival)
        assert placed.outgoing > newest - 2 * LEAP * VIDEO_CLOCK_RATE * len(steps)
        if placed.restarted:
            assert placed.outgoing > newest
        newest = max(newest, placed.outgoing)
