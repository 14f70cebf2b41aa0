import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.auth import Authenticator, Credentials, parse_challenges

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def authenticator(username: str = "Mufasa", password: str = "Circle of Life") -> Authenticator:
    return Authenticator(Credentials(username, password), lambda: CNONCE)


def digest(**parameters: str) -> str:
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in parameters.items())


def answered(header: str | None) -> dict[str, str]:
    assert header is not None
    (challenge,) = parse_challenges([header])
    return challenge.parameters


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_3_9_1(algorithm: str, response: str) -> None:
    one = authenticator()
    one.challenged(
        [digest(realm="http-auth@example.org", qop="auth, auth-int", algorithm=algorithm, nonce=NONCE, opaque="x")]
    )
    given_back = answered(one.authorization("GET", "/dir/index.html"))
    assert given_back["response"] == response
    assert (given_back["nc"], given_back["cnonce"], given_back["opaque"]) == ("00000001", CNONCE, "x")
    assert answered(one.authorization("GET", "/dir/index.html"))["nc"] == "00000002"


def test_the_example_of_rfc_2069_without_qop() -> None:
    one = authenticator(password="CircleOfLife")
    one.challenged([digest(realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")])
    given_back = answered(one.authorization("GET", "/dir/index.html"))
    assert given_back["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert "nc" not in given_back


def test_basic() -> None:
    one = authenticator("Aladdin", "open sesame")
    one.challenged(['Basic realm="camera"'])
    assert one.authorization("DESCRIBE", "rtsp://x/") == "Basic " + base64.b64encode(b"Aladdin:open sesame").decode()


@pytest.mark.parametrize("joined", [True, False])
def test_the_strongest_challenge_is_answered(joined: bool) -> None:
    values = ['Basic realm="a"', digest(realm="a", nonce="1"), digest(realm="a", nonce="2", algorithm="SHA-256")]
    one = authenticator()
    one.challenged([", ".join(values)] if joined else values)
    assert answered(one.authorization("DESCRIBE", "rtsp://x/"))["nonce"] == "2"


def test_nothing_is_sent_before_a_challenge() -> None:
    assert authenticator().authorization("DESCRIBE", "rtsp://x/") is None


def refused(one: Authenticator, *values: str) -> SourceReason:
    with pytest.raises(CameraError) as caught:
        one.challenged(values)
    assert "Circle" not in str(caught.value)
    assert "Mufasa" not in str(caught.value)
    return caught.value.reason


def test_a_refused_password_is_not_tried_again_even_with_a_new_nonce() -> None:
    one = authenticator()
    one.challenged([digest(realm="a", nonce="1")])
    assert refused(one, digest(realm="a", nonce="2")) is SourceReason.PASSWORD_REFUSED


def test_a_stale_nonce_is_replaced() -> None:
    one = authenticator()
    one.challenged([digest(realm="a", nonce="1")])
    one.challenged([digest(realm="a", nonce="2", stale="TRUE")])
    assert answered(one.authorization("DESCRIBE", "rtsp://x/"))["nonce"] == "2"


def test_a_nonce_that_has_worked_may_expire_without_notice() -> None:
    one = authenticator()
    one.challenged([digest(realm="a", nonce="1")])
    one.accepted()
    one.challenged([digest(realm="a", nonce="2")])
    assert refused(one, digest(realm="a", nonce="3")) is SourceReason.PASSWORD_REFUSED


def test_a_missing_password_and_an_unknown_scheme_are_reported() -> None:
    assert refused(Authenticator(None, str), 'Basic realm="a"') is SourceReason.PASSWORD_REFUSED
    assert refused(authenticator(), "Negotiate") is SourceReason.UNSUPPORTED
    assert refused(authenticator(), digest(realm="a", nonce="1", qop="auth-int")) is SourceReason.UNSUPPORTED
    assert refused(authenticator(), digest(realm="a", nonce="1", algorithm="MD4")) is SourceReason.UNSUPPORTED
    assert refused(authenticator()) is SourceReason.UNSUPPORTED


def test_a_bare_401_to_our_answer_is_a_refused_password() -> None:
    one = authenticator()
    one.challenged(['Digest realm="a", nonce="1"'])
    assert refused(one) is SourceReason.PASSWORD_REFUSED


def test_the_next_weaker_kind_of_digest_is_answered_if_the_strongest_is_refused() -> None:
    one = authenticator()
    offered = [digest(realm="a", nonce="1", algorithm=name) for name in ("SHA-256", "MD5")] + ['Basic realm="a"']
    one.challenged(offered)
    assert answered(one.authorization("DESCRIBE", "rtsp://x/"))["algorithm"] == "SHA-256"
    one.challenged(offered)
    assert answered(one.authorization("DESCRIBE", "rtsp://x/"))["algorithm"] == "MD5"
    assert refused(one, *offered) is SourceReason.PASSWORD_REFUSED


def test_digest_is_answered_after_basic_was_refused_and_basic_never_after_digest() -> None:
    one = authenticator()
    one.challenged(['Basic realm="a"'])
    one.challenged([digest(realm="a", nonce="1")])
    assert (one.authorization("DESCRIBE", "rtsp://x/") or "").startswith("Digest ")
    assert refused(one, 'Basic realm="a"') is SourceReason.PASSWORD_REFUSED


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess"])
def test_a_session_key_is_made_from_the_first_nonces(algorithm: str) -> None:
    one = authenticator("u", "p")
    one.challenged([digest(realm="a", nonce="1", qop="auth", algorithm=algorithm)])
    name = "md5" if algorithm.startswith("MD5") else "sha256"

    def hashed(*parts: str) -> str:
        return hashlib.new(name, ":".join(parts).encode()).hexdigest()

    given = answered(one.authorization("DESCRIBE", "rtsp://x/"))
    secret = hashed(hashed("u", "a", "p"), "1", given["cnonce"])
    subject = hashed("DESCRIBE", "rtsp://x/")
    assert given["response"] == hashed(secret, "1", "00000001", given["cnonce"], "auth", subject)
    assert given["algorithm"] == algorithm


def test_a_challenge_from_the_end_of_the_previous_connection_is_answered_in_advance() -> None:
    first = authenticator()
    first.challenged(['Digest realm="a", nonce="1"'])
    assert first.unanswered is not None
    second = Authenticator(Credentials("u", "p"), str, challenge=first.unanswered)
    assert answered(second.authorization("DESCRIBE", "rtsp://x/"))["nonce"] == "1"
    assert second.unanswered is None
    first.accepted()
    assert first.unanswered is None


def test_quotes_in_a_name_stay_inside_it() -> None:
    one = authenticator('a"b\\c')
    one.challenged([r'Digest realm="r\"s", nonce="1"'])
    given_back = answered(one.authorization("DESCRIBE", "rtsp://x/"))
    assert (given_back["username"], given_back["realm"]) == ('a"b\\c', 'r"s')


def test_credentials_are_not_printed() -> None:
    assert "Circle" not in repr(Credentials("Mufasa", "Circle of Life"))


@given(st.lists(st.text(max_size=80), max_size=3))
def test_any_challenge_can_be_parsed(values: list[str]) -> None:
    parse_challenges([*values, *("Digest " + value for value in values)])


def test_after_a_redirect_the_password_is_never_sent_in_the_clear() -> None:
    one = Authenticator(Credentials("police", "secret"), lambda: CNONCE, redirected=True)
    with pytest.raises(CameraError) as caught:
        one.challenged(['Basic realm="camera"'])
    assert caught.value.reason is SourceReason.REDIRECT_REFUSED
    assert one.authorization("DESCRIBE", "rtsp://x/") is None

    one.challenged(['Basic realm="camera"', digest(realm="camera", nonce=NONCE)])
    assert (one.authorization("DESCRIBE", "rtsp://x/") or "").startswith("Digest ")
