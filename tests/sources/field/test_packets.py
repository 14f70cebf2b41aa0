"""However a camera packs its pictures, the real client passes all of them on, over TCP and UDP. An odd unit among them
spoils nothing else."""

from collections.abc import Callable

import pytest

from gateway.codecs.nal.fragments import START_CODE
from tests.codecs.nal.streams import CODECS, Codec
from tests.sources.bench import Bench
from tests.sources.field.media import Numbers, describe, marked, play, playing, shown
from tests.sources.scripted import ScriptedCamera

LONG_CODE = b"\0" + START_CODE
Packed = list[tuple[bytes, bool]]
"""Payloads with their markers."""


def flags(codec: Codec, payload: bytes, change: Callable[[int], int]) -> bytes:
    """Change the flags of a fragment."""
    syntax = codec.syntax
    if syntax.kind(payload) != syntax.fragment_kind:
        return payload
    return payload[: syntax.header] + bytes((change(payload[syntax.header]),)) + payload[syntax.header + 1 :]


def fragments(codec: Codec, nals: tuple[bytes, ...], change: Callable[[int], int] = lambda flags: flags) -> Packed:
    return marked([flags(codec, payload, change) for payload in codec.packets(nals, 30)])


def with_an_empty_one(codec: Codec, nals: tuple[bytes, ...]) -> Packed:
    packed = fragments(codec, nals)
    at = len(packed) - 1
    nothing = flags(codec, packed[at][0][: codec.syntax.header + 1], lambda flags: flags & 0x3F)
    return [*packed[:at], (nothing, False), packed[at]]


def as_one_fragment(codec: Codec, nals: tuple[bytes, ...]) -> Packed:
    return marked([*nals[:-1], codec.fragment(nals[-1], 0xC0)])


PACKINGS: dict[str, Callable[[Codec, tuple[bytes, ...]], Packed]] = {
    "a unit in each packet": lambda _, nals: marked(nals),
    "fragments": fragments,
    "a start code before each unit": lambda _, nals: marked([LONG_CODE + nal for nal in nals]),
    "a short start code before each unit": lambda _, nals: marked([START_CODE + nal for nal in nals]),
    "all units in one packet": lambda _, nals: [(LONG_CODE.join(nals), True)],
    "all units in one packet that begins with a start code": lambda _, nals: [
        (START_CODE + START_CODE.join(nals), True)
    ],
    "all units in one fragmented unit": lambda codec, nals: fragments(codec, (LONG_CODE.join(nals),)),
    "all units in one fragmented unit that begins with a delimiter": lambda codec, nals: fragments(
        codec, (LONG_CODE.join([codec.delimiter, *nals]),)
    ),
    "start codes in an aggregation packet": lambda codec, nals: [
        (codec.aggregate([LONG_CODE + nal for nal in nals]), True)
    ],
    "all units as one unit of an aggregation packet": lambda codec, nals: [
        (codec.aggregate([LONG_CODE.join(nals)]), True)
    ],
    "a zero behind an aggregation packet": lambda codec, nals: [(codec.aggregate(nals) + b"\0", True)],
    "zeros behind an aggregation packet": lambda codec, nals: [(codec.aggregate(nals) + bytes(7), True)],
    "zeros behind each unit": lambda _, nals: marked([nal + bytes(3) for nal in nals]),
    "fragments without an end bit": lambda codec, nals: fragments(codec, nals, lambda flags: flags & 0xBF),
    "a fragment that begins and ends its unit": as_one_fragment,
    "an empty fragment": with_an_empty_one,
    "later fragments of another type": lambda codec, nals: fragments(
        codec, nals, lambda flags: flags if flags & 0x80 else flags & 0xC0 | 1
    ),
    "600 messages": lambda codec, nals: marked([*[codec.message] * 600, *nals]),
    "a message in each marked packet": lambda codec, nals: [(codec.message, True), *marked(nals)],
    "a marker on each unit": lambda _, nals: [(nal, True) for nal in nals],
    "no marker": lambda _, nals: [(nal, False) for nal in nals],
}


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest, camera: ScriptedCamera) -> Codec:
    camera.description = describe(request.param)
    return CODECS[request.param]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("packing", PACKINGS)
