import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.observing.lateness import LATE, Drops, Lateness


def played(*pictures: tuple[float, float]) -> Lateness:
    """Yield pictures as (media seconds, arrival)."""
    lateness = Lateness()
    for media, arrival in pictures:
        lateness.picture(round(media * 90_000) % (1 << 32), arrival, 90_000)
    return lateness


def test_a_stream_that_keeps_up_is_not_behind_whatever_its_jitter() -> None:
    lateness = played(*((0.1 * n, 0.1 * n + 0.08 * (n % 3)) for n in range(1000)))
    assert lateness.behind < 0.2
    assert lateness.late_since is None


def test_delay_that_builds_up_is_seen_and_since_when() -> None:
    lateness = played(*((0.1 * n, 0.2 * n) for n in range(100)))
    assert lateness.behind == pytest.approx(9.9, abs=0.01)
    assert lateness.late_since == pytest.approx(2 * LATE, abs=0.21)


def test_timestamps_may_wrap() -> None:
    start = (1 << 32) / 90_000 - 1
    assert played(*((start + 0.1 * n, 0.1 * n) for n in range(30))).behind < 0.01


def test_a_stall_that_is_caught_up_does_not_count_as_lateness() -> None:
    stalled = [(0.1 * n, 0.1 * n) for n in range(10)] + [(1 + 0.1 * n, 6.0 + 0.02 * n) for n in range(30)]
    assert played(*stalled[:20]).late_since is not None
    after = played(*stalled, *((4 + 0.1 * n, 6.6 + 0.02 * n) for n in range(40)))
    assert after.late_since is None


def test_while_it_catches_up_the_waiting_period_restarts() -> None:
    late = [(0.1 * n, 0.2 * n) for n in range(100)]
    first = played(*late).late_since
    catching_up = played(*late, *((9.9 + 0.1 * n, 19.8 + 0.05 * n) for n in range(60)))
    assert catching_up.behind > LATE
    assert first is not None
    assert catching_up.late_since is not None
    assert catching_up.late_since > 19.8 > first


@pytest.mark.parametrize("leap", [-1000.0, -10.0, 10.0])
def test_playing_back_or_restarting_does_not_count_as_lateness(leap: float) -> None:
    before = [(2000 + 0.1 * n, 0.1 * n) for n in range(50)]
    after = [(2005 + leap + 0.1 * n, 5 + 0.1 * n) for n in range(50)]
    assert played(*before, *after).behind < 0.01


def test_a_slow_quartz_clock_does_not_count_as_late_after_a_day() -> None:
    assert played(*((n * 0.9999, float(n)) for n in range(0, 86_400, 2))).behind < 1.0


def test_a_late_answer_shows_a_backlog_in_the_connection() -> None:
    lateness = played((0.0, 0.0), (1.0, 5.0))
    assert lateness.behind == pytest.approx(4.0, abs=0.001)
    assert lateness.in_connection(2.5)
    assert not lateness.in_connection(0.1)


@given(st.lists(st.tuples(st.integers(0, (1 << 32) - 1), st.floats(0, 10)), max_size=50))
def test_whatever_the_timestamps_it_is_never_ahead(pictures: list[tuple[int, float]]) -> None:
    lateness, now = Lateness(), 0.0
    for rtp, passed in pictures:
        now += passed
        lateness.picture(rtp, now, 90_000)
        assert lateness.behind >= -1e-6
        assert lateness.late_since is None or lateness.behind >= LATE / 2


def test_reconnections_to_return_to_live_become_rarer_until_the_stream_is_calm() -> None:
    drops, dropped, now = Drops(), [], 0.0
    while now < 2000:
        if drops.allowed(now, in_connection=True):
            drops.dropped(now)
            dropped.append(now)
        now += 1.0
    assert dropped[:6] == [0, 10, 30, 70, 150, 310]
    assert drops.allowed(now + Drops.CALM, in_connection=True)
    drops.dropped(now + Drops.CALM)
    assert drops.allowed(now + Drops.CALM + Drops.FIRST, in_connection=True)


def test_a_camera_that_is_late_itself_is_reconnected_only_rarely() -> None:
    drops = Drops()
    assert drops.allowed(0.0, in_connection=False)
    drops.dropped(0.0)
    assert not drops.allowed(Drops.CALM - 1, in_connection=False)
    assert drops.allowed(Drops.CALM, in_connection=False)
