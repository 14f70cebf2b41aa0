"""Checks the identity of an ``rtsps://`` camera by its certificate's authority, or by the fingerprint in the
configuration."""

import asyncio
import hashlib
import hmac
import os
import ssl
from functools import cached_property

from gateway.errors import CameraError
from gateway.models import SourceReason

LEGACY_CIPHERS = "ALL:!aNULL:!eNULL:@SECLEVEL=0"
LEGACY_NOTE = (
    "Old TLS ciphers are allowed for this camera (`tls_legacy`): update its firmware, then remove the setting."
)
_OLD_CIPHERS = (
    "The camera speaks TLS only with old ciphers or short keys, which are refused: update its firmware, or set "
    "`tls_legacy: true` for this camera."
)
_NO_TLS = "What answers at this port does not speak TLS: check the port, or use an rtsp:// address."
_WORDS = {
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _OLD_CIPHERS,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": _OLD_CIPHERS,
    "EE_KEY_TOO_SMALL": _OLD_CIPHERS,
    "CA_KEY_TOO_SMALL": _OLD_CIPHERS,
    "CA_MD_TOO_WEAK": _OLD_CIPHERS,
    "DH_KEY_TOO_SMALL": _OLD_CIPHERS,
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": _OLD_CIPHERS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": "The camera does not speak TLS 1.2 or later at this port: update its firmware.",
    "TLSV1_ALERT_PROTOCOL_VERSION": "The camera does not speak TLS 1.2 or later at this port: update its firmware.",
}
"""Descriptions of OpenSSL's reasons why a handshake failed."""


class Trust:
    """``fingerprint`` is the SHA-256 of the camera's certificate in 64 hexadecimal digits, for a camera that signs its
    own. Without it, the certificate must be issued by an authority that this host trusts, and must name the camera's
    host. ``legacy`` allows TLS 1.2 with the ciphers and key lengths of old firmware."""

    def __init__(self, fingerprint: str | None = None, legacy: bool = False) -> None:
        self._fingerprint = fingerprint
        self._legacy = legacy

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Return the TLS context. With a fingerprint it accepts every certificate, since ``check`` decides then."""
        context = ssl.create_default_context() if self._fingerprint is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._fingerprint is not None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self._legacy:
            context.set_ciphers(LEGACY_CIPHERS)
            context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
        return context

    def notes(self, tls: bool) -> tuple[str, ...]:
        """Return a warning as long as a camera that uses TLS is allowed old ciphers."""
        return (LEGACY_NOTE,) if tls and self._legacy else ()

    def fault(self, error: OSError) -> CameraError:
        """Describe why a handshake failed."""
        match error:
            case ssl.SSLCertVerificationError():
                words = f"The camera's certificate is not trusted: {error.verify_message}."
                return CameraError(SourceReason.NOT_TRUSTED, words)
            case ssl.SSLEOFError() | ConnectionError():
                words = "The camera hung up during the TLS handshake: check the port. " + (
                    "" if self._legacy else "If it is right, the camera may need `tls_legacy: true`."
                )
                return CameraError(SourceReason.UNSUPPORTED, words.rstrip())
            case ssl.SSLError():
                words = _WORDS.get(error.reason or "", f"The TLS handshake with the camera failed ({error.reason}).")
                return CameraError(SourceReason.UNSUPPORTED, words)
            case TimeoutError():
                words = "The camera accepts the connection, but does not answer with TLS: check the port."
                return CameraError(SourceReason.UNSUPPORTED, words)
        words = os.strerror(error.errno) if error.errno else "the connection failed"
        return CameraError(SourceReason.UNREACHABLE, f"The camera cannot be reached: {words}.")

    def check(self, transport: asyncio.BaseTransport) -> None:
        """Check the certificate; call this before anything is sent. Raises ``CameraError`` if it is not the pinned
        one."""
        connection: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        if connection is None or self._fingerprint is None:
            return
        shown = hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()
        if not hmac.compare_digest(shown, self._fingerprint):
            raise CameraError(
                SourceReason.NOT_TRUSTED, f"The camera presents a different certificate: SHA-256 {shown}."
            )
