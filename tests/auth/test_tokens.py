import base64
import hashlib
import hmac
import json
import logging
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from gateway.auth.keys import KEPT_AFTER_RETIREMENT, KeyStore
from gateway.auth.tokens import AUDIENCE, CLOCK_STEP, TokenClaims, TokenService
from gateway.configuration.settings import TokenSettings
from gateway.errors import Unauthenticated
from gateway.models import CameraId, Principal, Role, SiteId
from gateway.permission import Grant, GrantBasis
from gateway.storage.database import Database
from tests.fakes import FakeClock

ISSUER = "https://sightline.example"
PATROL = Principal("car-1", "Car 1", Role.PATROL)
GRANT = Grant("g-1", "car-1", Role.PATROL, SiteId("oak"), frozenset({CameraId("gym")}), GrantBasis.INCIDENT, "i-1", 0.0)


@pytest.fixture
async def keys(db: Database, clock: FakeClock) -> KeyStore:
    store = KeyStore(db, clock)
    await store.start()
    return store


@pytest.fixture
def tokens(keys: KeyStore, settings: TokenSettings, clock: FakeClock) -> TokenService:
    return TokenService(keys, settings, ISSUER, clock)


@pytest.fixture
def token(tokens: TokenService) -> str:
    return tokens.issue(PATROL, GRANT, "s-1").token


