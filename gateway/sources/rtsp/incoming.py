"""Receives what one camera sends: packets in the RTSP connection, or datagrams beside it. Each is passed to the sink
from the loop's callback, with no queue or task in between.
"""

import secrets
from collections.abc import Callable, Iterable

from gateway.clock import Clock
from gateway.rtp.reorder import Reorder
from gateway.sources.media import ClockSample, SourceSink
from gateway.sources.receiving.allowance import Limits
from gateway.sources.receiving.reception import Reception
from gateway.sources.receiving.sound import SoundReception, SoundSink
from gateway.sources.rtsp.datagrams import AT_ONCE, COLLECTED_AT_ONCE, PortPair
from gateway.sources.rtsp.protocol.events import Broken, Event, Media, Playing, SoundPacket, Unusable
from gateway.sources.rtsp.protocol.transport import Carrier, Interleaved, Unicast

REPORT_INTERVAL = 5.0


class Incoming:
    """Takes in everything that arrives over one connection.

    ``reception`` and ``playing`` are set once the camera plays, and ``carrier`` says how media is carried.
    ``malformed`` counts dropped RTSP messages. ``report_due`` is the gateway time of the next report to the camera.
    ``on_playing`` is called when the camera plays, and ``on_failure`` with the error that ends the connection, if it
    comes up while datagrams are read.
    """

    def __init__(
        self,
        sink: SourceSink,
        clock: Clock,
        sound: SoundSink | None,
        on_playing: Callable[[float], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self.reception: Reception | None = None
        self.playing: Playing | None = None
        self.carrier = Carrier.TCP
        self.malformed = 0
        self.report_due = float("inf")
        self._sink = sink
        self._clock = clock
        self._sound_sink = sound
        self._sound: SoundReception | None = None
        self._on_playing = on_playing
        self._on_failure = on_failure
        self._limits = Limits(clock.monotonic())
        self._reorder = Reorder()
        self._ports: PortPair | None = None
        self._stopped = False

    @property
    def malformed_sound(self) -> int:
        """Return the number of useless packets of sound."""
        return 0 if self._sound is None else self._sound.malformed

    @property
    def late(self) -> int:
        """Return the number of datagrams that arrived after their turn."""
        return self._reorder.late

    @property
    def strangers(self) -> int:
        """Return the number of datagrams from anybody but the camera."""
        return 0 if self._ports is None else self._ports.strangers

    def open_ports(self, local: str, remote: str) -> tuple[int, int]:
        """Return two ports of ours for datagrams from the camera. Raises ``CameraError``."""
        self._ports = PortPair(local, remote)
        return self._ports.ports

    def take(self, events: Iterable[Event], now: float) -> None:
        """Process what arrived in the RTSP connection. Raises ``CameraError`` if it is more than a camera may send."""
        messages = 0
        for event in events:
            if type(event) is Media and self.reception is not None:
                messages += len(event.packets)
                if event.control:
                    for packet in event.packets:
                        self.reception.rtcp(packet, now)
                else:
                    self.reception.rtp_in_order(event.packets, now)
            else:
                messages += 1
                self._happened(event, now)
        self._spend(messages, now)

    def look(self, rests: bool) -> None:
        """Process the datagrams that have collected. ``rests``: let the next ones collect, too, if there is room."""
        if self._ports is not None and self.carrier is Carrier.UDP:
            rested = self._ports.rests
            self._ports.rest(rests)
            if rested:
                self._datagrams_arrived(COLLECTED_AT_ONCE)

    def tick(self, now: float) -> bytes | None:
        """Pass on datagrams that have waited long enough for those before them. Return the report that is due, if it is
        to be sent in the RTSP connection."""
        if self.reception is None:
            return None
        report = None
        if now >= self.report_due:
            self.report_due = now + REPORT_INTERVAL
            report = self.reception.receiver_report(now)
        self.reception.rtp_in_order(self._reorder.expire(now), now)
        if report is not None and self.carrier is Carrier.UDP and self._ports is not None:
            self._ports.send_report(report)
            return None
        return report

    def stop(self) -> None:
        """Accept no more datagrams."""
        self._stopped = True
        if self._ports is not None:
            self._ports.stop()

    def close(self) -> None:
        """Release the ports."""
        if self._ports is not None:
            self._ports.close()

    def _happened(self, event: Event, now: float) -> None:
        match event:
            case SoundPacket() if self._sound is not None:
                self._limits.sound(len(event.payload), now)
                self._sound.rtp(event.payload, now)
            case ClockSample():
                self._sink.clock_sample(event)
            case Playing():
                self._play(event, now)
            case Broken() if self.reception is not None:
                self.reception.broken()
            case Unusable():
                self.malformed += 1

    def _play(self, playing: Playing, now: float) -> None:
        description = playing.description
        self._sink.connected(description.info, now)
        self.reception = Reception(
            description.info,
            description.payload_type,
            self._sink,
            secrets.randbits(32),
            playing.transport.ssrc,
            isinstance(playing.transport, Interleaved),
        )
        self.playing = playing
        if playing.sound is not None and self._sound_sink is not None:
            self._sound = SoundReception(playing.sound, self._sound_sink)
        self.report_due = now + REPORT_INTERVAL / 2
        self._on_playing(now)
        if isinstance(playing.transport, Unicast) and self._ports is not None:
            self.carrier = Carrier.UDP
            self._ports.start(playing.transport, self._datagrams_arrived)

    def _datagrams_arrived(self, most: int = AT_ONCE) -> None:
        if self._stopped or self._ports is None or self.reception is None:
            return
        now = self._clock.monotonic()
        try:
            count, packets = 0, list[bytes]()
            for control, data in self._ports.receive(most):
                count += 1
                if control:
                    self.reception.rtcp(data, now)
                elif self.reception.expects(data):
                    packets += self._reorder.push(data, now)
                else:
                    packets.append(data)  # another source's: nothing waits for it, but it keeps its place in the order
            self.reception.rtp_in_order(packets, now)
            self._spend(count, now)
        except Exception as error:  # nobody catches what a callback raises, so the owner is told
            self._on_failure(error)

    def _spend(self, messages: int, now: float) -> None:
        self._limits.take(messages, 0 if self.reception is None else self.reception.units, now)
