"""Pydantic models of a district's configuration.

Unknown keys are refused, and every rule names the keys that it concerns. Durations are in seconds. Secrets are
``SecretStr`` and are never printed. ``config_loader`` reads the files.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, model_validator

from gateway.configuration.references import reference_problems
from gateway.configuration.setting_types import (
    ConfiguredPath,
    Fingerprint,
    IceUrl,
    Identifier,
    PlaceText,
    Port,
    RtspUrl,
    Seconds,
    Secret,
    SqliteUrl,
    Text,
    WebAddress,
    WebhookSecret,
    webhook_key_written,
)
from gateway.models import CameraId, CameraPolicy, IncidentKind, Role, SiteId


class Model(BaseModel):
    """Base of all settings: immutable, and strict about unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class HttpSettings(Model):
    """How browsers reach the gateway.

    ``public_url`` is the address used in links and the issuer of tokens. ``X-Forwarded-For`` is believed only from the
    proxies in ``trusted_proxies``. ``metrics_token`` gives other machines access to ``/metrics``. ``alarm_port`` is an
    additional port that only serves panic buttons.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: WebAddress = "http://localhost:8080"
    tls_certificate: ConfiguredPath | None = None
    tls_key: ConfiguredPath | None = None
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    metrics_token: Secret | None = None
    alarm_port: Port | None = None

    @model_validator(mode="after")
    def _certificate_and_key_together(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key are set together or not at all")
        return self


class IceServer(Model):
    """A STUN or TURN server that pages are told to use.

    A TURN server either has a fixed ``username`` and ``credential``, or shares a ``secret`` with the gateway, which
    derives credentials from it that last ``lifetime``.
    """

    url: IceUrl
    username: str | None = None
    credential: Secret | None = None
    secret: Secret | None = None
    lifetime: Seconds = 4 * 3600.0

    @model_validator(mode="after")
    def _credentials_fit(self) -> Self:
        if (self.username is None) != (self.credential is None):
            raise ValueError("username and credential are set together or not at all")
        if self.url.startswith("stun"):
            if self.username is not None or self.secret is not None:
                raise ValueError("url: a STUN server takes neither username nor secret")
        elif (self.username is None) == (self.secret is None):
            raise ValueError("a TURN server needs either username and credential or secret")
        return self


class TranscodingSettings(Model):
    """Limits for transcodes, which serve viewers that can play none of a camera's streams.

    Each worker runs ``at_once`` transcodes. Each transcode has at most ``height`` pixels, ``fps`` pictures a second and
    ``bitrate`` bit/s.
    """

    at_once: Annotated[int, Field(ge=0, le=64)] = 2
    height: Annotated[int, Field(ge=120, le=2160)] = 720
    fps: Annotated[int, Field(ge=1, le=60)] = 15
    bitrate: Annotated[int, Field(ge=100_000, le=20_000_000)] = 1_500_000


class MediaSettings(Model):
    """How media reach viewers: all by one port, over UDP and, with ``tcp``, also over TCP.

    ``advertise`` is what viewers are told to send to, as ``address`` or ``address:port``, for NAT and containers. If it
    is empty, they are told the host's own addresses.
    """

    host: str = "127.0.0.1"
    port: Port = 8189
    advertise: tuple[str, ...] = ()
    connect_timeout: Seconds = 15.0
    consent_timeout: Annotated[Seconds, Field(le=14.5)] = 14.0
    transcoding: TranscodingSettings = TranscodingSettings()
    nvrs: dict[Identifier, Annotated[int, Field(ge=1)] | None] = Field(default_factory=dict)
    workers: Annotated[int, Field(ge=1, le=64)] = 1

    @model_validator(mode="after")
    def _ports_for_all(self) -> Self:
        if self.port and self.port + self.workers > 65536:
            raise ValueError("port and workers: the last worker's port would be above 65535")
        return self

    tcp: bool = True
    ice_servers: tuple[IceServer, ...] = ()


class StorageSettings(Model):
    """Where data is stored. ``url`` names an SQLite file; by default the file is in ``directory``.

    ``spool`` is the file that keeps records while the database does not accept them. It is best on another disk; by
    default it is in ``directory``. Its ``spool_size`` bytes are reserved from the start.
    """

    directory: ConfiguredPath = Path("data")
    url: SqliteUrl | None = None
    spool: ConfiguredPath | None = None
    spool_size: Annotated[int, Field(ge=64 * 1024, le=1024**3)] = 8 * 1024 * 1024


class AgeSettings(Model):
    """The ages at which a tile changes its state (docs/age.md)."""

    live_below: Seconds = 2.0
    delayed_below: Seconds = 5.0
    no_frame_after: Seconds = 3.0
    gateway_lost_after: Seconds = 3.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.live_below >= self.delayed_below:
            raise ValueError("live_below must be less than delayed_below")
        return self


class IncidentSettings(Model):
    """Durations of an incident.

    ``warn_before`` lists how many seconds before its end viewers are warned. ``merge_window`` applies to each place. An
    alarm that nobody at the police acknowledges within ``confirm_within`` seconds is reported as unconfirmed.
    """

    maximum_duration: Seconds = 4 * 3600.0
    extension: Seconds = 3600.0
    warn_before: tuple[Seconds, ...] = (1800.0, 600.0)
    merge_window: Seconds = 1800.0
    confirm_within: Seconds = 15.0

    @model_validator(mode="after")
    def _warnings_fit(self) -> Self:
        if any(before >= self.maximum_duration for before in self.warn_before):
            raise ValueError("every value of warn_before must be less than maximum_duration")
        return self


class TokenSettings(Model):
    """Lifetimes of media tokens (``lifetime``, at most five minutes) and of sign-in sessions (a shift).

    One press adds ``continuation`` to a sign-in session. When an incident that concerns a signed-in person ends, their
    session has at least ``after_incident`` left.
    """

    lifetime: Annotated[float, Field(gt=0, le=300)] = 120.0
    session_lifetime: Seconds = 12 * 3600.0
    continuation: Seconds = 4 * 3600.0
    after_incident: Seconds = 3600.0
    invitation_lifetime: Seconds = 24 * 3600.0


class StreamSettings(Model):
    """One stream, ``rtsp://`` or ``rtsps://``. The URL has no password: that is in the camera's ``username`` and
    ``password``."""

    url: RtspUrl


class CameraSettings(Model):
    """How one camera is reached. Its place is in the site's floor plan, under the same id.

    ``clock`` says how the camera's clock is treated. With ``date`` (the default) it is checked against the ``Date``
    header of RTSP answers. ``trusted`` says that it is known to be right, for instance because NTP keeps it right and
    somebody checks that. ``b_frames`` says what happens to B-frames: they are only reported (``report``), or viewers
    get a transcode without them (``transcode``). ``audio`` relays the G.711 sound of the main stream if media comes
    over TCP; overhearing speech has its own laws.

    ``transport`` says how media comes: over TCP, then over UDP if the camera refuses TCP (``auto``); over UDP, then TCP
    (``udp``); or over TCP alone (``tcp``). ``tls_fingerprint`` is the SHA-256 of a camera's self-signed certificate;
    without it, an authority that this host trusts must have issued the certificate. ``tls_legacy`` also allows TLS 1.2
    with old ciphers and short keys. ``nvr`` names the recorder that serves the camera, a key of ``media.nvrs``.
    ``redirects`` lists other places, as ``host:port``, that a stream may be redirected to.
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
    """A sender of panic-button messages.

    ``secret`` signs ``id.timestamp.body`` with HMAC-SHA-256 (Standard Webhooks). If a message's time is off by more
    than ``tolerance``, its alarm says so.
    """

    id: Identifier
    name: Text
    secret: WebhookSecret
    kind: IncidentKind = IncidentKind.REAL
    tolerance: Annotated[Seconds, Field(le=86_400)] = 300.0


