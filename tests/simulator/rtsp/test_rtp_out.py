import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.simulator.rtsp.rtp_out import RtpSender, payloads

nal_units = st.binary(min_size=2, max_size=5000).map(lambda body: bytes((0x65,)) + body)


@given(st.lists(nal_units, min_size=1, max_size=4))
def test_nal_units_survive_fragmentation(nals: list[bytes]) -> None:
    got: list[bytes] = []
    for payload in payloads(nals, 1400):
        assert len(payload) <= 1400
        if payload[0] & 0x1F != 28:
            got.append(payload)
        elif payload[1] & 0x80:
            assert not payload[1] & 0x40, "no fragment is both first and last"
            got.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)) + payload[2:])
        else:
            got[-1] += payload[2:]
    assert got == nals


def test_sequence_numbers_run_and_wrap_and_only_the_last_packet_is_marked() -> None:
    sender = RtpSender(ssrc=7, first_sequence=65535, offset=5)
    packets = sender.packets([b"\x67a", b"\x68b", b"\x65" + bytes(2000)], ticks=(1 << 32) + 10)
    heads = [struct.unpack("!BBHII", packet[:12]) for packet in packets]
    assert [head[2] for head in heads] == [65535, 0, 1, 2]
    assert [head[1] for head in heads] == [96, 96, 96, 96 | 0x80]
    assert {head[3:] for head in heads} == {(15, 7)}


def test_a_sender_report_relates_both_clocks_and_counts() -> None:
    sender = RtpSender(ssrc=7, first_sequence=0, offset=5)
    sender.packets([b"\x65abc"], ticks=0)
    report = sender.sender_report(1_700_000_000.25, ticks=90)
    assert len(report) % 4 == 0
    version, kind, words, ssrc, seconds, fraction, rtp, packets, octets = struct.unpack("!BBHIIIIII", report[:28])
    assert (version, kind, words, ssrc) == (0x80, 200, 6, 7)
    assert seconds - 2_208_988_800 + fraction / (1 << 32) == pytest.approx(1_700_000_000.25)
    assert (rtp, packets, octets) == (95, 1, 4)
    assert report[29] == 202
    assert 28 + 4 * (1 + int.from_bytes(report[30:32], "big")) == len(report), "and a complete SDES"
