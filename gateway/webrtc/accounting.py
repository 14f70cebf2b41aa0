"""Copies the figures of the media port into the metrics a few times a second. Counting each packet would cost a lock
each time."""

from collections.abc import Iterable

from gateway.metrics import Metrics
from gateway.webrtc.session import Session
from gateway.webrtc.transport.ports import Ports

NOBODY = "none"
"""The ``cipher`` label while nobody is watching. Each viewer negotiates its own cipher."""


class Accounting:
    """Counts what ``ports`` send from now on."""

    def __init__(self, ports: Ports, metrics: Metrics) -> None:
        self._ports = ports
        self._metrics = metrics
        self._counted = (0, 0)
        self._paths: set[tuple[str, str]] = set()

    def catch_up(self, sessions: Iterable[Session]) -> None:
        """Bring the counters up to date, and name the ciphers and batching that these sessions use."""
        ports, metrics = self._ports, self._metrics
        packets, size = self._counted
        self._counted = ports.packets, ports.bytes
        metrics.packets_out.inc(self._counted[0] - packets)
        metrics.bytes_out.inc(self._counted[1] - size)
        batching = "gso" if ports.batching else "single"
        paths = {(s.feed.cipher, batching) for s in sessions if s.feed} or {(NOBODY, batching)}
        if paths != self._paths:
            self._paths = paths
            metrics.send_path.clear()
            for cipher, batching in paths:
                metrics.send_path.labels(cipher=cipher, batching=batching).set(1)
