import math
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from gateway.relay.camera_clock import ENOUGH, PERIOD, CameraClock
from gateway.rtp.clocks import DRIFT
from gateway.sources.media import ClockSample


def converse(
    clock: CameraClock, offset: Callable[[float], float], start: float, end: float, trip: float, answered: float = 0.5
) -> list[float]:
    """Send a query whenever the clock asks for one, until ``end``. Return the times of the queries."""
    asked = []
    now = start
    while (now := max(now, clock.next_query(now))) < end:
        asked.append(now)
        stamped = now + trip * answered
        clock.add(ClockSample(float(math.floor(stamped + offset(stamped))), now, now + trip))
        now += trip
    return asked


@given(st.floats(-1e6, 1.8e9), st.floats(0.0005, 0.4), st.floats(0, 1), st.floats(-0.9 * DRIFT, 0.9 * DRIFT))
def test_the_offset_is_always_within_its_bounds_and_soon_known_well(
    base: float, trip: float, answered: float, drift: float
) -> None:
    clock = CameraClock()
    for end in (100.5, 101.5, 103.0, 110.0, 200.0):
        converse(
            clock, lambda t: base + (t - 100) * drift, clock.last_sample if end > 101 else 100.0, end, trip, answered
        )
        known = clock.known(end)
        assert known is not None
        assert known.low - 1e-6 <= base + (end - 100) * drift <= known.high + 1e-6
        if end >= 110:
            assert known.width < max(ENOUGH, 2.5 * trip) + 0.05


def test_queries_are_sent_quickly_at_first_and_rarely_later() -> None:
    asked = converse(CameraClock(), lambda t: 1234.567, 100.0, 400.0, 0.01)
    assert len([at for at in asked if at < 104]) <= 14
    assert len([at for at in asked if at >= 110]) <= 290 / PERIOD


def test_a_step_of_less_than_a_second_is_noticed_on_either_side_of_the_turn_of_a_second() -> None:
    for step in (-0.4, -0.1, 0.1, 0.4):
        clock = CameraClock()
        converse(clock, lambda t, s=step: 50.25 + (s if t > 150 else 0.0), 100.0, 200.0, 0.01)  # type: ignore[misc]
        known = clock.known(200.0)
        assert known is not None
        assert known.low <= 50.25 + step <= known.high


def test_an_unanswered_query_is_sent_again_but_not_at_once() -> None:
    clock = CameraClock()
    first = clock.next_query(100.0)
    assert first == 100.0
    assert clock.next_query(100.1) == first
    assert clock.next_query(101.0) >= 105.0


def test_an_answer_to_a_query_from_before_a_restart_is_not_believed() -> None:
    clock = CameraClock()
    clock.restart(100.0)
    clock.add(ClockSample(50.0, 99.9, 100.1))
    assert clock.known(100.2) is None
    assert clock.last_sample == -math.inf
