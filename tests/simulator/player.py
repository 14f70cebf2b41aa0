"""A client in the test's own process, without sockets or waiting. It reads a camera's packets."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from hashlib import md5, sha256
from typing import Any

import av
import numpy as np

from gateway.simulator.camera import Camera
from gateway.simulator.faults import Faults
from gateway.simulator.pictures import timecode
from gateway.simulator.pictures.drawing import View
from gateway.simulator.rtsp.digest import Algorithm
from gateway.simulator.rtsp.server import Connection, RtspServer, RtspSettings
from tests.fakes import FakeClock

PASSWORD = "a pass:word"


class InlineExecutor(Executor):
    """An executor that runs its work at once, so that a fake clock governs everything."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Wire(asyncio.Transport):
    """A transport that collects what the server writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.cut = False
        self.stuck = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.stuck

    def is_closing(self) -> bool:
        return self.cut

    def close(self) -> None:
        self.cut = True

    def abort(self) -> None:
        self.cut = True


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = b""

    def date(self) -> float:
        return parsedate_to_datetime(self.headers["date"]).timestamp()


@dataclass(frozen=True)
class Rtp:
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    at: float


@dataclass(frozen=True)
class Report:
    ntp: float
    timestamp: int
    at: float


@dataclass
class Player:
    server: RtspServer
    clock: FakeClock
    url: str
    username: str = "sightline"
    password: str = PASSWORD
    wire: Wire = field(default_factory=Wire)
    rtp: list[Rtp] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    junk: int = 0

    def __post_init__(self) -> None:
        self.connection: Connection = self.server.connect()
        self.connection.connection_made(self.wire)
        self._sequence = 0
        self.challenge = ""
        self.session = ""

    def ask(self, method: str, url: str | None = None, **headers: str) -> Answer | None:
        """Send a request, authorised if there was a challenge before. Return its answer, or None if there was none."""
        self.collect()
        self._sequence += 1
        uri = url or self.url
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self._sequence}"]
        if self.challenge:
            lines.append(f"Authorization: {self._credential(method, uri)}")
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.connection.data_received("\r\n".join([*lines, "", ""]).encode())
        answers = self.collect()
        return answers[0] if answers else None

    def expect(self, method: str, status: int = 200, url: str | None = None, **headers: str) -> Answer:
        answer = self.ask(method, url, **headers)
        assert answer is not None, f"no answer to {method}"
        assert answer.status == status
        return answer

    def log_in(self) -> None:
        self.challenge = self.expect("DESCRIBE", 401).headers["www-authenticate"]

    def play(self) -> Answer:
        self.log_in()
        self.expect("DESCRIBE")
        answer = self.expect("SETUP", url=self.url + "/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        self.session = answer.headers["session"].partition(";")[0]
        return self.expect("PLAY")

    def collect(self) -> list[Answer]:
        """Read what the server has written. Media goes to ``rtp`` and ``reports``."""
        answers = []
        data, self.wire.written = bytes(self.wire.written), bytearray()
        while data:
            if data[:1] == b"$":
                end = 4 + int.from_bytes(data[2:4], "big")
                self._media(data[1], data[4:end])
                data = data[end:]
            elif data.startswith(b"RTSP/1.0 "):
                head, _, data = data.partition(b"\r\n\r\n")
                first, *lines = head.decode().split("\r\n")
                headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in lines)}
                length = int(headers.get("content-length", 0))
                answers.append(Answer(int(first.split()[1]), headers, data[:length]))
                data = data[length:]
            else:
                self.junk += len(data)
                data = b""
        return answers

    def forget(self) -> None:
        self.collect()
        self.rtp.clear()
        self.reports.clear()

    def access_units(self) -> Iterator[tuple[int, float, list[bytes]]]:
        """Return the RTP timestamp, the time of sending and the NAL units of each picture."""
        nals: list[bytes] = []
        for packet in self.rtp:
            kind = packet.payload[0] & 0x1F
            if kind == 28 and not packet.payload[1] & 0x80:
                nals[-1] += packet.payload[2:]
            elif kind == 28:
                nals.append(bytes((packet.payload[0] & 0xE0 | packet.payload[1] & 0x1F,)) + packet.payload[2:])
            else:
                nals.append(packet.payload)
            if packet.marker:
                yield packet.timestamp, packet.at, nals
                nals = []

    def pictures(self) -> list["Seen"]:
        """Decode all pictures received so far and return them in the order in which they are shown."""
        self.collect()
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        sent = {}
        frames = []
        for timestamp, at, nals in self.access_units():
            packet = av.Packet(b"".join(b"\x00\x00\x00\x01" + nal for nal in nals))
            packet.pts = timestamp
            sent[timestamp] = at
            frames += decoder.decode(packet)
        frames += decoder.decode(None)
        return [
            Seen(frame.pts or 0, sent[frame.pts or 0], np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8))
            for frame in frames
        ]

    def camera_time(self, timestamp: int) -> float:
        """Return the time that the newest sender report gives for an RTP timestamp."""
        report = self.reports[-1]
        return report.ntp + ((timestamp - report.timestamp + (1 << 31)) % (1 << 32) - (1 << 31)) / 90_000

    def _media(self, channel: int, packet: bytes) -> None:
        if packet[0] >> 6 != 2 or (channel == 1 and packet[1] != 200):
            self.junk += len(packet)
        elif channel == 0:
            _, second, sequence, timestamp, _ = struct.unpack("!BBHII", packet[:12])
            self.rtp.append(Rtp(sequence, timestamp, bool(second & 0x80), packet[12:], self.clock.now()))
        else:
            seconds, fraction, timestamp = struct.unpack("!III", packet[8:20])
            self.reports.append(Report(seconds - 2_208_988_800 + fraction / (1 << 32), timestamp, self.clock.now()))

    def _credential(self, method: str, uri: str) -> str:
        challenge = {
            name: value.strip('"')
            for name, _, value in (part.strip().partition("=") for part in self.challenge[7:].split(","))
        }
        digest = sha256 if challenge["algorithm"] == "SHA-256" else md5
        user = digest(f"{self.username}:{challenge['realm']}:{self.password}".encode()).hexdigest()
        what = digest(f"{method}:{uri}".encode()).hexdigest()
        middle, extra = challenge["nonce"], ""
        if "qop" in challenge:
            count = f"{self._sequence:08x}"
            middle += f":{count}:c0ffee:auth"
            extra = f', qop=auth, nc={count}, cnonce="c0ffee"'
        response = digest(f"{user}:{middle}:{what}".encode()).hexdigest()
        return (
            f'Digest username="{self.username}", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", '
            f'uri="{uri}", response="{response}", algorithm={challenge["algorithm"]}{extra}'
        )


@dataclass(frozen=True)
class Seen:
    timestamp: int
    at: float
    image: timecode.Image

    @property
    def captured(self) -> float | None:
        milliseconds = timecode.read(self.image)
        return None if milliseconds is None else milliseconds / 1000


@dataclass
class Stage:
    """A camera that is capturing, its server, and a clock that moves only when a test moves it."""

    camera: Camera
    server: RtspServer
    clock: FakeClock

    def player(self, stream: str = "main") -> Player:
        return Player(self.server, self.clock, f"rtsp://school/{self.camera.id}/{stream}")

    async def pass_time(self, seconds: float, *players: Player) -> None:
        """Let time pass in small steps, so that the players know when each packet arrived."""
        for _ in range(round(seconds * 100)):
            await self.clock.advance(0.01)
            for player in players:
                player.collect()

    async def apply(self, **faults: Any) -> None:
        await self.camera.apply(Faults(**faults))


@asynccontextmanager
async def stage(*, loop: bool = False, gop: float = 2.0, **settings: Any) -> AsyncIterator[Stage]:
    clock = FakeClock()
    camera = Camera("hall", View("hall", "Hall"), loop=loop, gop=gop, clock=clock, workers=InlineExecutor())
    await camera.apply(Faults())
    server = RtspServer({"hall": camera}, RtspSettings("sightline", PASSWORD, **settings), clock)
    running: list[Coroutine[Any, Any, None]] = [camera.run(), server.expire_sessions()]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in running]
        await clock.settle()
        yield Stage(camera, server, clock)
        for task in tasks:
            task.cancel()


__all__ = ["PASSWORD", "Algorithm", "Player", "Stage", "stage"]
