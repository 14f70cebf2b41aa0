"""Builds the answer to a WHEP offer (RFC 8866, RFC 8829, RFC 9143), and the lines of it that an ICE restart repeats.
Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.webrtc.signalling.formats import Codec
from gateway.webrtc.signalling.offer import Offer, SoundOffer
from gateway.webrtc.signalling.sections import Section

ICE = ("a=ice-lite", "a=ice-options:trickle ice2")
"""Session-level lines that an answer and a restart share (draft-ietf-wish-whep 4.3.3)."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Holds the gateway's own part of an answer.

    ``candidates`` are values of ``a=candidate``, and ``address`` is the default one. ``rtx_ssrc`` is the SSRC of
    retransmissions, if the viewer takes them.
    """

    session_id: int
    address: tuple[str, int]
    candidates: tuple[str, ...]
    ufrag: str
    password: str
    fingerprint: str
    ssrc: int
    rtx_ssrc: int
    sound_ssrc: int
    cname: str


def build_answer(offer: Offer, codecs: Sequence[Codec], ours: Answerer) -> str:
    """Return the answer.

    The video section is sendonly, with every payload type that may be sent, the likeliest first. A sound section, if
    the offer has one, is bundled with it. Every other section is rejected (port 0).
    """
    carried = offer.carried
    lines = [
        "v=0",
        f"o=- {ours.session_id} 1 IN {_family(ours.address[0])} {ours.address[0]}",
        "s=-",
        "t=0 0",
        *([bundle_of(offer)] if offer.bundled else []),
        *ICE,
        f"a=msid-semantic: WMS {ours.cname}",
    ]
    for place, section in enumerate(offer.sections):
        if place == offer.video:
            lines += _begun(
                section, [n for codec in codecs for n in (codec.payload_type, codec.rtx)], offer.bundled, ours
            )
            lines += _picture(codecs, ours)
        elif offer.sound is not None and place == offer.sound.section:
            lines += _begun(section, offer.sound.payload_types.values(), offer.bundled, ours)
            lines += _sound(offer.sound, ours)
        elif place == offer.held:
            lines += _begun(section, section.formats, offer.bundled, ours, "inactive")
            lines += _names(section)
        else:
            lines += _rejected(section, ours)
        if section is carried[0]:
            lines += [*(f"a=candidate:{candidate}" for candidate in ours.candidates), "a=end-of-candidates"]
    return "\r\n".join(lines) + "\r\n"


def bundle_of(offer: Offer) -> str:
    """Return the line that says which sections share the transport (RFC 9143 7.3), for an answer or a restart."""
    return f"a=group:BUNDLE {' '.join(section.first('mid') or '' for section in offer.carried)}"


def _begun(
    section: Section, formats: Iterable[int | str | None], bundled: bool, ours: Answerer, direction: str = "sendonly"
) -> Iterable[str]:
    host, port = ours.address
    numbers = " ".join(str(number) for number in formats if number is not None)
    yield f"m={section.kind} {port} {section.protocol} {numbers}"
    yield f"c=IN {_family(host)} {host}"
    yield from _mid(section)
    yield f"a={direction}"
    yield "a=rtcp-mux"
    if bundled:
        yield "a=rtcp-mux-only"  # draft-ietf-wish-whep 4.4.2
    if section.first("rtcp-rsize") is not None:
        yield "a=rtcp-rsize"
    yield from _keys(ours)


def _keys(ours: Answerer) -> Iterable[str]:
    """Write the keys into a section. Only the section that defines the transport needs them (RFC 9143 7.3), but
    GStreamer refuses an answer in which any section lacks them, even a rejected one."""
    yield f"a=ice-ufrag:{ours.ufrag}"
    yield f"a=ice-pwd:{ours.password}"
    yield f"a=fingerprint:sha-256 {ours.fingerprint}"
    yield "a=setup:passive"


def _picture(codecs: Sequence[Codec], ours: Answerer) -> Iterable[str]:
    for codec in codecs:
        yield from _format(codec)
    yield f"a=msid:{ours.cname} video"
    ssrcs = [ours.ssrc]
    if any(codec.rtx is not None for codec in codecs):
        ssrcs.append(ours.rtx_ssrc)
        yield f"a=ssrc-group:FID {ours.ssrc} {ours.rtx_ssrc}"
    for ssrc in ssrcs:
        yield f"a=ssrc:{ssrc} cname:{ours.cname}"
        yield f"a=ssrc:{ssrc} msid:{ours.cname} video"


def _sound(sound: SoundOffer, ours: Answerer) -> Iterable[str]:
    """Write the sound's media stream. It is separate from the picture's, which a browser would otherwise delay to match
    it."""
    for name, number in sound.payload_types.items():
        yield f"a=rtpmap:{number} {name}/8000"
    yield f"a=msid:{ours.cname}-sound audio"
    yield f"a=ssrc:{ours.sound_ssrc} cname:{ours.cname}"
    yield f"a=ssrc:{ours.sound_ssrc} msid:{ours.cname}-sound audio"


def _format(codec: Codec) -> Iterable[str]:
    number = codec.payload_type
    yield f"a=rtpmap:{number} {codec.name}/90000"
    if codec.parameters:
        yield f"a=fmtp:{number} {codec.parameters}"
    for feedback in codec.feedback:
        yield f"a=rtcp-fb:{number} {feedback}"
    if codec.rtx is not None:
        yield f"a=rtpmap:{codec.rtx} rtx/90000"
        yield f"a=fmtp:{codec.rtx} apt={number}"


def _rejected(section: Section, ours: Answerer) -> Iterable[str]:
    yield f"m={section.kind} 0 {section.protocol} {' '.join(section.formats)}"
    yield "c=IN IP4 0.0.0.0"
    yield from _mid(section)
    yield "a=inactive"
    yield from _names(section)
    yield from _keys(ours)


def _names(section: Section) -> Iterable[str]:
    """Write the names of formats. Clients such as pion look up every format, even those of rejected sections."""
    for value in section.values("rtpmap"):
        if value.partition(" ")[0] in section.formats:
            yield f"a=rtpmap:{value}"


def _mid(section: Section) -> list[str]:
    mid = section.first("mid")
    return [] if mid is None else [f"a=mid:{mid}"]


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"
