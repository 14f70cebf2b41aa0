"""Seals RTP as SRTP: AES-GCM (RFC 7714) with ``cryptography``, any other profile with libsrtp. Pure.

**Architecture invariant:** one plaintext per nonce. Sealing the same packet under the same index again gives the same
bytes, and no other packet may be sealed under that index.
"""

import struct
from collections.abc import Sequence
from typing import Protocol

import pylibsrtp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEADER = struct.Struct("!BBHII")
VERSION = 0x80
MARKER = 0x80
_MARKED = MARKER << 80
_NEXT_SEQUENCE = 1 << 64
_LAST_SEQUENCE = 0xFFFF
_LABEL_RTP_KEY = 0
_LABEL_RTP_SALT = 2


class Sealer(Protocol):
    """Turns the payloads of one access unit into SRTP packets of one SSRC.

    ``overhead`` is how many bytes a packet is longer than its payload. ``reach`` is how many of the latest packets
    may be sealed again.
    """

    overhead: int
    reach: int

    def seal(self, index: int, kind: int, timestamp: int, payloads: Sequence[bytes], marked: bool) -> bytes:
        """Seal ``payloads`` under consecutive indexes (ROC * 2^16 + SEQ) beginning with ``index``, with payload type
        ``kind``.

        The last packet has the marker if ``marked``. Return the packets one after another without gaps.
        """
        ...


class GcmSealer:
    """Seals with AEAD_AES_128_GCM or AEAD_AES_256_GCM, depending on the length of the key, in 0.8 us per packet.

    ``key`` and ``salt`` are those of the session, already derived.
    """

    __slots__ = ("_encrypt", "_fixed", "_nonce")
    overhead = HEADER.size + 16
    reach = 1 << 15

    def __init__(self, key: bytes, salt: bytes, ssrc: int) -> None:
        self._encrypt = AESGCM(key).encrypt
        # RFC 7714 8.1: the nonce is 00 00 | SSRC | ROC | SEQ, XOR the salt. Only ROC | SEQ, which is our index, varies.
        self._nonce = int.from_bytes(salt, "big") ^ (ssrc << 48)
        self._fixed = VERSION << 88 | ssrc

    @classmethod
    def from_master_key(cls, master_key: bytes, master_salt: bytes, ssrc: int) -> "GcmSealer":
        """Derive the session's key and salt from those that the handshake agreed on."""
        return cls(*derive(master_key, master_salt), ssrc)

    def seal(self, index: int, kind: int, timestamp: int, payloads: Sequence[bytes], marked: bool) -> bytes:
        """Seal as in ``Sealer``. This is the most time-critical loop of the gateway: every packet of every viewer goes
        through it."""
        encrypt, nonce = self._encrypt, self._nonce
        sequence = index & _LAST_SEQUENCE
        if (fitting := _LAST_SEQUENCE + 1 - sequence) < len(payloads):
            before = self.seal(index, kind, timestamp, payloads[:fitting], False)
            return before + self.seal(index + fitting, kind, timestamp, payloads[fitting:], marked)
        # Building the header as one number costs half as much as packing its fields.
        number = self._fixed | kind << 80 | sequence << 64 | timestamp << 32
        last = index + len(payloads) - 1 if marked else -1
        sealed: list[bytes] = []
        add = sealed.append
        for payload in payloads:
            if index == last:
                number |= _MARKED
            header = number.to_bytes(12, "big")
            add(header)
            add(encrypt((nonce ^ index).to_bytes(12, "big"), payload, header))
            index += 1
            number += _NEXT_SEQUENCE
        return b"".join(sealed)


class LibsrtpSealer:
    """Seals with libsrtp and the negotiated profile. ``session`` must allow any of the last ``reach`` packets to be
    sealed again."""

    def __init__(self, session: pylibsrtp.Session, ssrc: int, tag_length: int, reach: int) -> None:
        self._protect = session.protect
        self._ssrc = ssrc
        self.overhead = HEADER.size + tag_length
        self.reach = reach

    def seal(self, index: int, kind: int, timestamp: int, payloads: Sequence[bytes], marked: bool) -> bytes:
        """Seal as in ``Sealer``. libsrtp keeps the roll-over counter by itself."""
        last = len(payloads) - 1 if marked else len(payloads)
        return b"".join(
            self._protect(
                HEADER.pack(
                    VERSION,
                    kind | (MARKER if place == last else 0),
                    (index + place) & 0xFFFF,
                    timestamp,
                    self._ssrc,
                )
                + payload
            )
            for place, payload in enumerate(payloads)
        )


def derive(master_key: bytes, master_salt: bytes) -> tuple[bytes, bytes]:
    """Return the session key and 96-bit salt for RTP.

    They come from the AES-CM key derivation with rate 0 (RFC 3711 4.3, RFC 6188 for 256 bit). The derivation expects a
    salt of 112 bits; the 96-bit master salt of GCM fills its left part (RFC 7714 11).
    """
    salt = int.from_bytes(master_salt.ljust(14, b"\0"), "big")

    def stretch(label: int, length: int) -> bytes:
        block = ((salt ^ (label << 48)) << 16).to_bytes(16, "big")
        encryptor = Cipher(algorithms.AES(master_key), modes.CTR(block)).encryptor()
        return encryptor.update(bytes(length)) + encryptor.finalize()

    return stretch(_LABEL_RTP_KEY, len(master_key)), stretch(_LABEL_RTP_SALT, 12)
