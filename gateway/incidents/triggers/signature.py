"""Signs and verifies panic-button messages (Standard Webhooks, https://www.standardwebhooks.com). Pure.

A signature is HMAC-SHA-256 over ``id.timestamp.body``, in Base64, written as ``v1,<signature>``. While a secret is
being changed, a message may have several signatures, separated by spaces.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.configuration.setting_types import webhook_key
from gateway.errors import BadRequest, Unauthenticated


@dataclass(frozen=True, slots=True)
class Envelope:
    """Holds the three headers, well formed but not yet verified.

    ``timestamp`` is wall seconds, as the sender wrote it.
    """

    id: str
    timestamp: str
    signatures: tuple[str, ...]


def sign(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the value for the sender's header ``webhook-signature``."""
    return _signature(webhook_key(secret), message_id, timestamp, body).decode()


def read_envelope(headers: Mapping[str, str]) -> Envelope:
    """Read the three headers, in upper or lower case. Raises BadRequest."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    try:
        message_id, timestamp = lower["webhook-id"], lower["webhook-timestamp"]
        signatures = tuple(lower["webhook-signature"].split())
    except KeyError as missing:
        raise BadRequest("header_missing", f"The header {missing.args[0]} is missing.") from None
    if not (0 < len(message_id) <= 256 and message_id.isascii() and message_id.isprintable()):
        raise BadRequest("bad_header", "webhook-id must be 1 to 256 printable ASCII characters.")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise BadRequest("bad_header", "webhook-timestamp must be whole seconds since 1970.")
    return Envelope(message_id, timestamp, signatures)


def verify(envelope: Envelope, body: bytes, key: bytes) -> None:
    """Raise Unauthenticated unless one of the signatures is right.

    The check takes the same time wherever a signature is wrong, so that nobody can guess a signature byte by byte.
    """
    expected = _signature(key, envelope.id, envelope.timestamp, body)
    # Header bytes that are not valid text arrive as lone surrogates.
    given = [signature.encode(errors="surrogateescape") for signature in envelope.signatures]
    if not any(hmac.compare_digest(expected, one) for one in given):
        raise Unauthenticated("bad_signature", "No signature of this message is right: check the secret on both sides.")


def _signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return b"v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
