"""The seeded link itself: its decisions are repeatable, and its queue is limited and in order. No sockets, no clock."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.net.model import CATCH_UP, REMEMBERED, Conditions, Fate, Way

SIZE = 1000


def rtp(sequence: int, ssrc: int = 7, size: int = SIZE) -> bytes:
    return b"\x80\x60" + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + bytes(size - 12)


def way(**conditions: float) -> Way[bytes]:
    found: Way[bytes] = Way(seed=1)
    found.conditions = Conditions(**conditions)  # type: ignore[arg-type]
    return found


def drain(way: Way[bytes], now: float) -> list[bytes]:
    found = []
    while (one := way.take(now)) is not None:
        found.append(one)
    return found


@given(seed=st.integers(0, 2**32), start=st.integers(0, 0xFFFF), ssrc=st.integers(0, 2**32 - 1))
def test_a_packets_fate_depends_only_on_the_seed_its_position_and_its_attempt(seed: int, start: int, ssrc: int) -> None:
    def fates(start: int, ssrc: int) -> list[tuple[float, float, int]]:
        fate = Fate(seed)
        return [fate.draw(rtp(start + place, ssrc)) for place in (0, 1, 2, 1, 3, 1)]

    assert fates(start, ssrc) == fates(0, 1)
    assert [attempt for _, _, attempt in fates(start, ssrc)] == [0, 0, 0, 1, 0, 2]


def test_another_seed_loses_other_packets() -> None:
    def lost(seed: int) -> list[int]:
        fate = Fate(seed)
        return [place for place in range(200) if fate.draw(rtp(place))[0] < 0.1]

    assert lost(1) != lost(2)


@pytest.mark.parametrize("other", [None, b"\0\1" + bytes(18), b"\x16" + bytes(20), b"\x81\xc9" + bytes(30)])
def test_it_loses_the_configured_share_of_whatever_is_sent(other: bytes | None) -> None:
    lossy = way(loss=0.05)
    for place in range(4000):
        lossy.datagram(other or rtp(place), b"", 0.0)
        drain(lossy, 0.0)
    assert 150 < lossy.lost < 250


@given(loss=st.floats(0, 0.99), seed=st.integers(0, 1000))
def test_no_packet_is_lost_more_than_twice(loss: float, seed: int) -> None:
    lossy: Way[bytes] = Way(seed)
    lossy.conditions = Conditions(loss=loss)
    for place in range(20):
        passed = [lossy.datagram(rtp(place), b"", 0.0) for _ in range(3)]
        assert passed[-1]


@pytest.mark.parametrize("datagram", [rtp(1), b"\0\1" + bytes(18), b"\x16" + bytes(20), b"\x81\xc9" + bytes(30), b""])
def test_a_cut_link_lets_no_datagram_through(datagram: bytes) -> None:
    cut = way(loss=1.0)
    assert not any(cut.datagram(datagram, b"", 0.0) for _ in range(10))


def test_memory_for_packets_is_bounded() -> None:
    fate = Fate(0)
    for place in range(2 * REMEMBERED):
        fate.draw(rtp(place))
    assert fate.remembered == REMEMBERED


@given(
    gaps=st.lists(st.floats(0, 0.1), min_size=1, max_size=50),
    delay=st.floats(0, 0.5),
    jitter=st.floats(0, 0.2),
    rate=st.none() | st.floats(10_000, 1e7),
)
def test_packets_come_out_in_order_after_the_delay_and_no_faster_than_the_rate(
    gaps: list[float], delay: float, jitter: float, rate: float | None
) -> None:
    slow: Way[int] = Way(seed=2)
    slow.conditions = Conditions(delay=delay, jitter=jitter, rate=rate)
    put = list(itertools.accumulate(gaps))
    for place, at in enumerate(put):
        assert slow.datagram(rtp(place), place, at)
    now, out = 0.0, []
    while slow.wait(now) != float("inf"):
        now += max(0.0, slow.wait(now)) + 1e-9
        if (taken := slow.take(now)) is not None:
            out.append((taken, now))
    assert [place for place, _ in out] == list(range(len(gaps)))
    for place, at in out:
        assert at >= put[place] + delay - 1e-6
    if rate is not None:
        for (_, first), (_, last) in itertools.pairwise(out):
            assert last - first >= 8 * SIZE / rate - CATCH_UP - 1e-6
        assert out[-1][1] - out[0][1] >= (len(out) - 1) * 8 * SIZE / rate - CATCH_UP - 1e-6


def test_a_full_queue_drops_the_latest_datagrams_and_makes_tcp_wait() -> None:
    narrow = way(rate=8000.0, queue=3 * SIZE)
    assert [narrow.datagram(rtp(place), b"%d" % place, 0.0) for place in range(5)] == [True, True, True, False, False]
    assert narrow.overflowed == 2
    assert not narrow.segment(SIZE, b"tcp", 0.0)
    assert drain(narrow, 0.0) == [b"0"]
    assert narrow.segment(SIZE, b"tcp", 0.0)


def test_waiting_packets_continue_under_new_conditions() -> None:
    narrow = way(rate=8000.0, delay=10.0)
    for place in range(3):
        narrow.datagram(rtp(place), b"%d" % place, 0.0)
    assert drain(narrow, 1.0) == []
    narrow.conditions = Conditions()
    assert drain(narrow, 1.0) == [b"0", b"1", b"2"]
    assert narrow.wait(1.0) == float("inf")
