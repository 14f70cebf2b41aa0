from hypothesis import given
from hypothesis import strategies as st

from gateway.api.admission import buckets as module
from gateway.api.admission.buckets import Buckets


def test_a_burst_passes_and_after_that_only_so_many_per_second() -> None:
    buckets = Buckets(burst=10, rate=2)
    assert [buckets.take("a", 1, 0.0) for _ in range(10)] == [0.0] * 10
    assert buckets.take("a", 1, 0.0) == 0.5
    assert buckets.take("a", 1, 0.5) == 0.0
    assert buckets.take("b", 10, 0.5) == 0.0, "everybody has their own"


@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0.1, 3), st.booleans()), max_size=60))
def test_no_more_passes_than_burst_and_rate_allow(steps: list[tuple[float, float, bool]]) -> None:
    buckets, now, taken = Buckets(burst=5, rate=2), 0.0, 0.0
    for passed, cost, back in steps:
        now += passed
        wait = buckets.take("a", cost, now)
        assert wait >= 0
        if wait == 0:
            taken += cost
            if back:
                buckets.give_back("a", cost / 2, now)
                taken -= cost / 2
        else:
            assert buckets.take("a", cost, now + wait + 1e-6) == 0
            now += wait + 1e-6
            taken += cost
        assert taken <= 5 + 2 * now + 1e-3


def test_memory_for_strangers_is_bounded() -> None:
    buckets = Buckets(burst=1, rate=1)
    for number in range(module.KEPT + 1):
        assert buckets.take(str(number), 1, 0.0) == 0
    assert buckets.take("1", 1, 0.0) > 0, "its burst is remembered as used up"
    assert buckets.take("0", 1, 0.0) == 0, "the one unused for longest is forgotten, so its bucket is full"
