from hypothesis import given
from hypothesis import strategies as st

from gateway.rtp.reorder import Reorder
from tests.rtp.packets import rtp


def packet(sequence: int, ssrc: int = 7) -> bytes:
    return rtp(sequence, 0, b"x", ssrc=ssrc)


def numbers(packets: list[bytes]) -> list[int]:
    return [int.from_bytes(each[2:4], "big") for each in packets]


def test_packets_in_order_pass_at_once() -> None:
    buffer = Reorder()
    assert [numbers(buffer.push(packet(n), 0.0)) for n in (65534, 65535, 0, 1)] == [[65534], [65535], [0], [1]]


def test_overtaken_packets_are_put_back_in_order() -> None:
    buffer = Reorder()
    assert [numbers(buffer.push(packet(n), 0.0)) for n in (65534, 0, 1, 65535)] == [[65534], [], [], [65535, 0, 1]]
    assert buffer.late == 0


def test_the_packet_that_others_wait_for_is_in_time_however_late_it_is_read() -> None:
    buffer = Reorder()
    buffer.push(packet(1), 1.0)
    assert buffer.push(packet(3), 1.0) == []
    assert numbers(buffer.push(packet(2), 9.0)) == [2, 3]
    assert buffer.late == 0


def test_missing_packets_are_awaited_no_longer_than_configured() -> None:
    buffer = Reorder(longest=0.1)
    buffer.push(packet(1), 0.0)
    assert buffer.push(packet(3), 1.0) == []
    assert buffer.expire(1.05) == []
    assert numbers(buffer.expire(1.1)) == [3]
    assert buffer.push(packet(2), 1.2) == []
    assert buffer.late == 1


def test_an_arriving_packet_releases_those_that_have_waited_long_enough() -> None:
    buffer = Reorder(longest=0.1)
    buffer.push(packet(1), 0.0)
    buffer.push(packet(3), 0.0)
    assert numbers(buffer.push(packet(4), 0.2)) == [3, 4]


def test_no_more_packets_wait_than_configured() -> None:
    buffer = Reorder(most=2)
    buffer.push(packet(1), 0.0)
    assert [numbers(buffer.push(packet(n), 0.0)) for n in (5, 4, 7)] == [[], [], [4, 5]]


def test_a_duplicate_is_late() -> None:
    buffer = Reorder()
    for n in (1, 3, 3, 1):
        buffer.push(packet(n), 0.0)
    assert buffer.late == 2


def test_a_source_that_restarts_its_numbers_is_not_awaited() -> None:
    buffer = Reorder()
    buffer.push(packet(1), 0.0)
    buffer.push(packet(3), 0.0)
    assert numbers(buffer.push(packet(30000), 0.0)) == [3, 30000]
    assert numbers(buffer.push(packet(5, ssrc=8), 0.0)) == [5]
    assert numbers(buffer.push(packet(6, ssrc=8), 0.0)) == [6]


def test_anything_but_rtp_is_left_to_the_parser() -> None:
    assert Reorder().push(b"short", 0.0) == [b"short"]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.floats(0, 0.05)), min_size=1, max_size=80),
    st.integers(0, 0xFFFF),
    st.integers(1, 8),
)
def test_order_is_kept_nothing_comes_twice_and_all_limits_are_kept(
    arrivals: list[tuple[int, float]], first: int, most: int
) -> None:
    """For any order of packets, what comes out was put in, is in order and complete, and waited at most ``longest``."""
    longest = 0.1
    buffer, now, put, out = Reorder(longest, most), 0.0, 0, []
    waiting: dict[int, float] = {}
    for step, passed in [(0, 0.0), *arrivals]:
        now += passed
        for each in numbers(buffer.expire(now)):
            out.append(each)
            waiting.pop(each)
        sequence = (first + step) & 0xFFFF
        late = buffer.late
        ready = numbers(buffer.push(packet(sequence), now))
        put += 1
        if buffer.late == late:
            waiting[sequence] = now
        for each in ready:
            out.append(each)
            waiting.pop(each)
        assert len(waiting) <= most
        assert all(now - since < longest for since in waiting.values())
    out += numbers(buffer.expire(now + 2 * longest))
    order = [(n - first) & 0xFFFF for n in out]
    assert order == sorted(set(order))
    assert len(out) + buffer.late == put
