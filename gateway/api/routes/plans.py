"""Lets district IT draw and publish floor plans, and lets the police approve them if the district wants that."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import views
from gateway.api.services import (
    SERVICES,
    Services,
    body_of,
    client_address,
    record,
    signed_in,
    whole_number,
)
from gateway.audit.kinds import Kind
from gateway.auth.sessions import SignIn
from gateway.errors import NotFound
from gateway.floorplan.document import Document, text_of, with_cameras
from gateway.models import CameraId, Principal, SiteId
from gateway.permission import Action
from gateway.plans.changes import changes
from gateway.plans.version import Draft, Version

GEOJSON = "application/geo+json"
EDITORS = (Action.EDIT_PLAN,)
APPROVERS = (Action.APPROVE_PLAN,)
BOTH = (Action.EDIT_PLAN, Action.APPROVE_PLAN)
NOTE_LIMIT = 1000
HIGHEST = 2**52
"""The highest revision: a browser's numbers are exact up to here."""
MOST_VERSIONS = 2**31
HIDDEN_CAMERA = "A camera that is shown to nobody does not fit this draft."


class OfRevision(BaseModel):
    """The body of a request about a draft. ``revision`` is the one that the page shows."""

    model_config = ConfigDict(extra="forbid")
    revision: int = Field(ge=0, le=HIGHEST)


class WithNote(OfRevision):
    """The body of ``…/publish`` and ``…/reject``."""

    note: str = Field(default="", max_length=NOTE_LIMIT)


