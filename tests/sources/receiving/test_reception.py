from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import StreamInfo
from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.rtp.time import NTP_EPOCH
from gateway.sources.media import SenderReport
from gateway.sources.receiving.in_order import followed
from gateway.sources.receiving.reception import Reception
from tests.rtp.packets import IDR, NEXT, PPS, SPS, aggregated, fragments, rtp, sender_report
from tests.sources.recording import RecordingSink


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def reception(sink: RecordingSink) -> Reception:
    return Reception(StreamInfo("H264", 90000, (SPS, PPS)), 96, sink, own_ssrc=1)


def test_packets_become_access_units_and_counters(reception: Reception, sink: RecordingSink) -> None:
    reception.rtp(rtp(1, 0, IDR, marker=True), 10.0)
    reception.rtp(rtp(2, 1500, NEXT, marker=True), 10.05)
    reception.rtp(rtp(4, 3000, NEXT, marker=True), 10.1)
    reception.rtp(rtp(5, 6000, aggregated(SPS, PPS, IDR), marker=True), 10.2)
    reception.rtp(rtp(6, 9000, NEXT), 10.3)
    assert [(unit.rtp, unit.arrival, unit.lost) for unit in sink.units] == [(0, 10.0, 0), (6000, 10.2, 1)]
    assert (reception.packets, reception.lost, reception.units, reception.dropped) == (5, 1, 4, 2)
    assert reception.picture is not None
    assert (reception.picture.width, reception.picture.height) == (640, 360)


def test_malformed_packets_are_counted_and_dropped(reception: Reception, sink: RecordingSink) -> None:
    reception.rtp(b"rubbish", 1.0)
    reception.rtp(rtp(1, 0, IDR, kind=8), 1.0)
    reception.rtp(rtp(1, 0, b"\x79\0\0\0\2\x41\x9a"), 1.0)
    reception.rtcp(b"rubbish", 1.0)
    assert (reception.malformed_rtp, reception.malformed_payloads, reception.malformed_rtcp) == (2, 1, 1)
    assert sink.units == []


def test_a_repeated_packet_does_no_harm(reception: Reception, sink: RecordingSink) -> None:
    for sequence, timestamp in ((1, 0), (1, 0), (2, 3000), (2, 3000), (3, 6000)):
        reception.rtp(rtp(sequence, timestamp, IDR, marker=True), 1.0)
    assert [unit.rtp for unit in sink.units] == [0, 3000, 6000]


def test_a_new_ssrc_begins_a_new_epoch(reception: Reception, sink: RecordingSink) -> None:
    reception.rtp(rtp(1, 0, IDR, marker=True, ssrc=7), 1.0)
    reception.rtp(rtp(900, 1 << 30, NEXT, marker=True, ssrc=8), 2.0)
    reception.rtp(rtp(901, (1 << 30) + 3000, IDR, marker=True, ssrc=8), 2.1)
    reception.rtp(rtp(902, (1 << 30) + 6000, NEXT, marker=True, ssrc=8), 2.2)
    assert len(sink.connections) == 1
    assert [(unit.keyframe, unit.arrival) for unit in sink.units] == [(True, 1.0), (True, 2.1), (False, 2.2)]
    assert reception.units == 4
    assert reception.lost == 0


def test_a_sender_report_relates_media_time_to_wall_time_even_before_the_first_packet(
    reception: Reception, sink: RecordingSink
) -> None:
    reception.rtcp(sender_report(7, NTP_EPOCH + 100, 0, 4500), 1.0)
    assert sink.reports == []
    reception.rtp(rtp(1, 0, IDR, marker=True, ssrc=7), 2.0)
    reception.rtcp(sender_report(7, NTP_EPOCH + 105, 0, 9000), 3.0)
    assert sink.reports == [SenderReport(4500, 100.0, 1.0), SenderReport(9000, 105.0, 3.0)]


