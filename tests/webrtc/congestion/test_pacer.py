from hypothesis import given
from hypothesis import strategies as st

from gateway.relay.packet_group import PacketGroup
from gateway.webrtc.congestion.pacer import AT_ONCE, LEAST_AT_ONCE, Pacer

PATIENCE = 1.5


def _group(*sizes: int, keyframe: bool = False) -> PacketGroup:
    return PacketGroup(tuple(bytes(size) for size in sizes), 0, keyframe, 0.0)


def _bytes(parts: list[tuple[PacketGroup, int, int]]) -> int:
    return sum(len(payload) for group, start, stop in parts for payload in group.payloads[start:stop])


@given(
    groups=st.lists(st.lists(st.integers(1, 1140), min_size=1, max_size=200), min_size=1, max_size=20),
    bps=st.floats(1e5, 1e8),
)
def test_everything_is_sent_in_order_and_no_faster_than_the_rate(groups: list[list[int]], bps: float) -> None:
    pacer, made = Pacer(), [_group(*sizes) for sizes in groups]
    for group in made:
        pacer.put(group)
    now, sent, places = 0.0, 0, []
    while pacer:
        parts = pacer.take(now, bps)
        assert len(parts) > 0 or now > 0
        places += [(id(group), place) for group, start, stop in parts for place in range(start, stop)]
        sent += _bytes(parts)
        assert sent <= max(LEAST_AT_ONCE, bps / 8 * AT_ONCE) + now * bps / 8 + 1140
        now += 0.002
    assert places == [(id(group), place) for group in made for place in range(len(group.payloads))]
    assert pacer.bytes == 0


def test_a_group_that_would_be_old_before_it_is_sent_is_not_accepted() -> None:
    pacer = Pacer()
    bps = 8 * 10_000 / PATIENCE
    pacer.put(_group(1000, 1000))
    assert pacer.takes(_group(8000), bps, PATIENCE)
    assert not pacer.takes(_group(8001), bps, PATIENCE)


def test_at_a_keyframe_started_groups_are_finished_and_the_rest_dropped() -> None:
    pacer = Pacer()
    for _ in range(3):
        pacer.put(_group(*[1000] * 10))
    begun = pacer.take(0.0, 1e5)
    assert 0 < _bytes(begun) < 10_000
    assert pacer.keep_begun() == 2
    pacer.put(_group(500))
    rest = pacer.take(10.0, 1e9)
    assert _bytes(begun) + _bytes(rest) == 10_500


def test_if_nothing_has_started_nothing_is_kept() -> None:
    pacer = Pacer()
    pacer.put(_group(10))
    assert pacer.keep_begun() == 1
    assert not pacer
    assert pacer.take(0.0, 1e6) == []
