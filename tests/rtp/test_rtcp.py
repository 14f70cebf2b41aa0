import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.rtp.packet import Numbering
from gateway.rtp.rtcp import Goodbye, Receiver, SenderInfo, parse_rtcp
from gateway.rtp.time import NTP_EPOCH
from tests.rtp.packets import sender_report


def test_a_sender_report_gives_wall_time_and_media_time() -> None:
    (info,) = parse_rtcp(sender_report(7, NTP_EPOCH + 1_700_000_000, 1 << 31, 90000))
    assert isinstance(info, SenderInfo)
    assert (info.ssrc, info.ntp, info.rtp) == (7, 1_700_000_000.5, 90000)


def test_the_era_after_2036_is_understood() -> None:
    (info,) = parse_rtcp(sender_report(7, 100, 0, 0))
    assert isinstance(info, SenderInfo)
    assert info.ntp == (1 << 32) - NTP_EPOCH + 100


def test_a_camera_without_a_clock_reports_no_time() -> None:
    (info,) = parse_rtcp(sender_report(7, 0, 12345, 90000))
    assert isinstance(info, SenderInfo)
    assert info.ntp is None


def test_other_parts_of_a_compound_are_skipped_and_bye_is_noticed() -> None:
    description = struct.pack("!BBHI", 0x81, 202, 2, 7) + b"\1\2ab"
    goodbye = struct.pack("!BBHI", 0x81, 203, 1, 7)
    assert list(parse_rtcp(description + goodbye)) == [Goodbye((7,))]


@pytest.mark.parametrize(
    "packet",
    [b"\x80\xc8", b"\x40\xc8\x00\x00", b"\x80\xc8\x00\x06" + bytes(8), b"\x80\xc8\x00\x01" + bytes(4), b"\x85\xcb\0\0"],
)
def test_nonsense_raises_malformed(packet: bytes) -> None:
    with pytest.raises(Malformed):
        list(parse_rtcp(packet))


REPORT = sender_report(7, NTP_EPOCH + 100, 0, 4500)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(REPORT + b"\x81\xca\0\6" + bytes(12), id="description cut off"),
        pytest.param(REPORT + b"\x01\xca\0\3" + bytes(12), id="description of version 0"),
        pytest.param(REPORT + b"\0\0", id="stray bytes"),
        pytest.param(b"\x80\xc8\0\0" + REPORT[4:], id="report of no length"),
    ],
)
def test_parts_before_a_broken_one_count(packet: bytes) -> None:
    parts = parse_rtcp(packet)
    assert next(parts) == SenderInfo(7, 100.0, NTP_EPOCH + 100 << 16 & 0xFFFFFFFF, 4500)
    with pytest.raises(Malformed):
        next(parts)


@given(st.binary(max_size=60))
def test_a_report_counts_whatever_follows_it(tail: bytes) -> None:
    assert next(parse_rtcp(REPORT + tail)) == SenderInfo(7, 100.0, NTP_EPOCH + 100 << 16 & 0xFFFFFFFF, 4500)


def test_a_sender_report_without_its_counts_is_accepted() -> None:
    (info,) = parse_rtcp(b"\x80\xc8\0\4" + REPORT[4:20])
    assert isinstance(info, SenderInfo)
    assert (info.ntp, info.rtp) == (100.0, 4500)


@given(st.binary(max_size=120))
def test_any_bytes_raise_malformed_or_nothing(data: bytes) -> None:
    for packet in (data, b"\x81\xc8" + data, b"\x9f\xcb" + data):
        with suppress(Malformed):
            list(parse_rtcp(packet))


def test_a_receiver_report_gives_loss_and_round_trip() -> None:
    numbering, receiver = Numbering(), Receiver(0x01020304)
    for sequence in (1, 2, 4):
        numbering.count(sequence)
    receiver.heard(SenderInfo(7, 1.0, 0xAABBCCDD, 0), arrival=10.0)
    packet = receiver.report(7, numbering, now=10.5)
    flags, kind, words, own, about, loss, highest, _, last, delay = struct.unpack_from("!BBHIIIIIII", packet)
    assert (flags, kind, words, own, about) == (0x81, 201, 7, 0x01020304, 7)
    assert (loss >> 24, loss & 0xFFFFFF) == (256 // 4, 1)
    assert (highest, last, delay) == (4, 0xAABBCCDD, 32768)
    assert packet[32:34] == b"\x81\xca"
    assert len(packet) == 32 + 4 + 4 * struct.unpack_from("!H", packet, 34)[0]
    assert list(parse_rtcp(packet)) == []


def test_the_fraction_lost_counts_from_the_last_report() -> None:
    numbering, receiver = Numbering(), Receiver(1)
    for sequence in (1, 3):
        numbering.count(sequence)
    receiver.report(7, numbering, now=1.0)
    numbering.count(4)
    assert receiver.report(7, numbering, now=2.0)[12] == 0