def test_reports_about_another_source_or_without_a_clock_are_not_passed_on(
    reception: Reception, sink: RecordingSink
) -> None:
    reception.rtp(rtp(1, 0, IDR, marker=True, ssrc=7), 1.0)
    reception.rtcp(sender_report(8, NTP_EPOCH + 100, 0, 4500), 2.0)
    reception.rtcp(sender_report(7, 0, 0, 4500), 2.0)
    assert sink.reports == []


def test_the_cameras_goodbye_ends_the_run(reception: Reception) -> None:
    reception.rtp(rtp(1, 0, IDR, marker=True, ssrc=7), 1.0)
    with pytest.raises(CameraError) as caught:
        reception.rtcp(b"\x81\xcb\x00\x01\x00\x00\x00\x07", 2.0)
    assert caught.value.reason is SourceReason.CLOSED_BY_CAMERA


def test_receiver_reports_begin_with_the_first_packet(reception: Reception) -> None:
    assert reception.receiver_report(1.0) is None
    reception.rtp(rtp(1, 0, IDR, marker=True, ssrc=7), 1.0)
    assert reception.receiver_report(2.0) is not None


def test_notes_say_what_keeps_a_stream_from_being_shown(sink: RecordingSink) -> None:
    reception = Reception(StreamInfo("H264", 90000), 96, sink, own_ssrc=1)
    reception.rtp(rtp(1, 0, aggregated(b"\x06\x06\x01\x84\x80", NEXT), marker=True), 1.0)
    reception.rtp(rtp(2, 3000, NEXT), 1.1)
    notes = " ".join(reception.notes())
    assert "Waiting for a keyframe" in notes
    assert "keyframes (IDR)" in notes
    assert "parameter sets" in notes


PACKETS = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda sequence, stamp, payload, marker, ssrc: rtp(sequence, stamp, payload, marker=marker, ssrc=ssrc),
        st.integers(0, 0xFFFF),
        st.integers(0, 0xFFFFFFFF),
        st.one_of(st.binary(max_size=40), st.just(IDR), st.binary(max_size=40).map(lambda body: SPS[:4] + body)),
        st.booleans(),
        st.integers(7, 8),
    ),
    st.builds(sender_report, st.integers(7, 8), *[st.integers(0, 0xFFFFFFFF)] * 3),
)


def test_a_foreign_packet_does_not_disturb_the_streams_numbering(reception: Reception) -> None:
    reception.rtp(rtp(1, 0, IDR, marker=True, ssrc=7), 1.0)
    assert reception.expects(rtp(2, 3000, NEXT, ssrc=7))
    assert not reception.expects(rtp(2, 3000, NEXT, ssrc=7, kind=50))
    assert not reception.expects(rtp(2, 3000, NEXT, ssrc=8))
    assert not reception.expects(b"short")


@given(st.lists(st.tuples(st.booleans(), PACKETS), max_size=30))
def test_any_packets_raise_camera_errors_or_nothing(packets: list[tuple[bool, bytes]]) -> None:
    reception = Reception(StreamInfo("H264", 90000, (SPS, PPS)), 96, RecordingSink(), own_ssrc=1)
    for now, (control, packet) in enumerate(packets):
        with suppress(CameraError):
            (reception.rtcp if control else reception.rtp)(packet, float(now))
        reception.notes()
        reception.receiver_report(float(now))


def in_units(nal: bytes, size: int) -> list[bytes]:
    """Return H.265 fragmentation units (RFC 7798 4.4.3), made of H.264 ones."""
    kind = nal[0] >> 1 & 0x3F
    return [b"\x62\x01" + bytes((piece[1] & 0xC0 | kind,)) + piece[2:] for piece in fragments(nal[:1] + nal[2:], size)]


