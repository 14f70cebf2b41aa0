"""Every Prometheus metric of the gateway, in one place.

No label ever holds a person, a token, an address or a session. Services receive a ``Metrics``; tests make their own.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

FAST = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
HUMAN = (0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
AGE = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 120.0, 1200.0)


class Metrics:
    """All metrics on one registry of their own, so that two gateways in one test do not share figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def histogram(name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"sightline_{name}", text, labels, buckets=buckets, registry=self.registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"sightline_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"sightline_{name}", text, labels, registry=self.registry)

        # How long things take
        self.relay_seconds = histogram(
            "relay_seconds", "Last RTP packet of an access unit in, to last packet out to one viewer", (), FAST
        )
        self.offer_to_first_packet_seconds = histogram(
            "offer_to_first_packet_seconds", "WHEP offer received, to first media packet sent", (), HUMAN
        )
        self.trigger_to_first_packet_seconds = histogram(
            "trigger_to_first_packet_seconds",
            "Trigger received, to first media packet of a session opened under its incident within a minute",
            ("kind",),
            HUMAN,
        )
        self.alarm_to_acknowledgement_seconds = histogram(
            "alarm_to_acknowledgement_seconds",
            "Alarm sounded, to the first acknowledgement by the police",
            ("kind",),
            HUMAN,
        )
        self.glass_age_seconds = histogram(
            "glass_age_seconds", "Age of the frame on the glass, as the page reports it", ("role", "state"), AGE
        )
        # Camera side
        self.source_state = gauge(
            "source_state", "1 for the state that a camera stream is in, else 0", "camera", "stream", "state"
        )
        self.source_fps = gauge("source_fps", "Access units a second", "camera", "stream")
        self.source_bitrate_bps = gauge("source_bitrate_bps", "Bits a second of RTP payload", "camera", "stream")
        self.source_packets = counter("source_packets", "RTP packets received", "camera", "stream")
        self.source_packets_lost = counter(
            "source_packets_lost", "RTP packets missing by sequence number", "camera", "stream"
        )
        self.source_reconnects = counter("source_reconnects", "Times a pull was begun again", "camera", "stream")
        self.source_packets_late = counter(
            "source_packets_late", "RTP packets over UDP that came after their turn", "camera", "stream"
        )
        self.source_behind_seconds = gauge(
            "source_behind_seconds", "Delay that has built up over the connection", "camera", "stream"
        )
        self.source_dropped_to_live = counter(
            "source_dropped_to_live", "Connections given up since their pictures came late", "camera", "stream"
        )
        self.source_clock_jumps = counter(
            "source_clock_jumps", "Times the camera's clock was set while it was watched", "camera", "stream"
        )
        self.source_clock_offset_seconds = gauge(
            "source_clock_offset_seconds", "Camera clock less gateway clock", "camera", "stream"
        )
        self.source_clock_trusted = gauge(
            "source_clock_trusted", "1 where the capture time is trusted", "camera", "stream"
        )
        self.source_unchanged_seconds = gauge(
            "source_unchanged_seconds", "For how long the picture's content has not changed", "camera"
        )
        self.transcodes = gauge("transcodes", "Transcodes that run, of cameras whose pictures not every browser plays")
        self.transcode_restarts = counter("transcode_restarts", "Times a transcode was begun again", "camera")
        self.transcode_seconds = histogram(
            "transcode_seconds", "Picture in from the camera, to the same picture coded again", (), FAST
        )
        # Viewer side
        self.viewers = gauge("viewers", "Media sessions that are connected", "role")
        self.packets_out = counter("packets_out", "RTP packets sent to viewers")
        self.bytes_out = counter("bytes_out", "Bytes of SRTP sent to viewers")
        self.sessions_closed = counter("sessions_closed", "Media sessions ended", "reason")
        self.send_path = gauge(
            "send_path",
            "1 for the batching and the ciphers that are in use, none while nobody watches",
            "cipher",
            "batching",
        )
        self.tcp_connections = gauge("tcp_connections", "TCP connections to the media port, viewers' and strangers'")
        self.ice_restarts = counter("ice_restarts", "Connections of viewers agreed on anew, their sessions going on")
        self.dropped = counter("dropped", "Things that a bounded queue or a limit made us drop", "where")
        self.http_connections = gauge("http_connections", "HTTP connections that are open", "whose")
        self.http_limited = counter("http_limited", "Requests refused since too many came", "whose")
        self.malformed = counter("malformed", "Messages that could not be parsed, counted and dropped", "protocol")
        # Permission
        self.refusals = counter("refusals", "Accesses refused", "reason")
        self.incidents = counter("incidents", "Incidents opened", "kind")
        self.incidents_open = gauge("incidents_open", "Incidents that are open", "kind")
        self.alarms_unconfirmed = counter(
            "alarms_unconfirmed", "Alarms that nobody of the police acknowledged in time", "kind"
        )
        self.triggers_refused = counter("triggers_refused", "Triggers that were not accepted", "reason")
        self.triggers_off_time = counter(
            "triggers_off_time", "Triggers accepted though the time of their message was off", "webhook"
        )
        self.webhook_time_off_seconds = gauge(
            "webhook_time_off_seconds", "Time of the newest accepted message, less the gateway's", "webhook"
        )
        self.clock_steps = counter("clock_steps", "Times the machine's clock was set while the gateway ran", "way")
        self.tokens_issued = counter("tokens_issued", "Media tokens issued, renewals included", "role")
        self.owed_changes = gauge("owed_changes", "Changes that hold and that the database has still to take")
        self.record_failures = counter("record_failures", "Records that the audit store did not take")
        # The house
        self.worker_up = gauge("worker_up", "1 for a media process that serves its cameras, else 0", "worker")
        self.worker_restarts = counter("worker_restarts", "Times a media process was started again", "worker")
        self.task_failures = counter("task_failures", "Runs and sessions that ended by a bug", "task")
