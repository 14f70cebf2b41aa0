"""Makes the secrets that people and devices present. Only their SHA-256 is stored."""

import hashlib
import secrets

_BYTES = 32


def new_secret() -> str:
    """Return 256 random bits as URL-safe text. Nobody can guess them, so the digest needs no salt and no stretching."""
    return secrets.token_urlsafe(_BYTES)


def new_id() -> str:
    """Return a public id that nobody can guess, for a sign-in, grant, key or token: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)


def digest(secret: str) -> bytes:
    """Return the digest under which a secret is stored and looked up.

    The lookup need not take constant time. Its time could only reveal how many leading bits of a SHA-256 matched by
    chance, not how much of the secret was right.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
