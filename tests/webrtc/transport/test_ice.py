from dataclasses import replace

import aioice.stun

from gateway.webrtc.transport import stun
from gateway.webrtc.transport.ice import Credentials, answer_check

OURS = Credentials("ours", "password-of-ours-0123456789")


def _check(username: str = "ours:theirs", *attributes: tuple[int, bytes]) -> stun.BindingRequest:
    made = [(stun.USERNAME, username.encode()), *attributes]
    request = stun.parse_request(stun.message(stun.BINDING_REQUEST, b"t" * 12, made, OURS.password))
    assert request is not None
    return request


def test_an_authentic_check_is_answered_with_the_address_it_came_from() -> None:
    answer = answer_check(_check("ours:theirs", (stun.USE_CANDIDATE, b"")), OURS, "theirs", "192.0.2.7", 40000)
    assert answer is not None
    assert (answer.accepted, answer.nominated) == (True, True)
    assert aioice.stun.parse_message(answer.reply).attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.7", 40000)


def test_a_stranger_gets_no_answer() -> None:
    assert answer_check(_check(), OURS, "somebody", "192.0.2.7", 40000) is None
    assert answer_check(_check(), replace(OURS, password="another"), "theirs", "192.0.2.7", 40000) is None


def test_a_peer_that_wants_to_be_controlled_is_told_about_the_conflict() -> None:
    answer = answer_check(_check("ours:theirs", (stun.ICE_CONTROLLED, bytes(8))), OURS, "theirs", "192.0.2.7", 1)
    assert answer is not None
    assert not answer.accepted
    assert aioice.stun.parse_message(answer.reply).attributes["ERROR-CODE"][0] == 487


def test_an_attribute_that_must_be_understood_is_refused() -> None:
    answer = answer_check(_check("ours:theirs", (0x7FFF, b"")), OURS, "theirs", "192.0.2.7", 1)
    assert answer is not None
    assert not answer.accepted
    assert aioice.stun.parse_message(answer.reply).attributes["ERROR-CODE"][0] == 420


def test_credentials_differ_and_do_not_show_their_secret() -> None:
    fresh = Credentials.fresh()
    assert fresh != Credentials.fresh()
    assert fresh.password not in repr(fresh)
