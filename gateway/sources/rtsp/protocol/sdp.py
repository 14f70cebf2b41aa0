"""Reads the answer to DESCRIBE (SDP, RFC 8866; its use in RTSP, RFC 2326 appendix C; codecs, RFC 6184 8.2, RFC 7798
7.2, RFC 2435 4; encryption, RFC 3711, 4567 and 4568). Pure."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.codecs.access_unit import StreamInfo
from gateway.codecs.nal.fragments import separated
from gateway.codecs.names import AUDIO, H264, H265, STATIC_PAYLOAD_TYPES, VIDEO
from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.transport import ENCRYPTED

BASES = ("content-base", "content-location")
"""Headers that may hold the base URL of relative controls."""
MAX_MEDIA = 32
MAX_PARAMETER_SET = 4096
_SECURE_PROFILES = frozenset({"SAVP", "SAVPF"})
_CLOCK_RATES = dict.fromkeys(VIDEO, "90000") | dict.fromkeys(AUDIO, "8000")


class Medium(NamedTuple):
    """One medium of the stream, and its control URL."""

    info: StreamInfo
    payload_type: int
    setup_url: str


@dataclass(frozen=True, slots=True)
class Description:
    """The video to pull, its G.711 audio if there is any (RFC 3551 4.5.14), and the control URLs of both.
    ``other_sound`` names the codecs of its audio if none is G.711."""

    info: StreamInfo
    payload_type: int
    setup_url: str
    play_url: str
    audio: Medium | None = None
    other_sound: str = ""


@dataclass(slots=True)
class _Section:
    kind: str = ""
    encrypted: bool = False
    formats: list[str] = field(default_factory=list)
    control: str = ""
    to_camera: bool = False
    encodings: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)


def describe(body: bytes, base: str) -> Description:
    """Choose the best video of an SDP. Relative control URLs are resolved against ``base``.

    Raises ``CameraError``: ``MALFORMED`` if it is not SDP, ``UNSUPPORTED`` if it offers nothing that can be pulled.
    Encrypted media is refused: the gateway has no key, and ciphertext that is read as H.264 can look like pictures.
    """
    session, *sections = _sections(body.decode("utf-8", "replace"))
    offered = [section for section in sections if section.kind == "video"]
    if not offered:
        raise CameraError(SourceReason.UNSUPPORTED, "The camera offers no video at this address.")
    plain = [section for section in sections if not (session.encrypted or section.encrypted)]
    video = [section for section in plain if section.kind == "video"]
    if not video:
        raise CameraError(SourceReason.UNSUPPORTED, ENCRYPTED)
    _put_where_they_belong(sections, [session, *sections])
    best = _first(video, VIDEO, base)
    if best is None:
        words = _named(video) or "an unnamed codec"
        raise CameraError(SourceReason.UNSUPPORTED, f"The camera sends {words}, not H.264, H.265 or JPEG at 90 kHz.")
    # Sound that is sent to the camera is for its loudspeaker (ONVIF Streaming 5.3).
    sound = [section for section in plain if section.kind == "audio" and not section.to_camera]
    audio = _first(sound, AUDIO, base)
    return Description(*best, resolve(base, session.control), audio, "" if audio else _named(sound))


def _put_where_they_belong(sections: list[_Section], everywhere: list[_Section]) -> None:
    """Move misplaced codecs and parameters: some cameras write those of their video below their audio, or above all
    media."""
    for section in sections:
        for text in section.formats:
            for other in everywhere:
                if text in other.formats:
                    continue
                for own, others in ((section.parameters, other.parameters), (section.encodings, other.encodings)):
                    if text in others:
                        own.setdefault(text, others[text])


def _first(sections: list[_Section], codecs: tuple[str, ...], base: str) -> Medium | None:
    """Return the first medium of the best codec offered. Raises ``CameraError`` if its packetization is not
    supported."""
    for wanted in codecs:
        for section in sections:
            for text in section.formats:
                codec, _, rate = _encoding(section, text).upper().partition("/")
                if codec == wanted and rate.split("/")[0] == _CLOCK_RATES[wanted] and re.fullmatch(r"\d{1,3}", text):
                    parameters = _format_parameters(section.parameters.get(text, ""))
                    info = StreamInfo(wanted, int(_CLOCK_RATES[wanted]), _parameter_sets(wanted, parameters))
                    return Medium(info, int(text), resolve(base, section.control))
    return None


def _named(sections: Iterable[_Section]) -> str:
    """Return the names of the codecs of some sections, in characters that may be shown."""
    maps = {_encoding(section, text) for section in sections for text in section.formats}
    names = sorted({re.sub(r"[^A-Za-z0-9.-]", "", name.partition("/")[0])[:20] for name in maps} - {""})
    return ", ".join(names[:4])


def _encoding(section: _Section, text: str) -> str:
    return section.encodings.get(text, STATIC_PAYLOAD_TYPES.get(text, ""))


def resolve(base: str, control: str) -> str:
    """Return the URL that a control attribute denotes. Relative ones are appended, as servers and clients do in
    practice. So is a single name after a slash, whereas a longer path starts at the server's root."""
    if control in ("", "*"):
        url = base
    elif re.match(r"rtspu?s?://", control, re.IGNORECASE):
        url = control
    elif control.startswith("?"):
        url = base + control
    elif control.startswith("/"):
        below = base.rstrip("/") if control.count("/") == 1 else _origin(base)
        url = below + control
    else:
        url = base + ("" if base.endswith("/") else "/") + control
    if re.search(r"[\x00-\x20\x7f]", url) or len(url) > 1024:
        raise CameraError(SourceReason.MALFORMED, "The camera names a stream address that cannot be used.")
    return url