class OfVersion(OfRevision):
    """The body of ``…/restore``."""

    version: int = Field(ge=0, le=MOST_VERSIONS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Holds who is asking about which school's plan. ``hidden`` holds the cameras that this person may not know
    about."""

    services: Services
    sign_in: SignIn
    address: str
    site: SiteId
    visible: frozenset[CameraId]
    hidden: frozenset[CameraId]

    @property
    def who(self) -> Principal:
        """Return the person."""
        return self.sign_in.principal

    def shown(self, document: Document) -> Document:
        """Return a document as this person may see it."""
        return with_cameras(document, lambda camera: camera not in self.hidden)

    def said(self, problems: Sequence[str]) -> list[str]:
        """Return the problems, but only one sentence about all cameras that this person may not know about, because
        details would reveal where those are."""
        told = [problem for problem in problems if problem.partition(": ")[0] not in self.hidden]
        return told if len(told) == len(problems) else [*told, HIDDEN_CAMERA]


async def _allowed(request: web.Request, actions: tuple[Action, ...]) -> _Asked:
    """Return who is asking about which school, if they may do one of ``actions`` there. Raises Forbidden, NotFound."""
    sign_in = await signed_in(request)
    services, site = request.app[SERVICES], SiteId(request.match_info["site"])
    access, who, address = services.access, sign_in.principal, client_address(request)
    if site not in access.sites_of(who):
        raise NotFound("no_such_site", "There is no such school, or it is not yours to see.")
    if all(access.may(who, action, site) for action in actions):
        await access.require(who, actions[0], site, address)
    visible = {camera.id for camera in access.visible_cameras(who, site)}
    return _Asked(services, sign_in, address, site, frozenset(visible), services.plans.cameras(site) - visible)


def _revision(request: web.Request) -> int:
    return whole_number(request, "revision", None, HIGHEST, least=0)


async def _draft(asked: _Asked, draft: Draft) -> dict[str, Any]:
    """Return ``PlanDraft`` of docs/protocol.md, without its document."""
    drafts, in_use = asked.services.drafts, asked.services.plans.version(asked.site)
    checked = await drafts.check(asked.site, draft)
    found = await drafts.run(changes, in_use.document, draft.document)
    return {
        "revision": draft.revision,
        "saved_at": draft.saved_at,
        "saved_by": draft.saved_by,
        "restores": draft.restores,
        "proposal": asdict(draft.proposal) if draft.proposal else None,
        "note": draft.note,
        "approval": drafts.approval,
        "in_use": views.plan_version(in_use),
        "problems": asked.said(checked.problems),
        "changes": [asdict(change) for change in found if change.feature not in asked.hidden],
    }


async def draft(request: web.Request) -> web.Response:
    """Return the draft, or the plan in use if nobody has started a draft."""
    asked = await _allowed(request, BOTH)
    found = await asked.services.drafts.get(asked.site)
    await record(request, asked.sign_in, Kind.PLAN_READ, site_id=asked.site, read="draft")
    return web.json_response(await _draft(asked, found) | {"document": asked.shown(found.document)})


async def save(request: web.Request) -> web.Response:
    """Save the draft, even if it is not a valid plan yet."""
    asked = await _allowed(request, EDITORS)
    text = await request.read()
    revision, base = _revision(request), whole_number(request, "base", 0, MOST_VERSIONS, least=0)
    saved = await asked.services.drafts.save(asked.site, asked.who, asked.address, text, revision, base, asked.hidden)
    return web.json_response(await _draft(asked, saved))


async def discard(request: web.Request) -> web.Response:
    """Delete the draft."""
    asked = await _allowed(request, EDITORS)
    await asked.services.drafts.discard(asked.site, asked.who, asked.address, _revision(request))
    return web.Response(status=204)


async def publish(request: web.Request) -> web.Response:
    """Publish the draft, or propose it if somebody must approve it."""
    asked, body = await _allowed(request, EDITORS), await body_of(request, WithNote)
    done = await asked.services.drafts.publish(asked.site, asked.who, asked.address, body.revision, body.note)
    if isinstance(done, Version):
        return web.json_response(views.plan_version(done), status=201)
    return web.json_response(await _draft(asked, done), status=202)


async def approve(request: web.Request) -> web.Response:
    """Publish what somebody else has proposed."""
    asked, body = await _allowed(request, APPROVERS), await body_of(request, OfRevision)
    version = await asked.services.drafts.approve(asked.site, asked.who, asked.address, body.revision)
    return web.json_response(views.plan_version(version), status=201)


async def reject(request: web.Request) -> web.Response:
    """Give a proposed draft back to those who draw it."""
    asked, body = await _allowed(request, APPROVERS), await body_of(request, WithNote)
    back = await asked.services.drafts.reject(asked.site, asked.who, asked.address, body.revision, body.note)
    return web.json_response(await _draft(asked, back))


async def restore(request: web.Request) -> web.Response:
    """Make an earlier version the draft."""
    asked, body = await _allowed(request, EDITORS), await body_of(request, OfVersion)
    drafts = asked.services.drafts
    restored = await drafts.restore(asked.site, asked.who, asked.address, body.version, body.revision, asked.hidden)
    return web.json_response(await _draft(asked, restored) | {"document": asked.shown(restored.document)})


async def versions(request: web.Request) -> web.Response:
    """Return all versions of the plan, the newest first."""
    asked = await _allowed(request, BOTH)
    found = await asked.services.plans.versions(asked.site)
    return web.json_response({"versions": [views.plan_version(version) for version in found]})


async def version(request: web.Request) -> web.Response:
    """Return one version as a GeoJSON file."""
    asked = await _allowed(request, BOTH)
    number = request.match_info["number"]
    known = number.isdecimal() and len(number) <= len(str(MOST_VERSIONS))
    found = await asked.services.plans.find(asked.site, int(number) if known else -1)
    await record(request, asked.sign_in, Kind.PLAN_READ, site_id=asked.site, read=f"version {found.number}")
    name = f"{asked.site}-version-{found.number}.geojson"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(
        text=text_of(with_cameras(found.document, asked.visible.__contains__)), content_type=GEOJSON, headers=headers
    )


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    plan = "/api/sites/{site}/plan"
    return [
        web.get(f"{plan}/draft", draft),
        web.put(f"{plan}/draft", save),
        web.delete(f"{plan}/draft", discard),
        web.post(f"{plan}/publish", publish),
        web.post(f"{plan}/approve", approve),
        web.post(f"{plan}/reject", reject),
        web.post(f"{plan}/restore", restore),
        web.get(f"{plan}/versions", versions),
        web.get(f"{plan}/versions/{{number}}", version),
    ]
