import json
import shutil
import subprocess

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.simulator.pictures import timecode
from gateway.simulator.pictures.encoder import Encoder, EncoderSettings
from rig.example import ROOT

JS = ROOT / "rig" / "timecode.js"
times = st.integers(min_value=0, max_value=(1 << 48) - 1)


@given(times, st.sampled_from([(360, 640), (180, 320), (270, 480), (136, 240), (720, 1280)]), st.booleans())
def test_a_drawn_time_code_can_be_read(milliseconds: int, size: tuple[int, int], colour: bool) -> None:
    image = np.full((*size, 3) if colour else size, 128, dtype=np.uint8)
    timecode.draw(image, milliseconds)
    assert timecode.read(image) == milliseconds


def test_the_row_is_where_the_docstring_says() -> None:
    image = np.full((360, 640), 128, dtype=np.uint8)
    timecode.draw(image, 0)
    assert [int(v) for v in image[350, 5:45:10]] == [255, 0, 255, 0]
    assert [int(v) for v in image[350, 605:640:10]] == [0, 255, 0, 255]
    assert (image[342:, 40:600] == 0).all(), "the CRC of zero is zero"
    assert (image[338:342] == 0).all()
    assert (image[:338] == 128).all()


def test_a_time_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="48 bits"):
        timecode.draw(np.zeros((180, 320), dtype=np.uint8), 1 << 48)


def test_the_crc_is_crc_8_smbus() -> None:
    assert timecode.crc8(b"123456789") == 0xF4


@given(times, st.integers(min_value=0, max_value=63))
def test_one_wrong_cell_is_noticed(milliseconds: int, cell: int) -> None:
    image = np.zeros((180, 320), dtype=np.uint8)
    timecode.draw(image, milliseconds)
    image[171:, cell * 5 : cell * 5 + 5] ^= 0xFF
    assert timecode.read(image) is None


def test_pictures_without_a_time_code_read_as_none() -> None:
    random = np.random.default_rng(7)
    for shade in (0, 128, 255):
        assert timecode.read(np.full((360, 640), shade, dtype=np.uint8)) is None
    for _ in range(50):
        assert timecode.read(random.integers(0, 256, (180, 320), dtype=np.uint8)) is None
    assert timecode.read(np.zeros((10, 10), dtype=np.uint8)) is None


@pytest.mark.parametrize(("width", "height", "fps"), [(640, 360, 15), (320, 180, 10)])
@settings(max_examples=4)
@given(start=times.filter(lambda ms: ms < (1 << 48) - 10_000), seed=st.integers(0, 99))
def test_a_time_code_survives_h264_at_200_kbit_s(width: int, height: int, fps: int, start: int, seed: int) -> None:
    """The scene is restless, so the encoder has to save wherever it can."""
    coarse = np.random.default_rng(seed).integers(0, 255, (18, 32, 3), dtype=np.uint8)
    scene = np.asarray(cv2.resize(coarse, (width, height)), dtype=np.uint8)
    encoder = Encoder(EncoderSettings(width, height, fps, bitrate=200_000))
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    read, octets = [], 0
    for number in range(30):
        image = np.roll(scene, 3 * number, axis=1)
        timecode.draw(image, start + number * 1000 // fps)
        for picture in encoder.encode(image, number * 90_000 // fps):
            octets += sum(map(len, picture.nals))
            packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in picture.nals))
            read += [
                timecode.read(frame.to_ndarray(format="gray").astype(np.uint8)) for frame in decoder.decode(packet)
            ]
    read += [timecode.read(frame.to_ndarray(format="gray").astype(np.uint8)) for frame in decoder.decode(None)]
    assert read == [start + number * 1000 // fps for number in range(30)]
    assert octets * 8 / (30 / fps) < 300_000


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_the_browsers_reader_reads_the_same() -> None:
    expected: list[int | None] = [0, 1_700_000_000_123, (1 << 48) - 1, None]
    pictures = []
    for milliseconds, (height, width) in zip(expected, [(360, 640), (180, 320), (270, 480), (180, 320)], strict=True):
        image = np.full((height, width, 3), 90, dtype=np.uint8)
        if milliseconds is not None:
            timecode.draw(image, milliseconds)
        bgra = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA))
        pictures.append({"width": width, "height": height, "data": bgra.ravel().tolist()})
    script = JS.read_text() + (
        "\nconst pictures = JSON.parse(require('fs').readFileSync(0));"
        "\nconsole.log(JSON.stringify(pictures.map(readTimecode)));"
    )
    node = subprocess.run(
        ["node", "-e", script], input=json.dumps(pictures), capture_output=True, text=True, check=True
    )
    assert json.loads(node.stdout) == expected
