"""What can go wrong with a simulated camera, on demand. Pure values and arithmetic; all of it combines."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

Seconds = Annotated[float, Field(ge=0, le=7 * 86400)]


class Rubbish(StrEnum):
    """Where random bytes take the place of what belongs there."""

    NONE = "none"
    RTP = "rtp"  # well framed packets with random contents
    FRAMING = "framing"  # the connection itself: no frame, no answer, noise


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of one camera; the default has none.

    ``off``: connections that ask for the camera are closed without an answer. ``drop``: connections are cut when they
    play. ``silent``: neither media nor reports, the connection open and its requests answered. ``refuse_password``:
    every credential is refused. ``session_limit``: so many sessions, the next one is refused with 453.

    ``freeze``: the encoder repeats the picture of the moment at which the fault came, timestamps running.

    ``delay``: what is delivered was captured so many seconds earlier. At once, as from a recorder that plays back,
    or with ``delay_growth`` by so many seconds a second until it is reached, as from a queue that fills (1: nothing
    arrives meanwhile). Reports come as late as the media and tell the truth about it.

    ``passes``: the fraction of what is sent that the network lets through; the rest, answers included, waits on the
    camera's side of the connection and comes later and later. A new connection begins with nothing waiting.

    ``clock_offset``: seconds that the camera's clock is ahead, in reports, in ``Date`` and in the time that it writes
    into the picture, never in the time code. Changed while it plays, it is a clock that jumps.
    ``no_sender_reports`` and ``no_date`` leave these out.

    ``b_frames``: so many B-pictures in a row. ``gop``: seconds between keyframes. ``scale``: the picture's width and
    height, times this. ``noise``: of the sensor, as in the dark, in steps of 256 (standard deviation). ``bitrate``: of
    the main stream, bit/s; a picture without noise may need less. ``rubbish``: see ``Rubbish``.
    """

    off: bool = False
    drop: bool = False
    silent: bool = False
    refuse_password: bool = False
    session_limit: Annotated[int, Field(ge=0)] | None = None
    freeze: bool = False
    delay: Seconds = 0.0
    delay_growth: Annotated[float, Field(gt=0, le=1)] | None = None
    passes: Annotated[float, Field(gt=0, le=1)] = 1.0
    clock_offset: Annotated[float, Field(ge=-1e9, le=1e9)] = 0.0
    no_sender_reports: bool = False
    no_date: bool = False
    b_frames: Annotated[int, Field(ge=0, le=4)] = 0
    gop: Annotated[float, Field(ge=0.1, le=600)] | None = None
    scale: Annotated[float, Field(ge=0.5, le=3)] = 1.0
    noise: Annotated[float, Field(ge=0, le=30)] = 0.0
    bitrate: Annotated[int, Field(ge=100_000, le=20_000_000)] | None = None
    rubbish: Rubbish = Rubbish.NONE

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    def capture_time(self, now: float, since: float) -> float:
        """Return when the picture was captured that leaves at ``now``, the faults being in force from ``since``."""
        if self.delay_growth is None:
            return now - self.delay
        return now - min(self.delay, self.delay_growth * max(0.0, now - since))

    def of_the_picture(self) -> dict[str, object]:
        """The faults that need another encoder; a frozen picture does not: a wedged encoder goes on as it was."""
        return {name: getattr(self, name) for name in ("clock_offset", "b_frames", "gop", "scale", "noise", "bitrate")}

    def need_live_encoder(self) -> tuple[str, ...]:
        """Name the faults in force that a camera which serves a loop cannot have."""
        return tuple(name for name in _NEED_ENCODER if getattr(self, name) != getattr(_NONE, name))


_NEED_ENCODER: Final = ("freeze", "b_frames", "gop", "scale", "noise", "bitrate")
_NONE: Final = Faults()
_ADAPTER: Final = TypeAdapter(Faults)


def parse_faults(document: bytes) -> Faults:
    """Read faults from a JSON object with the fields of ``Faults``; those left out are not in force.

    Raises ValueError whose text names every key that is wrong.
    """
    try:
        return _ADAPTER.validate_json(document)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in error.errors(include_url=False)]
        raise ValueError("; ".join(problems)) from None


def faults_document(faults: Faults) -> dict[str, Any]:
    """The JSON object that ``parse_faults`` would read as ``faults``: only what is in force."""
    document: dict[str, Any] = _ADAPTER.dump_python(faults, mode="json", exclude_defaults=True)
    return document
