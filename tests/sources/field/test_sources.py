"""The real client finds the camera's stream, and its clock, among everything that arrives on one channel or port."""

from collections.abc import Callable
from email.utils import formatdate

import pytest

from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.rtp.time import NTP_EPOCH
from gateway.sources.source import Source
from tests.codecs.nal.streams import CODECS, Codec
from tests.rtp.packets import sender_report
from tests.sources.bench import Bench
from tests.sources.field.media import INTERVAL, Numbers, describe, marked, play, playing, shown
from tests.sources.scripted import ScriptedCamera

GROUP = 3
ROUNDS = 6


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest, camera: ScriptedCamera) -> Codec:
    camera.description = describe(request.param)
    return CODECS[request.param]


@pytest.fixture(params=["tcp", "udp"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def announcing(camera: ScriptedCamera, ssrc: str) -> None:
    """Have the answer to SETUP name the stream's SSRC."""

    def alter(request: str, answer: str) -> str:
        lines = answer.split("\r\n")
        return "\r\n".join(f"{line};ssrc={ssrc}" if line.startswith("Transport: R") else line for line in lines)

    camera.alter = alter


def pictures(codec: Codec) -> list[list[tuple[bytes, bool]]]:
    """Return the payloads and markers of some groups of pictures, and of one more picture."""
    return [marked(codec.packets(nals, 30)) for nals in [*codec.pictures * ROUNDS, codec.pictures[-1]]]


def expected(codec: Codec) -> list[tuple[bytes, ...]]:
    return codec.pictures * ROUNDS


@pytest.mark.parametrize("together", [1, 4])
async def test_a_new_ssrc_for_each_group_of_pictures_does_no_harm(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str, together: int
) -> None:
    await playing(bench, camera, transport)
    numbers = Numbers(first=65_500)
    stream: list[bytes] = []
    for at, payloads in enumerate(pictures(codec)):
        numbers.ssrc = 100 + at // GROUP
        stream += numbers.picture(payloads)
        if at % together == 0:
            await play(bench, camera, [stream])
            stream.clear()
    units = await play(bench, camera, [stream])
    assert shown(codec, units)[: len(expected(codec))] == expected(codec)
    assert len(bench.sink.connections) == 1
    assert sum(unit.lost for unit in units) == 0


async def test_a_new_ssrc_with_new_numbers_for_each_group_of_pictures_does_no_harm_and_keeps_the_map(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str
) -> None:
    await playing(bench, camera, transport)
    numbers, stream, group = Numbers(), [], 10
    for at in range(4 * group + 1):
        if at % group == 0:
            numbers.ssrc += 1
            numbers.sequence = 7919 * numbers.ssrc
        stream.append(numbers.picture(marked(codec.packets(codec.pictures[0 if at % group == 0 else 1], 30))))
    units = await play(bench, camera, [*stream, [], [], [], [], []])
    whole = [codec.pictures[0 if at % group == 0 else 1] for at in range(4 * group)]
    assert shown(codec, units)[: len(whole)] == whole
    assert len(bench.sink.connections) == 1


async def test_a_datagram_overtaken_by_the_next_ssrc_does_not_lose_the_groups_after_it(
    bench: Bench, camera: ScriptedCamera, codec: Codec
) -> None:
    await playing(bench, camera, "udp")
    numbers = Numbers()
    stream: list[bytes] = []
    for at, payloads in enumerate(pictures(codec)):
        numbers.ssrc = 100 + at // GROUP
        packets = numbers.picture(payloads)
        if at == GROUP:
            stream[-1:] = [packets.pop(0), stream[-1]]
        stream += packets
    units = await play(bench, camera, [[packet] for packet in stream])
    assert shown(codec, units)[-2 * GROUP :] == [*expected(codec), expected(codec)[-1]][-2 * GROUP :]
    assert len(shown(codec, units)) >= len(expected(codec)) - 2 * GROUP


@pytest.mark.parametrize("named", ["00000007", "7", "0x00000007", None])
@pytest.mark.parametrize("before", [False, True])
async def test_an_ended_session_that_keeps_sending_does_not_disturb_the_stream(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str, named: str | None, before: bool
) -> None:
    if named is not None:
        announcing(camera, named)
    await playing(bench, camera, transport)
    numbers, other = Numbers(), Numbers(ssrc=9, first=30_000)
    other.timestamp = 1 << 30
    stream = []
    for at, payloads in enumerate(pictures(codec)):
        ours, foreign = numbers.picture(payloads), other.picture(payloads)
        first = before and not (named is None and at == 0)
        stream.append([*foreign, *ours] if first else [*ours, *foreign])
    units = await play(bench, camera, stream)
    assert shown(codec, units)[: len(expected(codec))] == expected(codec)
    assert max(unit.rtp for unit in units) < other.timestamp
    assert len(bench.sink.connections) == 1


async def test_an_announced_ssrc_that_never_arrives_does_no_harm(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str
) -> None:
    announcing(camera, "12345678")
    await playing(bench, camera, transport)
    numbers = Numbers()
    units = await play(bench, camera, [numbers.picture(payloads) for payloads in pictures(codec)])
    assert shown(codec, units)[: len(expected(codec))] == expected(codec)


async def test_a_restarted_stream_is_found_even_if_an_ended_session_keeps_sending(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str
) -> None:
    announcing(camera, "00000007")
    await playing(bench, camera, transport)
    numbers, other = Numbers(ssrc=8), Numbers(ssrc=9, first=30_000)
    other.timestamp = 1 << 30
    stream = [
        [packet for pair in zip(numbers.picture(each), other.picture(each), strict=True) for packet in pair]
        for each in pictures(codec)
    ]
    units = await play(bench, camera, stream)
    assert shown(codec, units)[: len(expected(codec))] == expected(codec)


async def test_packets_of_another_payload_type_do_not_replace_any_others(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str
) -> None:
    await playing(bench, camera, transport)
    numbers = Numbers(first=65_500)
    stream = []
    for payloads in pictures(codec):
        foreign = numbers.packet(b"metadata", False, kind=50, since=9000)
        numbers.sequence -= 1
        stream.append([foreign, *numbers.picture(payloads)])
    units = await play(bench, camera, stream)
    assert shown(codec, units)[: len(expected(codec))] == expected(codec)
    assert sum(unit.lost for unit in units) == 0


async def test_numbers_that_go_from_65535_to_1_do_no_harm_over_tcp(
    bench: Bench, camera: ScriptedCamera, codec: Codec
) -> None:
    await playing(bench, camera)
    numbers = Numbers(first=65_520)
    stream = []
    for payloads in pictures(codec):
        packets = []
        for payload, marker in payloads:
            numbers.sequence += numbers.sequence % (1 << 16) == 0
            packets.append(numbers.packet(payload, marker))
        numbers.timestamp += 9000
        stream.append(packets)
    units = await play(bench, camera, stream)
    assert numbers.sequence > 65_600
    assert shown(codec, units)[: len(expected(codec))] == expected(codec)
    assert sum(unit.lost for unit in units) == 0


# Sender reports


def report(ssrc: int, timestamp: int) -> bytes:
    return sender_report(ssrc, NTP_EPOCH + 1_700_000_000, 0, timestamp)


SDES = b"\x81\xca\0\3\0\0\0\7\1\6camera"
REPORTS: dict[str, Callable[[int], bytes]] = {
    "alone": lambda at: report(7, at),
    "before a description without its end": lambda at: report(7, at) + SDES,
    "before a description that is cut off": lambda at: report(7, at) + b"\x81\xca\0\6" + SDES[4:],
    "before a description of version 0": lambda at: report(7, at) + b"\1" + SDES[1:],
    "before stray bytes": lambda at: report(7, at) + bytes(2),
    "without its counts": lambda at: b"\x80\xc8\0\5" + report(7, at)[4:24],
    "with a length of 0": lambda at: b"\x80\xc8\0\0" + report(7, at)[4:],
    "with padding": lambda at: b"\xa0\xc8\0\7" + report(7, at)[4:] + b"\0\0\0\4",
    "behind a receiver report": lambda at: b"\x80\xc9\0\1\0\0\0\7" + report(7, at),
    "of another SSRC": lambda at: report(0x1234, at),
    "of SSRC 0": lambda at: report(0, at),
}


@pytest.mark.parametrize("kind", REPORTS)
async def test_sender_reports_count_as_far_as_they_can_be_read(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str, kind: str
) -> None:
    await playing(bench, camera, transport)
    numbers = Numbers()
    stamps = []
    for payloads in pictures(codec)[:6]:
        await play(bench, camera, [numbers.picture(payloads)])
        stamps.append(numbers.timestamp)
        camera.deliver(REPORTS[kind](numbers.timestamp), control=True)
    await bench.clock.advance(INTERVAL)
    assert [each.rtp for each in bench.sink.reports] == stamps


async def test_sender_reports_among_the_pictures_count(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str
) -> None:
    """They may share the channel or the port of the pictures (RFC 5761)."""
    await playing(bench, camera, transport)
    numbers = Numbers()
    stream = [[*numbers.picture(payloads), report(7, numbers.timestamp)] for payloads in pictures(codec)]
    units = await play(bench, camera, stream)
    assert shown(codec, units)[: len(expected(codec))] == expected(codec)
    assert len(bench.sink.reports) == len(stream)


@pytest.mark.parametrize("changes", [False, True])
async def test_the_age_stays_trusted_however_often_the_ssrc_changes(
    bench: Bench, camera: ScriptedCamera, codec: Codec, transport: str, changes: bool
) -> None:
    """The age is trusted from the first report onwards, whether or not the SSRC changes."""
    camera.alter = lambda _, answer: answer.replace(camera.date, formatdate(bench.clock.now() // 1, usegmt=True))
    relay = CameraStream(CameraId("camera"), StreamName.MAIN, bench.clock, Metrics())
    source = Source(
        CameraId("camera"), StreamName.MAIN, camera.url, None, None, relay, bench.clock, Metrics(), lambda _: None
    )
    bench.sources.append(source)
    source.watch(True)
    camera.udp = transport == "udp"
    bench.start()
    await bench.until(lambda: "PLAY" in camera.requests)
    numbers, trusted = Numbers(ssrc=100), []
    began = bench.clock.now()
    for at in range(120):
        numbers.ssrc += changes and at % 10 == 0
        packets = numbers.picture(marked(codec.packets(codec.pictures[0 if at % 10 == 0 else 1], 30)))
        if at % 30 == 15:
            now = bench.clock.now()
            parts = int(now), int(now % 1 * (1 << 32))
            camera.deliver(sender_report(numbers.ssrc, NTP_EPOCH + parts[0], parts[1], numbers.timestamp), control=True)
        await play(bench, camera, [packets])
        timeline = relay.timeline()
        trusted.append(timeline is not None and timeline.trusted)
        assert timeline is None or timeline.epoch == 1
    assert bench.clock.now() > began
    first = trusted.index(True)
    assert first < 40
    assert all(trusted[first:])