@st.composite
def streams(draw: st.DrawFn, codec: str) -> list[bytes]:
    """Return pictures in fragments, with some packets lost, repeated, moved, damaged, or of another source."""
    large = [b"\x65\x88" + bytes(range(100)), b"\x41\x9a" + bytes(range(60)), NEXT]
    if codec == "H265":
        large = [b"\x02\x01\x9a" + bytes(range(100)), b"\x28\x01\x9a" + bytes(range(60))]
    packets: list[bytes] = []
    for stamp in range(draw(st.integers(1, 6))):
        nal = draw(st.sampled_from(large))
        split = in_units if codec == "H265" else fragments
        pieces = split(nal, draw(st.integers(5, 40))) if len(nal) > 40 else [nal]
        for place, piece in enumerate(pieces):
            marker = place == len(pieces) - 1 and draw(st.integers(0, 4)) > 0
            packets.append(rtp(65530 + len(packets), stamp * 3000, piece, marker=marker))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(packets) - 1))
        match draw(st.integers(0, 4)):
            case 0 if len(packets) > 1:
                del packets[at]
            case 1:
                packets.insert(at, packets[at])
            case 2:
                packets.insert(draw(st.integers(0, len(packets) - 1)), packets.pop(at))
            case 3:
                packets[at] = packets[at][: draw(st.integers(0, 16))]
            case _:
                position = draw(st.integers(0, min(14, len(packets[at]) - 1) if packets[at] else 0))
                changed = bytearray(packets[at] or b"x")
                changed[position] ^= 1 << draw(st.integers(0, 7))
                packets[at] = bytes(changed)
    return packets


def outcome(info: StreamInfo, packets: list[bytes], runs: list[int], *, one_by_one: bool) -> tuple[object, ...]:
    """Return what is reported for packets that arrive in runs. ``one_by_one``: each packet is handled by itself."""
    sink = RecordingSink()
    reception = Reception(info, 96, sink, own_ssrc=1)
    for begin, end in zip([0, *runs], [*runs, len(packets)], strict=True):
        run = packets[begin:end]
        if one_by_one:
            for at, packet in enumerate(run):
                reception.rtp(packet, 1.0, followed(run, at))
        else:
            reception.rtp_in_order(run, 1.0)
    counters = (reception.packets, reception.octets, reception.lost, reception.units, reception.dropped)
    malformed = (reception.malformed_rtp, reception.malformed_payloads)
    return sink.units, sink.connections, counters, malformed, reception.receiver_report(2.0)


@given(st.sampled_from(["H264", "H265", "JPEG"]), st.data())
def test_packets_read_together_give_the_same_result_as_one_by_one(codec: str, data: st.DataObject) -> None:
    packets = data.draw(streams(codec))
    runs = sorted(data.draw(st.lists(st.integers(0, len(packets)), max_size=6)))
    info = StreamInfo(codec, 90000, (SPS, PPS))
    assert outcome(info, packets, runs, one_by_one=False) == outcome(info, packets, runs, one_by_one=True)


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_a_marked_packet_that_arrives_twice_at_once_ends_its_picture(codec: str) -> None:
    nal = IDR if codec == "H264" else b"\x28\x01\x9a" + bytes(60)
    packets = [rtp(1, 0, nal, marker=True)] * 2
    told = outcome(StreamInfo(codec, 90000, (SPS, PPS)), packets, [], one_by_one=False)
    assert told == outcome(StreamInfo(codec, 90000, (SPS, PPS)), packets, [1], one_by_one=False)


def test_a_nal_unit_over_the_limit_is_dropped_however_its_packets_arrive() -> None:
    pieces = fragments(b"\x65\x88" + bytes(3_000_000), 60_000)
    packets = [rtp(number, 0, piece, marker=number == len(pieces) - 1) for number, piece in enumerate(pieces)]
    info = StreamInfo("H264", 90000, (SPS, PPS))
    together = outcome(info, packets, [20, 40], one_by_one=False)
    assert together == outcome(info, packets, [20, 40], one_by_one=True)
    assert together[0] == []
