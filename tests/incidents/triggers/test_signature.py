import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from gateway.configuration.setting_types import webhook_key
from gateway.errors import BadRequest, Unauthenticated
from gateway.incidents.triggers.signature import Envelope, read_envelope, sign, verify

SECRET = "whsec_" + base64.b64encode(b"a key of at least 24 bytes").decode()
KEY = webhook_key(SECRET)
HEADERS = {"Webhook-Id": "msg_1", "WEBHOOK-TIMESTAMP": "1700000000", "webhook-signature": "v1,a v1,b"}


def test_the_signature_matches_the_reference_library() -> None:
    moment = datetime.fromtimestamp(1_700_000_000, UTC)
    theirs = Webhook(SECRET).sign("msg_1", moment, '{"room": "gym"}')
    assert sign(SECRET, "msg_1", "1700000000", b'{"room": "gym"}') == theirs
    verify(Envelope("msg_1", "1700000000", (theirs,)), b'{"room": "gym"}', KEY)


def test_one_correct_signature_among_several_is_enough() -> None:
    right = sign(SECRET, "msg_1", "1700000000", b"{}")
    verify(Envelope("msg_1", "1700000000", ("v1a,xyz", "v1,é", right)), b"{}", KEY)


@pytest.mark.parametrize(
    ("message_id", "timestamp", "body"),
    [("msg_2", "1700000000", b"{}"), ("msg_1", "1700000001", b"{}"), ("msg_1", "1700000000", b"{ }")],
)
def test_a_change_of_any_part_is_noticed(message_id: str, timestamp: str, body: bytes) -> None:
    right = sign(SECRET, "msg_1", "1700000000", b"{}")
    with pytest.raises(Unauthenticated):
        verify(Envelope(message_id, timestamp, (right,)), body, KEY)


@pytest.mark.parametrize("signatures", [(), ("",), ("v1",), ("v1,",), ("v2,abc",)])
def test_anything_but_a_signature_is_refused(signatures: tuple[str, ...]) -> None:
    with pytest.raises(Unauthenticated):
        verify(Envelope("msg_1", "1700000000", signatures), b"{}", KEY)


def test_headers_are_read_whatever_their_case() -> None:
    assert read_envelope(HEADERS) == Envelope("msg_1", "1700000000", ("v1,a", "v1,b"))


@pytest.mark.parametrize("name", HEADERS)
def test_a_missing_header_is_named(name: str) -> None:
    with pytest.raises(BadRequest, match=name.lower()):
        read_envelope({key: value for key, value in HEADERS.items() if key != name})


@pytest.mark.parametrize("message_id", ["", "x" * 257, "é", "a\0b"])
def test_an_id_that_cannot_be_stored_is_refused(message_id: str) -> None:
    with pytest.raises(BadRequest, match="webhook-id"):
        read_envelope(HEADERS | {"Webhook-Id": message_id})


@pytest.mark.parametrize("timestamp", ["", "soon", "-1", "1.5", "1" * 13, "१७"])
def test_an_invalid_timestamp_is_refused(timestamp: str) -> None:
    with pytest.raises(BadRequest, match="webhook-timestamp"):
        read_envelope(HEADERS | {"WEBHOOK-TIMESTAMP": timestamp})


def test_a_secret_without_the_prefix_is_used_as_it_is() -> None:
    assert webhook_key("twenty-four characters__") == b"twenty-four characters__"


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all, is it?!"])
def test_a_bad_secret_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        webhook_key(secret)
    assert len(secret) < 10 or secret not in str(caught.value)
