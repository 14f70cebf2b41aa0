"""If a camera writes a frame in part, or in part and then again, the real client loses at most the picture that the
frame belongs to, and the pictures that refer to it.
"""

import random
from collections.abc import Callable

import pytest

from gateway.sources.rtsp.protocol.messages import encode_frame
from tests.codecs.nal.streams import CODECS, Codec
from tests.sources.bench import Bench
from tests.sources.field.media import INTERVAL, Numbers, describe, marked, playing, shown
from tests.sources.scripted import ScriptedCamera

PICTURES = 36
GROUP = 3
WRITTEN = {
    "one byte": 1,
    "a header cut off": 3,
    "a header": 4,
    "a header and an RTP header": 16,
    "half": 35,
    "all but one byte": -1,
}
BROKEN: dict[str, Callable[[bytes, int], bytes]] = {
    "the rest lost": lambda frame, size: frame[:size],
    "then whole": lambda frame, size: frame[:size] + frame,
    "the beginning lost": lambda frame, size: frame[size:],
    "twice": lambda frame, _: frame + frame,
}


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest, camera: ScriptedCamera) -> Codec:
    camera.description = describe(request.param)
    return CODECS[request.param]


def group_of(number: int) -> int:
    return number // GROUP


@pytest.mark.parametrize("chunk", [100_000, 97])
@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_frame_loses_at_most_its_picture_and_those_that_refer_to_it(
    bench: Bench, camera: ScriptedCamera, codec: Codec, how: str, written: str, chunk: int
) -> None:
    source = await playing(bench, camera)
    numbers, chance = Numbers(), random.Random(7)
    every, sent, broken = 7, 0, set[int]()
    stream = []
    for number in range(PICTURES):
        nals = codec.pictures[number % len(codec.pictures)]
        frames = []
        for packet in numbers.picture(marked(codec.packets(nals, 90))):
            frame = encode_frame(0, packet)
            sent += 1
            if sent % every == 0 and len(frame) > 40:
                broken.add(number)
                frame = BROKEN[how](frame, WRITTEN[written])
                every = chance.randint(4, 12)
            frames.append(frame)
        stream.append(b"".join(frames))
    for picture in stream:
        for at in range(0, len(picture), chunk):
            camera.send(picture[at : at + chunk])
            await bench.clock.settle()
        await bench.clock.advance(INTERVAL)
    assert len(broken) > 5
    whole = shown(codec, bench.sink.units)
    came = {unit.rtp // numbers.step - 1: nals for unit, nals in zip(bench.sink.units, whole, strict=True)}
    for number in range(PICTURES - 1):
        expected = codec.pictures[number % len(codec.pictures)]
        before = {each for each in broken if group_of(each) == group_of(number) and each <= number}
        # A frame that seems to end exactly where the data read so far ends is passed on, because its repetition arrives
        # too late.
        again = how in ("then whole", "twice") and chunk > 1000
        if not before or again:
            assert came.get(number) == expected, (number, sorted(broken))
        elif number in came:
            assert came[number] == expected
    assert source.status().reconnects == 0


@pytest.mark.parametrize("size", [2, 20, 30])
async def test_an_answer_after_a_broken_frame_is_read(
    bench: Bench, camera: ScriptedCamera, codec: Codec, size: int
) -> None:
    source = await playing(bench, camera)
    numbers = Numbers()

    def cut_off() -> None:
        frames = [encode_frame(0, packet) for packet in numbers.picture(marked(codec.pictures[0]))]
        camera.send(b"".join(frames)[:-size])

    for _ in range(5):
        samples = len(bench.sink.samples)
        bench.sink.next_query = 0.0
        await bench.until(lambda known=samples: len(bench.sink.samples) > known, within=3, each=cut_off)  # type: ignore[misc]
        bench.sink.next_query = float("inf")
    assert source.status().reconnects == 0
