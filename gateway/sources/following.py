"""Follows one connection to a camera while it lasts: sets the stream's state, its rates and its notes, and ends the
connection if a new one would be better."""

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

from gateway.clock import Clock
from gateway.codecs import unused
from gateway.errors import CameraError
from gateway.models import SourceReason, SourceState
from gateway.sources.carriage import Carriage
from gateway.sources.observing import notes
from gateway.sources.observing.lateness import PATIENCE, PATIENCE_WITH_CAMERA, Drops
from gateway.sources.observing.meter import Meter
from gateway.sources.observing.watch import Watch
from gateway.sources.receiving.reception import Reception
from gateway.sources.rtsp.client import RtspClient
from gateway.sources.rtsp.protocol.requests import ANSWER_TIMEOUT
from gateway.sources.rtsp.protocol.transport import Carrier
from gateway.sources.standing import Standing
from gateway.sources.state import SourceEvent

STALLED_AFTER = 3.0
ASKED_AFTER = 2.0
"""Seconds without a packet after which the camera is sent a query. If it answers, the camera itself has stopped, and
not the network."""
STOPPED_AFTER = 10.0
UNUSABLE_AFTER = 60.0
"""Seconds of unusable pictures before a new connection is tried. This is longer than a group of pictures."""
MEASURE_INTERVAL = 1.0

About = Callable[[], tuple[str, ...]]


class Follower:
    """Follows the connections of one stream, one at a time."""

    def __init__(self, watch: Watch, carriage: Carriage, standing: Standing, meter: Meter, clock: Clock) -> None:
        self._watch = watch
        self._carriage = carriage
        self._standing = standing
        self._meter = meter
        self._clock = clock
        self._drops = Drops()

    async def follow(self, client: RtspClient, about: About) -> NoReturn:
        """Set the state according to the time since the last picture was passed on, and update rates and notes once a
        second.
        ``about`` returns further notes on the connection. Raises the ``CameraError``, or the bug, that ends it."""
        last = heard = measured = self._clock.monotonic()
        self._carriage.begin()
        self._meter.begin(last)
        passed = received = 0
        while True:
            await client.step()
            now = self._clock.monotonic()
            reception = client.incoming.reception
            if reception is None:
                last = heard = now
            elif reception.passed > passed:
                passed, received, last, heard = reception.passed, reception.received, now, now
                if self._standing.status.state is not SourceState.UP:
                    self._describe(client, about, now)
                self._standing.happened(SourceEvent.PICTURE, SourceReason.NONE, "")
            else:
                if reception.received > received:
                    received, heard = reception.received, now
                self._without_picture(client, reception, now - last, now - heard)
            if now - measured >= MEASURE_INTERVAL:
                measured = now
                self._describe(client, about, now)

    def _without_picture(self, client: RtspClient, reception: Reception, waited: float, quiet: float) -> None:
        """Say why no picture was passed on for ``waited`` seconds (no packet for ``quiet`` of them), or give up."""
        answered = self._answers(client, quiet)
        if waited < STALLED_AFTER:
            return
        if quiet < STALLED_AFTER:
            words = unused.in_words(reception.unused)
            if waited >= UNUSABLE_AFTER:
                raise CameraError(SourceReason.UNUSABLE, words)
            self._standing.happened(SourceEvent.UNUSED, SourceReason.UNUSABLE, words)
            return
        if client.incoming.carrier is Carrier.UDP and not reception.received:
            raise self._carriage.nothing_arrived()
        reason, words = SourceReason.STREAM_STOPPED, "The camera is connected but has stopped sending pictures."
        if not answered:
            reason, words = SourceReason.TIMED_OUT, "Nothing arrives from the camera any more, and it does not answer."
        if quiet >= STOPPED_AFTER:
            raise CameraError(reason, words)
        self._standing.happened(SourceEvent.SILENCE, reason, words)

    def _answers(self, client: RtspClient, quiet: float) -> bool:
        """Return True if the camera has answered since its last packet, ``quiet`` seconds ago. Query it once that is
        long. If it does not answer, the cause may be the network instead of the camera."""
        if quiet < ASKED_AFTER or client.incoming.reception is None:
            return False
        now = self._clock.monotonic()
        if client.answer_time(now - quiet, now, 0.0) is None:
            client.ask(now)
        answer = client.answer_time(now - quiet, now, float("inf"))
        return answer is not None and answer < ANSWER_TIMEOUT

    def _drop_to_live(self, client: RtspClient, now: float) -> tuple[str, ...]:
        """If the stream has fallen behind, end the connection if a new one is likely to be live; otherwise say where
        the delay is. To find out, query the camera and wait for its answer.
        """
        lateness = self._watch.lateness
        since = lateness.late_since
        if since is None or now - since < PATIENCE:
            return ()
        answer = client.answer_time(since, now, lateness.slow_answer)
        client.ask(now)
        if answer is None:
            return ()
        in_connection = lateness.in_connection(answer)
        patient = in_connection or now - since >= PATIENCE_WITH_CAMERA
        if patient and self._drops.allowed(now, in_connection):
            self._drops.dropped(now)
            self._meter.dropped_to_live()
            words = f"The pictures had fallen {lateness.behind:.0f} s behind: connecting again, to be live."
            raise CameraError(SourceReason.FELL_BEHIND, words)
        return (notes.LATE[in_connection],)

    def _describe(self, client: RtspClient, about: About, now: float) -> None:
        """Update the rates, and the description of the stream's pictures."""
        rates = self._meter.measure(client.incoming, self._watch, now)
        status = replace(self._standing.status, fps=rates.fps, bitrate_bps=rates.bitrate_bps, loss=rates.loss)
        reception, carrier = client.incoming.reception, client.incoming.carrier
        if reception is not None:
            picture = reception.picture
            width, height = (picture.width, picture.height) if picture else (0, 0)
            status = replace(
                status,
                codec=reception.codec,
                width=width,
                height=height,
                transport=carrier,
                notes=(
                    *reception.notes(),
                    *about(),
                    *self._carriage.notes(carrier, client.refused, reception, now),
                    *notes.unreported(self._watch.unreported(now)),
                    *self._watch.camera_clock.notes(now),
                    *self._drop_to_live(client, now),
                ),
            )
        self._standing.publish(status)
