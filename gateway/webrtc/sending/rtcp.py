"""Handles one viewer's RTCP: sends reports, and reads what the viewer's reports reveal about its link and its
losses."""

from collections.abc import Callable, Iterable, Sized
from typing import Protocol

from gateway.metrics import Metrics
from gateway.rtp import feedback
from gateway.rtp.time import VIDEO_CLOCK_RATE, WRAP, ticks_between
from gateway.webrtc.congestion.link import Link
from gateway.webrtc.sending.picture_requests import Losses
from gateway.webrtc.sending.secure_path import SecurePath
from gateway.webrtc.sending.sender import RtpSender

REPORT_INTERVAL = 1.0
SOONER = 0.25
"""The interval while the round trip of a link must be known soon."""
REFRESH_INTERVAL = 1.0


class Sequences(Iterable[int], Sized, Protocol):
    """The sequence numbers of packets that a viewer is missing."""


class Rtcp:
    """Handles RTCP about what ``sender`` sends as ``ssrc``.

    ``resend`` sends packets again and returns how many went out. ``asked`` is called when the viewer asks for a new
    picture. Its argument says whether the viewer is known to have lost something. Such requests are handled at most
    once in ``REFRESH_INTERVAL`` seconds. ``bitrate_estimate`` is the viewer's own, in bits per second.
    """

    def __init__(
        self,
        path: SecurePath,
        ssrc: int,
        sender: RtpSender,
        link: Link,
        resend: Callable[[Sequences], int],
        asked: Callable[[bool, float], None],
        metrics: Metrics,
        now: float,
    ) -> None:
        self.bitrate_estimate: int | None = None
        self.losses = Losses(now)
        self._path = path
        self._ssrc = ssrc
        self._sender = sender
        self._link = link
        self._resend = resend
        self._asked = asked
        self._metrics = metrics
        self._reported_at = self._refreshed_at = now
        self._dated: tuple[float, int] | None = None
        self._lagged = 0.0

    def account(self, now: float) -> None:
        """Report to the link's estimator what has been sent so far."""
        sender = self._sender
        self._link.estimate.sent(sender.packets, sender.octets, sender.repeated_octets, self._lag(), now)

    def report(self, now: float, wall: float, *, sooner: bool) -> None:
        """Send a sender report if one is due."""
        sender = self._sender
        if sender.last is None or now < self._reported_at + (SOONER if sooner else REPORT_INTERVAL):
            return
        self._reported_at = now
        timestamp = (sender.last_timestamp + round((now - sender.last.arrival) * VIDEO_CLOCK_RATE)) % WRAP
        cname, packets, octets = self._path.cname, sender.packets, sender.octets
        self._path.send_rtcp(feedback.sender_report(self._ssrc, cname, wall, timestamp, packets, octets))

    def goodbye(self) -> None:
        """Tell the viewer that the stream is over."""
        self._path.send_rtcp(feedback.goodbye(self._ssrc, self._path.cname))

    def hear(self, packet: bytes, now: float, wall: float) -> bool:
        """Act on a compound packet of feedback. Return True if the viewer says goodbye. Raises Malformed."""
        goodbye = False
        for told in feedback.parse(packet):
            match told:
                case feedback.ReceptionReport(ssrc=self._ssrc, highest_sequence=highest, packets_lost=lost):
                    if self.losses.reported(lost, now):
                        self._want_refresh(now)
                    if self._link.settled(now):
                        self._link.estimate.heard_report(highest, lost, feedback.round_trip(told, wall), now)
                case feedback.Nack(ssrc=self._ssrc, sequences=sequences):
                    if self._sender.owes(sequences):
                        self.losses.missed()
                    missed = len(sequences) - self._resend(sequences)
                    if missed:
                        self._metrics.dropped.labels(where="resend").inc(missed)
                case feedback.PictureLoss(ssrc=self._ssrc):
                    self._want_refresh(now)
                case feedback.BitrateEstimate(bps=bps):
                    self.bitrate_estimate = bps
                    if self._link.settled(now):
                        self._link.estimate.heard_remb(bps, now)
                case feedback.Goodbye():
                    goodbye = True
        return goodbye

    def _want_refresh(self, now: float) -> None:
        if now >= self._refreshed_at + REFRESH_INTERVAL:
            lost = self.losses.asked(now)
            if lost:
                self._refreshed_at = now
            self._asked(lost, now)

    def begun(self, now: float) -> None:
        """Note that the picture has been started again."""
        self._refreshed_at = now
        self.losses.begun()

    def _lag(self) -> float:
        """Return how many seconds later the last picture arrived than the first, compared with their RTP timestamps."""
        last, timestamp = self._sender.last, self._sender.last_timestamp
        if last is not None:
            at, dated = self._dated or (last.arrival, timestamp)
            self._lagged += last.arrival - at - ticks_between(timestamp, dated) / VIDEO_CLOCK_RATE
            self._dated = last.arrival, timestamp
        return self._lagged
