"""Secrets that a person or device presents: made here, kept as SHA-256 only."""

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """256 random bits, URL-safe. Nobody guesses it, so its digest needs no salt and no stretching."""
    return secrets.token_urlsafe(_BYTES)


def new_id() -> str:
    """A public, unguessable name for a session, a grant, a key or a token: 128 random bits, hexadecimal."""
    return secrets.token_hex(16)


def digest(secret: str) -> bytes:
    """Return the digest that is stored, and looked up.

    An index lookup by digest is not constant in time, and need not be: it could reveal only how much of a SHA-256 was
    met by chance, not how much of the secret was right.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
