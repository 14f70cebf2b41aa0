"""Converts principals to database columns, and back, and tells wall players from people."""

from typing import Any

from gateway.models import Principal, Role, SiteId
from gateway.storage.tables import PrincipalColumns

_PLAYER = "player:"
"""Begins the id of a wall player. No person's id contains a colon."""


def to_columns(principal: Principal) -> dict[str, Any]:
    """Return keyword arguments for a row with ``PrincipalColumns``."""
    return {
        "principal_id": principal.id,
        "principal_name": principal.name,
        "role": principal.role.value,
        "site_ids": sorted(principal.site_ids),
    }


def from_row(row: PrincipalColumns) -> Principal:
    """Return the principal in a row."""
    return Principal(
        row.principal_id, row.principal_name, Role(row.role), frozenset(SiteId(site) for site in row.site_ids)
    )


def player_id(name: str) -> str:
    """Return the principal's id of a wall player, by its id in the configuration."""
    return f"{_PLAYER}{name}"


def is_player(principal_id: str) -> bool:
    """Return True if this is the id of a wall player."""
    return principal_id.startswith(_PLAYER)
