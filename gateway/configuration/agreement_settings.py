"""Defines the settings of the agreement between a school and the police."""

from datetime import date

from pydantic import Field, model_validator

from gateway.configuration.base import Model
from gateway.configuration.setting_types import Text
from gateway.models import CameraId, CameraPolicy, IncidentKind, Role, SiteId


class LegalGrounds(Model):
    """States the legal ground for each kind of access, as a sentence for the record of disclosures.

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
    """Says what the agreement between school and police allows at one site. Whatever it does not name is refused.

    ``cameras`` maps camera ids to policies; ``default_policy`` applies to cameras that are not listed. Among the
    police, ``roles`` may see, ``end_roles`` may give the all clear, and ``trigger_roles`` may trigger from a console.
    ``kinds`` are the kinds of incident that open cameras. ``valid_until`` is the last day (UTC) on which the agreement
    applies.
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
