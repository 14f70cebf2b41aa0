import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.relay import gop, kept_packets
from gateway.relay.history import History
from gateway.relay.kept_packets import PACKETS, SECONDS
from gateway.relay.packet_group import PacketGroup, runs_of


def _add(history: History, arrival: float, packets: int = 1, keyframe: bool = False) -> PacketGroup:
    payloads = tuple(b"%d" % (history.next + n) for n in range(packets))
    group = PacketGroup(payloads, 0, keyframe, arrival, history.next)
    history.add(group)
    return group


def test_runs_contain_equal_packets_except_perhaps_a_smaller_last() -> None:
    sizes = [10, 100, 100, 40, 100, 100]
    assert runs_of([bytes(size) for size in sizes]) == ((0, 1, 10), (1, 4, 100), (4, 6, 100))
    assert runs_of([]) == ()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=200))
def test_runs_cover_every_packet_once_and_fit_one_segmented_send(sizes: list[int]) -> None:
    runs = runs_of([bytes(size) for size in sizes])
    assert [place for start, stop, _ in runs for place in range(start, stop)] == list(range(len(sizes)))
    for start, stop, size in runs:
        assert stop - start <= 54
        assert set(sizes[start : stop - 1]) <= {size}
        assert sizes[stop - 1] <= size


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.floats(0, 1.5)), max_size=120))
def test_the_last_packets_seconds_and_gop_are_kept_and_little_else(
    groups: list[tuple[int, bool, float]],
) -> None:
    history, now = History(), 0.0
    added: list[PacketGroup] = []
    for packets, keyframe, pause in groups:
        now += pause
        added.append(_add(history, now, packets, keyframe))
    needed = 0
    for group in added:
        for place, payload in enumerate(group.payloads):
            found = history.find(group.position + place)
            if found is not None:
                assert found[0].payloads[found[1]] == payload
            recent = group.arrival >= now - SECONDS or group.position + place >= history.next - PACKETS
            assert found is not None or not recent
            needed += recent
    for group in history.gop():
        assert history.find(group.position) is not None
    assert history.gop() == tuple(added[_last_keyframe(added) :])
    assert history.find(history.next) is None


def _last_keyframe(groups: list[PacketGroup]) -> int:
    return max((place for place, group in enumerate(groups) if group.keyframe), default=len(groups))


def test_packets_older_than_all_three_are_dropped() -> None:
    history = History()
    _add(history, 0.0, 1, keyframe=True)
    _add(history, 0.1, 500)
    _add(history, 10.0, 500, keyframe=True)
    assert history.find(1) is not None, "1024 packets are not yet full"
    _add(history, 10.1, 600)
    assert history.find(1) is None


def test_two_seconds_or_1024_packets_are_kept_whichever_is_more() -> None:
    slow, fast = History(), History()
    for n in range(2000):
        _add(slow, n / 100, keyframe=n % 10 == 0)
        _add(fast, n / 1000, keyframe=n % 10 == 0)
    assert slow.find(2000 - 1024) is not None, "10 s of a stream with few packets"
    assert slow.find(2000 - 1024 - 40) is None
    assert fast.find(0) is not None, "2 s of many"
    for n in range(2000, 2200):
        _add(fast, n / 1000, keyframe=n % 10 == 0)
    assert fast.find(2200 - 1990) is not None
    assert fast.find(2200 - 2040) is None


def test_an_endless_gop_is_given_up_but_recent_packets_can_still_be_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gop, "GOP_GROUPS", 3)
    history = History()
    _add(history, 0.0, keyframe=True)
    given_up = [history.add(PacketGroup((b"x",), 0, False, n / 10, history.next)) for n in range(1, 5)]
    assert given_up == [0, 0, 4, 0]
    assert history.gop() == ()
    assert history.find(4) is not None
    assert history.gave_up
    _add(history, 1.0, keyframe=True)
    assert len(history.gop()) == 1
    assert not history.gave_up
    history.forget_gop()
    assert not history.gave_up


def test_the_number_of_bytes_is_limited_whatever_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gop, kept_packets):
        monkeypatch.setattr(module, "GOP_BYTES", 10_000)
    history = History()
    for n in range(100):
        history.add(PacketGroup((bytes(1000),), n, n == 0, n / 1000, history.next))
    assert history.find(85) is None
    assert history.find(99) is not None


def test_the_rate_is_that_of_the_packets_kept() -> None:
    history = History()
    assert history.bps() == 0
    for n in range(31):
        history.add(PacketGroup((bytes(1000),), n, n == 0, n / 10, history.next))
    assert history.bps() == pytest.approx(80_000)
