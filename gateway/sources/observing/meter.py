"""Writes one stream's figures for ``/metrics`` once a second. Counting with each packet would cost more."""

from gateway.metrics import Metrics
from gateway.models import CameraId, SourceState, StreamName
from gateway.sources.observing.rates import Counters, Rates, RateWindow
from gateway.sources.observing.watch import Watch
from gateway.sources.rtsp.incoming import Incoming

PROTOCOLS = ("rtsp", "rtp", "rtcp", "h264", "h265", "jpeg")


class Meter:
    """Writes the figures of one source. Call ``begin`` and ``end`` around a connection, and ``measure`` about once a
    second."""

    def __init__(self, metrics: Metrics, camera_id: CameraId, stream: StreamName) -> None:
        labels = (camera_id, stream)
        self._states = {state: metrics.source_state.labels(*labels, state) for state in SourceState}
        self._fps = metrics.source_fps.labels(*labels)
        self._bitrate = metrics.source_bitrate_bps.labels(*labels)
        self._packets = metrics.source_packets.labels(*labels)
        self._lost = metrics.source_packets_lost.labels(*labels)
        self._late = metrics.source_packets_late.labels(*labels)
        self._reconnects = metrics.source_reconnects.labels(*labels)
        self._behind = metrics.source_behind_seconds.labels(*labels)
        self._drops = metrics.source_dropped_to_live.labels(*labels)
        self._clock_jumps = metrics.source_clock_jumps.labels(*labels)
        self._jumps = 0
        self._malformed = {name: metrics.malformed.labels(name) for name in PROTOCOLS}
        self._dropped = {name: metrics.dropped.labels(f"source_{name}") for name in ("access_units", "stranger")}
        self._counted: dict[str, int] = {}
        self._before = Counters()
        self._window = RateWindow(0.0)

    def state(self, state: SourceState) -> None:
        """Show only ``state``."""
        for each, gauge in self._states.items():
            gauge.set(each is state)

    def reconnect(self) -> None:
        """Count another attempt to pull the stream."""
        self._reconnects.inc()

    def dropped_to_live(self) -> None:
        """Count a connection that was given up because its pictures were late."""
        self._drops.inc()

    def begin(self, now: float) -> None:
        """Count a new connection from zero."""
        self._counted = {}
        self._before = Counters()
        self._window = RateWindow(now)

    def measure(self, incoming: Incoming, watch: Watch, now: float) -> Rates:
        """Write the counters' growth and the rates."""
        self._behind.set(watch.lateness.behind)
        self._clock_jumps.inc(watch.camera_clock.jumps - self._jumps)
        self._jumps = watch.camera_clock.jumps
        rates = self._window.mark(now, self._count(incoming))
        self._fps.set(rates.fps)
        self._bitrate.set(rates.bitrate_bps)
        return rates

    def end(self, incoming: Incoming) -> None:
        """Write the figures of the connection's last second, and set its rates to zero."""
        self._count(incoming)
        self._behind.set(0)
        self._fps.set(0)
        self._bitrate.set(0)

    def _count(self, incoming: Incoming) -> Counters:
        reception = incoming.reception
        malformed = {"rtsp": incoming.malformed}
        dropped = {"stranger": incoming.strangers, "access_units": 0}
        counters = Counters()
        if reception is not None:
            malformed |= {"rtp": reception.malformed_rtp + incoming.malformed_sound, "rtcp": reception.malformed_rtcp}
            malformed[reception.codec.lower()] = reception.malformed_payloads
            counters = Counters(reception.passed, reception.octets, reception.packets, reception.lost)
            dropped["access_units"] = reception.dropped
        self._packets.inc(counters.packets - self._before.packets)
        self._lost.inc(counters.lost - self._before.lost)
        self._late.inc(incoming.late - self._counted.get("late", 0))
        self._before = counters
        for name, total in malformed.items():
            self._malformed[name].inc(total - self._counted.get(name, 0))
        for name, total in dropped.items():
            self._dropped[name].inc(total - self._counted.get(name, 0))
        self._counted = malformed | dropped | {"late": incoming.late}
        return counters
