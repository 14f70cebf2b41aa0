import itertools
import struct

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.webrtc.transport.srtp import GcmSealer, LibsrtpSealer, Sealer

SSRC, PT = 0xDEADBEEF, 102
PROFILES = {
    16: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    32: pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}


def _libsrtp(key: bytes) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(
        key=key, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILES[len(key) - 12]
    )
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return pylibsrtp.Session(policy)


def _packets(sealer: Sealer, index: int, payloads: list[bytes], marked: bool = True) -> list[bytes]:
    sealed = sealer.seal(index, PT, 0x01020304, payloads, marked)
    ends = list(itertools.accumulate(len(payload) + sealer.overhead for payload in payloads))
    assert len(sealed) == (ends[-1] if ends else 0)
    return [sealed[start:end] for start, end in itertools.pairwise([0, *ends])]


@pytest.mark.parametrize("length", [16, 32])
@settings(max_examples=30)
@given(
    secret=st.binary(min_size=44, max_size=44),
    payloads=st.lists(st.binary(min_size=1, max_size=1140), max_size=4),
    first=st.sampled_from([7, 0xFFFD]),
)
def test_gcm_is_byte_identical_to_libsrtp(length: int, secret: bytes, payloads: list[bytes], first: int) -> None:
    key = secret[: length + 12]
    ours = GcmSealer.from_master_key(key[:length], key[length:], SSRC)
    theirs = LibsrtpSealer(_libsrtp(key), SSRC, 16, 1024)
    assert _packets(ours, first, payloads) == _packets(theirs, first, payloads)


def test_gcm_follows_the_roll_over_counter_as_libsrtp_does() -> None:
    key = bytes(range(28))
    ours = GcmSealer.from_master_key(key[:16], key[16:], SSRC)
    theirs = LibsrtpSealer(_libsrtp(key), SSRC, 16, 1024)
    for index in range(100, 5 * 65536, 4096):
        assert _packets(ours, index, [b"x"]) == _packets(theirs, index, [b"x"])


def test_the_overhead_is_the_difference_between_packet_and_payload() -> None:
    key = bytes(28)
    for sealer in (GcmSealer.from_master_key(key[:16], key[16:], SSRC), LibsrtpSealer(_libsrtp(key), SSRC, 16, 1024)):
        assert len(_packets(sealer, 0, [b"12345"])[0]) == 5 + sealer.overhead


def test_only_the_last_packet_of_a_picture_is_marked() -> None:
    sealer = GcmSealer.from_master_key(bytes(16), bytes(12), SSRC)
    kinds = [struct.unpack_from("!xB", packet)[0] for packet in _packets(sealer, 65535, [b"a", b"b", b"c"])]
    assert kinds == [PT, PT, PT | 0x80]
    assert [packet[2:4] for packet in _packets(sealer, 65535, [b"a", b"b"])] == [b"\xff\xff", b"\0\0"]
