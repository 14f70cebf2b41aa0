"""Provides the RTSP client's sockets and timers: one connection to one camera, run once. ``protocol`` decides what
messages mean."""

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Sequence

from gateway.clock import Clock
from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.media import SourceSink
from gateway.sources.receiving.sound import SoundSink
from gateway.sources.rtsp.incoming import Incoming
from gateway.sources.rtsp.pace import Pace
from gateway.sources.rtsp.protocol.address import Address
from gateway.sources.rtsp.protocol.auth import Challenge
from gateway.sources.rtsp.protocol.session import RtspSession
from gateway.sources.rtsp.protocol.transport import WISHES, Carrier
from gateway.sources.rtsp.tls import Trust

READ_AT_ONCE = 256 * 1024
QUERY_INTERVAL = 0.05
MAX_UNSENT = 256 * 1024
_read_buffer = memoryview(bytearray(READ_AT_ONCE))
"""One buffer for all connections: data is copied out of it before anything else is read."""


class RtspClient(asyncio.BufferedProtocol):
    """One connection. What arrives in it goes to ``incoming``, and from there to ``sink``."""

    def __init__(
        self,
        address: Address,
        sink: SourceSink,
        clock: Clock,
        carriers: Sequence[Carrier] = WISHES["auto"],
        trust: Trust | None = None,
        sound: SoundSink | None = None,
        turn: float = 0.0,
    ) -> None:
        self._sink = sink
        self._clock = clock
        self._trust = trust or Trust()
        self._pace = Pace(turn)
        self.incoming = Incoming(sink, clock, sound, self._pace.playing, self._end)
        self._session = RtspSession(
            address, lambda: secrets.token_hex(16), carriers, self._open_ports, sound is not None
        )
        self._transport: asyncio.Transport | None = None
        self._failure: Exception | None = None
        self._pause: asyncio.Timeout | None = None
        self._query_allowed = 0.0
        self._query_due = float("inf")

    @property
    def connected_to(self) -> str:
        """Return the camera's IP address."""
        peer = None if self._transport is None else self._transport.get_extra_info("peername")
        return str(peer[0]).partition("%")[0] if peer else ""

    @property
    def refused(self) -> tuple[Carrier, ...]:
        """Return the carriers that the camera refused."""
        return self._session.refused

    @property
    def unanswered_challenge(self) -> Challenge | None:
        """Return the challenge that this connection did not last long enough to answer."""
        return self._session.unanswered_challenge

    def watch(self, watched: bool) -> None:
        """Note whether anybody is watching. See ``Pace.watch``."""
        self._pace.watch(watched)
        if watched:
            self.incoming.look(rests=False)

    def ask(self, now: float) -> None:
        """Send the camera a query, unless an answer is already awaited."""
        self._session.query(now)
        self._flush()

    def answer_time(self, since: float, now: float, slow: float) -> float | None:
        """See ``Requests.answer_time``."""
        return self._session.answer_time(since, now, slow)

    async def step(self) -> None:
        """Wait until something is due, or until the next check of the connection (``Pace``), and send what is due:
        keep-alives, reports, queries for the camera's clock. Read collected packets. Raises the ``CameraError``, or the
        bug, that has ended the connection."""
        if self._failure is None:
            try:
                async with asyncio.timeout(None) as self._pause:
                    await self._clock.sleep(max(0.001, self._due() - self._clock.monotonic()))
            except TimeoutError:
                pass  # the connection has ended in the meantime
            finally:
                self._pause = None
        if self._failure is not None:
            raise self._failure
        now = self._clock.monotonic()
        self.incoming.look(self._pace.rests(now))
        if self._failure is not None:
            raise self._failure
        self._tick(now)
        self._pace.release()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes for a Protocol
        self._transport = transport
        self._pace.connected(transport)
        transport.set_write_buffer_limits(high=MAX_UNSENT)
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._trust.check(transport)
        except CameraError as error:
            self._end(error)
            transport.abort()
            return
        self._session.start(self._clock.monotonic())
        self._flush()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the buffer to read into. Otherwise asyncio would allocate a quarter of a megabyte for each read."""
        return _read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Process what the camera sent."""
        if self._failure is not None:
            return
        try:
            now = self._clock.monotonic()
            self.incoming.take(self._session.receive(bytes(_read_buffer[:nbytes]), now), now)
            if self._session.output:
                self._flush()
            if not self._pace.watched:
                self._pace.read(now, awaits_answer=not self._session.can_query)
        except Exception as error:  # nobody catches what a callback raises, so step() raises it for the owner
            self._end(error)

    def connection_lost(self, error: Exception | None) -> None:
        """End when the camera or the network has closed the connection."""
        self._end(CameraError(SourceReason.CLOSED_BY_CAMERA, "The camera closed the connection."))

    def pause_writing(self) -> None:
        """End the connection: the camera is not reading what we send."""
        self._end(CameraError(SourceReason.TIMED_OUT, "The camera is not reading requests."))

    def hush(self) -> None:
        """Read nothing more from the camera. What it sends waits in the kernel until the connection is closed."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
        self.incoming.stop()

    def close(self) -> None:
        """Say goodbye and close."""
        with contextlib.suppress(CameraError):
            self._session.stop(self._clock.monotonic())
        self._flush()
        if self._transport is not None:
            if self._transport.get_write_buffer_size():
                # A camera that is not reading now would keep the socket open for ever.
                self._transport.abort()
            self._transport.close()
        self.incoming.close()
        self._end(CameraError(SourceReason.NONE, "We closed the connection."))

    def _open_ports(self) -> tuple[int, int]:
        assert self._transport is not None  # noqa: S101 - nothing is asked for before there is a connection
        names = (self._transport.get_extra_info(name)[0] for name in ("sockname", "peername"))
        return self.incoming.open_ports(*names)

    def _due(self) -> float:
        now = self._clock.monotonic()
        due = min(self._session.next_tick(), self._pace.next_look(now))
        if self.incoming.reception is not None:
            self._query_due = float("inf")
            if self._session.can_query:
                self._query_due = max(self._sink.next_clock_query(now), self._query_allowed)
            due = min(due, self.incoming.report_due, self._query_due)
        return due

    def _tick(self, now: float) -> None:
        self._session.tick(now)
        if (report := self.incoming.tick(now)) is not None:
            self._session.send_rtcp(report)
        if now >= self._query_due and self._session.query(now):
            self._query_allowed = now + QUERY_INTERVAL
        self._flush()

    def _flush(self) -> None:
        output = self._session.take_output()
        if output and self._transport is not None and not self._transport.is_closing():
            self._transport.write(output)

    def _end(self, error: Exception) -> None:
        if self._failure is None:
            self._failure = error
            self.incoming.stop()
            if self._pause is not None:
                self._pause.reschedule(0.0)
