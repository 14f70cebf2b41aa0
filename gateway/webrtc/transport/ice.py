"""Implements ICE-lite (RFC 8445 2.5): answers checks and describes candidates, but never looks for a path. Pure."""

import ipaddress
import secrets
from dataclasses import dataclass

from gateway.webrtc.transport import stun

_HOST_UDP, _HOST_TCP = 126, 90  # type preferences: UDP is better if the network does not block it
_PASSIVE = 4  # direction preference


@dataclass(frozen=True, slots=True)
class Credentials:
    """Holds the short-term credentials of one session: a ``ufrag`` of at least 24 bits and a secret password of at
    least 128 (RFC 8445 5.3)."""

    ufrag: str
    password: str

    @classmethod
    def fresh(cls) -> "Credentials":
        """Return new random credentials. Hexadecimal digits are valid ice-chars."""
        return cls(secrets.token_hex(8), secrets.token_hex(16))

    def __repr__(self) -> str:
        return f"Credentials(ufrag={self.ufrag!r})"


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """Holds the answer to a check. ``reply`` goes back to its sender. Only an ``accepted`` check proves consent and an
    address."""

    reply: bytes
    accepted: bool
    nominated: bool


def local_ufrag(request: stun.BindingRequest) -> str:
    """Return the part of USERNAME that names our session (RFC 8445 7.2.2)."""
    return request.username.partition(":")[0]


def answer_check(
    request: stun.BindingRequest, ours: Credentials, their_ufrag: str, host: str, port: int
) -> CheckAnswer | None:
    """Answer a check from ``host``:``port``. Return None if this session's peer did not sign it.

    An unsigned check gets no answer at all, so the port tells strangers nothing and cannot be used for reflection.
    """
    if request.username != f"{ours.ufrag}:{their_ufrag}" or not request.is_signed_with(ours.password):
        return None
    if request.unknown:
        reply = stun.binding_error(request.transaction, 420, "Unknown Attribute", ours.password, request.unknown)
        return CheckAnswer(reply, accepted=False, nominated=False)
    if request.controlled:  # a lite agent is always the controlled one (RFC 8445 7.3.1.1)
        reply = stun.binding_error(request.transaction, 487, "Role Conflict", ours.password)
        return CheckAnswer(reply, accepted=False, nominated=False)
    reply = stun.binding_success(request.transaction, host, port, ours.password)
    return CheckAnswer(reply, accepted=True, nominated=request.use_candidate)


def split_address(text: str, default_port: int) -> tuple[str, int]:
    """Read ``address`` or ``address:port``, where the address is IPv4, a host name, bare IPv6, or ``[IPv6]:port``.

    Raises ValueError for an invalid address or port.
    """
    if text.count(":") > 1 and not text.startswith("["):
        return text, default_port
    host, _, port = text.rpartition(":") if ":" in text.rpartition("]")[2] else (text, "", "")
    number = default_port if not port else int(port) if port.isdecimal() else 0
    if not 0 <= number < 65536 or (port and not number) or not host.strip("[]"):
        raise ValueError(f"{text!r} is not an address or address:port")
    return host.strip("[]"), number


def candidate_lines(endpoints: list[tuple[str, int]], tcp: bool) -> list[str]:
    """Return one ``a=candidate`` value for each endpoint, best first (RFC 8839 5.1; priorities by RFC 8445 5.1.2).

    With ``tcp``, the same endpoints follow as passive TCP candidates (RFC 6544 4.2, 5.1).
    """
    lines = []
    for place, (host, port) in enumerate(endpoints):
        priority = (_HOST_UDP << 24) | ((65535 - place) << 8) | 255
        lines.append(f"{place + 1} 1 udp {priority} {host} {port} typ host")
    for place, (host, port) in enumerate(endpoints if tcp else ()):
        priority = (_HOST_TCP << 24) | ((_PASSIVE << 13 | 8191 - place) << 8) | 255
        foundation = len(endpoints) + place + 1
        lines.append(f"{foundation} 1 tcp {priority} {host} {port} typ host tcptype passive")
    return lines


def is_usable(host: str) -> bool:
    """Return True if a host address may be a candidate: not link-local, multicast or unspecified (RFC 8445 5.1.1.1)."""
    address = ipaddress.ip_address(host)
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)
