"""Finds the payload types of an offer that the gateway can use. Pure.

These are H.264 (RFC 6184 8.1) and H.265 (RFC 7798 7.1), each with the payload type of its retransmissions (RFC 4588
8.6), and G.711 (RFC 3551 4.5.14).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.codecs.names import AUDIO, H264, H265, STATIC_PAYLOAD_TYPES

_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
_BASELINE = 0x42
_MAIN = 1  # profile-id of H.265's Main profile: 8 bits and 4:2:0
_MODE = "packetization-mode"
_SPS, _STAP_A = 7, 24  # NAL unit types
_G711 = {f"{name}/8000{channels}": name for name in AUDIO for channels in ("", "/1")}


@dataclass(frozen=True, slots=True)
class Codec:
    """Describes a payload type that the viewer offers.

    ``name`` is the RTP encoding name. ``profile`` is profile_idc (H.264) or profile-id (H.265), and ``level`` is
    level_idc or level-id. ``feedback`` lists the kinds of our feedback that the viewer also speaks. ``rtx`` is the
    payload type of its retransmissions, or None.
    """

    name: str
    payload_type: int
    parameters: str
    profile: int
    level: int
    feedback: tuple[str, ...]
    rtx: int | None


def codecs_of(formats: Sequence[str], attribute: Callable[[str], list[str]]) -> tuple[Codec, ...]:
    """Return the usable payload types of a media section in the viewer's order of preference.

    ``attribute`` returns all values of the attribute with a given name. Payload types that are never sent are left out:
    H.264 in a packetization-mode other than 1, and H.265 on several RTP streams (tx-mode). A missing mode means 0 (RFC
    6184 8.1). But clients that never write a mode accept mode 1; the answer repeats their own words, since a mode must
    not change between offer and answer (8.2.2).
    """
    names = _by_format(attribute("rtpmap"))
    parameters = _by_format(attribute("fmtp"))
    numbers = _numbers(formats)
    h264 = [_values(parameters.get(text, "")) for text in numbers if names.get(text, "").upper() == f"{H264}/90000"]
    unwritten = "0" if any(_MODE in given for given in h264) else "1"
    spoken: dict[str, set[str]] = {}
    for which, _, what in (value.partition(" ") for value in attribute("rtcp-fb")):
        spoken.setdefault(which, set()).add(what)
    repeats = {
        _values(parameters.get(text, "")).get("apt", ""): number
        for text, number in reversed(numbers.items())
        if names.get(text, "").lower() == "rtx/90000"
    }

    def found() -> Iterator[Codec]:
        for text, number in numbers.items():
            given = parameters.get(text, "")
            name, _, rate = names.get(text, "").upper().partition("/")
            known = rate == "90000" and _KNOWN.get(name, _unknown)({_MODE: unwritten} | _values(given))
            if known:
                theirs = spoken.get(text, set()) | spoken.get("*", set())
                feedback = tuple(what for what in _FEEDBACK if what in theirs)
                yield Codec(name, number, given, *known, feedback, repeats.get(text))

    return tuple(found())


def sounds_of(formats: Sequence[str], attribute: Callable[[str], list[str]]) -> dict[str, int]:
    """Return the payload types of G.711 in an audio section by RTP encoding name."""
    names = STATIC_PAYLOAD_TYPES | _by_format(attribute("rtpmap"))
    found: dict[str, int] = {}
    for text, number in _numbers(formats).items():
        name = _G711.get(names.get(text, "").upper())
        if name is not None:
            found.setdefault(name, number)
    return found


def choose_codecs(offered: Sequence[Codec], profile: int | None, *names: str) -> tuple[Codec, ...]:
    """Return one payload type for each of ``names`` that is offered, in the order of ``names``.

    ``profile`` is the profile_idc of an H.264 stream, or None if it is not known yet. The stream is relayed unchanged,
    so a different profile is only a label, and the nearest one is taken.
    """
    chosen = []
    for name in dict.fromkeys(names):
        of_name = [codec for codec in offered if codec.name == name]
        if of_name:
            wanted = _MAIN if name == H265 else profile or _BASELINE
            above = [codec for codec in of_name if codec.profile >= wanted]
            nearest = min if above else max
            chosen.append(nearest(above or of_name, key=lambda codec: codec.profile))
    return tuple(chosen)


def profile_of(payloads: Sequence[bytes]) -> int | None:
    """Return the profile_idc of the SPS in an H.264 keyframe's RTP payloads, or None.

    The SPS is a NAL unit of its own or part of a STAP-A (RFC 6184 5.7.1).
    """
    for payload in payloads:
        for nal in _aggregated(payload) if payload[0] & 0x1F == _STAP_A else (payload,):
            if len(nal) > 1 and nal[0] & 0x1F == _SPS:
                return nal[1]
    return None


def _aggregated(payload: bytes) -> Iterable[bytes]:
    at = 1
    while at + 2 < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        yield payload[at + 2 : at + 2 + size]
        at += 2 + size


def _h264(given: dict[str, str]) -> tuple[int, int] | None:
    described = given.get("profile-level-id", "42000a")
    if given[_MODE] != "1" or not re.fullmatch(r"[0-9A-Fa-f]{6}", described):
        return None
    return int(described[:2], 16), int(described[4:], 16)


def _h265(given: dict[str, str]) -> tuple[int, int] | None:
    profile, level = given.get("profile-id", "1"), given.get("level-id", "93")
    if given.get("tx-mode", "SRST") != "SRST" or not all(re.fullmatch(r"\d{1,3}", text) for text in (profile, level)):
        return None
    return int(profile), int(level)


def _unknown(_: dict[str, str]) -> None:
    return None


_KNOWN: dict[str, Callable[[dict[str, str]], tuple[int, int] | None]] = {H264: _h264, H265: _h265}


def _numbers(formats: Sequence[str]) -> dict[str, int]:
    return {text: int(text) for text in dict.fromkeys(formats) if re.fullmatch(r"\d{1,3}", text) and int(text) < 128}


def _values(parameters: str) -> dict[str, str]:
    """Split format parameters in one pass. A regular expression here took seconds for a hostile offer."""
    return {name.strip(): value.strip() for name, _, value in (item.partition("=") for item in parameters.split(";"))}


def _by_format(values: list[str]) -> dict[str, str]:
    return {number: rest for number, _, rest in (value.partition(" ") for value in values)}
