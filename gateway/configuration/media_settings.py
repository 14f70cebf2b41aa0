"""Defines how media reaches viewers: the media port, STUN and TURN servers, transcodes. Durations are in seconds."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.configuration.base import Model
from gateway.configuration.setting_types import IceUrl, Identifier, Port, Seconds, Secret


class IceServer(Model):
    """Describes a STUN or TURN server that pages are told to use.

    A TURN server either has a fixed ``username`` and ``credential``, or shares a ``secret`` with the gateway. From that
    secret, the gateway derives credentials that last ``lifetime``.
    """

    url: IceUrl
    username: str | None = None
    credential: Secret | None = None
    secret: Secret | None = None
    lifetime: Seconds = 4 * 3600.0

    @model_validator(mode="after")
    def _credentials_fit(self) -> Self:
        if (self.username is None) != (self.credential is None):
            raise ValueError("username and credential must be set together or not at all")
        if self.url.startswith("stun"):
            if self.username is not None or self.secret is not None:
                raise ValueError("url: a STUN server takes neither username nor secret")
        elif (self.username is None) == (self.secret is None):
            raise ValueError("a TURN server needs either username and credential or secret")
        return self


class TranscodingSettings(Model):
    """Sets limits for transcodes, which serve viewers that can play none of a camera's streams.

    Each worker runs ``at_once`` transcodes. Each transcode has at most ``height`` pixels, ``fps`` pictures per second
    and ``bitrate`` bit/s.
    """

    at_once: Annotated[int, Field(ge=0, le=64)] = 2
    height: Annotated[int, Field(ge=120, le=2160)] = 720
    fps: Annotated[int, Field(ge=1, le=60)] = 15
    bitrate: Annotated[int, Field(ge=100_000, le=20_000_000)] = 1_500_000


class MediaSettings(Model):
    """Says how media reaches viewers: all through one port, over UDP and, with ``tcp``, also over TCP.

    ``advertise`` is where viewers are told to send, as ``address`` or ``address:port``, for NAT and containers. If it
    is empty, they are given the host's own addresses.
    """

    host: str = "127.0.0.1"
    port: Port = 8189
    advertise: tuple[str, ...] = ()
    connect_timeout: Seconds = 15.0
    consent_timeout: Annotated[Seconds, Field(le=14.5)] = 14.0
    transcoding: TranscodingSettings = TranscodingSettings()
    nvrs: dict[Identifier, Annotated[int, Field(ge=1)] | None] = Field(default_factory=dict)
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    tcp: bool = True
    ice_servers: tuple[IceServer, ...] = ()

    @model_validator(mode="after")
    def _ports_for_all(self) -> Self:
        if self.port and self.port + self.workers > 65536:
            raise ValueError("port and workers: the last worker's port would be above 65535")
        return self
