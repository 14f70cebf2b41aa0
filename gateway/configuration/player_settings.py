"""Defines the settings of wall players: devices that show pictures over plain WHEP and sign in with a secret."""

from pydantic import IPvAnyNetwork, field_validator

from gateway.configuration.base import Model
from gateway.configuration.setting_types import BearerSecret, Identifier, Text
from gateway.models import Role, SiteId

ROLES = frozenset({Role.DISPATCHER, Role.HEADQUARTERS, Role.PATROL, Role.COORDINATOR})
"""The roles that may see moving pictures. Other roles are useless for a player."""


class PlayerSettings(Model):
    """Describes a wall player, which signs in at the WHEP endpoint with ``secret`` as its bearer token.

    It may see at most what a person of its ``role`` may see at its ``sites``. It may sign in only from ``addresses``;
    empty means from anywhere.
    """

    id: Identifier
    name: Text
    role: Role
    sites: frozenset[SiteId]
    secret: BearerSecret
    addresses: tuple[IPvAnyNetwork, ...] = ()

    @property
    def needs_agreement(self) -> bool:
        """Return True if only an agreement between school and police can give the player a picture."""
        return self.role is not Role.COORDINATOR

    @field_validator("role")
    @classmethod
    def _sees_pictures(cls, role: Role) -> Role:
        if role not in ROLES:
            raise ValueError(f"must be one of: {', '.join(sorted(ROLES))}, because other roles see no video")
        return role

    @field_validator("sites")
    @classmethod
    def _has_a_school(cls, sites: frozenset[SiteId]) -> frozenset[SiteId]:
        if not sites:
            raise ValueError("must name at least one school")
        return sites
