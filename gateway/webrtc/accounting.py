"""What the media port has sent and how, brought into the metrics now and then: a counter's lock is too dear for each
packet."""

from collections.abc import Iterable

from gateway.metrics import Metrics
from gateway.webrtc.session import Session
from gateway.webrtc.transport.ports import Ports

NOBODY = "none"
"""The cipher while nobody watches: each viewer agrees on one."""


class Accounting:
    """Counts what ``ports`` send from its making on."""

    def __init__(self, ports: Ports, metrics: Metrics) -> None:
        self._ports = ports
        self._metrics = metrics
        self._counted = (0, 0)
        self._paths: set[tuple[str, str]] = set()

    def catch_up(self, sessions: Iterable[Session]) -> None:
        """Bring the counters up to now, and name the ways in which these sessions are sent to."""
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