def base_of(values: Iterable[str], url: str) -> str:
    """Return the base URL of relative controls: the first of the ``values`` of ``BASES`` that can be one, or else the
    ``url`` that was requested (RFC 2326 C.1.1)."""
    for value in values:
        if value.lower().startswith(("rtsp://", "rtsps://")):
            return resolve(value, "")
        if value.startswith("/"):
            return resolve(_origin(url) + value, "")
    return url


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL."""
    return re.sub(r"^([^/]*//[^/]*).*", r"\1", url)


def _sections(text: str) -> list[_Section]:
    """Return the session part, then one section for each medium."""
    sections = [_Section()]
    lines = text.replace("\r", "\n").split("\n")
    if not any(line.startswith("m=") for line in lines):
        raise CameraError(SourceReason.MALFORMED, "The camera's description of its streams cannot be read.")
    for line in lines:
        kind, value = line[:2], line[2:].strip()
        if kind == "m=" and len(sections) <= MAX_MEDIA:
            words = value.split()
            encrypted = bool(_SECURE_PROFILES.intersection(value.upper().replace("/", " ").split()[1:]))
            sections.append(_Section(words[0].lower() if words else "", encrypted, words[3:]))
        elif kind == "k=" and value:
            sections[-1].encrypted = True
        elif kind == "a=":
            name, _, rest = value.partition(":")
            key, _, data = rest.strip().partition(" ")
            current = sections[-1]
            match name.lower():
                case "sendonly":
                    current.to_camera = True
                case "crypto" | "key-mgmt":
                    current.encrypted = True
                case "control":
                    current.control = rest.strip()
                case "rtpmap":
                    current.encodings[key] = data.strip()
                case "fmtp":
                    current.parameters[key] = data
    return sections


def _format_parameters(text: str) -> dict[str, str]:
    pairs = (item.partition("=") for item in text.split(";"))
    return {name.strip().lower(): value.strip(' \t"') for name, _, value in pairs}


def _parameter_sets(codec: str, parameters: dict[str, str]) -> tuple[bytes, ...]:
    """Return the parameter sets in the description. Unreadable ones are left out, because they may also come in band.

    Raises ``CameraError`` if pictures are not sent in decoding order (RFC 6184 6.4, 7798 4.5).
    """
    if codec == H264:
        if parameters.get("packetization-mode", "0") not in ("0", "1"):
            raise CameraError(SourceReason.UNSUPPORTED, "The camera sends H.264 in interleaved packets (mode 2).")
        sets = _decoded(parameters.get("sprop-parameter-sets", ""))
        return tuple(nal for nal in sets if nal[0] & 0x1F in (7, 8))
    if codec == H265:
        if parameters.get("sprop-max-don-diff", "0") != "0":
            raise CameraError(SourceReason.UNSUPPORTED, "The camera sends H.265 in interleaved packets (DONL).")
        return _decoded(",".join(parameters.get(f"sprop-{name}", "") for name in ("vps", "sps", "pps")))
    return ()


def _decoded(text: str) -> tuple[bytes, ...]:
    sets = []
    for item in text.split(",")[:16]:
        written = item.strip()
        try:
            nal = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(nal) <= MAX_PARAMETER_SET:
            sets += [part for part in separated(nal) if len(part) > 2]
    return tuple(sets)
