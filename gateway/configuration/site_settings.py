"""Defines the settings of a school: its cameras and its panic buttons. Durations are in seconds."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.configuration.base import Model
from gateway.configuration.setting_types import (
    ConfiguredPath,
    Fingerprint,
    Identifier,
    PlaceText,
    RtspUrl,
    Seconds,
    Secret,
    Text,
    WebhookSecret,
)
from gateway.models import IncidentKind


class StreamSettings(Model):
    """Gives the address of one stream, ``rtsp://`` or ``rtsps://``. The URL contains no password: use the camera's
    ``username`` and ``password``.
    """

    url: RtspUrl


class CameraSettings(Model):
    """Says how one camera is reached. Its place is in the site's floor plan, under the same id.

    ``clock`` says how the camera's clock is treated. With ``date`` (the default) it is checked against the ``Date``
    header of RTSP answers. ``trusted`` says that the clock is known to be right, for instance because NTP sets it and
    somebody checks that. ``b_frames`` says what happens to B-frames: they are only reported (``report``), or viewers
    get a transcode without them (``transcode``). ``audio`` relays the G.711 sound of the main stream if media arrives
    over TCP. Separate laws may apply to listening to speech.

    ``transport`` says how media arrives: over TCP, then over UDP if the camera refuses TCP (``auto``); over UDP, then
    TCP (``udp``); or over TCP alone (``tcp``). ``tls_fingerprint`` is the SHA-256 of a camera's self-signed
    certificate; without it, an authority that this host trusts must have issued the certificate. ``tls_legacy`` also
    allows TLS 1.2 with old ciphers and short keys. ``nvr`` names the recorder that serves the camera, a key of
    ``media.nvrs``. ``redirects`` lists other places, as ``host:port``, that a stream may be redirected to.
    """

    id: Identifier
    name: Text
    main: StreamSettings
    sub: StreamSettings | None = None
    username: str | None = None
    password: Secret | None = None
    clock: Literal["date", "trusted"] = "date"
    b_frames: Literal["report", "transcode"] = "transcode"
    audio: bool = False
    transport: Literal["auto", "tcp", "udp"] = "auto"
    tls_fingerprint: Fingerprint | None = None
    tls_legacy: bool = False
    nvr: Identifier | None = None
    redirects: tuple[PlaceText, ...] = ()

    @model_validator(mode="after")
    def _tls_fits(self) -> Self:
        secured = [stream.url.startswith("rtsps:") for stream in (self.main, self.sub) if stream is not None]
        if self.tls_fingerprint is not None and not any(secured):
            raise ValueError("tls_fingerprint is only useful if main or sub is an rtsps:// address")
        if self.tls_legacy and not any(secured):
            raise ValueError("tls_legacy is only useful if main or sub is an rtsps:// address")
        if self.transport == "udp" and any(secured):
            raise ValueError("transport: udp would send the pictures of an rtsps:// address unencrypted")
        return self


class WebhookSettings(Model):
    """Describes a sender of panic-button messages.

    ``secret`` is the HMAC-SHA-256 key that signs ``id.timestamp.body`` (Standard Webhooks). If a message's time is off
    by more than ``tolerance``, its alarm says so.
    """

    id: Identifier
    name: Text
    secret: WebhookSecret
    kind: IncidentKind = IncidentKind.REAL
    tolerance: Annotated[Seconds, Field(le=86_400)] = 300.0


class SiteSettings(Model):
    """Describes a school with its plan, cameras and panic buttons."""

    id: Identifier
    name: Text
    plan: ConfiguredPath
    cameras: tuple[CameraSettings, ...]
    webhooks: tuple[WebhookSettings, ...] = ()
