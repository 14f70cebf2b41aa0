"""A camera that follows its test's script, on a real socket."""

import asyncio
import base64
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gateway.sources.rtsp.protocol.messages import encode_frame
from tests.rtp.packets import IDR, PPS, SPS, aggregated, rtp

SDP = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"


class ScriptedCamera:
    """Speaks correct RTSP, demands ``password`` (Basic) if there is one, and sends what its test tells it to.

    ``alter`` takes each request and its answer, and returns the answer to send instead. ``asked`` are all requests.
    ``leaves``: if it returns True for a request, the camera hangs up after its answer.

    ``location``: where it redirects to. ``sessions``: how many sessions it serves; the next request gets 453. ``held``:
    answers and pictures wait in the connection, as on a link that is too slow, until ``release``. ``most`` is the
    highest number of sessions that were set up at the same time. ``udp``: it sends datagrams to clients that request
    them, and only to those. ``hangs_up``: a connection on which it has asked for the password gets no further answer.
    """

    def __init__(self, password: str | None = None, context: ssl.SSLContext | None = None) -> None:
        self.password = password
        self._context = context
        self.requests: list[str] = []
        self.asked: list[str] = []
        self.alter: Callable[[str, str], str] = lambda _, answer: answer
        self.leaves: Callable[[str], bool] = lambda _: False
        self.frames: list[bytes] = []
        self.status = 200
        self.description = SDP
        self.location: str | None = None
        self.sessions: int | None = None
        self.most = 0
        self.held = False
        self.udp = False
        self.hangs_up = False
        self._challenged: set[asyncio.StreamWriter] = set()
        self.date = "Tue, 14 Nov 2023 22:13:20 GMT"
        self.order: list[str] = []
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._playing: set[asyncio.StreamWriter] = set()
        self._waiting: deque[tuple[asyncio.StreamWriter, bytes]] = deque()
        self._sequence = 0
        self._timestamp = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client_port = 0

    @property
    def url(self) -> str:
        return f"{'rtsps' if self._context else 'rtsp'}://127.0.0.1:{self.port}/live"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self._socket.close()
        self.hang_up()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    def reset(self) -> None:
        """Reset the connections, as a network that has lost its route to the camera would."""
        for writer in self._writers:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        self._writers.clear()

    def send(self, data: bytes) -> None:
        for writer in self._writers:
            self._write(writer, data)

    def release(self, messages: int) -> None:
        """Let this many of the waiting messages through."""
        for _ in range(min(messages, len(self._waiting))):
            writer, data = self._waiting.popleft()
            writer.write(data)

    def recover(self) -> None:
        """Restore the link."""
        self.held = False
        self.release(len(self._waiting))

    def picture(self, ticks: int = 9000) -> None:
        packet = self.packet(ticks)
        if not self.udp:
            self.send(encode_frame(0, packet))
        elif self.client_port:
            self.datagram(packet)

    def packet(self, ticks: int = 9000) -> bytes:
        """Return the next picture as one RTP packet, without sending it."""
        self._timestamp += ticks
        return self.numbered(aggregated(SPS, PPS, IDR), marker=True)

    def numbered(self, payload: bytes, *, marker: bool) -> bytes:
        """Return the next RTP packet of the current picture, without sending it."""
        self._sequence += 1
        return rtp(self._sequence, self._timestamp, payload, marker=marker)

    def datagram(self, data: bytes, control: bool = False) -> None:
        self._socket.sendto(data, ("127.0.0.1", self.client_port + control))

    def deliver(self, packet: bytes, control: bool = False) -> None:
        """Send an RTP or RTCP packet in the way that was agreed on."""
        if self.udp:
            self.datagram(packet, control)
        else:
            self.send(encode_frame(int(control), packet))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while first := await reader.readexactly(1):
                if first == b"$":
                    size = int.from_bytes((await reader.readexactly(3))[1:], "big")
                    self.frames.append(await reader.readexactly(size))
                else:
                    request = (first + await reader.readuntil(b"\r\n\r\n")).decode()
                    if writer in self._challenged:
                        break
                    self._write(writer, self._answer(request, writer))
                    if self.leaves(request):
                        break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self._playing.discard(writer)
            self._waiting = deque(item for item in self._waiting if item[0] is not writer)
            if writer in self._writers:
                self._writers.remove(writer)

    def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if self.held:
            self._waiting.append((writer, data))
        else:
            writer.write(data)

    def _answer(self, request: str, writer: asyncio.StreamWriter) -> bytes:
        method, url, _ = request.split(" ", 2)
        self.requests.append(method)
        self.asked.append(request)
        fields = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if line)
        status, body = self.status, b""
        if self.password is not None:
            expected = "Basic " + base64.b64encode(f"police:{self.password}".encode()).decode()
            status = self.status if fields.get("Authorization") == expected else 401
            if status == 401 and self.hangs_up:
                self._challenged.add(writer)
        if method == "DESCRIBE" and status == 200:
            body = self.description
            if self.location is not None:
                status, body = 302, b""
        transport = fields.get("Transport", "")
        if method == "SETUP" and self.udp and "client_port" not in transport:
            status = 461
        if method == "SETUP" and status == 200:
            self.client_port = int(transport.partition("client_port=")[2].partition("-")[0] or 0)
            if self.sessions is not None and len(self._playing) >= self.sessions:
                status = 453
            else:
                self.order.append(url)
                self._playing.add(writer)
                self.most = max(self.most, len(self._playing))
        head = (
            f"RTSP/1.0 {status} X\r\nCSeq: {fields['CSeq']}\r\n"
            f"Transport: {transport}\r\nSession: 42;timeout=20\r\nContent-Length: {len(body)}\r\n"
            f'WWW-Authenticate: Basic realm="x"\r\nDate: {self.date}\r\n'
            f"{'' if self.location is None else f'Location: {self.location}'}\r\n\r\n"
        ).replace("\r\n\r\n\r\n", "\r\n\r\n")
        return self.alter(request, head).encode() + body