def code(tokens: TokenService, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(token)
    assert token not in str(refused.value) or not token
    return refused.value.code


def signed(keys: KeyStore, claims: dict[str, Any], **header: Any) -> str:
    key = keys.current()
    return jwt.encode(claims, key.private, algorithm="ES256", headers={"kid": key.kid, **header})


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_token_is_bound_to_person_role_grant_school_and_sign_in(tokens: TokenService, clock: FakeClock) -> None:
    issued = tokens.issue(PATROL, GRANT, "s-1")
    assert tokens.verify(issued.token) == TokenClaims(
        "car-1", Role.PATROL, "g-1", SiteId("oak"), "s-1", issued.jti, issued.expires_at
    )
    assert issued.expires_at == clock.now() + TokenSettings().lifetime
    assert tokens.issue(PATROL, GRANT, "s-1").jti != issued.jti


def test_others_can_verify_tokens_with_the_published_keys(tokens: TokenService, token: str) -> None:
    published = jwt.PyJWKSet.from_dict(tokens.jwks())
    key = published[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=ISSUER, options={"verify_exp": False}
    )
    assert claims["sub"] == "car-1"


def test_a_token_contains_no_name(token: str) -> None:
    assert "Car 1" not in json.dumps(claims_of(token))


async def test_a_token_ends_to_the_millisecond(tokens: TokenService, token: str, clock: FakeClock) -> None:
    await clock.advance(TokenSettings().lifetime - 0.001)
    assert tokens.verify(token)
    await clock.advance(0.001)
    assert code(tokens, token) == "token_expired"


@pytest.mark.parametrize("now", [1_700_000_000.999, 1_700_000_000.001])
async def test_whole_seconds_never_lengthen_a_tokens_life(keys: KeyStore, now: float) -> None:
    clock = FakeClock(now=now)
    issued = TokenService(keys, TokenSettings(lifetime=300), ISSUER, clock).issue(PATROL, GRANT, "s-1")
    assert now + 299 <= issued.expires_at <= now + 300


def test_a_run_whose_time_begins_earlier_does_not_lengthen_a_tokens_life(
    tokens: TokenService, token: str, clock: FakeClock
) -> None:
    clock.skip(-CLOCK_STEP)
    assert tokens.verify(token)
    clock.skip(-0.001)
    assert code(tokens, token) == "token_invalid"


async def test_a_token_outlives_the_rotation_of_its_key_but_not_the_key(
    tokens: TokenService, keys: KeyStore, token: str, clock: FakeClock
) -> None:
    await keys.rotate()
    assert tokens.verify(token)
    assert tokens.verify(tokens.issue(PATROL, GRANT, "s-1").token)
    await clock.advance(KEPT_AFTER_RETIREMENT + 1)
    assert code(tokens, token) == "unknown_key"


async def test_a_token_outlives_a_restart(db: Database, settings: TokenSettings, clock: FakeClock, token: str) -> None:
    keys = KeyStore(db, clock)
    await keys.start()
    assert TokenService(keys, settings, ISSUER, clock).verify(token).grant_id == "g-1"


def test_a_missing_token_is_refused(tokens: TokenService) -> None:
    assert code(tokens, "") == "token_missing"


@pytest.mark.parametrize(
    "rubbish", ["x", "a.b.c", "....", "é.é.é", "\x00", "e30.e30.", "bnVsbA.bnVsbA.", "a" * 100_000]
)
def test_garbage_is_refused(tokens: TokenService, rubbish: str) -> None:
    assert code(tokens, rubbish) == "token_invalid"


def test_attack_unsigned(tokens: TokenService, keys: KeyStore, token: str) -> None:
    body = token.split(".")[1]
    for algorithm in ("none", "None", "NONE", "", None):
        header = part({"alg": algorithm, "typ": "JWT", "kid": keys.current().kid})
        assert code(tokens, f"{header}.{body}.") == "token_invalid"
    stripped = token.rpartition(".")[0] + "."
    assert code(tokens, stripped) == "token_invalid"


def test_attack_public_key_as_hmac_secret(tokens: TokenService, keys: KeyStore, token: str) -> None:
    public = keys.current().public
    secrets = [
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        json.dumps(tokens.jwks()["keys"][0]).encode(),
    ]
    for secret in secrets:
        for algorithm in ("HS256", "ES256"):
            header = part({"alg": algorithm, "typ": "JWT", "kid": keys.current().kid})
            message = f"{header}.{token.split('.')[1]}"
            mac = hmac.new(secret, message.encode(), hashlib.sha256).digest()
            forged = f"{message}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
            assert code(tokens, forged) == "token_invalid"


def test_attack_own_key_brought_along(tokens: TokenService, keys: KeyStore, token: str) -> None:
    own = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(ECAlgorithm.to_jwk(own.public_key()))
    kid = keys.current().kid
    for header, expected in [
        ({"kid": kid, "jwk": jwk}, "token_invalid"),
        ({"kid": kid, "jku": "https://attacker.example/jwks", "x5u": "https://attacker.example"}, "token_invalid"),
        ({"kid": kid}, "token_invalid"),
        ({"kid": "mine", "jwk": {**jwk, "kid": "mine"}}, "unknown_key"),
        ({"kid": "../../dev/null"}, "unknown_key"),
        ({"kid": kid + "'"}, "unknown_key"),
        ({"jwk": jwk}, "token_invalid"),
    ]:
        forged = jwt.encode(claims_of(token), own, algorithm="ES256", headers=header)
        assert code(tokens, forged) == expected


@pytest.mark.parametrize("algorithm", ["ES384", "RS256", "EdDSA", "es256", ["ES256"], 1])
def test_attack_another_algorithm(tokens: TokenService, keys: KeyStore, token: str, algorithm: object) -> None:
    _, body, signature = token.split(".")
    header = part({"alg": algorithm, "typ": "JWT", "kid": keys.current().kid})
    assert code(tokens, f"{header}.{body}.{signature}") == "token_invalid"


@pytest.mark.parametrize("kid", [None, 1, ["x"], {}])
def test_attack_key_id_that_is_not_text(tokens: TokenService, token: str, kid: object) -> None:
    _, body, signature = token.split(".")
    assert code(tokens, f"{part({'alg': 'ES256', 'kid': kid})}.{body}.{signature}") == "token_invalid"


@pytest.mark.parametrize(
    ("claim", "value"),
    [("sub", "chief"), ("role", "headquarters"), ("grant", "g-2"), ("sid", "s-2"), ("exp", 4_000_000_000)],
)
def test_attack_a_changed_claim(tokens: TokenService, token: str, claim: str, value: object) -> None:
    header, _, signature = token.split(".")
    assert code(tokens, f"{header}.{part({**claims_of(token), claim: value})}.{signature}") == "token_invalid"


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti", "sub", "role", "grant", "site", "sid"])
def test_every_claim_is_required(tokens: TokenService, keys: KeyStore, token: str, claim: str) -> None:
    claims = claims_of(token)
    assert tokens.verify(signed(keys, claims))
    del claims[claim]
    assert code(tokens, signed(keys, claims)) == "token_invalid"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "https://other.example"),
        ("aud", "sightline"),
        ("aud", []),
        ("role", "chief"),
        ("grant", ""),
        ("exp", "never"),
        ("exp", True),
        ("exp", 1_700_000_000 + 301),
        ("exp", float("inf")),
        ("iat", None),
        ("iat", float("nan")),
    ],
)
def test_claims_of_the_wrong_type_are_refused(
    tokens: TokenService, keys: KeyStore, token: str, claim: str, value: object
) -> None:
    assert code(tokens, signed(keys, {**claims_of(token), claim: value})) == "token_invalid"


def test_nothing_secret_is_logged_or_shown(
    tokens: TokenService, keys: KeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    issued = tokens.issue(PATROL, GRANT, "s-1")
    tokens.verify(issued.token)
    code(tokens, issued.token + "x")
    shown = caplog.text + repr(issued) + repr(tokens) + repr(keys) + str(issued)
    assert issued.token not in shown
    assert issued.token.rpartition(".")[2] not in shown
