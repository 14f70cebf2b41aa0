"""Defines every error that Sightline raises on purpose, and says whose fault each one is.

::

    SightlineError
    ├── ConfigurationError     the operator's: the configuration cannot be used
    ├── CameraError            the camera's: has a SourceReason
    ├── ClientError            the client's: has a status and a code (RFC 9457)
    │   ├── BadRequest         400
    │   ├── Unauthenticated    401, with its reason also in WWW-Authenticate
    │   ├── Forbidden          403, with a reason that a person understands
    │   ├── NotFound           404, also for things that the client may not know of
    │   ├── Conflict           409
    │   ├── PreconditionFailed 412, PreconditionRequired 428
    │   ├── UnsupportedMedia   415
    │   ├── Unplayable         422
    │   └── Unavailable        503: ours, and soon over
    ├── Malformed              a peer's: the bytes cannot be parsed; they are counted and dropped
    ├── StorageError           ours, or the disk's
    │   └── NotKept            ours, or the disk's: a change took effect, but is not on any disk
    ├── Unconfirmed            nobody's: it is done, but the running gateway has not confirmed it
    └── IllegalEvent           ours, a bug: the state machine's table does not allow this event

Any other bug raises one of Python's own errors. Only the owner of the task that it ends may catch it.
"""

from gateway.models import SourceReason


class SightlineError(Exception):
    """Every error of ours derives from this one. ``str(error)`` is fit for people to read and contains no secret."""


class ConfigurationError(SightlineError):
    """The operator is at fault. ``problems`` has one line for each fault: ``file:line: key: message``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CameraError(SightlineError):
    """The camera, or its network, is at fault."""

    def __init__(self, reason: SourceReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class ClientError(SightlineError):
    """The caller is at fault. ``code`` is a stable word for programs, and ``detail`` is a sentence."""

    status = 400
    title = "Bad request"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class BadRequest(ClientError):
    """400: the request cannot be understood; ``detail`` names the fault."""


class Unauthenticated(ClientError):
    """401: no credential, or one that is bad or has expired."""

    status = 401
    title = "Sign-in needed"


class Forbidden(ClientError):
    """403: the caller is known, but may not do this; ``detail`` says why."""

    status = 403
    title = "Not allowed"


class NotFound(ClientError):
    """404: the thing does not exist, or this caller may not know of it."""

    status = 404
    title = "Not found"


class Conflict(ClientError):
    """409: the thing is in a state that does not allow this."""

    status = 409
    title = "Not possible now"


class PreconditionFailed(ClientError):
    """412: the request refers to a state of the thing that has changed since."""

    status = 412
    title = "Changed in the meantime"


class UnsupportedMedia(ClientError):
    """415: this address does not accept a body of this content type."""

    status = 415
    title = "Unsupported content type"


class Unplayable(ClientError):
    """422: the request is understood, but nothing can be sent that the client can play."""

    status = 422
    title = "Cannot be played"


class PreconditionRequired(ClientError):
    """428: the request must say which state of the thing it refers to (RFC 6585 section 3)."""

    status = 428
    title = "If-Match needed"


class Unavailable(ClientError):
    """503: this is not the client's fault, and it should try again in a moment."""

    status = 503
    title = "Not possible now"


class Malformed(SightlineError):
    """Bytes from the network that cannot be parsed. The caller of the parser counts them and continues."""


class StorageError(SightlineError):
    """The database could not do what was requested."""


class NotKept(StorageError):
    """A change took effect, but it cannot be written to any disk yet. The write is retried; a crash would undo it."""


class Unconfirmed(SightlineError):
    """A command is done and on disk, but the running gateway has not confirmed that it has acted on it."""


class IllegalEvent(SightlineError):
    """We have a bug: a state machine received an event that its table does not allow in its state."""

    def __init__(self, state: object, event: object) -> None:
        super().__init__(f"{event} cannot happen in the state {state}")
        self.state = state
        self.event = event
