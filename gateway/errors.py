"""Every error that Sightline raises on purpose, and whose fault it is.

::

    SightlineError
    ├── ConfigurationError     the operator's: a configuration that cannot be used
    ├── CameraError            the camera's: has a SourceReason
    ├── ClientError            the client's: has a status and a code (RFC 9457)
    │   ├── BadRequest         400
    │   ├── Unauthenticated    401, its reason also in WWW-Authenticate
    │   ├── Forbidden          403, with a reason that a person understands
    │   ├── NotFound           404, also for what the client may not know of
    │   ├── Conflict           409
    │   ├── PreconditionFailed 412, PreconditionRequired 428
    │   ├── UnsupportedMedia   415
    │   ├── Unplayable         422
    │   └── Unavailable        503: ours, and soon over
    ├── Malformed              a peer's: bytes that cannot be parsed; counted and dropped
    ├── StorageError           ours, or the disk's
    │   └── NotKept            what was asked for holds, but no disk takes it
    ├── Unconfirmed            done, but a gateway that runs has not said that it obeys
    └── IllegalEvent           ours, a bug: a state machine was told what cannot happen in its state

Any other bug raises whatever Python raises. Nobody catches a bug but the owner of the task that it ends.
"""

from gateway.models import SourceReason


class SightlineError(Exception):
    """Root of the tree. ``str(error)`` is fit for a person and holds no secret."""


class ConfigurationError(SightlineError):
    """The operator's fault. ``problems`` has one line a fault: ``file:line: key: message``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class CameraError(SightlineError):
    """The camera's fault, or its network's."""

    def __init__(self, reason: SourceReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class ClientError(SightlineError):
    """The caller's fault. ``code`` is a stable machine word, ``detail`` a sentence."""

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
    """403: known, and refused for a reason."""

    status = 403
    title = "Not allowed"


class NotFound(ClientError):
    """404: unknown, or unknown to this caller."""

    status = 404
    title = "Not found"


class Conflict(ClientError):
    """409: the thing is in a state that does not allow this."""

    status = 409
    title = "Not possible now"


class PreconditionFailed(ClientError):
    """412: the request speaks of what the thing was before."""

    status = 412
    title = "Changed meanwhile"


class UnsupportedMedia(ClientError):
    """415: the body is of a kind that is not read here."""

    status = 415
    title = "Unsupported content type"


class Unplayable(ClientError):
    """422: understood, and nothing can be sent for it."""

    status = 422
    title = "Cannot be played"


class PreconditionRequired(ClientError):
    """428: the request must say which state of the thing it speaks of (RFC 6585 3)."""

    status = 428
    title = "If-Match needed"


class Unavailable(ClientError):
    """503: not the client's fault, who should try again in a moment."""

    status = 503
    title = "Not possible now"


class Malformed(SightlineError):
    """Bytes from the network that are not what they should be. Whoever fed the parser counts it and goes on."""


class StorageError(SightlineError):
    """The database could not do what was asked."""


class NotKept(StorageError):
    """What was asked for holds, and is tried again, but no disk takes it: a crash would undo it."""


class Unconfirmed(SightlineError):
    """What a command was asked for is done and on disk, but a gateway that runs has not said that it obeys."""


class IllegalEvent(SightlineError):
    """A bug of ours: a state machine was told of an event that its table does not have in this state."""

    def __init__(self, state: object, event: object) -> None:
        super().__init__(f"{event} cannot happen in the state {state}")
        self.state = state
        self.event = event
