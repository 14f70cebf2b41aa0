"""The answer to a WHEP offer (RFC 8866, RFC 8829, RFC 9143), and what of it an ICE restart says anew. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.webrtc.formats import Codec
from gateway.webrtc.sdp import Offer, Section

ICE = ("a=ice-lite", "a=ice-options:trickle ice2")
"""Session-level lines that an answer and a restart have in common (draft-ietf-wish-whep 4.3.3)."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """What the gateway brings into an answer. ``candidates`` are values of ``a=candidate``, ``address`` the default;
    ``rtx_ssrc`` is that of retransmissions, where the viewer takes them."""

    session_id: int
    address: tuple[str, int]
    candidates: tuple[str, ...]
    ufrag: str
    password: str
    fingerprint: str
    ssrc: int
    rtx_ssrc: int
    cname: str


def build_answer(offer: Offer, codecs: Sequence[Codec], ours: Answerer) -> str:
    """The answer: the video section sendonly with every payload type that may be sent, the likeliest first; every
    other section rejected (port 0)."""
    video = offer.sections[offer.video]
    lines = [
        "v=0",
        f"o=- {ours.session_id} 1 IN {_family(ours.address[0])} {ours.address[0]}",
        "s=-",
        "t=0 0",
        *([f"a=group:BUNDLE {video.first('mid')}"] if offer.bundled else []),
        *ICE,
        f"a=msid-semantic: WMS {ours.cname}",
    ]
    for section in offer.sections:
        lines += _accepted(section, codecs, ours) if section is video else _rejected(section)
    return "\r\n".join(lines) + "\r\n"


def _accepted(section: Section, codecs: Sequence[Codec], ours: Answerer) -> Iterable[str]:
    host, port = ours.address
    formats = [number for codec in codecs for number in (codec.payload_type, codec.rtx) if number is not None]
    yield f"m=video {port} {section.protocol} {' '.join(map(str, formats))}"
    yield f"c=IN {_family(host)} {host}"
    yield from _mid(section)
    yield "a=sendonly"
    yield "a=rtcp-mux"
    if section.first("rtcp-rsize") is not None:
        yield "a=rtcp-rsize"
    for codec in codecs:
        yield from _format(codec)
    yield f"a=ice-ufrag:{ours.ufrag}"
    yield f"a=ice-pwd:{ours.password}"
    yield f"a=fingerprint:sha-256 {ours.fingerprint}"
    yield "a=setup:passive"
    yield f"a=msid:{ours.cname} video"
    ssrcs = [ours.ssrc]
    if any(codec.rtx is not None for codec in codecs):
        ssrcs.append(ours.rtx_ssrc)
        yield f"a=ssrc-group:FID {ours.ssrc} {ours.rtx_ssrc}"
    for ssrc in ssrcs:
        yield f"a=ssrc:{ssrc} cname:{ours.cname}"
        yield f"a=ssrc:{ssrc} msid:{ours.cname} video"
    for candidate in ours.candidates:
        yield f"a=candidate:{candidate}"
    yield "a=end-of-candidates"


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
