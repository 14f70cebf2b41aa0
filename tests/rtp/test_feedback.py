import aiortc.rtp as theirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.rtp import feedback


def test_feedback_made_by_aiortc_is_read() -> None:
    report = theirs.RtcpReceiverInfo(9, 64, 5, 70000, 33, 1, 65536)
    compound = (
        bytes(theirs.RtcpRrPacket(ssrc=1, reports=[report]))
        + bytes(theirs.RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=9, lost=[65000, 65001, 65016, 65400]))
        + bytes(theirs.RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=9))
        + bytes(theirs.RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=theirs.pack_remb_fci(1_000_000, [9])))
        + bytes(theirs.RtcpByePacket(sources=[1]))
    )
    assert feedback.parse(compound) == [
        feedback.ReceptionReport(9, 0.25, 5, 70000, 33, 1, 1.0),
        feedback.Nack(9, (65000, 65001, 65016, 65400)),
        feedback.PictureLoss(9),
        feedback.BitrateEstimate(1_000_000),
        feedback.Goodbye(),
    ]


def test_aiortc_reads_our_sender_report() -> None:
    report, description = theirs.RtcpPacket.parse(feedback.sender_report(9, "name", 1_700_000_000.5, 90_000, 3, 4))
    assert isinstance(report, theirs.RtcpSrPacket)
    assert isinstance(description, theirs.RtcpSdesPacket)
    info = report.sender_info
    assert (info.rtp_timestamp, info.packet_count, info.octet_count) == (90_000, 3, 4)
    assert info.ntp_timestamp == int((1_700_000_000.5 + 2_208_988_800) * 2**32)
    assert [(chunk.ssrc, chunk.items) for chunk in description.chunks] == [(9, [(1, b"name")])]


def test_aiortc_reads_our_goodbye() -> None:
    *_, bye = theirs.RtcpPacket.parse(feedback.goodbye(9, "name"))
    assert isinstance(bye, theirs.RtcpByePacket)
    assert bye.sources == [9]


@pytest.mark.parametrize(
    "data", [b"\x80", b"\x00\xc9\x00\x00", b"\x80\xc9\x00\x09", b"\x81\xc9\x00\x00", b"\xa0\xc9\x00\x00"]
)
def test_a_broken_packet_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        feedback.parse(data)


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(190, 210), st.binary(max_size=60))))
def test_garbage_is_either_read_or_malformed(parts: list[tuple[int, int, bytes]]) -> None:
    data = b"".join(bytes((first, kind)) + (len(body) // 4).to_bytes(2, "big") + body for first, kind, body in parts)
    try:
        feedback.parse(data)
    except Malformed:
        return
