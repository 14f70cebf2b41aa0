"""However a camera sends its JPEG pictures, the real client passes all of them on, as they were drawn."""

from collections.abc import Callable

import pytest

from tests.codecs.jpeg.test_depacketizer import assert_shows, on_the_wire, payloads, picture
from tests.sources.bench import Bench
from tests.sources.field.media import Numbers, marked, play, playing
from tests.sources.scripted import ScriptedCamera

Sent = list[tuple[bytes, bool]]
PICTURES = 5


def sent(
    quality: int, tables: Callable[[bytes], bytes] = lambda tables: tables, restarts: int = 0
) -> Callable[[int], Sent]:
    def packed(number: int) -> Sent:
        own, data = on_the_wire(picture(number), 50, restarts)
        return marked(payloads(data, quality, tables(own), restarts=restarts))

    return packed


def without_later_tables(number: int) -> Sent:
    own, data = on_the_wire(picture(number), 50)
    return marked(payloads(data, 200, b"" if number else own))


def with_an_empty_packet(number: int) -> Sent:
    packed = sent(50)(number)
    at = len(packed) // 2
    return [*packed[:at], (packed[at][0][:8], False), *packed[at:]]


KINDS: dict[str, Callable[[int], Sent]] = {
    "tables by quality": sent(50),
    "its own tables": sent(255),
    "its own tables in the first picture alone": without_later_tables,
    "four tables": sent(255, lambda tables: tables + tables),
    "three tables": sent(255, lambda tables: tables + tables[:64]),
    "restart markers": sent(50, restarts=1),
    "no marker": lambda number: [(payload, False) for payload, _ in sent(50)(number)],
    "an end of image": lambda number: [(payload + b"\xff\xd9" * last, last) for payload, last in sent(50)(number)],
    "zeros behind it": lambda number: [(payload + bytes(3) * last, last) for payload, last in sent(50)(number)],
    "an empty packet": with_an_empty_packet,
}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("kind", KINDS)
async def test_pictures_arrive_as_they_were_drawn(
    bench: Bench, camera: ScriptedCamera, kind: str, transport: str
) -> None:
    camera.description = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 JPEG/90000\r\na=control:track1\r\n"
    await playing(bench, camera, transport)
    numbers = Numbers()
    units = await play(bench, camera, [numbers.picture(KINDS[kind](number)) for number in range(PICTURES + 1)])
    assert len(units) >= PICTURES
    for number, unit in enumerate(units[:PICTURES]):
        assert_shows(unit, picture(number))
