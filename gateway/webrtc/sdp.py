"""WHEP offer in, answer out (RFC 8866, RFC 8829, RFC 9143). Pure.

The gateway sends one H.264 video and nothing else; it is ICE-lite and the DTLS server.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.errors import BadRequest

LARGEST_OFFER = 64 * 1024
_FEEDBACK = ("nack", "nack pli", "goog-remb")
_LINE = re.compile(r"([a-z])=(.*)")
_MEDIA = re.compile(r"(audio|video|text|application|message|image) (\d+)(?:/\d+)? (\S+)((?: \S+)+)")
_TOKEN = re.compile(r"[!-~]+")
_HASHES = frozenset({"sha-256", "sha-384", "sha-512"})  # those that dtls.py can check
_BASELINE = 0x42
_SPS, _STAP_A = 7, 24  # NAL unit types


@dataclass(frozen=True, slots=True)
class Section:
    """One media description. ``attributes`` holds (name, value) in order; session-level ones are asked separately."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """Every value of an attribute, in order."""
        return [value for key, value in self.attributes if key == name]

    def first(self, name: str) -> str | None:
        """The first value of an attribute."""
        return next(iter(self.values(name)), None)


@dataclass(frozen=True, slots=True)
class Codec:
    """An H.264 payload type that the viewer offers (RFC 6184 8.1). ``feedback`` is what of ours it also speaks."""

    payload_type: int
    parameters: str
    profile: int
    feedback: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the answer needs of the offer. ``video`` is the index of the section that will carry the picture."""

    sections: tuple[Section, ...]
    video: int
    codecs: tuple[Codec, ...]
    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    bundled: bool


@dataclass(frozen=True, slots=True)
class Answerer:
    """What the gateway brings into an answer. ``candidates`` are values of ``a=candidate``, ``address`` the default."""

    session_id: int
    address: tuple[str, int]
    candidates: tuple[str, ...]
    ufrag: str
    password: str
    fingerprint: str
    ssrc: int
    cname: str


def parse_offer(text: str) -> Offer:
    """Read an offer. Raises BadRequest whose code and sentence name the fault."""
    common, sections = _split(text)
    video = next((place for place, section in enumerate(sections) if section.kind == "video" and section.port), None)
    if video is None:
        raise BadRequest("offer_no_video", "The offer has no m=video section to receive the picture with.")
    section = sections[video]

    def inherited(name: str) -> list[str]:
        return section.values(name) or common.values(name)

    if section.protocol not in ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"):
        raise BadRequest("offer_protocol", f"m=video offers {section.protocol}; only UDP/TLS/RTP/SAVPF is spoken.")
    if inherited("sendonly") or inherited("inactive"):
        raise BadRequest("offer_direction", "The m=video section does not receive; offer a=recvonly.")
    if section.first("rtcp-mux") is None:
        raise BadRequest("offer_no_rtcp_mux", "The m=video section lacks a=rtcp-mux.")
    ufrag, password = inherited("ice-ufrag"), inherited("ice-pwd")
    if not ufrag or not password or not re.fullmatch(r"[A-Za-z0-9+/]{4,256}", ufrag[0]):
        raise BadRequest("offer_no_ice", "The offer lacks a valid a=ice-ufrag and a=ice-pwd.")
    fingerprints = tuple(_fingerprints(inherited("fingerprint")))
    if not fingerprints:
        raise BadRequest("offer_no_fingerprint", "The offer lacks an a=fingerprint with sha-256, sha-384 or sha-512.")
    if inherited("setup")[:1] not in (["actpass"], ["active"]):
        raise BadRequest(
            "offer_setup", "The offer must have a=setup:actpass or active: the gateway is the DTLS server."
        )
    codecs = tuple(_h264(section))
    if not codecs:
        raise BadRequest("offer_no_h264", "The m=video section offers no H.264 with packetization-mode=1.")
    mid = section.first("mid")
    bundled = any(mid in group.split()[1:] for group in common.values("group") if group.startswith("BUNDLE"))
    return Offer(tuple(sections), video, codecs, ufrag[0], fingerprints, bundled)


def choose_codec(offer: Offer, profile: int | None) -> Codec:
    """The payload type for a stream whose SPS has ``profile`` (profile_idc), or for one not yet known.

    The stream goes through as the camera made it, so that another profile is a label only; the nearest one is taken.
    """
    wanted = _BASELINE if profile is None else profile
    above = [codec for codec in offer.codecs if codec.profile >= wanted]
    return min(above, key=lambda codec: codec.profile) if above else max(offer.codecs, key=lambda codec: codec.profile)


def profile_of(payloads: Sequence[bytes]) -> int | None:
    """profile_idc of the SPS in a keyframe's RTP payloads: a NAL unit of its own, or in a STAP-A (RFC 6184 5.7.1)."""
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


