"""Keeps the keys that sign tokens (ES256).

A key is on disk before its first use, and stays there until the last token that it signed has expired.
"""

import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from sqlalchemy import delete, select, update

from gateway.auth.secret import new_id
from gateway.clock import Clock
from gateway.storage.database import Database
from gateway.storage.tables import SigningKeyRow

ALGORITHM = "ES256"

KEPT_AFTER_RETIREMENT = 600.0
"""Seconds for which a retired key still verifies tokens: twice the longest lifetime of a token (five minutes)."""


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """Holds one P-256 key (RFC 7518 section 3.4). Its repr hides the key, so that no log can contain it."""

    kid: str
    private: ec.EllipticCurvePrivateKey
    created_at: float
    retired_at: float | None = None

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        """Return the public half of the key."""
        return self.private.public_key()


class KeyStore:
    """Holds the signing key, and earlier keys whose tokens may still be valid. Call ``start`` before anything else."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}

    async def start(self) -> None:
        """Load the keys. If there are none, make the first one."""
        async with self._db.reading() as session:
            rows = (await session.scalars(select(SigningKeyRow).order_by(SigningKeyRow.created_at))).all()
        self._keys = {row.kid: _load(row) for row in rows}
        if all(key.retired_at is not None for key in self._keys.values()):
            await self.rotate()

    async def rotate(self) -> str:
        """Sign with a new key from now on, and delete keys that no valid token needs. Return the new key's id."""
        now = self._clock.now()
        key = SigningKey(new_id(), ec.generate_private_key(ec.SECP256R1()), now)
        async with self._db.session() as session:
            await session.execute(delete(SigningKeyRow).where(SigningKeyRow.retired_at < now - KEPT_AFTER_RETIREMENT))
            await session.execute(
                update(SigningKeyRow).where(SigningKeyRow.retired_at.is_(None)).values(retired_at=now)
            )
            session.add(
                SigningKeyRow(
                    kid=key.kid, algorithm=ALGORITHM, private_pem=_pem(key.private), created_at=now, retired_at=None
                )
            )
            await session.flush()
            rows = (await session.scalars(select(SigningKeyRow))).all()
        self._keys = {row.kid: _load(row) for row in rows}
        return key.kid

    def current(self) -> SigningKey:
        """Return the key that signs."""
        return next(key for key in self._keys.values() if key.retired_at is None)

    def verifying(self, kid: str) -> SigningKey | None:
        """Return the key with this id, or None if no token that it signed can still be valid."""
        key = self._keys.get(kid)
        return key if key is not None and self._alive(key) else None

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the public keys that verify now, as a JWK Set (RFC 7517 section 5)."""
        return {"keys": [_jwk(key) for key in self._keys.values() if self._alive(key)]}

    def _alive(self, key: SigningKey) -> bool:
        return key.retired_at is None or self._clock.now() <= key.retired_at + KEPT_AFTER_RETIREMENT


def _pem(private: ec.EllipticCurvePrivateKey) -> str:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _load(row: SigningKeyRow) -> SigningKey:
    private = serialization.load_pem_private_key(row.private_pem.encode(), password=None)
    if row.algorithm != ALGORITHM or not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"signing key {row.kid} is not an {ALGORITHM} key")
    return SigningKey(row.kid, private, row.created_at, row.retired_at)


def _jwk(key: SigningKey) -> dict[str, Any]:
    return {**json.loads(ECAlgorithm.to_jwk(key.public)), "kid": key.kid, "alg": ALGORITHM, "use": "sig"}
