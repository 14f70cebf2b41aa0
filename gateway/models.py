"""Frozen types that more than one package speaks. No behaviour beyond trivial derivation, no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

CameraId = NewType("CameraId", str)
SiteId = NewType("SiteId", str)


class Role(StrEnum):
    """What a principal is, as the agreement between school and police names it."""

    DISPATCHER = "dispatcher"
    HEADQUARTERS = "headquarters"
    PATROL = "patrol"
    COORDINATOR = "coordinator"
    DISTRICT_IT = "district_it"
    AUDITOR = "auditor"


POLICE_ROLES = frozenset({Role.DISPATCHER, Role.HEADQUARTERS, Role.PATROL})


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in person or device. ``site_ids`` bounds them to these schools, whatever their role; empty means all."""

    id: str
    name: str
    role: Role
    site_ids: frozenset[SiteId] = frozenset()

    @property
    def only_site(self) -> SiteId | None:
        """The one school that they are bound to: what they do is of that school's record, where it names none."""
        return next(iter(self.site_ids)) if len(self.site_ids) == 1 else None


class CameraPolicy(StrEnum):
    """When police may see a camera (permission-contract: Words)."""

    ALWAYS = "always"
    INCIDENT = "incident"
    NEVER = "never"


class IncidentKind(StrEnum):
    """Real, drill and test are told apart on every surface."""

    REAL = "real"
    DRILL = "drill"
    TEST = "test"


class IncidentState(StrEnum):
    """``open`` is the only state in which grants of the incident live."""

    OPEN = "open"
    ALL_CLEAR = "all_clear"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has said by name that they have seen the alarm, and when (wall time).

    ``alarm`` numbers the alarm that was the newest then, from 1: a later one is to be acknowledged again. Numbers
    rather than times are compared, since the wall clock may be set between the two. ``confirms``: it says that the
    police know, as the policy had it then.
    """

    principal_id: str
    name: str
    role: Role
    at: float
    alarm: int
    confirms: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a trigger came from. ``room_id`` is a room of the floor plan; ``place`` holds the words for a room that the
    plan does not know, as they were said."""

    trigger: str
    by: str
    room_id: str | None = None
    note: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class ReceivedTrigger:
    """A trigger that opened or joined an incident, and when (wall time).

    ``alarm``: it sounded; otherwise it was merged. ``key`` is the sender's own name for its message.
    """

    origin: Origin
    at: float
    alarm: bool
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident at one site. Times are steady seconds since 1970 (``clock``).

    ``origin`` is that of the newest trigger that sounded. ``triggers`` holds what came, merged or not, newest first,
    within a bound; the record has all. ``alarms`` counts those that sounded, ``repeats`` all but the first.
    ``unconfirmed`` is the number of the newest alarm for which it was said that nobody acknowledged it in time.
    ``threat`` says in words why the incident was opened. ``enrolled`` names the principals of a drill; empty means
    that nobody is.
    """

    id: str
    site_id: SiteId
    kind: IncidentKind
    state: IncidentState
    origin: Origin
    opened_at: float
    ends_at: float
    alarms: int = 1
    last_alarm_at: float = 0.0
    repeats: int = 0
    triggers: tuple[ReceivedTrigger, ...] = ()
    unconfirmed: int = 0
    threat: str = ""
    warnings_sent: frozenset[int] = frozenset()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    enrolled: frozenset[str] = frozenset()
    closed_at: float | None = None
    closed_by: str | None = None


class Action(StrEnum):
    """What somebody wants of a camera, a site or the record."""

    VIEW = "view"
    STILL = "still"
    STATUS = "status"
    READ_RECORD = "read_record"
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    EXTEND = "extend"
    ALL_CLEAR = "all_clear"


@dataclass(frozen=True, slots=True)
class Camera:
    """What policy and pages need of a camera; how it is reached lives in the settings of ``sources``."""

    id: CameraId
    site_id: SiteId
    name: str
    policy: CameraPolicy


class GrantBasis(StrEnum):
    """On what a grant stands: an open incident, or the agreement itself."""

    INCIDENT = "incident"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Grant:
    """A living permission of one principal for cameras of one site. Dies with its incident, or when revoked."""

    id: str
    principal_id: str
    role: Role
    site_id: SiteId
    camera_ids: frozenset[CameraId]
    basis: GrantBasis
    incident_id: str | None
    created_at: float


class RefusalReason(StrEnum):
    """Stable words for the record, the metrics and the pages; the sentence for a person is in the Refusal."""

    NO_INCIDENT = "no_incident"
    NOT_ENROLLED = "not_enrolled"
    KIND_GIVES_NO_ACCESS = "kind_gives_no_access"
    NOT_IN_AGREEMENT = "not_in_agreement"
    ROLE_SEES_NO_VIDEO = "role_sees_no_video"
    ANOTHER_SITE = "another_site"
    NOT_IN_GRANT = "not_in_grant"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not. ``known`` is False where the caller may not even learn that the thing exists: 404, not 403."""

    reason: RefusalReason
    detail: str
    known: bool = True


class StreamName(StrEnum):
    """The two encodings that a camera offers, and the one that is made of them for viewers that can play neither."""

    MAIN = "main"
    SUB = "sub"
    TRANSCODED = "transcoded"


CAMERA_STREAMS = (StreamName.MAIN, StreamName.SUB)


class SourceState(StrEnum):
    """Where a camera's pull stands. ``up``: pictures are passed on. ``stalled``: connected, but none was passed on for
    three seconds."""

    CONNECTING = "connecting"
    UP = "up"
    STALLED = "stalled"
    DOWN = "down"


class SourceReason(StrEnum):
    """Why a source is not up; each has words and an advice for district IT in ``sources.state``."""

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
    """One camera stream as district IT sees it. ``since`` is wall time, ``loss`` a fraction of packets, rates are
    over the last five seconds; ``transport`` is what its media comes over, ``delivery`` what viewers of the camera
    get of it, in words. ``age``: seconds since the newest picture that was passed on was captured, None where none was;
    ``age_uncertainty``: give or take so many, None where the age is not trusted and is a lower bound."""

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
    """Why a media session ended. Exactly one a session."""

    VIEWER_LEFT = "viewer_left"
    VIEWER_GONE = "viewer_gone"
    NEVER_CONNECTED = "never_connected"
    DTLS_FAILED = "dtls_failed"
    TOKEN_EXPIRED = "token_expired"
    REVOKED = "revoked"
    SIGNED_OUT = "signed_out"
    INCIDENT_ENDED = "incident_ended"
    CAMERA_REMOVED = "camera_removed"
    CODEC_CHANGED = "codec_changed"
    WORKER_LOST = "worker_lost"
    SHUTDOWN = "shutdown"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """Maps RTP time (90 kHz, 32 bit, as sent to viewers) to capture time, until the next point of the same stream.

    ``capture`` is gateway time (monotonic seconds) at which the frame with ``rtp`` was captured, give or take
    ``uncertainty`` seconds. Where ``trusted`` is False it is the best known *lower bound* of its age: arrival less
    the delay seen to build up; ``reason`` says why. ``epoch`` changes at every discontinuity of the source.
    """

    rtp: int
    capture: float
    uncertainty: float
    trusted: bool
    reason: str
    epoch: int
