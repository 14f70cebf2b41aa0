"""Serves the cameras of the simulated school over RTSP. One connection plays one stream, interleaved (RFC 2326)."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from math import floor

from gateway.clock import Clock
from gateway.errors import Malformed
from gateway.models import CAMERA_STREAMS, StreamName
from gateway.simulator.camera import Camera
from gateway.simulator.rtsp.description import describe
from gateway.simulator.rtsp.digest import Algorithm, DigestGate, Verdict
from gateway.simulator.rtsp.messages import Request, RequestReader, parse_transport, response
from gateway.simulator.rtsp.session import Session

logger = logging.getLogger(__name__)

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True)
class RtspSettings:
    """Holds the settings of the server. Times are in seconds. A client without a request for ``session_timeout`` is cut
    off."""

    username: str
    password: str = field(repr=False)
    algorithm: Algorithm = Algorithm.MD5
    session_timeout: float = 60.0
    nonce_lifetime: float = 300.0


class RtspServer:
    """Serves all cameras, and knows the open connections."""

    def __init__(self, cameras: Mapping[str, Camera], settings: RtspSettings, clock: Clock) -> None:
        self.cameras = cameras
        self.settings = settings
        self.clock = clock
        self.connections: set[Connection] = set()

    def connect(self) -> "Connection":
        """Return the protocol of a new connection, for ``loop.create_server``."""
        return Connection(self)

    def sessions(self, camera: Camera) -> int:
        """Return how many clients have set up a stream of the camera."""
        return sum(c.session is not None and c.session.camera is camera for c in self.connections)

    async def expire_sessions(self) -> None:
        """Cut off clients that have stopped sending requests. Runs forever."""
        while True:
            await self.clock.sleep(1.0)
            limit = self.clock.monotonic() - self.settings.session_timeout
            for connection in tuple(self.connections):
                if connection.last_request < limit:
                    connection.close()

    def close(self) -> None:
        """Cut every connection."""
        for connection in tuple(self.connections):
            connection.close()


class Connection(asyncio.Protocol):
    """Handles one client's connection and its requests."""

    def __init__(self, server: RtspServer) -> None:
        self.session: Session | None = None
        self.last_request = server.clock.monotonic()
        self._server = server
        settings = server.settings
        self._gate = DigestGate(settings.username, settings.password, settings.algorithm, settings.nonce_lifetime)
        self._reader = RequestReader()
        self._transport: asyncio.Transport | None = None
        self._held: deque[bytes] = deque()
        self._credit = 0.0
        self._methods: dict[str, Callable[[Request, Camera, StreamName], Answer]] = {
            "OPTIONS": self._keep_alive,
            "DESCRIBE": self._describe,
            "SETUP": self._set_up,
            "PLAY": self._play,
            "PAUSE": self._pause,
            "GET_PARAMETER": self._keep_alive,
            "SET_PARAMETER": self._keep_alive,
            "TEARDOWN": self._tear_down,
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport. asyncio calls this when a client has connected."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what create_server passes
        self._transport = transport
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the session. asyncio calls this when the connection is gone."""
        self._end_session()
        self._transport = None
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer each complete request. asyncio calls this."""
        try:
            for message in self._reader.feed(data):
                if self._transport is None or self._transport.is_closing():
                    return
                if isinstance(message, Request):
                    self._handle(message)
        except Malformed as error:
            logger.debug("malformed request: %s", error)
            self.write(response(400, {}))
            if self._transport:
                self._transport.close()

    def write(self, data: bytes) -> None:
        """Send as much as the simulated network lets through, unless the connection is over."""
        passes = self.session.camera.faults.passes if self.session else 1.0
        self._held.append(data)
        self._credit = float("inf") if passes == 1.0 else self._credit + passes * len(data)
        while self._held and len(self._held[0]) <= self._credit:
            piece = self._held.popleft()
            self._credit -= len(piece)
            if self._transport and not self._transport.is_closing():
                self._transport.write(piece)
        if not self._held:
            self._credit = 0.0

    def unsent(self) -> int:
        """Return how many bytes the client has not read yet."""
        return sum(map(len, self._held)) + (self._transport.get_write_buffer_size() if self._transport else 0)

    def close(self) -> None:
        """Cut the connection without an answer."""
        self._end_session()
        if self._transport:
            self._transport.abort()

    def _handle(self, request: Request) -> None:
        self.last_request = self._server.clock.monotonic()
        camera, stream = self._target(request)
        if camera and camera.faults.off:
            self.close()
            return
        status, headers, body = self._answer(request, camera, stream)
        head = {"CSeq": request.headers["cseq"]} if "cseq" in request.headers else {}
        if not (camera and camera.faults.no_date):
            head["Date"] = formatdate(floor(camera.now() if camera else self._server.clock.now()), usegmt=True)
        self.write(response(status, head | headers, body))
        if request.method == "PLAY" and status == 200 and self.session:
            self.session.play()

    def _target(self, request: Request) -> tuple[Camera | None, StreamName | None]:
        _, camera_id, stream, *_ = (*request.path.split("/"), "", "")
        return self._server.cameras.get(camera_id), StreamName(stream) if stream in CAMERA_STREAMS else None

    def _answer(self, request: Request, camera: Camera | None, stream: StreamName | None) -> Answer:
        if request.version != "RTSP/1.0":
            return 505, {}, b""
        if "cseq" not in request.headers:
            return 400, {}, b""
        method = self._methods.get(request.method)
        if method is None or request.method == "OPTIONS":
            return 200 if method else 501, {"Public": ", ".join(self._methods)}, b""
        now = self._server.clock.monotonic()
        verdict = self._gate.check(request.method, request.uri, request.headers.get("authorization"), now)
        if verdict is not Verdict.ACCEPTED or (camera and camera.faults.refuse_password):
            return 401, {"WWW-Authenticate": self._gate.challenge(now, stale=verdict is Verdict.STALE)}, b""
        if camera is None or stream is None:
            return 404, {}, b""
        return method(request, camera, stream)

    def _describe(self, request: Request, camera: Camera, stream: StreamName) -> Answer:
        headers = {"Content-Base": request.uri.rstrip("/") + "/", "Content-Type": "application/sdp"}
        return 200, headers, describe(camera, stream).encode()

    def _set_up(self, request: Request, camera: Camera, stream: StreamName) -> Answer:
        if self.session is not None:
            return 455, {}, b""  # one session per connection
        channels = parse_transport(request.headers.get("transport", ""))
        if channels is None:
            return 461, {}, b""
        limit = camera.faults.session_limit
        if limit is not None and self._server.sessions(camera) >= limit:
            return 453, {}, b""
        self.session = session = Session(camera, stream, channels, self, self._server.clock)
        transport = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]};ssrc={session.sender.ssrc:08X}"
        timeout = floor(self._server.settings.session_timeout)
        return 200, {"Session": f"{session.id};timeout={timeout}", "Transport": transport}, b""

    def _play(self, request: Request, camera: Camera, stream: StreamName) -> Answer:
        session = self._named_session(request)
        if isinstance(session, int):
            return session, {}, b""
        info = (
            f"url={request.uri.rstrip('/')}/trackID=0;seq={session.sender.next_sequence};rtptime={session.timestamp()}"
        )
        return 200, {"Session": session.id, "Range": "npt=now-", "RTP-Info": info}, b""

    def _pause(self, request: Request, camera: Camera, stream: StreamName) -> Answer:
        session = self._named_session(request)
        if isinstance(session, int):
            return session, {}, b""
        session.pause()
        return 200, {"Session": session.id}, b""

    def _tear_down(self, request: Request, camera: Camera, stream: StreamName) -> Answer:
        session = self._named_session(request)
        if isinstance(session, int):
            return session, {}, b""
        self._end_session()
        return 200, {}, b""

    def _keep_alive(self, request: Request, camera: Camera, stream: StreamName) -> Answer:
        if "session" not in request.headers:
            return 200, {}, b""
        session = self._named_session(request)
        return (session, {}, b"") if isinstance(session, int) else (200, {"Session": session.id}, b"")

    def _named_session(self, request: Request) -> Session | int:
        """Return the session that the request names, or the status of a refusal."""
        if self.session is None:
            return 455
        named = request.headers.get("session", "").partition(";")[0].strip()
        return self.session if named == self.session.id else 454

    def _end_session(self) -> None:
        if self.session is not None:
            self.session.pause()
            self.session = None
