"""Reads and writes ICE information on its own: ``application/trickle-ice-sdpfrag`` (RFC 8840 9, draft-ietf-wish-whep
4.3). Pure."""

import re
from dataclasses import dataclass, field

from gateway.errors import BadRequest, PreconditionFailed
from gateway.webrtc.signalling.answer import ICE, bundle_of
from gateway.webrtc.signalling.offer import UFRAG, Offer
from gateway.webrtc.signalling.sections import sections_of

_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_ETAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"')


@dataclass(frozen=True, slots=True)
class Fragment:
    """Holds the ICE credentials in a viewer's fragment.

    Candidates are not kept: a lite agent does not look for a path, but learns a viewer's addresses from its checks (RFC
    8445 2.5).
    """

    ufrag: str
    password: str = field(repr=False)


def parse_fragment(text: str) -> Fragment:
    """Read a fragment. Raises BadRequest, whose code and sentence name the fault."""
    common, sections = sections_of(text, "fragment")
    said = (common, *sections[:1])
    ufrags, passwords = ([value for part in said for value in part.values(name)] for name in ("ice-ufrag", "ice-pwd"))
    if not ufrags or not UFRAG.fullmatch(ufrags[0]) or not passwords or not _PASSWORD.fullmatch(passwords[0]):
        raise BadRequest("fragment_no_ice", "The fragment lacks a valid a=ice-ufrag and a=ice-pwd.")
    return Fragment(ufrags[0], passwords[0])


def build_fragment(offer: Offer, ufrag: str, password: str, candidates: tuple[str, ...]) -> str:
    """Return the gateway's own fragment after an ICE restart."""
    section = offer.carried[0]
    mid = section.first("mid")
    lines = [
        *ICE,
        *([bundle_of(offer)] if offer.bundled else []),
        f"m={section.kind} 9 {section.protocol} {section.formats[0]}",
        *([] if mid is None else [f"a=mid:{mid}"]),
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        *(f"a=candidate:{candidate}" for candidate in candidates),
        "a=end-of-candidates",
    ]
    return "\r\n".join(lines) + "\r\n"


def require_match(if_match: str, etag: str) -> None:
    """Check the condition in a request (RFC 9110 13.1.1). ``etag`` has no quotes.

    Raises PreconditionFailed if ``if_match`` is neither ``*`` nor names the tag, and BadRequest if it is not a list of
    tags.
    """
    if if_match.strip() == "*":
        return
    stated = [part.strip() for part in if_match.split(",")]
    if not all(_ETAG.fullmatch(part) for part in stated):
        raise BadRequest("bad_if_match", 'If-Match: must be * or entity tags in double quotes, as in "abc".')
    if f'"{etag}"' not in stated:
        raise PreconditionFailed(
            "ice_restarted", "The connection has been restarted, and this request is about an earlier one."
        )
