import aioice.stun
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Malformed
from gateway.webrtc.transport import stun

KEY = b"secret-of-ours-0123456789"


def _request(**attributes: object) -> bytes:
    message = aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST, transaction_id=b"t" * 12)
    message.attributes.update({"USERNAME": "ours:theirs", "PRIORITY": 1, **attributes})
    message.add_message_integrity(KEY)
    return bytes(message)


def test_a_check_made_by_aioice_is_read_and_accepted() -> None:
    request = stun.parse_request(_request(**{"ICE-CONTROLLING": 7, "USE-CANDIDATE": None}))
    assert request is not None
    assert (request.username, request.use_candidate, request.controlled) == ("ours:theirs", True, False)
    assert request.unknown == ()
    assert request.is_signed_with(KEY.decode())
    assert not request.is_signed_with("another")


def test_the_other_role_is_recognised() -> None:
    request = stun.parse_request(_request(**{"ICE-CONTROLLED": 7}))
    assert request is not None
    assert request.controlled


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
def test_aioice_reads_our_answer(host: str) -> None:
    answer = aioice.stun.parse_message(stun.binding_success(b"t" * 12, host, 40000, KEY.decode()))
    assert answer.check_message_integrity(KEY)
    assert answer.message_class == aioice.stun.Class.RESPONSE
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (host, 40000)


def test_aioice_reads_our_refusal() -> None:
    answer = aioice.stun.parse_message(stun.binding_error(b"t" * 12, 487, "Role Conflict", KEY.decode()))
    assert answer.check_message_integrity(KEY)
    assert answer.attributes["ERROR-CODE"] == (487, "Role Conflict")


def test_an_attribute_that_must_be_understood_is_named() -> None:
    made = stun.message(
        stun.BINDING_REQUEST, b"t" * 12, [(stun.USERNAME, b"a:b"), (0x7FFF, b"??"), (0xC001, b"opt")], "p"
    )
    request = stun.parse_request(made)
    assert request is not None
    assert request.unknown == (0x7FFF,)


def test_other_messages_need_no_answer() -> None:
    assert stun.parse_request(stun.binding_success(b"t" * 12, "192.0.2.7", 1, "p")) is None


def test_a_check_without_its_signature_is_malformed() -> None:
    message = aioice.stun.Message(aioice.stun.Method.BINDING, aioice.stun.Class.REQUEST)
    with pytest.raises(Malformed):
        stun.parse_request(bytes(message))


@given(st.binary(max_size=200))
def test_garbage_is_malformed_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(Malformed):
        stun.parse_request(b"\0\1" + data)


@settings(max_examples=300)
@given(at=st.integers(0), byte=st.integers(0, 255), cut=st.integers(0, 40))
def test_a_damaged_check_is_never_accepted(at: int, byte: int, cut: int) -> None:
    whole = _request(**{"ICE-CONTROLLING": 7})
    damaged = bytearray(whole)
    damaged[at % len(whole)] = byte
    data = bytes(damaged[: len(damaged) - cut])
    try:
        request = stun.parse_request(data)
    except Malformed:
        return
    assert request is None or data == whole


def test_aioice_reads_our_own_check_and_we_its_answer() -> None:
    check = aioice.stun.parse_message(stun.binding_request(b"t" * 12, "theirs:ours", KEY.decode()))
    assert check.check_message_integrity(KEY)
    assert check.message_class == aioice.stun.Class.REQUEST
    assert check.attributes["USERNAME"] == "theirs:ours"
    assert "ICE-CONTROLLED" in check.attributes
    assert "USE-CANDIDATE" not in check.attributes
    answer = aioice.stun.Message(
        aioice.stun.Method.BINDING, aioice.stun.Class.RESPONSE, transaction_id=check.transaction_id
    )
    assert stun.parse_success(bytes(answer)) == b"t" * 12


def test_anything_but_an_answer_to_a_check_is_ignored() -> None:
    assert stun.parse_success(_request()) is None
    assert stun.parse_success(stun.binding_error(b"t" * 12, 487, "Role Conflict", "p")) is None
    with pytest.raises(Malformed):
        stun.parse_success(b"\1\1")
