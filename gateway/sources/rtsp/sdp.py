"""What a DESCRIBE tells (SDP, RFC 8866; RTSP use of it, RFC 2326 appendix C; H.264 in it, RFC 6184 8.2). Pure."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.media import StreamInfo

MAX_MEDIA = 32
MAX_PARAMETER_SET = 4096


@dataclass(frozen=True, slots=True)
class Description:
    """The H.264 stream that is worth pulling, and where to ask for it."""

    info: StreamInfo
    payload_type: int
    setup_url: str
    play_url: str


@dataclass(slots=True)
class _Section:
    kind: str = ""
    formats: list[str] = field(default_factory=list)
    control: str = ""
    encodings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


def describe(body: bytes, base: str) -> Description:
    """Choose the first H.264 video of an SDP; ``base`` is the URL that relative controls stand on.

    Raises ``CameraError``: ``MALFORMED`` for what is no SDP, ``UNSUPPORTED`` where it offers no H.264 that we can pull.
    """
    session, *media = _sections(body.decode("utf-8", "replace"))
    video = [section for section in media if section.kind == "video"]
    if not video:
        raise CameraError(SourceReason.UNSUPPORTED, "The camera offers no video at this address.")
    for section in video:
        for payload_type in section.formats:
            codec, _, rate = section.encodings.get(payload_type, "").partition("/")
            if codec.upper() != "H264" or rate.split("/")[0] != "90000" or not payload_type.isdecimal():
                continue
            parameters = _format_parameters(section.parameters.get(payload_type, ""))
            if parameters.get("packetization-mode", "0") not in ("0", "1"):
                raise CameraError(SourceReason.UNSUPPORTED, "The camera sends H.264 in interleaved packets (mode 2).")
            play_url = resolve(base, session.control)
            return Description(
                StreamInfo("H264", 90000, _parameter_sets(parameters.get("sprop-parameter-sets", ""))),
                int(payload_type),
                resolve(base, section.control),
                play_url,
            )
    offered = {name.partition("/")[0] for section in video for name in section.encodings.values()}
    names = sorted(re.sub(r"[^A-Za-z0-9.-]", "", name)[:20] for name in offered) or ["an unnamed codec"]
    raise CameraError(SourceReason.UNSUPPORTED, f"The camera sends {', '.join(names[:4])}, not H.264 at 90 kHz.")


def resolve(base: str, control: str) -> str:
    """The URL that a control attribute means. Relative ones are appended, as servers and clients do in practice."""
    if control in ("", "*"):
        url = base
    elif re.match(r"rtspu?s?://", control, re.IGNORECASE):
        url = control
    elif control.startswith("/"):
        url = re.sub(r"^([^/]*//[^/]*).*", r"\1", base) + control
    else:
        url = base + ("" if base.endswith("/") else "/") + control
    if re.search(r"[\x00-\x20\x7f]", url) or len(url) > 1024:
        raise CameraError(SourceReason.MALFORMED, "The camera names a stream address that cannot be used.")
    return url


def _sections(text: str) -> list[_Section]:
    """The session part, then one section a medium."""
    sections = [_Section()]
    lines = text.replace("\r", "\n").split("\n")
    if not any(line.startswith("m=") for line in lines):
        raise CameraError(SourceReason.MALFORMED, "The camera's description of its streams cannot be read.")
    for line in lines:
        kind, value = line[:2], line[2:].strip()
        if kind == "m=" and len(sections) <= MAX_MEDIA:
            words = value.split()
            sections.append(_Section(words[0].lower() if words else "", words[3:]))
        elif kind == "a=":
            name, _, rest = value.partition(":")
            key, _, data = rest.strip().partition(" ")
            current = sections[-1]
            match name.lower():
                case "control":
                    current.control = rest.strip()
                case "rtpmap":
                    current.encodings[key] = data.strip()
                case "fmtp":
                    current.parameters[key] = data
    return sections


def _format_parameters(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _parameter_sets(text: str) -> tuple[bytes, ...]:
    """SPS and PPS of ``sprop-parameter-sets``; what cannot be read is left out, since they may also come in band."""
    sets = []
    for item in text.split(",")[:16]:
        try:
            nal = base64.b64decode(item + "=" * (-len(item) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        if 1 < len(nal) <= MAX_PARAMETER_SET and nal[0] & 0x1F in (7, 8):
            sets.append(nal)
    return tuple(sets)
