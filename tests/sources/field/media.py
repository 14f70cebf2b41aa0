"""Plays packets from a scripted camera to the real client, and returns what it passes on."""

import struct
from collections.abc import Callable, Iterable, Sequence

from gateway.codecs.access_unit import AccessUnit
from gateway.sources.source import Source
from tests.codecs.nal.streams import Codec
from tests.sources.bench import Bench
from tests.sources.scripted import ScriptedCamera

TICKS = 9000
INTERVAL = 0.1


def describe(codec: str, more: str = "") -> bytes:
    return f"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 {codec}/90000\r\n{more}a=control:track1\r\n".encode()


async def playing(bench: Bench, camera: ScriptedCamera, transport: str = "tcp") -> Source:
    """Return a source that plays the camera, over TCP or UDP. Somebody is watching, so packets are read one by one."""
    camera.udp = transport == "udp"
    source = bench.source(camera.url, transport=transport)
    source.watch(True)
    bench.start()
    await bench.until(lambda: "PLAY" in camera.requests)
    return source


async def play(bench: Bench, camera: ScriptedCamera, pictures: Iterable[Iterable[bytes]]) -> list[AccessUnit]:
    """Send the packets of one picture after another, in real time. Return the pictures that were passed on."""
    for packets in pictures:
        for packet in packets:
            camera.deliver(packet)
        await bench.clock.advance(INTERVAL)
    return bench.sink.units


class Numbers:
    """Gives packets their sequence numbers and timestamps. ``change`` alters each packet's bytes."""

    def __init__(self, ssrc: int = 7, first: int = 1, change: Callable[[bytes], bytes] = lambda packet: packet) -> None:
        self.sequence, self.timestamp, self.ssrc = first, 0, ssrc
        self._change = change
        self.step = TICKS

    def picture(self, payloads: Sequence[tuple[bytes, bool]], ticks: int = TICKS) -> list[bytes]:
        """Return the packets of the next picture from their payloads and markers."""
        self.timestamp += ticks
        return [self.packet(payload, marker) for payload, marker in payloads]

    def packet(self, payload: bytes, marker: bool, kind: int = 96, since: int = 0) -> bytes:
        """Return the next packet. Its timestamp is ``since`` ticks after that of the picture."""
        stamp, self.sequence = (self.timestamp + since) % (1 << 32), self.sequence + 1
        number = (self.sequence - 1) % (1 << 16)
        return self._change(struct.pack("!BBHII", 0x80, kind | marker << 7, number, stamp, self.ssrc) + payload)


def marked(payloads: Sequence[bytes]) -> list[tuple[bytes, bool]]:
    """Put the marker on the last payload of a picture."""
    return [(payload, at == len(payloads) - 1) for at, payload in enumerate(payloads)]


def shown(codec: Codec, units: Iterable[AccessUnit]) -> list[tuple[bytes, ...]]:
    """Return the NAL units of the codec's stream in each picture, without any others and without trailing zeros."""
    known = {nal for nals in codec.pictures for nal in nals}
    return [tuple(nal for nal in (each.rstrip(b"\0") for each in unit.nals) if nal in known) for unit in units]
