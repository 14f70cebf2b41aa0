"""Converts principals to database columns, and back."""

from typing import Any

from gateway.models import Principal, Role, SiteId
from gateway.storage.tables import PrincipalColumns


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
