"""A sink that remembers everything that a source passes on."""

import asyncio

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.sources.media import ClockSample, SenderReport


class RecordingSink:
    """Keeps everything; ``changed`` is set at each call, so that a test can wait without sleeping."""

    def __init__(self) -> None:
        self.connections: list[StreamInfo] = []
        self.units: list[AccessUnit] = []
        self.reports: list[SenderReport] = []
        self.samples: list[ClockSample] = []
        self.disconnections = 0
        self.withdrawals = 0
        self.next_query = float("inf")
        self.changed = asyncio.Event()

    def connected(self, info: StreamInfo, at: float) -> None:
        self.connections.append(info)
        self.changed.set()

    def access_unit(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        self.changed.set()

    def withdraw(self) -> None:
        self.withdrawals += 1
        self.changed.set()

    def sender_report(self, report: SenderReport) -> None:
        self.reports.append(report)
        self.changed.set()

    def clock_sample(self, sample: ClockSample) -> None:
        self.samples.append(sample)
        self.changed.set()

    def next_clock_query(self, now: float) -> float:
        return self.next_query

    def disconnected(self, at: float) -> None:
        self.disconnections += 1
        self.changed.set()