class SiteSettings(Model):
    """A school with its plan, cameras and panic buttons."""

    id: Identifier
    name: Text
    plan: ConfiguredPath
    cameras: tuple[CameraSettings, ...]
    webhooks: tuple[WebhookSettings, ...] = ()


class LegalGrounds(Model):
    """The legal ground for each kind of access, as a sentence for the record of disclosures.

    ``incident`` covers the police in a real incident, ``drill`` those enrolled in a drill, ``standing`` the police at
    cameras that are ``always`` open, and ``school`` the school's own people. A ground that is not stated is recorded as
    not stated, never as an emergency. Plain text instead of a group is the ground of ``incident``.
    """

    incident: Text
    drill: Text | None = None
    standing: Text | None = None
    school: Text = "School official with a legitimate educational interest (FERPA, 34 CFR 99.31(a)(1))"

    @model_validator(mode="before")
    @classmethod
    def _plain_text(cls, value: object) -> object:
        return {"incident": value} if isinstance(value, str) else value


class AgreementSettings(Model):
    """The agreement between school and police for one site. Whatever it does not name is refused.

    ``cameras`` maps camera ids to policies; ``default_policy`` applies to cameras that are not listed. Of the police,
    ``roles`` may see, ``end_roles`` may give the all clear, and ``trigger_roles`` may trigger from a console. ``kinds``
    are the kinds of incident that open cameras. ``valid_until`` is the last day (UTC) on which the agreement applies.
    """

    site: SiteId
    legal_basis: LegalGrounds
    roles: frozenset[Role] = frozenset({Role.DISPATCHER, Role.HEADQUARTERS, Role.PATROL})
    trigger_roles: frozenset[Role] = frozenset({Role.COORDINATOR})
    end_roles: frozenset[Role] = frozenset({Role.COORDINATOR, Role.HEADQUARTERS, Role.DISPATCHER})
    kinds: frozenset[IncidentKind] = frozenset({IncidentKind.REAL, IncidentKind.DRILL})
    default_policy: CameraPolicy = CameraPolicy.INCIDENT
    cameras: dict[CameraId, CameraPolicy] = Field(default_factory=dict)
    always_without_incident: bool = True
    coordinator_sees_own_school: bool = True
    district_it_sees_stills: bool = True
    valid_until: date | None = None


class Settings(Model):
    """The whole configuration of one gateway."""

    district: Text
    http: HttpSettings = HttpSettings()
    media: MediaSettings = MediaSettings()
    storage: StorageSettings = StorageSettings()
    age: AgeSettings = AgeSettings()
    incidents: IncidentSettings = IncidentSettings()
    tokens: TokenSettings = TokenSettings()
    sites: tuple[SiteSettings, ...]
    agreements: tuple[AgreementSettings, ...] = ()

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        problems = reference_problems(self.model_dump(), webhook_key_written(None))
        if problems:
            raise ValueError("; ".join(f"{'.'.join(map(str, key))} {message}" for key, message in problems))
        return self
