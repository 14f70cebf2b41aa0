"""An interval never claims more about two clocks than the measurements and the worst drift allow."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.clocks import DRIFT, Interval, RunningMinimum

seconds = st.floats(-1e6, 1e6)


@given(st.floats(-1e6, 1.8e9), st.floats(0, 1e6), st.floats(0, 5), st.floats(0, 1))
def test_an_answer_never_excludes_the_true_offset(offset: float, sent: float, took: float, share: float) -> None:
    told = Interval.of_answer(float((sent + share * took + offset) // 1), sent, sent + took)
    assert told.low - 1e-6 <= offset <= told.high + 1e-6


def test_certainty_only_decreases_with_age() -> None:
    known = Interval(1.0, 2.0, 100.0)
    assert known.aged(100.0) == known
    assert known.aged(50.0) == known
    later = known.aged(1100.0)
    assert (later.low, later.high) == (1.0 - 1000 * DRIFT, 2.0 + 1000 * DRIFT)
    assert known.inside(later)
    assert not later.inside(known)


def test_overlapping_intervals_agree_give_or_take_the_slack() -> None:
    assert Interval(0, 1, 0).agrees(Interval(1, 2, 0), 0)
    assert not Interval(0, 1, 0).agrees(Interval(1.5, 2, 0), 0.4)
    assert Interval(1.5, 2, 0).agrees(Interval(0, 1, 0), 0.5)


@given(st.lists(st.tuples(seconds, st.floats(0, 100)), min_size=1, max_size=20))
def test_the_running_minimum_is_the_smallest_and_rises_at_its_rate(delays: list[tuple[float, float]]) -> None:
    least = RunningMinimum(0.1)
    least.restart(delays[0][0])
    for value, passed in delays[1:]:
        before = least.value
        least.add(value, passed)
        assert least.value == min(value, before + 0.1 * passed)
