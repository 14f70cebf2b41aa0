"""If a camera sends two pictures under one timestamp, decoders show both as drawn, and never a mixture of them."""

from collections.abc import Iterable, Sequence

import av
import numpy as np
import pytest
from av.video.codeccontext import VideoCodecContext

from tests.codecs.coded import Coded, coded, h264, h265
from tests.codecs.nal.test_markers import EACH, LAST, Camera

Image = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def shown(codec: str, pictures: Iterable[Sequence[bytes]]) -> list[Image]:
    decoder = av.CodecContext.create({"H264": "h264", "H265": "hevc"}[codec], "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    packets = [av.Packet(b"".join(b"\0\0\0\1" + nal for nal in nals)) for nals in pictures]
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    return [frame.to_ndarray(format="gray").astype(np.uint8) for frame in frames]


def alike(found: Sequence[Image], drawn: Sequence[Image]) -> bool:
    return len(found) == len(drawn) and all(map(np.array_equal, found, drawn))


def sliced(count: int, slices: int) -> list[Coded]:
    parameters = f"keyint=5:scenecut=0:repeat-headers=1:bframes=0:threads=1:slices={slices}"
    options = {"preset": "superfast", "profile": "baseline", "x264-params": parameters}
    return list(coded("libx264", count, options))


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_two_pictures_with_one_timestamp_are_shown_as_drawn_and_not_mixed(codec: str) -> None:
    pictures = [picture.nals for picture in (h264(20, gop=10) if codec == "H264" else h265(20, gop=10))]
    camera = Camera(codec)
    for first, second in zip(pictures[::2], pictures[1::2], strict=True):
        camera.picture(first, LAST)
        camera.more(second, LAST)
    camera.picture(pictures[0], LAST)
    units = camera.units[:20]
    assert len({unit.rtp for unit in units}) == 20, "each is sent with its own timestamp"
    assert alike(shown(codec, [unit.nals for unit in units]), shown(codec, pictures))


def test_a_decoder_mixes_two_pictures_if_it_gets_them_as_one_access_unit() -> None:
    """This shows why they must not be combined into one unit."""
    pictures = [picture.nals for picture in h264(20, gop=10)]
    pairs = [first + second for first, second in zip(pictures[::2], pictures[1::2], strict=True)]
    drawn = shown("H264", pictures)
    mixed = [image for image in shown("H264", pairs) if not any(np.array_equal(image, one) for one in drawn)]
    assert len(mixed) >= len(pairs) // 2


def test_after_a_torn_keyframe_everything_is_shown_as_drawn() -> None:
    before, after = sliced(5, slices=1), sliced(10, slices=3)
    camera = Camera()
    for picture in [*before, *after, after[0]]:
        camera.picture(picture.nals, EACH)
    units = [unit.nals for unit in camera.units]
    pictures = [picture.nals for picture in [*before, *after]]
    assert len(units) == len(pictures) + 1, "one that was torn, and again whole"
    found, drawn = shown("H264", units), shown("H264", pictures)
    assert alike([*found[: len(before)], *found[len(before) + 1 :]], drawn)
