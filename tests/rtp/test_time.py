from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.time import WRAP, ticks_between, unwrap

TIMESTAMPS = st.integers(0, WRAP - 1)


@given(TIMESTAMPS, st.integers(-(WRAP // 2) + 1, WRAP // 2 - 1))
def test_a_step_is_measured_across_the_wrap_in_either_direction(start: int, step: int) -> None:
    assert ticks_between((start + step) % WRAP, start) == step


@given(st.integers(0, 1 << 60), st.integers(-(WRAP // 2) + 1, WRAP // 2 - 1))
def test_a_timestamp_is_unwrapped_to_the_nearest_value(near: int, step: int) -> None:
    assert unwrap((near + step) % WRAP, near) == near + step