async def test_pictures_arrive_whole_however_they_are_packed(
    bench: Bench, camera: ScriptedCamera, codec: Codec, packing: str, transport: str
) -> None:
    await playing(bench, camera, transport)
    numbers = Numbers()
    stream = [*codec.pictures, codec.pictures[-1]]
    units = await play(bench, camera, [numbers.picture(PACKINGS[packing](codec, nals)) for nals in stream])
    assert shown(codec, units)[: len(codec.pictures)] == codec.pictures
    assert sum(unit.lost for unit in units) == 0


ODD = [(name, what) for name, codec in CODECS.items() for what in codec.odd]


@pytest.mark.parametrize("place", ["before", "behind", "behind, marked"])
@pytest.mark.parametrize(("codec", "what"), ODD, indirect=["codec"])
async def test_an_odd_unit_beside_each_picture_loses_at_most_itself(
    bench: Bench, camera: ScriptedCamera, codec: Codec, what: str, place: str
) -> None:
    odd = codec.odd[what]
    await playing(bench, camera)
    numbers = Numbers()
    pictures = []
    for nals in [*codec.pictures, codec.pictures[-1]]:
        packed = marked(nals)
        if place == "before":
            packed = [(odd, False), *packed]
        elif place == "behind":
            packed = [*packed, (odd, False)]
        else:
            packed = [*[(nal, False) for nal in nals], (odd, True)]
        pictures.append(numbers.picture(packed))
    units = await play(bench, camera, pictures)
    assert shown(codec, units)[: len(codec.pictures)] == codec.pictures


HEADERS: dict[str, Callable[[bytes], bytes]] = {
    "padding": lambda packet: bytes((packet[0] | 0x20,)) + packet[1:] + b"\0\0\0\4",
    "a padding flag with the count 0": lambda packet: bytes((packet[0] | 0x20,)) + packet[1:] + b"\0",
    "a header extension": lambda packet: (
        bytes((packet[0] | 0x10,)) + packet[1:12] + b"\xab\xac\0\3" + bytes(12) + packet[12:]
    ),
    "contributing sources": lambda packet: bytes((packet[0] | 2,)) + packet[1:12] + bytes(8) + packet[12:],
}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("header", HEADERS)
async def test_pictures_arrive_whole_whatever_else_their_packets_contain(
    bench: Bench, camera: ScriptedCamera, codec: Codec, header: str, transport: str
) -> None:
    await playing(bench, camera, transport)
    numbers = Numbers(change=HEADERS[header])
    stream = [*codec.pictures, codec.pictures[-1]]
    units = await play(bench, camera, [numbers.picture(fragments(codec, nals)) for nals in stream])
    assert shown(codec, units)[: len(codec.pictures)] == codec.pictures


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_camera_that_announces_padding_but_has_none_is_soon_read_whole(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str
) -> None:
    await playing(bench, camera, transport)
    numbers = Numbers(change=lambda packet: bytes((packet[0] | 0x20,)) + packet[1:])
    stream = [*codec.pictures, codec.pictures[-1]]
    units = await play(bench, camera, [numbers.picture(fragments(codec, nals)) for nals in stream])
    first_group = 3
    assert shown(codec, units)[first_group : len(codec.pictures)] == codec.pictures[first_group:]


async def test_parameter_sets_with_the_previous_pictures_timestamp_do_not_belong_to_it(
    bench: Bench, camera: ScriptedCamera, codec: Codec
) -> None:
    await playing(bench, camera)
    numbers = Numbers()
    pictures = []
    for nals in [*codec.pictures, codec.pictures[-1]]:
        early = [numbers.packet(nal, True) for nal in nals[:-1]]
        pictures.append([*early, *numbers.picture(marked(nals[-1:]))])
    units = await play(bench, camera, pictures)
    assert shown(codec, units)[: len(codec.pictures)] == codec.pictures
