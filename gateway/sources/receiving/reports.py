"""Finds the sender reports that give the clock of the current stream (RFC 3550 6.4.1). Pure."""

from collections.abc import Iterable

from gateway.rtp.rtcp import SenderInfo

Report = tuple[SenderInfo, float]
"""A report and its time of arrival."""


class Reports:
    """Accepts the reports of the stream's own SSRC. Some cameras report under another SSRC, such as 0. Two such reports
    count as the stream's own if they fit it and no report of its own came between them. A single one may belong to an
    earlier session, or to the sound."""

    def __init__(self) -> None:
        self._waiting: Report | None = None
        self._believed: int | None = None

    def began(self, ssrc: int | None) -> Iterable[Report]:
        """Begin with the stream's first packet. Return the report that arrived before it, if it belongs to the
        stream."""
        waiting, self._waiting = self._waiting, None
        return (waiting,) if waiting is not None and waiting[0].ssrc == ssrc else ()

    def take(self, report: SenderInfo, now: float, ssrc: int | None, near: bool) -> Iterable[Report]:
        """Process a report. ``ssrc`` is the stream's, or None before its first packet. ``near`` is true if the report's
        timestamp is close to those of the stream. Return the reports that count now.
        """
        if report.ssrc == ssrc:
            self._waiting = self._believed = None
            return ((report, now),)
        if ssrc is None:
            self._waiting = (report, now)
            return ()
        if not near:
            return ()
        if report.ssrc == self._believed:
            return ((report, now),)
        before, self._waiting = self._waiting, (report, now)
        if before is None or before[0].ssrc != report.ssrc:
            return ()
        self._waiting, self._believed = None, report.ssrc
        return (before, (report, now))
