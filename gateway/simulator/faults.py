"""Defines what can go wrong with a simulated camera, on demand. Pure. All faults can be combined."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

Seconds = Annotated[float, Field(ge=0, le=7 * 86400)]


class Rubbish(StrEnum):
    """Says where random bytes replace the real ones."""

    NONE = "none"
    RTP = "rtp"  # well-framed packets with random contents
    FRAMING = "framing"  # the connection itself carries noise instead of frames and answers


class Refresh(StrEnum):
    """Says how a camera lets a decoder begin: with keyframes (IDR), part by part without keyframes, or with open groups
    of pictures, which do not begin with a keyframe either. The latter two are announced with recovery points."""

    KEYFRAMES = "keyframes"
    GRADUAL = "gradual"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Faults:
    """Describes the faults of one camera. By default there are none.

    ``off``: connections that ask for the camera are closed without an answer. ``drop``: connections are cut as soon as
    they play. ``silent``: no media and no reports are sent; the connection stays open and requests are answered.
    ``refuse_password``: every credential is refused. ``session_limit``: any session beyond this number is refused with
    453.

    ``freeze``: the encoder repeats the picture from the moment when the fault began, with running timestamps.

    ``delay``: pictures are delivered this many seconds after their capture. The delay is there at once, like that of a
    recorder's playback. With ``delay_growth`` it grows to ``delay`` by that many seconds per second, like that of a
    queue that fills up (at 1, nothing arrives until then). Reports are as late as the media and tell the truth about
    it.

    ``passes``: the fraction of the sent bytes that the network lets through. The rest, answers included, waits on the
    camera's side of the connection and arrives later and later. On a new connection nothing is waiting.

    ``clock_offset``: how many seconds the camera's clock is ahead, in reports, in ``Date`` and in the time written into
    the picture, but never in the time code. A change during play makes the clock jump. ``no_sender_reports`` and
    ``no_date`` leave these out.

    ``b_frames``: the number of consecutive B-pictures. ``gop``: seconds between keyframes. ``scale``: a factor for the
    picture's width and height. ``noise``: standard deviation of the sensor noise, as in the dark, in steps of 256.
    ``bitrate``: bit/s of the main stream; a picture without noise may need less. ``rubbish``: see ``Rubbish``.
    ``refresh``: see ``Refresh``; groups are open only with ``b_frames``.
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
    refresh: Refresh = Refresh.KEYFRAMES

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    def capture_time(self, now: float, since: float) -> float:
        """Return the capture time of the picture that leaves at ``now`` if the faults began at ``since``."""
        if self.delay_growth is None:
            return now - self.delay
        return now - min(self.delay, self.delay_growth * max(0.0, now - since))

    def of_the_picture(self) -> dict[str, object]:
        """Return the faults that need another encoder. A frozen picture needs none: a wedged encoder keeps running
        unchanged."""
        return {name: getattr(self, name) for name in _OF_THE_PICTURE}

    def need_live_encoder(self) -> tuple[str, ...]:
        """Return the names of the current faults that a camera which serves a loop cannot have."""
        return tuple(name for name in _NEED_ENCODER if getattr(self, name) != getattr(_NONE, name))


_OF_THE_PICTURE: Final = ("clock_offset", "b_frames", "gop", "scale", "noise", "bitrate", "refresh")
_NEED_ENCODER: Final = ("freeze", "b_frames", "gop", "scale", "noise", "bitrate", "refresh")
_NONE: Final = Faults()
_ADAPTER: Final = TypeAdapter(Faults)


def parse_faults(document: bytes) -> Faults:
    """Read faults from a JSON object with the fields of ``Faults``. Missing fields are off.

    Raises ValueError, whose text names every wrong key.
    """
    try:
        return _ADAPTER.validate_json(document)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in error.errors(include_url=False)]
        raise ValueError("; ".join(problems)) from None


def faults_document(faults: Faults) -> dict[str, Any]:
    """Return the JSON object that ``parse_faults`` would read as ``faults``. It holds only those that are on."""
    document: dict[str, Any] = _ADAPTER.dump_python(faults, mode="json", exclude_defaults=True)
    return document
