"""What a district configures. Pydantic models of ``config/``; unknown keys are refused; every rule names its keys.

Durations are seconds. Secrets are ``SecretStr`` and never printed. Reading files is ``config_loader``'s work.
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
    """Frozen, and strict about keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class HttpSettings(Model):
    """Where browsers reach the gateway. ``public_url`` is the address in links and the token issuer. Only what the
    proxies at ``trusted_proxies`` say in ``X-Forwarded-For`` is believed. ``metrics_token`` opens ``/metrics`` to other
    machines. ``alarm_port`` listens for panic buttons alone, besides ``port``."""

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
    """A STUN or TURN server that pages are told of. A TURN server has a fixed ``username`` and ``credential``, or
    shares a ``secret`` with the gateway, which makes credentials of ``lifetime`` from it."""

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
    """Transcodes for viewers that can play none of a camera's streams: how many run ``at_once`` in each worker, and
    what each is at most (``height`` in pixels, ``fps`` pictures a second, ``bitrate`` in bit/s)."""

    at_once: Annotated[int, Field(ge=0, le=64)] = 2
    height: Annotated[int, Field(ge=120, le=2160)] = 720
    fps: Annotated[int, Field(ge=1, le=60)] = 15
    bitrate: Annotated[int, Field(ge=100_000, le=20_000_000)] = 1_500_000


class MediaSettings(Model):
    """One port for all viewers, UDP and, where ``tcp``, TCP. ``advertise`` is what viewers are told to send to:
    ``address`` or ``address:port``, for NAT and containers; empty means the host's own addresses."""

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
    """``url`` names an SQLite file; the default is one in ``directory``.

    ``spool`` is the file for records that the database does not take, best on another disk; by default it is in
    ``directory``. It has ``spool_size`` bytes from the start.
    """

    directory: ConfiguredPath = Path("data")
    url: SqliteUrl | None = None
    spool: ConfiguredPath | None = None
    spool_size: Annotated[int, Field(ge=64 * 1024, le=1024**3)] = 8 * 1024 * 1024


class AgeSettings(Model):
    """Boundaries of what a tile may say (docs/age.md)."""

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
    """Durations of an incident. ``warn_before``: seconds before its end at which all who watch are told.

    ``merge_window`` holds for each place. An alarm that nobody of the police acknowledges ``confirm_within`` seconds
    is said to be unconfirmed.
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
    """Media tokens live ``lifetime`` (at most five minutes), sign-in sessions a shift.

    ``continuation`` is what one press adds to a sign-in. ``after_incident`` is what a sign-in has left at the least
    when an incident of its own ends.
    """

    lifetime: Annotated[float, Field(gt=0, le=300)] = 120.0
    session_lifetime: Seconds = 12 * 3600.0
    continuation: Seconds = 4 * 3600.0
    after_incident: Seconds = 3600.0
    invitation_lifetime: Seconds = 24 * 3600.0


class StreamSettings(Model):
    """One stream, ``rtsp://`` or ``rtsps://``. The URL holds no password: that is ``username`` and ``password`` of the
    camera."""

    url: RtspUrl


class CameraSettings(Model):
    """How one camera is reached. Its place is in the site's floor plan, under the same id.

    ``clock: trusted`` says that the camera's clock is known to be right (say, it is synchronised by NTP and checked);
    ``date`` (default) has it checked against the ``Date`` header of RTSP answers. ``b_frames``: those that the camera
    sends are reported (``report``), or viewers get a transcode without them (``transcode``). ``audio``: G.711
    sound of the main stream is taken, too, where media comes over TCP; whether speech may be overheard has its own law.

    ``transport`` is what media comes over: TCP, then UDP where the camera refuses it (``auto``); UDP, then TCP
    (``udp``); TCP alone (``tcp``). ``tls_fingerprint``: SHA-256 of the certificate of a camera that signs its own;
    without it the certificate must be of an authority that this host trusts. ``tls_legacy``: TLS 1.2 is spoken with old
    ciphers and short keys, too. ``nvr``: the recorder that serves it, a
    key of ``media.nvrs``. ``redirects``: places, ``host:port``, that a stream may be redirected to besides its own.
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
            raise ValueError("tls_fingerprint is of use only where main or sub is an rtsps:// address")
        if self.tls_legacy and not any(secured):
            raise ValueError("tls_legacy is of use only where main or sub is an rtsps:// address")
        if self.transport == "udp" and any(secured):
            raise ValueError("transport: udp would send the pictures of an rtsps:// address in the clear")
        return self


class WebhookSettings(Model):
    """A panic button's sender. ``secret`` signs ``id.timestamp.body`` with HMAC-SHA-256 (Standard Webhooks). An alarm
    whose message's time is off by more than ``tolerance`` says so."""

    id: Identifier
    name: Text
    secret: WebhookSecret
    kind: IncidentKind = IncidentKind.REAL
    tolerance: Annotated[Seconds, Field(le=86_400)] = 300.0


class SiteSettings(Model):
    """A school: its plan, its cameras, its panic buttons."""

    id: Identifier
    name: Text
    plan: ConfiguredPath
    cameras: tuple[CameraSettings, ...]
    webhooks: tuple[WebhookSettings, ...] = ()


class LegalGrounds(Model):
    """The legal ground of each basis of access, a sentence for the record of disclosure.

    ``incident``: the police in a real incident. ``drill``: those enrolled in a drill. ``standing``: the police where
    cameras are ``always`` open. ``school``: the school's own people. A ground that is not stated is recorded as such,
    and never as that of an emergency. Written as plain text, it is the ground of ``incident``.
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
    """The agreement between school and police for one site. What it does not name is refused.

    ``cameras`` maps a camera id to its policy, ``default_policy`` holds for cameras that are not listed.
    ``roles`` are the police roles that may see, ``end_roles`` those that may give all clear, ``trigger_roles`` those
    that may trigger from a console. ``kinds`` are the incident kinds that open cameras. ``valid_until`` is the last
    day (UTC) on which it holds.
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
