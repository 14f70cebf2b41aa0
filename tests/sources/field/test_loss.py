"""If datagrams keep being lost, the status says so, and the stream is pulled over TCP if the camera allows it."""

import pytest

from gateway.models import SourceState
from gateway.sources.source import Source
from tests.codecs.nal.streams import CODECS
from tests.sources.bench import Bench
from tests.sources.field.media import Numbers, describe
from tests.sources.scripted import ScriptedCamera

CODEC = CODECS["H264"]
INSTEAD = "of the camera's datagrams: it is pulled over TCP."
MEND = "of the camera's datagrams, and the camera does not send over TCP: repair the network."


class Link:
    """Carries ten pictures per second, each in several datagrams, and loses every hundredth datagram."""

    def __init__(self, camera: ScriptedCamera, datagrams: int, every: int = 100) -> None:
        self._camera, self._datagrams, self._every = camera, datagrams, every
        self._numbers, self._sent = Numbers(), 0

    def send(self) -> None:
        before = CODEC.packets(CODEC.pictures[0], 15)[: self._datagrams - 1]
        payloads = [*before, CODEC.aggregate(CODEC.pictures[0])]
        for packet in self._numbers.picture([(each, each is payloads[-1]) for each in payloads]):
            self._sent += 1
            if self._sent % self._every:
                self._camera.datagram(packet)


async def begin(bench: Bench, camera: ScriptedCamera, transport: str) -> Source:
    camera.udp = True
    camera.description = describe("H264")
    source = bench.source(camera.url, transport=transport)
    bench.start()
    await bench.until(lambda: camera.client_port > 0)
    return source


@pytest.mark.parametrize("datagrams", [1, 3, 10])
async def test_at_a_loss_of_one_in_a_hundred_tcp_is_used_however_slow_the_stream(
    bench: Bench, camera: ScriptedCamera, datagrams: int
) -> None:
    source, link = await begin(bench, camera, "udp"), Link(camera, datagrams)

    def send() -> None:
        if source.status().state is SourceState.DOWN:
            camera.udp = False
        if camera.udp:
            link.send()
        else:
            camera.picture()

    await bench.until(lambda: source.status().transport == "tcp", within=75, each=send)
    await bench.until(lambda: any(INSTEAD in note for note in source.status().notes), within=3, each=camera.picture)


async def test_a_camera_that_sends_only_datagrams_stays_on_udp_and_the_network_is_blamed(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source, link = await begin(bench, camera, "auto"), Link(camera, 3)
    await bench.until(lambda: any(MEND in note for note in source.status().notes), within=40, each=link.send)
    assert source.status().reconnects == 0


async def test_a_loss_of_one_in_a_thousand_is_tolerated(bench: Bench, camera: ScriptedCamera) -> None:
    source, link = await begin(bench, camera, "udp"), Link(camera, 10, every=1000)
    began = bench.clock.monotonic()
    await bench.until(lambda: bench.clock.monotonic() - began > 70, within=80, each=link.send)
    assert (source.status().transport, source.status().reconnects) == ("udp", 0)
