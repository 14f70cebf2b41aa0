"""Defines every Prometheus metric of the gateway.

No label ever contains a person, a token, an address or a session. Services are given a ``Metrics``; tests create their
own.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

FAST = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
HUMAN = (0.05, 0.1, 0.15, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
AGE = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 120.0, 1200.0)


class Metrics:
    """Keeps all metrics in a registry of their own, so that two gateways in one test do not share figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def histogram(name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"sightline_{name}", text, labels, buckets=buckets, registry=self.registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"sightline_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"sightline_{name}", text, labels, registry=self.registry)

        # Durations
        self.relay_seconds = histogram(
            "relay_seconds",
            "From the arrival of an access unit's last RTP packet until its last packet is sent to one viewer",
            (),
            FAST,
        )
        self.offer_to_first_packet_seconds = histogram(
            "offer_to_first_packet_seconds", "From a WHEP offer to the first media packet sent", (), HUMAN
        )
        self.trigger_to_first_packet_seconds = histogram(
            "trigger_to_first_packet_seconds",
            "From a trigger to the first media packet of a session opened under its incident within a minute",
            ("kind",),
            HUMAN,
        )
        self.alarm_to_acknowledgement_seconds = histogram(
            "alarm_to_acknowledgement_seconds",
            "From an alarm to the first acknowledgement by the police",
            ("kind",),
            HUMAN,
        )
        self.glass_age_seconds = histogram(
            "glass_age_seconds", "Age of the frame on the glass, as the page reports it", ("role", "state"), AGE
        )
        # Camera side
        self.source_state = gauge(
            "source_state", "1 for the state that a camera stream is in, otherwise 0", "camera", "stream", "state"
        )
        self.source_fps = gauge("source_fps", "Access units per second", "camera", "stream")
        self.source_bitrate_bps = gauge("source_bitrate_bps", "RTP payload in bits per second", "camera", "stream")
        self.source_packets = counter("source_packets", "RTP packets received", "camera", "stream")
        self.source_packets_lost = counter(
            "source_packets_lost", "RTP packets missing by sequence number", "camera", "stream"
        )
        self.source_reconnects = counter("source_reconnects", "Times a pull was restarted", "camera", "stream")
        self.source_packets_late = counter(
            "source_packets_late", "RTP packets over UDP that arrived too late to be put in order", "camera", "stream"
        )
        self.source_behind_seconds = gauge(
            "source_behind_seconds", "Delay that has built up over the connection", "camera", "stream"
        )
        self.source_dropped_to_live = counter(
            "source_dropped_to_live", "Connections given up because their pictures were late", "camera", "stream"
        )
        self.source_clock_jumps = counter(
            "source_clock_jumps", "Times the camera's clock was set while it was watched", "camera", "stream"
        )
        self.source_clock_offset_seconds = gauge(
            "source_clock_offset_seconds", "Camera clock minus gateway clock", "camera", "stream"
        )
        self.source_clock_trusted = gauge(
            "source_clock_trusted", "1 if the capture time is trusted, otherwise 0", "camera", "stream"
        )
        self.source_unchanged_seconds = gauge(
            "source_unchanged_seconds", "Time since the picture's content last changed", "camera"
        )
        self.transcodes = gauge(
            "transcodes", "Running transcodes, for cameras whose pictures some browsers cannot play"
        )
        self.transcode_restarts = counter("transcode_restarts", "Times a transcode was restarted", "camera")
        self.transcode_seconds = histogram(
            "transcode_seconds", "From a picture's arrival from the camera to its transcoded copy", (), FAST
        )
        # Viewer side
        self.viewers = gauge("viewers", "Connected media sessions", "role")
        self.packets_out = counter("packets_out", "RTP packets sent to viewers")
        self.bytes_out = counter("bytes_out", "Bytes of SRTP sent to viewers")
        self.sessions_closed = counter("sessions_closed", "Media sessions ended", "reason")
        self.send_path = gauge(
            "send_path",
            "1 for the batching and the ciphers in use; no value while nobody is watching",
            "cipher",
            "batching",
        )
        self.tcp_connections = gauge("tcp_connections", "TCP connections to the media port, viewers' and strangers'")
        self.ice_restarts = counter(
            "ice_restarts", "Viewers' connections that were renegotiated while their sessions continued"
        )
        self.dropped = counter("dropped", "Items dropped by a bounded queue or a limit", "where")
        self.http_connections = gauge("http_connections", "Open HTTP connections", "whose")
        self.http_limited = counter("http_limited", "Requests refused because there were too many", "whose")
        self.malformed = counter("malformed", "Messages that could not be parsed, counted and dropped", "protocol")
        # Permission
        self.refusals = counter("refusals", "Refused attempts to get access", "reason")
        self.incidents = counter("incidents", "Incidents opened", "kind")
        self.incidents_open = gauge("incidents_open", "Open incidents", "kind")
        self.alarms_unconfirmed = counter(
            "alarms_unconfirmed", "Alarms that nobody at the police acknowledged in time", "kind"
        )
        self.triggers_refused = counter("triggers_refused", "Triggers that were not accepted", "reason")
        self.triggers_off_time = counter(
            "triggers_off_time", "Triggers accepted although their message's time was off", "webhook"
        )
        self.webhook_time_off_seconds = gauge(
            "webhook_time_off_seconds", "Time of the newest accepted message, minus the gateway's", "webhook"
        )
        self.clock_steps = counter("clock_steps", "Times the machine's clock was set while the gateway ran", "way")
        self.tokens_issued = counter("tokens_issued", "Media tokens issued, renewals included", "role")
        self.owed_changes = gauge("owed_changes", "Changes that hold but are not yet in the database")
        self.record_failures = counter("record_failures", "Records that the audit store did not accept")
        # Processes and tasks
        self.worker_up = gauge("worker_up", "1 for a media process that is serving its cameras, otherwise 0", "worker")
        self.worker_restarts = counter("worker_restarts", "Times a media process was restarted", "worker")
        self.task_failures = counter("task_failures", "Runs and sessions that ended because of a bug", "task")
