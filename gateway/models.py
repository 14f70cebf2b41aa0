"""Defines frozen types that several packages use. They derive simple values at most, and do no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

CameraId = NewType("CameraId", str)
SiteId = NewType("SiteId", str)


class Role(StrEnum):
    """Names what a person or device is, in the words of the agreement between school and police."""

    DISPATCHER = "dispatcher"
    HEADQUARTERS = "headquarters"
    PATROL = "patrol"
    COORDINATOR = "coordinator"
    DISTRICT_IT = "district_it"
    AUDITOR = "auditor"


POLICE_ROLES = frozenset({Role.DISPATCHER, Role.HEADQUARTERS, Role.PATROL})


@dataclass(frozen=True, slots=True)
class Principal:
    """Describes a person or device that signs in.

    ``site_ids`` binds them to these schools, in any role; empty means all.
    """

    id: str
    name: str
    role: Role
    site_ids: frozenset[SiteId] = frozenset()

    @property
    def only_site(self) -> SiteId | None:
        """Return the school that they are bound to, if it is only one.

        Audit events that name no school belong to it.
        """
        return next(iter(self.site_ids)) if len(self.site_ids) == 1 else None


class CameraPolicy(StrEnum):
    """Says when police may see a camera (docs/permission.md, "Words")."""

    ALWAYS = "always"
    INCIDENT = "incident"
    NEVER = "never"


class IncidentKind(StrEnum):
    """Says how serious an incident is. Every page tells the three kinds apart."""

    REAL = "real"
    DRILL = "drill"
    TEST = "test"


class IncidentState(StrEnum):
    """Says whether an incident is open, and if not, how it ended. Its grants live only while it is ``open``."""

    OPEN = "open"
    ALL_CLEAR = "all_clear"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Camera:
    """Holds what policy and pages need to know about a camera. The settings say how it is reached."""

    id: CameraId
    site_id: SiteId
    name: str
    policy: CameraPolicy


class StreamName(StrEnum):
    """Names the two encodings that a camera offers, and the transcode for viewers that can play neither."""

    MAIN = "main"
    SUB = "sub"
    TRANSCODED = "transcoded"


CAMERA_STREAMS = (StreamName.MAIN, StreamName.SUB)


class SourceState(StrEnum):
    """Says how far the connection to a camera has come.

    ``up`` means that pictures are being passed on, and ``stalled`` that it is connected but has passed none on for
    three seconds.
    """

    CONNECTING = "connecting"
    UP = "up"
    STALLED = "stalled"
    DOWN = "down"


class SourceReason(StrEnum):
    """Says why a source is not up. ``sources.state`` has words and advice for each reason, for district IT."""

    NONE = "none"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    PASSWORD_REFUSED = "password_refused"
    NOT_FOUND = "not_found"
    UNSUPPORTED = "unsupported"
    MALFORMED = "malformed"
    CLOSED_BY_CAMERA = "closed_by_camera"
    STREAM_STOPPED = "stream_stopped"
    SESSION_LIMIT = "session_limit"
    NOT_TRUSTED = "not_trusted"
    REDIRECT_REFUSED = "redirect_refused"
    FELL_BEHIND = "fell_behind"
    UNUSABLE = "unusable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Describes one camera stream for district IT.

    ``since`` is gateway time in seconds since 1970, ``loss`` is a fraction of packets, and rates cover the last five
    seconds. ``transport`` is how its media arrives, and ``delivery`` is a sentence that says what viewers of the camera
    get. ``age`` is the number of seconds since the newest picture that was passed on was captured, or None without one.
    It is exact to ``age_uncertainty`` seconds. If the uncertainty is None, the age is not trusted, and is only a lower
    bound.
    """

    camera_id: CameraId
    stream: StreamName
    state: SourceState
    reason: SourceReason
    detail: str
    since: float
    reconnects: int = 0
    fps: float = 0.0
    bitrate_bps: float = 0.0
    loss: float = 0.0
    codec: str = ""
    width: int = 0
    height: int = 0
    notes: tuple[str, ...] = field(default=())
    delivery: str = ""
    transport: str = ""
    age: float | None = None
    age_uncertainty: float | None = None


class CloseReason(StrEnum):
    """Says why a media session ended. Every session has exactly one reason."""

    VIEWER_LEFT = "viewer_left"
    VIEWER_GONE = "viewer_gone"
    NEVER_CONNECTED = "never_connected"
    DTLS_FAILED = "dtls_failed"
    TOKEN_EXPIRED = "token_expired"
    REVOKED = "revoked"
    SIGNED_OUT = "signed_out"
    INCIDENT_ENDED = "incident_ended"
    AGREEMENT_ENDED = "agreement_ended"
    CAMERA_REMOVED = "camera_removed"
    CODEC_CHANGED = "codec_changed"
    WORKER_LOST = "worker_lost"
    SHUTDOWN = "shutdown"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """Maps RTP time (90 kHz, 32 bit, as sent to viewers) to capture time, until the next point of the same stream.

    ``capture`` is the gateway time (monotonic seconds) at which the frame with ``rtp`` was captured, exact to
    ``uncertainty`` seconds. If ``trusted`` is False, it gives only a *lower bound* of the frame's age: arrival time
    minus the delay that was seen to build up. ``reason`` then says why. ``epoch`` changes at every discontinuity.
    """

    rtp: int
    capture: float
    uncertainty: float
    trusted: bool
    reason: str
    epoch: int
