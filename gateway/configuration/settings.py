"""Defines a district's configuration as pydantic models: the whole of it, and the settings of the gateway itself.

Unknown keys are refused, and every rule names the keys that it concerns. Durations are in seconds. Secrets are
``SecretStr`` and are never printed. ``config_loader`` reads the files.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, IPvAnyNetwork, model_validator

from gateway.configuration.age_settings import AgeSettings
from gateway.configuration.agreement_settings import AgreementSettings
from gateway.configuration.base import Model
from gateway.configuration.incident_settings import IncidentSettings
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.plan_settings import PlanSettings
from gateway.configuration.player_settings import PlayerSettings
from gateway.configuration.references import reference_problems
from gateway.configuration.setting_types import (
    ConfiguredPath,
    Port,
    Seconds,
    Secret,
    SqliteUrl,
    Text,
    WebAddress,
    secret_written,
    webhook_key_written,
)
from gateway.configuration.site_settings import SiteSettings


class HttpSettings(Model):
    """Says how browsers reach the gateway.

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
            raise ValueError("tls_certificate and tls_key must be set together or not at all")
        return self


class StorageSettings(Model):
    """Says where data is stored. ``url`` names an SQLite file; by default the file is in ``directory``.

    ``spool`` is the file that keeps records while the database does not accept them. It should be on another disk; by
    default it is in ``directory``. Its ``spool_size`` bytes are reserved from the start.
    """

    directory: ConfiguredPath = Path("data")
    url: SqliteUrl | None = None
    spool: ConfiguredPath | None = None
    spool_size: Annotated[int, Field(ge=64 * 1024, le=1024**3)] = 8 * 1024 * 1024


class TokenSettings(Model):
    """Sets the lifetimes of media tokens (``lifetime``, at most five minutes) and of sign-in sessions (a shift).

    One press adds ``continuation`` to a sign-in session. When an incident that concerns a signed-in person ends, their
    session has at least ``after_incident`` left.
    """

    lifetime: Annotated[float, Field(gt=0, le=300)] = 120.0
    session_lifetime: Seconds = 12 * 3600.0
    continuation: Seconds = 4 * 3600.0
    after_incident: Seconds = 3600.0
    invitation_lifetime: Seconds = 24 * 3600.0


class Settings(Model):
    """Holds the whole configuration of one gateway."""

    district: Text
    http: HttpSettings = HttpSettings()
    media: MediaSettings = MediaSettings()
    storage: StorageSettings = StorageSettings()
    age: AgeSettings = AgeSettings()
    incidents: IncidentSettings = IncidentSettings()
    plans: PlanSettings = PlanSettings()
    tokens: TokenSettings = TokenSettings()
    sites: tuple[SiteSettings, ...]
    agreements: tuple[AgreementSettings, ...] = ()
    players: tuple[PlayerSettings, ...] = ()

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        problems = reference_problems(self.model_dump(), webhook_key_written(None), secret_written(None))
        if problems:
            raise ValueError("; ".join(f"{'.'.join(map(str, key))} {message}" for key, message in problems))
        return self
