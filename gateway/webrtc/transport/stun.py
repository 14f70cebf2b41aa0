"""Reads and writes STUN binding messages (RFC 8489) as ICE uses them (RFC 8445 7). Pure."""

import hashlib
import hmac
import ipaddress
import struct
import zlib
from dataclasses import dataclass

from gateway.errors import Malformed

MAGIC_COOKIE = 0x2112A442
BINDING_REQUEST = 0x0001
BINDING_SUCCESS = 0x0101
BINDING_ERROR = 0x0111

USERNAME = 0x0006
MESSAGE_INTEGRITY = 0x0008
ERROR_CODE = 0x0009
UNKNOWN_ATTRIBUTES = 0x000A
XOR_MAPPED_ADDRESS = 0x0020
PRIORITY = 0x0024
USE_CANDIDATE = 0x0025
FINGERPRINT = 0x8028
ICE_CONTROLLED = 0x8029
ICE_CONTROLLING = 0x802A

_UNDERSTOOD = frozenset({USERNAME, MESSAGE_INTEGRITY, PRIORITY, USE_CANDIDATE})
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
_FINGERPRINT_XOR = 0x5354554E
_PEER_REFLEXIVE = 110 << 24 | 65535 << 8 | 255


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """Holds a connectivity check that is not yet trusted. Ask ``is_signed_with`` first.

    ``username`` is ``<our ufrag>:<their ufrag>``. ``controlled`` says that the sender claims the controlled role.
    ``unknown`` holds the types of attributes that we would have to understand but do not (RFC 8489 6.3.1).
    """

    transaction: bytes
    username: str
    use_candidate: bool
    controlled: bool
    unknown: tuple[int, ...]
    signed: bytes
    signature: bytes

    def is_signed_with(self, password: str) -> bool:
        """Return True if MESSAGE-INTEGRITY was made with this short-term password (RFC 8489 14.5)."""
        return hmac.compare_digest(_sign(self.signed, password), self.signature)


def parse_request(data: bytes) -> BindingRequest | None:
    """Read a binding request. Return None for a well-formed message of another kind, which needs no answer.

    Raises Malformed. A missing MESSAGE-INTEGRITY, USERNAME or FINGERPRINT is an error too, since ICE always sends them.
    """
    transaction = _transaction(data, BINDING_REQUEST)
    if transaction is None:
        return None
    found: dict[int, bytes] = {}
    signed_until = 0
    for kind, value, start in _attributes(data):
        if kind == FINGERPRINT:
            if start + 8 != len(data) or value != _fingerprint(data[:start]):
                raise Malformed("bad FINGERPRINT")
        elif signed_until:
            continue  # only FINGERPRINT counts after MESSAGE-INTEGRITY (RFC 8489 14.5)
        elif kind == MESSAGE_INTEGRITY:
            signed_until = start
        found.setdefault(kind, value)
    if len(found.get(MESSAGE_INTEGRITY, b"")) != 20 or FINGERPRINT not in found or USERNAME not in found:
        raise Malformed("no USERNAME, MESSAGE-INTEGRITY or FINGERPRINT")
    try:
        username = found[USERNAME].decode()
    except UnicodeDecodeError as error:
        raise Malformed("USERNAME is not UTF-8") from error
    return BindingRequest(
        transaction=transaction,
        username=username,
        use_candidate=USE_CANDIDATE in found,
        controlled=ICE_CONTROLLED in found,
        unknown=tuple(kind for kind in found if kind < 0x8000 and kind not in _UNDERSTOOD),
        signed=_with_length(data[:signed_until], signed_until + 24 - _HEADER.size),
        signature=found[MESSAGE_INTEGRITY],
    )


def parse_success(data: bytes) -> bytes | None:
    """Return the transaction that a binding success answers, or None for another message. Raises Malformed.

    The signature is not checked: only a peer that has read the request knows its transaction, which nobody can guess.
    """
    return _transaction(data, BINDING_SUCCESS)


def binding_request(transaction: bytes, username: str, password: str) -> bytes:
    """Return a check from the controlled agent. It nominates nothing (RFC 8445 7.1)."""
    attributes = [
        (USERNAME, username.encode()),
        (PRIORITY, struct.pack("!I", _PEER_REFLEXIVE)),
        (ICE_CONTROLLED, bytes(8)),  # the lowest tie-breaker, since a lite agent never takes the other role
    ]
    return message(BINDING_REQUEST, transaction, attributes, password)


def binding_success(transaction: bytes, host: str, port: int, password: str) -> bytes:
    """Return the answer that the check arrived from ``host``:``port`` (XOR-MAPPED-ADDRESS, RFC 8489 14.2)."""
    packed = ipaddress.ip_address(host).packed
    mask = struct.pack("!I", MAGIC_COOKIE) + transaction
    value = struct.pack("!xBH", 1 if len(packed) == 4 else 2, port ^ (MAGIC_COOKIE >> 16))
    value += bytes(a ^ b for a, b in zip(packed, mask, strict=False))
    return message(BINDING_SUCCESS, transaction, [(XOR_MAPPED_ADDRESS, value)], password)


def binding_error(transaction: bytes, code: int, reason: str, password: str, unknown: tuple[int, ...] = ()) -> bytes:
    """Return the refusal of a check: 487 for a role conflict, 420 for unknown attributes (RFC 8489 14.8)."""
    attributes = [(ERROR_CODE, struct.pack("!xxBB", code // 100, code % 100) + reason.encode())]
    if unknown:
        attributes.append((UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(unknown)}H", *unknown)))
    return message(BINDING_ERROR, transaction, attributes, password)


def _transaction(data: bytes, wanted: int) -> bytes | None:
    """Return the transaction of a message of the wanted kind, or None for another kind. Raises Malformed."""
    if len(data) < _HEADER.size:
        raise Malformed("shorter than its header")
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind & 0xC000 or cookie != MAGIC_COOKIE or length % 4 or length != len(data) - _HEADER.size:
        raise Malformed("bad header")
    return bytes(transaction) if kind == wanted else None


def _attributes(data: bytes) -> list[tuple[int, bytes, int]]:
    """Return (type, value, offset of the attribute) of each attribute, without padding."""
    found = []
    at = _HEADER.size
    while at < len(data):
        kind, length = _ATTRIBUTE.unpack_from(data, at)
        value = data[at + 4 : at + 4 + length]
        if len(value) != length:
            raise Malformed("attribute runs past the end")
        found.append((kind, value, at))
        at += 4 + length + -length % 4
    return found


def message(kind: int, transaction: bytes, attributes: list[tuple[int, bytes]], password: str) -> bytes:
    """Return a message signed with MESSAGE-INTEGRITY and FINGERPRINT (RFC 8489 14.5, 14.7)."""
    body = b"".join(_ATTRIBUTE.pack(t, len(value)) + value + bytes(-len(value) % 4) for t, value in attributes)
    message = _HEADER.pack(kind, len(body) + 24, MAGIC_COOKIE, transaction) + body
    message += _ATTRIBUTE.pack(MESSAGE_INTEGRITY, 20) + _sign(message, password)
    message = _with_length(message, len(message) + 8 - _HEADER.size)
    return message + _ATTRIBUTE.pack(FINGERPRINT, 4) + _fingerprint(message)


def _with_length(message: bytes, length: int) -> bytes:
    return message[:2] + struct.pack("!H", length) + message[4:]


def _sign(message: bytes, password: str) -> bytes:
    return hmac.digest(password.encode(), message, hashlib.sha1)


def _fingerprint(message: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(message) ^ _FINGERPRINT_XOR)
