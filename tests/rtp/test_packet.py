import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.rtp.packet import Numbering, Padding, parse_rtp
from tests.rtp.packets import rtp


def test_a_plain_packet_is_read() -> None:
    packet = parse_rtp(rtp(65535, 0xFFFFFFFF, b"payload", marker=True, ssrc=0x89ABCDEF))
    assert packet == (96, True, 65535, 0xFFFFFFFF, 0x89ABCDEF, b"payload")


def test_csrc_list_extension_and_padding_are_removed() -> None:
    header = struct.pack("!BBHIIII", 0x80 | 0x20 | 0x10 | 2, 96, 1, 2, 3, 11, 12)
    extension = struct.pack("!HHI", 0xBEDE, 1, 0)
    assert parse_rtp(header + extension + b"abc" + b"\0\0\3").payload == b"abc"


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(b"\x80\x60" + bytes(9), id="short"),
        pytest.param(b"\x40\x60" + bytes(10), id="version 1"),
        pytest.param(b"\x8f\x60" + bytes(10), id="CSRC list cut off"),
        pytest.param(b"\x90\x60" + bytes(10), id="extension cut off"),
    ],
)
def test_nonsense_raises_malformed(packet: bytes) -> None:
    with pytest.raises(Malformed):
        parse_rtp(packet)


@pytest.mark.parametrize("payload", [b"picture\xff", b"p" * 90 + b"\x40"])
def test_a_packet_that_announces_padding_but_has_none_is_read_whole(payload: bytes) -> None:
    assert parse_rtp(b"\xa0\x60" + bytes(10) + payload).payload == payload


def test_a_padding_byte_that_does_not_count_itself_is_removed() -> None:
    assert parse_rtp(b"\xa0\x60" + bytes(10) + b"picture\0").payload == b"picture"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20))
def test_after_announcing_impossible_padding_a_senders_packets_are_read_whole(payloads: list[bytes]) -> None:
    padding = Padding()
    parse_rtp(b"\xa0\x60" + bytes(10) + b"picture\xff", padding)
    for payload in payloads:
        assert parse_rtp(b"\xa0\x60" + bytes(10) + payload, padding).payload == payload


def test_zero_padding_is_removed_however_long_it_is() -> None:
    assert parse_rtp(b"\xa0\x60" + bytes(10) + b"picture" + bytes(199) + b"\xc8").payload == b"picture"


@given(st.binary(max_size=80))
def test_any_bytes_raise_malformed_or_nothing(data: bytes) -> None:
    for packet in (data, b"\xb1" + data):
        with suppress(Malformed):
            parse_rtp(packet)


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(0, 0xFFFF))
def test_missing_packets_are_counted_across_the_wrap_of_sequence_numbers(gaps: list[int], first: int) -> None:
    numbering = Numbering()
    sequence = first
    assert numbering.count(sequence) == 0
    for gap in gaps:
        sequence = (sequence + 1 + gap) & 0xFFFF
        assert numbering.count(sequence) == gap
    assert numbering.lost == sum(gaps)
    assert numbering.received == len(gaps) + 1
    assert numbering.highest == first + len(gaps) + sum(gaps)


def test_numbers_that_skip_0_are_not_a_loss_over_tcp_nor_over_udp_after_one_full_round() -> None:
    for reliable, missing in ((True, [0, 0, 0]), (False, [1, 0, 0])):
        numbering = Numbering(reliable)
        numbering.count(60_000)
        found = []
        for _ in range(3):
            for sequence in (65_535, 1, 2, 3000, 6000, 9000):
                before = numbering.lost
                numbering.count(sequence)
                if sequence == 1:
                    found.append(numbering.lost - before)
            for sequence in range(9000, 65_535, 2500):
                numbering.count(sequence)
        assert found == missing


def test_a_number_0_that_is_missing_now_and_then_counts_as_lost() -> None:
    numbering, found = Numbering(), []
    numbering.count(65_535)
    for first in (1, 0, 1):
        found.append(numbering.count(first))
        for sequence in (*range(2500, 65_535, 2500), 65_535):
            numbering.count(sequence)
    assert found == [1, 0, 1]


def test_late_and_repeated_packets_are_told_apart_from_losses() -> None:
    numbering = Numbering()
    for sequence in (10, 11):
        numbering.count(sequence)
    assert [numbering.count(sequence) for sequence in (11, 9, 12)] == [-1, -1, 0]
    assert numbering.lost == 0


def test_a_source_that_restarts_its_numbers_counts_as_one_loss() -> None:
    numbering = Numbering()
    numbering.count(40000)
    assert numbering.count(5) == 1
    assert numbering.count(6) == 0


def test_jitter_is_zero_for_an_even_stream_and_follows_an_uneven_one() -> None:
    numbering = Numbering()
    for index in range(20):
        numbering.time(index * 9000, index * 0.1, 90000)
    assert numbering.jitter == pytest.approx(0, abs=1e-3)
    numbering.time(20 * 9000, 2.0 + 0.016, 90000)
    assert numbering.jitter == pytest.approx(0.016 * 90000 / 16)
