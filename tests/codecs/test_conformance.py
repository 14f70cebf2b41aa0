"""Streams from other encoders come out as they went in, packetised as for viewers and depacketised as from a camera.

H.264: conformance streams of the Joint Video Team, and Cisco's, from OpenH264 (tests/data/h264). H.265: the streams
with which ChromiumOS tests its decoders (tests/data/h265), and streams coded by x265. The licences are in the same
folders.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.h264.packetizer import packetize
from gateway.codecs.h264.syntax import H264Depacketizer
from gateway.codecs.h265.packetizer import packetize_h265
from gateway.codecs.h265.syntax import H265Depacketizer
from gateway.codecs.nal.depacketizer import NalDepacketizer
from gateway.rtp.packet import RtpPacket
from gateway.simulator.pictures.encoder import split_annex_b
from tests.codecs.coded import h265

STREAMS = sorted(
    path for path in (Path(__file__).parents[1] / "data" / "h264").iterdir() if path.suffix in (".264", ".jsv")
)
STREAMS_H265 = sorted((Path(__file__).parents[1] / "data" / "h265").glob("*.h265"))
TICKS = 3000
LIMITS = (1140, 97)
SIGNATURE = b"\x06\x05\x20" + bytes(range(1, 33)) + b"\x80"
"""An SEI message of user data (H.264 D.1.7), such as ONVIF Media Signing adds to pictures."""

Packetize = Callable[[Sequence[bytes], int], Sequence[bytes]]


def pictures(stream: bytes) -> Iterator[list[bytes]]:
    """Return the NAL units of each picture. It begins with a unit that precedes slices, or with its first
    macroblock."""
    picture: list[bytes] = []
    coded = False
    for nal in split_annex_b(stream):
        is_slice = nal[0] & 0x1F in (1, 5)
        if coded and (not is_slice or nal[1] & 0x80):
            yield picture
            picture, coded = [], False
        picture.append(nal)
        coded = coded or is_slice
    yield picture


def pictures_h265(stream: bytes) -> Iterator[list[bytes]]:
    """Return the same for H.265, where an SEI may also follow the slices (type 40)."""
    picture: list[bytes] = []
    coded = False
    for nal in split_annex_b(stream):
        kind = nal[0] >> 1 & 0x3F
        if coded and (nal[2] & 0x80 if kind < 32 else kind not in (36, 37, 38, 40)):
            yield picture
            picture, coded = [], False
        picture.append(nal)
        coded = coded or kind < 32
    yield picture


def carried(
    units: list[list[bytes]], packets: Packetize, depacketizer: NalDepacketizer, limit: int
) -> list[AccessUnit]:
    found: list[AccessUnit] = []
    sequence = 0
    for number, nals in enumerate(units):
        payloads = packets(nals, limit)
        assert all(len(payload) <= limit for payload in payloads)
        for payload in payloads:
            packet = RtpPacket(96, payload is payloads[-1], sequence & 0xFFFF, number * TICKS, 7, payload)
            found += depacketizer.push(packet, 0, float(sequence))
            sequence += 1
    return [*found, *depacketizer.push(RtpPacket(96, False, 0, 1 << 30, 7, b""), 0, 0.0)]


def differences(units: list[list[bytes]], found: list[AccessUnit], sets: set[bytes]) -> list[int]:
    """Return the pictures that differ, apart from parameter sets, which are added to keyframes again."""

    def rest(nals: Sequence[bytes]) -> list[bytes]:
        return [nal for nal in nals if nal not in sets]

    out = {unit.rtp // TICKS: list(unit.nals) for unit in found}
    return [number for number, nals in enumerate(units) if rest(out.get(number, [])) != rest(nals)]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("stream", STREAMS, ids=lambda path: path.stem)
def test_a_conformance_stream_comes_out_byte_for_byte(stream: Path, limit: int) -> None:
    units = list(pictures(stream.read_bytes()))
    depacketizer = H264Depacketizer()
    found = carried(units, packetize, depacketizer, limit)
    sets = {nal for nals in units for nal in nals if nal[0] & 0x1F in (7, 8)}
    assert differences(units, found, sets) == []
    assert (len(found), depacketizer.dropped, depacketizer.malformed) == (len(units), 0, 0)


def test_a_signature_beside_each_picture_passes_unchanged() -> None:
    units = [[*nals[:-1], SIGNATURE, nals[-1]] for nals in pictures(STREAMS[0].read_bytes())]
    found = carried(units, packetize, H264Depacketizer(), 1140)
    assert [unit.nals.count(SIGNATURE) for unit in found] == [1] * len(units)


@pytest.mark.parametrize("limit", LIMITS)
def test_an_x265_stream_comes_out_byte_for_byte(limit: int) -> None:
    units = [list(picture.nals) for picture in h265(12)]
    found = carried(units, packetize_h265, H265Depacketizer(), limit)
    sets = {nal for nals in units for nal in nals if nal[0] >> 1 in (32, 33, 34)}
    assert differences(units, found, sets) == []


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("stream", STREAMS_H265, ids=lambda path: path.stem)
def test_an_h265_conformance_stream_comes_out_byte_for_byte(stream: Path, limit: int) -> None:
    units = list(pictures_h265(stream.read_bytes()))
    depacketizer = H265Depacketizer()
    found = carried(units, packetize_h265, depacketizer, limit)
    sets = {nal for nals in units for nal in nals if nal[0] >> 1 in (32, 33, 34)}
    assert differences(units, found, sets) == []
    assert (len(found), depacketizer.dropped, depacketizer.malformed) == (len(units), 0, 0)


def test_there_are_streams_to_test_with() -> None:
    assert (len(STREAMS), len(STREAMS_H265)) == (12, 6)
