"""Reads WHEP offers (RFC 8866, RFC 8829, RFC 9143). Pure.

The gateway sends one video, together with sound if the camera has any, and is the DTLS server.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from gateway.errors import BadRequest
from gateway.webrtc.signalling.bundles import Bundles
from gateway.webrtc.signalling.formats import Codec, codecs_of, sounds_of
from gateway.webrtc.signalling.sections import Section, sections_of

UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_SENDERS = frozenset({"sendonly", "inactive"})
_DIRECTIONS = _SENDERS | {"sendrecv", "recvonly"}
_HASHES = frozenset({"sha-256", "sha-384", "sha-512"})  # the ones that dtls.py can check
_PROTOCOLS = frozenset(f"{below}RTP/SAVP{f}" for below in ("UDP/TLS/", "TCP/DTLS/", "TCP/TLS/", "") for f in ("F", ""))
"""Different names for the same thing, SRTP with keys from DTLS, written by older and newer clients (RFC 8829 5.1.2)."""


@dataclass(frozen=True, slots=True)
class SoundOffer:
    """Names the section that may carry sound, by its index, with its payload types of G.711 by RTP encoding name.

    ``leads`` says that it precedes the picture's section in their bundle.
    """

    section: int
    payload_types: Mapping[str, int]
    leads: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Holds the parts of an offer that the answer needs.

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
        """Return the accepted sections. The first one defines the transport of all (RFC 9143 7.3)."""
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
    bundles = Bundles(common, sections)
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


def _directions(section: Section, common: Section) -> set[str]:
    """Return the directions that a section states, or else those of the whole offer."""
    said = ({name for name, _ in of.attributes} & _DIRECTIONS for of in (section, common))
    return next(filter(None, said), set())


def _sound(common: Section, sections: Sequence[Section], video: Section, bundles: Bundles) -> SoundOffer | None:
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
