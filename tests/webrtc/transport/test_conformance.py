"""Published test vectors: STUN (RFC 5769), SRTP's AES-GCM (RFC 7714 16.1), AES-GCM (Project Wycheproof)."""

import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import Malformed
from gateway.webrtc.transport import stun
from gateway.webrtc.transport.srtp import GcmSealer

WYCHEPROOF = Path(__file__).parents[2] / "data" / "wycheproof" / "aes_gcm.json"

TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt"
REQUEST = bytes.fromhex(
    "00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74 00240004 6e0001ff"
    "80290008 932ff9b151263b36 00060009 6576746a3a68367659202020 00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
    "80280004 e57a3bcf"
)
IPV4_RESPONSE = bytes.fromhex(
    "0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220 00200008 0001a147e112a643"
    "00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96"
)


def test_the_sample_request_of_rfc_5769_is_read_and_its_signature_is_accepted() -> None:
    request = stun.parse_request(REQUEST)
    assert request is not None
    assert (request.transaction, request.username) == (TRANSACTION, "evtj:h6vY")
    assert (request.controlled, request.use_candidate, request.unknown) == (True, False, ())
    assert request.is_signed_with(PASSWORD)
    assert not request.is_signed_with(PASSWORD + " ")


@pytest.mark.parametrize("at", range(0, len(REQUEST), 7))
def test_the_sample_request_is_rejected_if_one_byte_is_changed(at: int) -> None:
    changed = bytearray(REQUEST)
    changed[at] ^= 1
    try:
        request = stun.parse_request(bytes(changed))
    except Malformed:
        return
    assert request is None or not request.is_signed_with(PASSWORD)


def test_the_sample_response_of_rfc_5769_answers_its_transaction() -> None:
    assert stun.parse_success(IPV4_RESPONSE) == TRANSACTION


@pytest.mark.parametrize(
    ("host", "value"),
    [
        ("192.0.2.1", "00200008 0001a147 e112a643"),
        ("2001:db8:1234:5678:11:2233:4455:6677", "00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9"),
    ],
)
def test_addresses_are_written_as_in_the_sample_responses(host: str, value: str) -> None:
    assert bytes.fromhex(value) in stun.binding_success(TRANSACTION, host, 32853, PASSWORD)


def test_a_packet_is_sealed_byte_for_byte_as_in_rfc_7714() -> None:
    for key, sealed in (
        (
            "000102030405060708090a0b0c0d0e0f",
            "8040f17b 8041f8d3 5501a0b2 f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b"
            "36de3adf8833899d7f27beb16a9152cf765ee4390cce",
        ),
        (
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "8040f17b 8041f8d3 5501a0b2 32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f"
            "1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13",
        ),
    ):
        sealer = GcmSealer(bytes.fromhex(key), b"Quid pro quo", 0x5501A0B2)
        payload = b"Gallia est omnis divisa in partes tres"
        assert sealer.seal(0xF17B, 0x40, 0x8041F8D3, [payload], False).hex() == bytes.fromhex(sealed).hex()


def vectors() -> list[dict[str, str]]:
    return [one for group in json.loads(WYCHEPROOF.read_text())["testGroups"] for one in group["tests"]]


def test_the_sealers_cipher_agrees_with_every_vector_of_wycheproof() -> None:
    checked = 0
    for one in vectors():
        cipher = AESGCM(bytes.fromhex(one["key"]))
        nonce, message, header, sealed = (bytes.fromhex(one[name]) for name in ("iv", "msg", "aad", "ct"))
        sealed += bytes.fromhex(one["tag"])
        checked += 1
        if one["result"] == "valid":
            assert cipher.encrypt(nonce, message, header) == sealed, one["tcId"]
        else:
            with pytest.raises(InvalidTag):
                cipher.decrypt(nonce, sealed, header)
    assert checked == 133
