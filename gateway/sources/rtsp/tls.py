"""Checks the identity of an ``rtsps://`` camera, by its certificate's authority or by the fingerprint that the district
has noted."""

import asyncio
import hashlib
import hmac
import ssl
from functools import cached_property

from gateway.errors import CameraError
from gateway.models import SourceReason


class Trust:
    """``fingerprint``: SHA-256 of the camera's certificate, 64 hexadecimal digits, for one that signs its own. Without
    it the certificate must be of an authority that this host trusts, and name the camera's host."""

    def __init__(self, fingerprint: str | None = None) -> None:
        self._fingerprint = fingerprint

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Return our side's TLS context. With a fingerprint it accepts every certificate: ``check`` decides then."""
        context = ssl.create_default_context() if self._fingerprint is None else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._fingerprint is not None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def check(self, transport: asyncio.BaseTransport) -> None:
        """Check the certificate; call this before anything is sent. Raises ``CameraError`` if it is not the pinned
        one."""
        connection: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        if connection is None or self._fingerprint is None:
            return
        shown = hashlib.sha256(connection.getpeercert(binary_form=True) or b"").hexdigest()
        if not hmac.compare_digest(shown, self._fingerprint):
            raise CameraError(SourceReason.NOT_TRUSTED, f"The camera shows another certificate: SHA-256 {shown}.")
