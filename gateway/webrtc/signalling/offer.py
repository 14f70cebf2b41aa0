"""Reads WHEP offers (RFC 8866, RFC 8829, RFC 9143). Pure.

The gateway sends one video, with sound beside it if the camera has any, and is the DTLS server.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from gateway.errors import BadRequest
from gateway.webrtc.signalling.formats import Codec, codecs_of, sounds_of

LARGEST_OFFER = 64 * 1024
MOST_SECTIONS = 64
UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_LINE = re.compile(r"([a-z])=(.*)")
_MEDIA = re.compile(r"(audio|video|text|application|message|image) (\d+)(?:/\d+)? (\S+)((?: \S+)+)")
_SENDERS = frozenset({"sendonly", "inactive"})
_DIRECTIONS = _SENDERS | {"sendrecv", "recvonly"}
_TOKEN = re.compile(r"[!-~]+")
_HASHES = frozenset({"sha-256", "sha-384", "sha-512"})  # the ones that dtls.py can check
_PROTOCOLS = frozenset(f"{below}RTP/SAVP{f}" for below in ("UDP/TLS/", "TCP/DTLS/", "TCP/TLS/", "") for f in ("F", ""))
"""Different names of the same thing, SRTP with keys from DTLS, written by clients of different ages (RFC 8829
5.1.2)."""


@dataclass(frozen=True, slots=True)
class Section:
    """One media description. ``attributes`` holds (name, value) in order, without session-level attributes."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: list[tuple[str, str]] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """Return all values of an attribute, in order."""
        return [value for key, value in self.attributes if key == name]

    def first(self, name: str) -> str | None:
        """Return the first value of an attribute, or None."""
        return next(iter(self.values(name)), None)


@dataclass(frozen=True, slots=True)
class SoundOffer:
    """The section that may carry sound, by its index, with its payload types of G.711 by RTP encoding name.

    ``leads`` says that it precedes the picture's section in their bundle.
    """

    section: int
    payload_types: Mapping[str, int]
    leads: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """The parts of an offer that the answer needs.

    ``video`` is the index of the section that will carry the picture. ``sound`` is None if the viewer cannot or does
    not want to hear anything on the picture's transport. ``lender`` is the index of another section, whose port the
    picture's section shares because it has none of its own.
    """

    sections: tuple[Section, ...]
    video: int
    codecs: tuple[Codec, ...]
    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    bundled: bool
    sound: SoundOffer | None = None
    password: str = field(default="", repr=False)
    lender: int | None = None

    @property
    def held(self) -> int | None:
        """Return the index of a section that carries nothing, or None. It is accepted only for its transport, without
        which GStreamer finds no candidates."""
        return None if self.sound is not None and self.sound.section == self.lender else self.lender

    @property
    def carried(self) -> tuple[Section, ...]:
        """Return the accepted sections. The first one speaks for the transport of all (RFC 9143 7.3)."""
        video = self.sections[self.video]
        held = () if self.held is None else (self.sections[self.held],)
        if self.sound is None:
            return (*held, video)
        sound = self.sections[self.sound.section]
        return (*held, sound, video) if self.sound.leads else (*held, video, sound)


def parse_offer(text: str) -> Offer:
    """Read an offer. Raises BadRequest, whose code and sentence name the fault."""
    if not text.startswith(("v=0\r\n", "v=0\n")):
        raise BadRequest("offer_malformed", "The offer is not SDP: its first line is not v=0.")
    common, sections = sections_of(text, "offer")
    bundles = _Bundles(common, sections)
    wanted = (place for place, section in enumerate(sections) if section.kind == "video" and bundles.offers(section))
    video = next(wanted, None)
    if video is None:
        raise BadRequest("offer_no_video", "The offer has no m=video section to receive the picture with.")
    section = sections[video]
    inherited = partial(bundles.transport, section)

    if section.protocol not in _PROTOCOLS:
        raise BadRequest("offer_protocol", f"m=video offers {section.protocol}; only UDP/TLS/RTP/SAVPF is supported.")
    if _directions(section, common) & _SENDERS:
        raise BadRequest("offer_direction", "The m=video section does not receive; offer a=recvonly.")
    if not inherited("rtcp-mux"):
        raise BadRequest("offer_no_rtcp_mux", "The m=video section lacks a=rtcp-mux.")
    ufrag, password = inherited("ice-ufrag"), inherited("ice-pwd")
    if not ufrag or not password or not UFRAG.fullmatch(ufrag[0]):
        raise BadRequest("offer_no_ice", "The offer lacks a valid a=ice-ufrag and a=ice-pwd.")
    fingerprints = tuple(_fingerprints(inherited("fingerprint")))
    if not fingerprints:
        raise BadRequest("offer_no_fingerprint", "The offer lacks an a=fingerprint with sha-256, sha-384 or sha-512.")
    if inherited("setup")[:1] not in (["actpass"], ["active"]):
        raise BadRequest(
            "offer_setup", "The offer must have a=setup:actpass or active: the gateway is the DTLS server."
        )
    codecs = codecs_of(section.formats, section.values)
    if not codecs:
        raise BadRequest("offer_no_codec", _no_codec(section))
    sound = _sound(common, sections, section, bundles)
    lender = None if section.port else bundles.lender(section)
    bundled = bool(bundles.of(section))
    return Offer(tuple(sections), video, codecs, ufrag[0], fingerprints, bundled, sound, password[0], lender)


def _no_codec(section: Section) -> str:
    """Return the sentence for a viewer that decodes nothing that cameras send: usually a browser that lacks H.264."""
    mapped = " ".join(section.values("rtpmap"))
    others = ", ".join(name for name in ("VP8", "VP9", "AV1") if f" {name}/90000" in mapped)
    offered = f" (it offers {others})" if others else ""
    return (
        f"The m=video section offers neither H.264 with packetization-mode=1 nor H.265{offered}. "
        "Firefox has H.264 once it has its plugin OpenH264 (about:addons, Plugins)."
    )


def sections_of(text: str, what: str) -> tuple[Section, list[Section]]:
    """Return the session-level part, as a section of no kind, and the media sections of an offer or another piece of
    SDP.

    Raises BadRequest. ``what`` names the piece in its code and sentence.
    """

    def malformed(sentence: str) -> BadRequest:
        return BadRequest(f"{what}_malformed", sentence)

    if len(text) > LARGEST_OFFER:
        raise BadRequest(f"{what}_too_large", f"The {what} is longer than {LARGEST_OFFER} characters.")
    common = Section("", 0, "", ())
    sections: list[Section] = []
    for number, line in enumerate(text.replace("\r\n", "\n").rstrip("\n").split("\n"), start=1):
        match = _LINE.fullmatch(line.rstrip(" "))
        if match is None or not line.isprintable():
            raise malformed(f"Line {number} of the {what} is not an SDP line (letter=value).")
        letter, value = match.groups()
        if letter == "m":
            media = _MEDIA.fullmatch(value)
            if media is None or int(media[2][:6]) > 65535:
                raise malformed(f"Line {number} of the {what} is not a media description (m=).")
            if len(sections) >= MOST_SECTIONS:
                raise malformed(f"The {what} has more than {MOST_SECTIONS} media descriptions.")
            sections.append(Section(media[1], int(media[2]), media[3], tuple(media[4].split())))
        elif letter == "a":
            name, _, content = value.partition(":")
            (sections[-1] if sections else common).attributes.append((name, content))
    for section in sections:
        mid = section.first("mid")
        if mid is not None and not _TOKEN.fullmatch(mid):
            raise malformed(f"An a=mid of the {what} is not a token.")
    return common, sections


class _Bundles:
    """The sections of an offer that share a transport (RFC 9143), and the attributes of that transport."""

    def __init__(self, common: Section, sections: Sequence[Section]) -> None:
        self._common = common
        self._sections = sections
        self._by_mid = {section.first("mid"): section for section in reversed(sections)}
        groups = (group.split() for group in common.values("group"))
        self._bundles = [mids for kind, *mids in filter(None, groups) if kind == "BUNDLE"]

    def of(self, section: Section) -> list[str]:
        """Return the mids of the bundle that a section is in, or an empty list."""
        return next((mids for mids in self._bundles if section.first("mid") in mids), [])

    def offers(self, section: Section) -> bool:
        """Return True if a section is offered: it has a port of its own or that of its bundle (RFC 9143 6)."""
        return section.port > 0 or (section.first("bundle-only") is not None and bool(self.of(section)))

    def lender(self, section: Section) -> int | None:
        """Return the index of the section whose port this section shares, or None.

        It is the first section of the bundle, if it has a port and the same protocol.
        """
        first = self._first(section)
        lends = first is not section and first.port > 0 and first.protocol == section.protocol
        return next(place for place, one in enumerate(self._sections) if one is first) if lends else None

    def transport(self, section: Section, name: str) -> list[str]:
        """Return all values of a transport attribute. If the section lacks it, the first section of its bundle (RFC
        9143 7.1.3) or the whole offer supplies it."""
        return section.values(name) or self._first(section).values(name) or self._common.values(name)

    def _first(self, section: Section) -> Section:
        return next((self._by_mid[mid] for mid in self.of(section) if mid in self._by_mid), section)


def _directions(section: Section, common: Section) -> set[str]:
    """Return the directions that a section states, or else those of the whole offer."""
    said = ({name for name, _ in of.attributes} & _DIRECTIONS for of in (section, common))
    return next(filter(None, said), set())


def _sound(common: Section, sections: Sequence[Section], video: Section, bundles: _Bundles) -> SoundOffer | None:
    """Return the first audio section that receives G.711 over the picture's transport, or None.

    It must be bundled with the picture. If it comes before the picture, it must also have the same credentials, since
    its own are then those of the bundle (RFC 9143 7.2).
    """
    bundle = bundles.of(video)
    before = frozenset(bundle[: bundle.index(video.first("mid") or "")] if bundle else ())
    bundled = frozenset(bundle)
    for place, section in enumerate(sections):
        mid = section.first("mid")
        if section.kind != "audio" or mid not in bundled or section.protocol != video.protocol:
            continue
        if not bundles.offers(section):
            continue
        leads = mid in before
        same = (bundles.transport(section, name) == bundles.transport(video, name) for name in ("ice-ufrag", "ice-pwd"))
        if leads and not all(same):
            continue
        payload_types = sounds_of(section.formats, section.values)
        if payload_types and not _directions(section, common) & _SENDERS:
            return SoundOffer(place, payload_types, leads)
    return None


def _fingerprints(values: list[str]) -> Iterable[tuple[str, str]]:
    for value in values:
        algorithm, _, digest = value.partition(" ")
        if algorithm.lower() in _HASHES and re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2})+", digest):
            yield algorithm.lower(), digest.upper()
