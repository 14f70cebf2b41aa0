"""Only ``gateway/access`` decides who may do or hear what: no other module of the gateway compares roles."""

import re
from pathlib import Path

import pytest

from gateway.access.roles import Topic, hears, is_mobile, is_police, needs_sites, sees_pictures
from gateway.models import Principal, Role, SiteId
from rig.example import ROOT

# These modules name roles without basing decisions on them: the types, the settings, and the people of the demo.
NAMING = {"models.py", "configuration/agreement_settings.py", "configuration/player_settings.py", "commands/demo.py"}

KNOWN = {"incidents/store.py"}  # It reads rows of an earlier version.


def modules() -> list[Path]:
    found = (ROOT / "gateway").rglob("*.py")
    return [path for path in found if path.parent.name != "access"]


def test_no_module_outside_access_compares_roles() -> None:
    asking = [
        str(path.relative_to(ROOT / "gateway"))
        for path in modules()
        if re.search(r"\bRole\.[A-Z]|POLICE_ROLES", path.read_text())
    ]
    assert set(asking) - NAMING == KNOWN


def test_the_media_plane_knows_no_roles() -> None:
    media = [*(ROOT / "gateway" / "webrtc").rglob("*.py"), *(ROOT / "gateway" / "media").rglob("*.py")]
    assert media
    assert [path for path in media if re.search(r"\bPrincipal\b|\bRole\b(?! Conflict)", path.read_text())] == []


@pytest.mark.parametrize("role", Role)
def test_each_role_hears_about_what_it_works_with(role: Role) -> None:
    who = Principal("p", "P", role, frozenset({SiteId("lincoln")}))
    assert {topic for topic in Topic if hears(who, topic)} == {
        Role.DISPATCHER: {Topic.INCIDENTS, Topic.WATCHERS, Topic.REFUSED_TRIGGERS, Topic.CLOCK},
        Role.HEADQUARTERS: {Topic.INCIDENTS, Topic.WATCHERS, Topic.REFUSED_TRIGGERS, Topic.CLOCK},
        Role.PATROL: {Topic.INCIDENTS},
        Role.COORDINATOR: {Topic.INCIDENTS, Topic.WATCHERS, Topic.REFUSED_TRIGGERS, Topic.CLOCK},
        Role.DISTRICT_IT: {Topic.INCIDENTS, Topic.REFUSED_TRIGGERS, Topic.CLOCK},
        Role.AUDITOR: set(),
    }.get(role)
    assert is_mobile(who) == (role is Role.PATROL)
    assert is_police(who) == (role in {Role.DISPATCHER, Role.HEADQUARTERS, Role.PATROL})
    assert sees_pictures(who) == (role is not Role.AUDITOR)
    assert needs_sites(role) == (role is Role.COORDINATOR)
