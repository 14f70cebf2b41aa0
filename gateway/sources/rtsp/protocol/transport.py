"""Negotiates how a session's media is carried: what the gateway requests and what the camera chooses (RFC 2326 12.39).
Pure."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import CameraError
from gateway.models import SourceReason

ENCRYPTED = (
    "The camera encrypts this stream itself (SRTP), and the gateway cannot decrypt it: turn SRTP off for this "
    "stream. If the connection to the camera must be encrypted, use RTSP over TLS (rtsps://) instead."
)
MAX_HOST = 255
HIGHEST_CHANNEL = 255
_PORTS = re.compile(r"([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?")


_SSRC = re.compile(r"(?:0[xX])?[0-9A-Fa-f]{1,8}")


class Carrier(StrEnum):
    """The carrier of media: the RTSP connection itself, or separate datagrams."""

    TCP = "tcp"
    UDP = "udp"


TCP_FIRST = (Carrier.TCP, Carrier.UDP)
WISHES: dict[str, tuple[Carrier, ...]] = {
    "auto": TCP_FIRST,
    "tcp": (Carrier.TCP,),
    "udp": (Carrier.UDP, Carrier.TCP),
}
"""The order in which carriers are requested. The next one is requested if the camera refuses the last."""


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Two channels of the RTSP connection. ``ssrc`` is that of the stream, or None if the camera does not state it."""

    rtp: int = 0
    rtcp: int = 1
    ssrc: int | None = None


@dataclass(frozen=True, slots=True)
class Unicast:
    """Two UDP ports of the camera, or None if it does not state them. ``source`` is the address from which it sends, or
    empty for that of its RTSP server. ``ssrc`` as above."""

    rtp: int | None = None
    rtcp: int | None = None
    source: str = ""
    ssrc: int | None = None


Transport = Interleaved | Unicast


def offer(ports: tuple[int, int] | None) -> str:
    """Return the ``Transport`` of a SETUP: over our two UDP ``ports``, or interleaved."""
    if ports is None:
        return "RTP/AVP/TCP;unicast;interleaved=0-1"
    return f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]}"


def parse_transport(value: str, asked: Carrier) -> Transport:
    """Return what the camera chose, or what was ``asked`` if it states nothing. The caller checks that it is the same
    kind.

    Raises ``CameraError``: ``MALFORMED`` for impossible values, ``UNSUPPORTED`` for multicast and for encrypted
    packets, neither of which was requested.
    """
    if not value.strip():
        return Interleaved() if asked is Carrier.TCP else Unicast()
    specification, *rest = (part.strip() for part in value.split(",")[0].split(";"))
    parameters = {name.strip().lower(): text.strip() for name, _, text in (part.partition("=") for part in rest)}
    if "SAVP" in specification.upper():
        raise CameraError(SourceReason.UNSUPPORTED, ENCRYPTED)
    ssrc = int(found[0], 16) if (found := _SSRC.fullmatch(parameters.get("ssrc", ""))) else None
    if "interleaved" in parameters or specification.upper().endswith("/TCP"):
        pair = _pair(parameters.get("interleaved", ""), HIGHEST_CHANNEL)
        return Interleaved(ssrc=ssrc) if pair is None else Interleaved(*pair, ssrc)
    if "multicast" in parameters:
        raise CameraError(SourceReason.UNSUPPORTED, "The camera sends only by multicast.")
    source = parameters.get("source", "")
    pair = _pair(parameters.get("server_port", ""), 65535)
    rtp, rtcp = pair or (None, None)
    return Unicast(rtp, rtcp, source if len(source) <= MAX_HOST else "", ssrc)


class Agreement:
    """Negotiates the transport with the camera. ``carriers`` are requested in turn until the camera accepts one;
    ``refused`` are those that it refused. ``open_ports`` returns our ports for RTP and RTCP when UDP is requested.

    ``transport`` is what was agreed on, and ``sound`` the transport of the sound. ``rtp_channel`` and ``rtcp_channel``
    are -1 if the transport is not interleaved.
    """

    def __init__(self, carriers: Sequence[Carrier], open_ports: Callable[[], tuple[int, int]]) -> None:
        self.refused: tuple[Carrier, ...] = ()
        self.transport: Transport = Interleaved()
        self.sound: Interleaved | None = None
        self.rtp_channel, self.rtcp_channel = 0, 1
        self._carriers = tuple(carriers)
        self._open_ports = open_ports

    def offer(self) -> str:
        """Return the ``Transport`` to request now."""
        return offer(self._open_ports() if self._carriers[0] is Carrier.UDP else None)

    def refuse(self) -> None:
        """Move on to the next carrier because the camera refused the current one. Raises ``CameraError``
        (``UNSUPPORTED``) if none is left."""
        first, *others = self._carriers
        if not others:
            words = " or ".join(carrier.upper() for carrier in (*self.refused, first))
            raise CameraError(SourceReason.UNSUPPORTED, f"The camera does not send over {words}.")
        self.refused += (first,)
        self._carriers = tuple(others)

    def accept(self, value: str) -> bool:
        """Process what the camera chose. Return False if it is not what was requested. Raises ``CameraError``."""
        transport = parse_transport(value, self._carriers[0])
        if isinstance(transport, Interleaved) is not (self._carriers[0] is Carrier.TCP):
            return False
        self.transport = transport
        self.rtp_channel, self.rtcp_channel = -1, -1
        if isinstance(transport, Interleaved):
            self.rtp_channel, self.rtcp_channel = transport.rtp, transport.rtcp
        return True

    def sound_offer(self) -> str | None:
        """Return the ``Transport`` to request for sound, or None if there is no room for it beside the picture."""
        if not isinstance(self.transport, Interleaved):
            return None
        channel = max(self.transport.rtp, self.transport.rtcp) + 1
        return f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}" if channel < HIGHEST_CHANNEL else None

    def accept_sound(self, value: str) -> None:
        """Process the channels that the camera chose for sound. Ignore impossible ones."""
        with suppress(CameraError):
            chosen = parse_transport(value, Carrier.TCP)
            self.sound = chosen if value and isinstance(chosen, Interleaved) else None

    @property
    def channels(self) -> frozenset[int]:
        """Return the channels that were agreed on."""
        agreed = (self.transport, self.sound)
        return frozenset(number for one in agreed if isinstance(one, Interleaved) for number in (one.rtp, one.rtcp))


def _pair(text: str, highest: int) -> tuple[int, int] | None:
    """Read ``a`` or ``a-b``; if the second is missing, it is the first plus one."""
    found = _PORTS.match(text)
    if found is None:
        return None
    first = int(found[1])
    second = int(found[2]) if found[2] else first + 1
    if first == second or max(first, second) > highest:
        raise CameraError(SourceReason.MALFORMED, "The camera chose impossible channels or ports.")
    return first, second
