"""Sends one viewer sound beside the picture, with the same keys and cname but its own SSRC and numbering."""

from collections.abc import Mapping

from gateway.metrics import Metrics
from gateway.relay.audio import RATE, AudioPacket, AudioStream
from gateway.rtp import feedback
from gateway.rtp.time import WRAP
from gateway.webrtc.sending.secure_path import SecurePath

REPORT_INTERVAL = 1.0


class SoundFeed:
    """Seals and sends the packets of ``stream``. ``payload_types`` maps RTP encoding names to the viewer's payload
    types.

    Nothing is queued here and nothing is repeated: a packet that cannot go out at once is dropped, so that sound never
    delays the picture. ``first_index`` is below 2^15, so that a receiver cannot mistake the roll-over counter.
    """

    def __init__(
        self,
        path: SecurePath,
        ssrc: int,
        payload_types: Mapping[str, int],
        stream: AudioStream,
        first_index: int,
        metrics: Metrics,
    ) -> None:
        self.stream = stream
        self.packets = 0
        self.octets = 0
        self._sealer = path.sealer(ssrc)
        self._path = path
        self._ssrc = ssrc
        self._payload_types = payload_types
        self._next = first_index
        self._dropped = metrics.dropped.labels(where="sound")
        self._last: AudioPacket | None = None
        self._reported_at = float("-inf")

    def deliver(self, packet: AudioPacket, crowded: bool) -> None:
        """Send the next samples. If the link is ``crowded``, drop them and leave the link to the picture."""
        kind = self._payload_types.get(self.stream.codec)
        if crowded or kind is None:
            self._dropped.inc()
            return
        index, sealer = self._next, self._sealer
        self._next += 1  # a sealed index is used up even if its packet is not sent: one plaintext per nonce
        sealed = sealer.seal(index, kind, packet.rtp, (packet.payload,), False)
        if self._path.send_run(sealed, 1, len(sealed)):
            self.packets += 1
            self.octets += len(packet.payload)
            self._last = packet
        else:
            self._dropped.inc()

    def report(self, now: float, wall: float) -> None:
        """Send a sender report if one is due. Like the picture's report, it states that sound arriving now was captured
        now."""
        last = self._last
        if last is None or now < self._reported_at + REPORT_INTERVAL:
            return
        self._reported_at = now
        timestamp = (last.rtp + len(last.payload) + round((now - last.arrival) * RATE)) % WRAP
        cname = self._path.cname
        report = feedback.sender_report(self._ssrc, cname, wall, timestamp, self.packets, self.octets)
        self._path.send_rtcp(report)

    def goodbye(self) -> None:
        """Tell the viewer that the sound is over."""
        self._path.send_rtcp(feedback.goodbye(self._ssrc, self._path.cname))
