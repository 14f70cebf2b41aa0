"""How a session's media travels: what is asked for and what the camera chose (RFC 2326 12.39). Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import CameraError
from gateway.models import SourceReason

MAX_HOST = 255
_PORTS = re.compile(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?")


class Carrier(StrEnum):
    """What media is sent over: the RTSP connection itself, or datagrams beside it."""

    TCP = "tcp"
    UDP = "udp"


WISHES: dict[str, tuple[Carrier, ...]] = {
    "auto": (Carrier.TCP, Carrier.UDP),
    "tcp": (Carrier.TCP,),
    "udp": (Carrier.UDP, Carrier.TCP),
}
"""In which order carriers are asked for; the next one where the camera refuses the last."""


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Two channels of the RTSP connection."""

    rtp: int = 0
    rtcp: int = 1


@dataclass(frozen=True, slots=True)
class Unicast:
    """Two UDP ports of the camera, None where it does not say. ``source``: the address that it sends from, empty for
    that of its RTSP server."""

    rtp: int | None = None
    rtcp: int | None = None
    source: str = ""


Transport = Interleaved | Unicast


def offer(ports: tuple[int, int] | None) -> str:
    """The ``Transport`` of a SETUP: over our two UDP ``ports``, or interleaved."""
    if ports is None:
        return "RTP/AVP/TCP;unicast;interleaved=0-1"
    return f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]}"


def parse_transport(value: str, asked: Carrier) -> Transport:
    """What the camera chose; where it says nothing, what was ``asked``. The caller sees whether that is the same kind.

    Raises ``CameraError``: ``MALFORMED`` for what cannot be, ``UNSUPPORTED`` for multicast, which nobody asked for.
    """
    if not value.strip():
        return Interleaved() if asked is Carrier.TCP else Unicast()
    specification, *rest = (part.strip() for part in value.split(",")[0].split(";"))
    parameters = {name.strip().lower(): text.strip() for name, _, text in (part.partition("=") for part in rest)}
    if "interleaved" in parameters or specification.upper().endswith("/TCP"):
        pair = _pair(parameters.get("interleaved", ""), 255)
        return Interleaved() if pair is None else Interleaved(*pair)
    if "multicast" in parameters:
        raise CameraError(SourceReason.UNSUPPORTED, "The camera sends by multicast only.")
    source = parameters.get("source", "")
    pair = _pair(parameters.get("server_port", ""), 65535)
    rtp, rtcp = pair or (None, None)
    return Unicast(rtp, rtcp, source if len(source) <= MAX_HOST else "")


def _pair(text: str, highest: int) -> tuple[int, int] | None:
    """``a`` or ``a-b``; the second follows the first where it is not named."""
    found = _PORTS.match(text)
    if found is None:
        return None
    first = int(found[1])
    second = int(found[2]) if found[2] else first + 1
    if first == second or max(first, second) > highest:
        raise CameraError(SourceReason.MALFORMED, "The camera chose channels or ports that cannot be.")
    return first, second