def build_answer(offer: Offer, codec: Codec, ours: Answerer) -> str:
    """The answer: the video section sendonly, every other one rejected (port 0)."""
    video = offer.sections[offer.video]
    lines = [
        "v=0",
        f"o=- {ours.session_id} 1 IN {_family(ours.address[0])} {ours.address[0]}",
        "s=-",
        "t=0 0",
        *([f"a=group:BUNDLE {video.first('mid')}"] if offer.bundled else []),
        "a=ice-lite",
        f"a=msid-semantic: WMS {ours.cname}",
    ]
    for section in offer.sections:
        lines += _accepted(section, codec, ours) if section is video else _rejected(section)
    return "\r\n".join(lines) + "\r\n"


def _accepted(section: Section, codec: Codec, ours: Answerer) -> Iterable[str]:
    host, port = ours.address
    yield f"m=video {port} {section.protocol} {codec.payload_type}"
    yield f"c=IN {_family(host)} {host}"
    yield from _mid(section)
    yield "a=sendonly"
    yield "a=rtcp-mux"
    if section.first("rtcp-rsize") is not None:
        yield "a=rtcp-rsize"
    yield f"a=rtpmap:{codec.payload_type} H264/90000"
    yield f"a=fmtp:{codec.payload_type} {codec.parameters}"
    for feedback in codec.feedback:
        yield f"a=rtcp-fb:{codec.payload_type} {feedback}"
    yield f"a=ice-ufrag:{ours.ufrag}"
    yield f"a=ice-pwd:{ours.password}"
    yield f"a=fingerprint:sha-256 {ours.fingerprint}"
    yield "a=setup:passive"
    yield f"a=msid:{ours.cname} video"
    yield f"a=ssrc:{ours.ssrc} cname:{ours.cname}"
    yield f"a=ssrc:{ours.ssrc} msid:{ours.cname} video"
    for candidate in ours.candidates:
        yield f"a=candidate:{candidate}"
    yield "a=end-of-candidates"


def _rejected(section: Section) -> Iterable[str]:
    yield f"m={section.kind} 0 {section.protocol} {' '.join(section.formats)}"
    yield "c=IN IP4 0.0.0.0"
    yield from _mid(section)
    yield "a=inactive"


def _mid(section: Section) -> list[str]:
    mid = section.first("mid")
    return [] if mid is None else [f"a=mid:{mid}"]


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"


def _split(text: str) -> tuple[Section, list[Section]]:
    """The session-level part, as a section of no kind, and the media sections."""
    if len(text) > LARGEST_OFFER:
        raise BadRequest("offer_too_large", f"The offer is longer than {LARGEST_OFFER} characters.")
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if lines[0] != "v=0":
        raise BadRequest("offer_malformed", "The offer is no SDP: its first line is not v=0.")
    common = Section("", 0, "", ())
    sections: list[Section] = []
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None or not line.isprintable():
            raise BadRequest("offer_malformed", f"Line {number} of the offer is no SDP line (letter=value).")
        letter, value = match.groups()
        if letter == "m":
            media = _MEDIA.fullmatch(value)
            if media is None or int(media[2][:6]) > 65535:
                raise BadRequest("offer_malformed", f"Line {number} of the offer is no media description (m=).")
            sections.append(Section(media[1], int(media[2]), media[3], tuple(media[4].split())))
        elif letter == "a":
            name, _, content = value.partition(":")
            (sections[-1] if sections else common).attributes.append((name, content))
    for section in sections:
        mid = section.first("mid")
        if mid is not None and not _TOKEN.fullmatch(mid):
            raise BadRequest("offer_malformed", "An a=mid of the offer is no token.")
    return common, sections


def _fingerprints(values: list[str]) -> Iterable[tuple[str, str]]:
    for value in values:
        algorithm, _, digest = value.partition(" ")
        if algorithm.lower() in _HASHES and re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+", digest):
            yield algorithm.lower(), digest.upper()


def _h264(section: Section) -> Iterable[Codec]:
    """The H.264 payload types with packetization-mode=1, in the viewer's order of preference."""
    names = _by_format(section.values("rtpmap"))
    parameters = _by_format(section.values("fmtp"))
    feedback = [value.partition(" ") for value in section.values("rtcp-fb")]
    for text in dict.fromkeys(section.formats):
        if names.get(text, "").lower() != "h264/90000" or not re.fullmatch(r"\d{1,3}", text) or int(text) > 127:
            continue
        given = {name.strip(): value.strip() for name, _, value in _pairs(parameters.get(text, ""))}
        level = given.get("profile-level-id", "42000a")
        if given.get("packetization-mode") != "1" or not re.fullmatch(r"[0-9A-Fa-f]{6}", level):
            continue
        spoken = {what for which, _, what in feedback if which in (text, "*")}
        yield Codec(int(text), parameters[text], int(level[:2], 16), tuple(f for f in _FEEDBACK if f in spoken))


def _pairs(parameters: str) -> Iterable[tuple[str, str, str]]:
    """Format parameters, taken apart in one pass: a pattern here took seconds for a hostile offer."""
    return (item.partition("=") for item in parameters.split(";"))


def _by_format(values: list[str]) -> dict[str, str]:
    return {number: rest for number, _, rest in (value.partition(" ") for value in values)}
