from struct import pack

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.depacketizer import MAX_ACCESS_UNIT
from gateway.codecs.jpeg.depacketizer import JpegDepacketizer
from gateway.codecs.jpeg.headers import tables_of_quality
from gateway.rtp.packet import RtpPacket
from gateway.simulator.pictures.timecode import Image

WIDTH, HEIGHT = 320, 176


def picture(seed: int = 1) -> Image:
    """Return a picture with colours and edges, in 4:2:0, without loss of what is compared."""
    image = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    for index in range(5):
        image[:, index * 64 : index * 64 + 64] = (index * 50, 255 - index * 40, seed * 30 % 256)
    return image


def on_the_wire(image: Image, quality: int = 50, restarts: int = 0) -> tuple[bytes, bytes]:
    """Return tables and entropy-coded data of a JPEG from an independent encoder."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_RST_INTERVAL, restarts]
    data = cv2.imencode(".jpg", image, options)[1].tobytes()
    at, tables = 2, b""
    while data[at + 1] != 0xDA:
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xDB:
            tables += data[at + 5 : at + 2 + size]
        at += 2 + size
    return tables, data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def payloads(
    data: bytes, quality: int, tables: bytes = b"", *, size: int = 500, restarts: int = 0, kind: int = 1
) -> list[bytes]:
    """Return the RFC 2435 packets of one picture."""
    out = []
    for offset in range(0, len(data), size):
        head = pack("!IBBBB", offset, kind | (64 if restarts else 0), quality, WIDTH // 8, HEIGHT // 8)
        if restarts:
            head += pack("!HH", restarts, 0xFFFF)
        if quality >= 128 and not offset:
            head += pack("!HH", 0, len(tables)) + tables
        out.append(head + data[offset : offset + size])
    return out


class Stream:
    def __init__(self) -> None:
        self.depacketizer = JpegDepacketizer()

    def push(self, payload: bytes, timestamp: int, *, marker: bool = False, missing: int = 0) -> tuple[AccessUnit, ...]:
        return self.depacketizer.push(RtpPacket(26, marker, 0, timestamp, 7, payload), missing, 1.0)

    def picture(self, pieces: list[bytes], timestamp: int) -> list[AccessUnit]:
        return [unit for piece in pieces for unit in self.push(piece, timestamp, marker=piece is pieces[-1], missing=0)]


def assert_shows(unit: AccessUnit, image: Image) -> None:
    shown = cv2.imdecode(np.frombuffer(unit.nals[0], dtype=np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown.shape == image.shape
    assert float(np.abs(shown.astype(int) - image.astype(int)).mean()) < 8


@pytest.mark.parametrize("quality", [20, 50, 90])
def test_a_picture_whose_tables_follow_from_its_quality_is_rebuilt(quality: int) -> None:
    _, data = on_the_wire(picture(), quality)
    (unit,) = Stream().picture(payloads(data, quality), 3000)
    assert (unit.rtp, unit.keyframe, unit.codec, len(unit.nals)) == (3000, True, "JPEG", 1)
    assert_shows(unit, picture())


@pytest.mark.parametrize("quality", [1, 20, 49, 50, 51, 75, 99])
def test_the_tables_for_a_quality_are_the_ones_that_encoders_use(quality: int) -> None:
    assert on_the_wire(picture(), quality)[0] == tables_of_quality(quality)


def test_tables_that_no_component_uses_do_no_harm() -> None:
    tables, data = on_the_wire(picture(), 73)
    (plain,) = Stream().picture(payloads(data, 200, tables), 0)
    (extra,) = Stream().picture(payloads(data, 200, tables + tables[:64]), 0)
    assert extra.nals == plain.nals


def test_a_picture_with_its_own_tables_is_rebuilt_and_they_apply_to_the_next() -> None:
    tables, data = on_the_wire(picture(), 73)
    stream = Stream()
    (unit,) = stream.picture(payloads(data, 200, tables), 0)
    assert_shows(unit, picture())
    (following,) = stream.picture(payloads(data, 200), 3000)
    assert following.nals == unit.nals


def test_restart_markers_are_restored() -> None:
    _, data = on_the_wire(picture(), 50, restarts=4)
    (unit,) = Stream().picture(payloads(data, 50, restarts=4), 0)
    assert_shows(unit, picture())


def test_the_size_of_pictures_is_known() -> None:
    stream = Stream()
    stream.picture(payloads(b"data", 50), 0)
    shown = stream.depacketizer.picture
    assert shown is not None
    assert (shown.width, shown.height) == (WIDTH, HEIGHT)


def test_a_picture_with_a_missing_piece_is_dropped_and_the_next_is_not() -> None:
    stream = Stream()
    pieces = payloads(bytes(2000), 50)
    for lost in range(len(pieces)):
        out: list[AccessUnit] = []
        for index, piece in enumerate(pieces):
            if index != lost:
                out += stream.push(piece, lost, marker=index == 3, missing=int(index == lost + 1))
        out += stream.push(pieces[0], 90 + lost, marker=True, missing=int(lost == 3))
        assert [(unit.rtp, unit.lost) for unit in out] == [(90 + lost, 1)]
    assert stream.depacketizer.dropped == len(pieces)
    assert stream.depacketizer.malformed == 0


def test_pictures_too_large_for_rtp_are_reported_in_words() -> None:
    stream = Stream()
    stream.push(pack("!IBBBB", 0, 1, 50, 0, 0) + b"data", 0, marker=True)
    assert "2040" in stream.depacketizer.notes()[0]
    assert (stream.depacketizer.malformed, stream.depacketizer.dropped) == (1, 1)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"short", id="short"),
        pytest.param(pack("!IBBBB", 0, 2, 50, 4, 4), id="type that is not defined"),
        pytest.param(pack("!IBBBB", 0, 1, 0, 4, 4), id="quality that is not defined"),
        pytest.param(pack("!IBBBB", 0, 1, 200, 4, 4) + pack("!HH", 0, 0), id="tables never seen"),
        pytest.param(pack("!IBBBB", 0, 1, 255, 4, 4) + pack("!HH", 0, 128) + bytes(9), id="tables cut off"),
        pytest.param(pack("!IBBBB", 0, 1, 255, 4, 4) + pack("!BBH", 0, 1, 128) + bytes(128), id="tables of 16 bits"),
        pytest.param(pack("!IBBBB", 0, 65, 50, 4, 4) + b"\0", id="restart header cut off"),
        pytest.param(pack("!IBBBB", 700, 1, 50, 4, 4) + b"data", id="piece out of place"),
    ],
)
def test_a_malformed_packet_is_counted_and_its_picture_dropped(payload: bytes) -> None:
    stream = Stream()
    assert stream.push(payload, 0, marker=True) == ()
    assert (stream.depacketizer.malformed, stream.depacketizer.dropped) == (1, 1)


def test_pictures_are_bounded() -> None:
    stream = Stream()
    for offset in range(0, MAX_ACCESS_UNIT + 130_000, 65_000):
        stream.push(pack("!IBBBB", offset, 1, 50, 4, 4) + bytes(65_000), 0)
    assert stream.depacketizer.malformed == 1
    assert stream.push(pack("!IBBBB", 0, 1, 50, 4, 4) + b"data", 0, marker=True) == ()


PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda offset, kind, quality, rest: pack("!IBBBB", offset, kind, quality, 4, 4) + rest,
        st.sampled_from([0, 0, 4, 8]),
        st.sampled_from([0, 1, 64, 65, 2]),
        st.sampled_from([0, 50, 99, 100, 128, 255]),
        st.binary(max_size=12),
    ),
)


@given(st.lists(st.tuples(PAYLOADS, st.integers(0, 2), st.booleans(), st.integers(0, 2)), max_size=40))
def test_whatever_arrives_only_whole_pictures_are_passed_on(steps: list[tuple[bytes, int, bool, int]]) -> None:
    stream = Stream()
    for payload, stamp, marker, missing in steps:
        for unit in stream.push(payload, stamp, marker=marker, missing=missing):
            assert unit.nals[0].startswith(b"\xff\xd8")
            assert unit.nals[0].endswith(b"\xff\xd9")
