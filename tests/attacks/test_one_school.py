"""A user bound to one school learns nothing about another, through any route, in any role. One bound to none sees all.

``ROUTES`` names every route of the application and says whose schools its answer may mention. A new route fails the
first test until it is listed there.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from gateway.incident import Incident
from gateway.models import POLICE_ROLES, Principal, Role, SiteId
from tests.in_process import LINCOLN, OAK, Answer, House, Person

EVERYBODY = frozenset(Role)
POLICE = POLICE_ROLES
IT, AUDITOR, COORDINATOR = Role.DISTRICT_IT, Role.AUDITOR, Role.COORDINATOR
HQ, DISPATCHER = Role.HEADQUARTERS, Role.DISPATCHER
NOBODY: frozenset[Role] = frozenset()
PLANS = frozenset({IT, HQ, DISPATCHER})


class Tells(Enum):
    """The schools that an answer may mention."""

    NONE = "nothing of any school"
    SELF = "to which schools the caller is bound"
    OWN = "of all schools that the caller is bound to, or of every school"
    ONE = "of the school that the address or the body names, if it is the caller's"
    HOLDER = "of the one picture whose secret address the caller holds"
    MACHINES = "names cameras to machines, which have a right of their own (attacks/test_floods.py)"


@dataclass(frozen=True)
class Route:
    tells: Tells
    roles: frozenset[Role] = EVERYBODY
    body: dict[str, object] | None = None
    query: str = ""


ROUTES = {
    "GET /": Route(Tells.NONE),
    "GET /assets/{name}": Route(Tells.NONE),
    "GET /worker.js": Route(Tells.NONE),
    "GET /healthz": Route(Tells.NONE),
    "GET /readyz": Route(Tells.NONE),
    "GET /.well-known/jwks.json": Route(Tells.NONE),
    "GET /metrics": Route(Tells.MACHINES),
    "POST /api/invitations/redeem": Route(Tells.NONE, NOBODY, {"code": "never-was-one"}),
    "GET /api/me": Route(Tells.SELF),
    "POST /api/sign-in/continue": Route(Tells.NONE, NOBODY),
    "POST /api/notice/accepted": Route(Tells.NONE),
    "GET /api/sites": Route(Tells.OWN),
    "GET /api/cameras": Route(Tells.OWN, frozenset({IT, HQ, DISPATCHER})),
    "GET /api/record": Route(Tells.OWN, frozenset({AUDITOR, HQ})),
    "GET /api/events": Route(Tells.OWN),
    "GET /api/sites/{site}/plan": Route(Tells.ONE),
    "GET /api/sites/{site}/plan/print": Route(Tells.ONE),
    "GET /api/sites/{site}/plan/versions": Route(Tells.ONE, PLANS),
    "GET /api/sites/{site}/plan/versions/{number}": Route(Tells.ONE, PLANS),
    "GET /api/sites/{site}/plan/draft": Route(Tells.ONE, PLANS),
    "PUT /api/sites/{site}/plan/draft": Route(Tells.ONE, frozenset({IT}), {"features": []}, "?revision=0"),
    "POST /api/sites/{site}/plan/publish": Route(Tells.ONE, NOBODY, {"revision": 1}),
    "POST /api/sites/{site}/plan/approve": Route(Tells.ONE, NOBODY, {"revision": 1}),
    "POST /api/sites/{site}/plan/reject": Route(Tells.ONE, NOBODY, {"revision": 1}),
    "POST /api/sites/{site}/plan/restore": Route(Tells.ONE, NOBODY, {"revision": 1, "version": 0}),
    "DELETE /api/sites/{site}/plan/draft": Route(Tells.ONE, NOBODY, query="?revision=2"),
    "GET /api/sites/{site}/police": Route(Tells.ONE, frozenset({COORDINATOR})),
    "GET /api/sites/{site}/rooms/{room}/cameras": Route(Tells.ONE),
    "GET /api/cameras/{camera}/still": Route(Tells.ONE, POLICE | {COORDINATOR}),
    "POST /api/tokens": Route(Tells.ONE, POLICE | {COORDINATOR}, {"site": "{site}"}),
    "GET /whep/{camera}": Route(Tells.NONE),
    "OPTIONS /whep/{camera}": Route(Tells.NONE),
    "POST /whep/{camera}": Route(Tells.ONE, POLICE | {COORDINATOR}),
    "POST /api/incidents": Route(Tells.ONE, frozenset({COORDINATOR}), {"site": "{site}", "kind": "real"}),
    "POST /api/incidents/{id}/acknowledge": Route(Tells.ONE, POLICE | {COORDINATOR}),
    "POST /api/incidents/{id}/extend": Route(Tells.ONE, POLICE | {COORDINATOR}),
    "POST /api/incidents/{id}/all-clear": Route(Tells.ONE, frozenset({COORDINATOR, HQ, DISPATCHER})),
    "POST /hooks/{webhook}": Route(Tells.NONE, NOBODY),
    "GET /whep/sessions/{secret}": Route(Tells.HOLDER),
    "OPTIONS /whep/sessions/{secret}": Route(Tells.HOLDER),
    "PATCH /whep/sessions/{secret}": Route(Tells.HOLDER),
    "DELETE /whep/sessions/{secret}": Route(Tells.HOLDER),
    "POST /whep/sessions/{secret}/token": Route(Tells.HOLDER),
    "POST /api/sign-out": Route(Tells.NONE),
}


class World:
    """Two schools with an incident each, and a police officer watching each. All of a school's data has its name."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.incidents: dict[str, Incident] = {}

    async def sign_in(self, principal: Principal) -> Person:
        person = await self.house.stranger()
        code = await self.house.services.invitations.create(principal)
        assert (await person.post("/api/invitations/redeem", {"code": code})).status == 200
        return person

    async def happen(self) -> None:
        """Make everything that can happen at a school happen at both."""
        for site in (LINCOLN, OAK):
            self.incidents[site] = await self.house.lock_down(site)
            of_site = frozenset({site})
            officer = await self.sign_in(Principal(f"officer-{site}", f"Officer of {site}", Role.DISPATCHER, of_site))
            await officer.watch(f"{site}-main-entrance", site)
            session, _ = await officer.watch(f"{site}-cafeteria", site)
            self.house.plane.connected(session)
            await officer.post(f"/api/incidents/{self.incidents[site].id}/acknowledge")
            await officer.get(f"/api/sites/{site}/plan")
            await officer.post("/api/notice/accepted")
            await officer.post("/api/tokens", {"site": "no-such-school"})
            await officer.offer("no-such-camera", await officer.token(site))
            headers = {"webhook-id": "m", "webhook-timestamp": "1", "webhook-signature": "v1,bad"}
            await officer.request("POST", f"/hooks/{site}-panic", data=b"{}", headers=headers)
            technician = Principal(f"it-{site}", f"Technician of {site}", Role.DISTRICT_IT, of_site)
            await (await self.sign_in(technician)).post("/api/sign-out")

    def ids(self, site: str) -> dict[str, str]:
        """Return the values of an address's placeholders for ``site``."""
        incident = self.incidents.get(site)
        room = {"lincoln": "lincoln-room-101"}.get(site) or f"{site}-room-1"
        if site in self.house.loaded.plans:
            room = self.house.loaded.plans[SiteId(site)].rooms[0].id
        return {
            "{site}": site,
            "{camera}": f"{site}-main-entrance",
            "{room}": room,
            "{id}": incident.id if incident else "0123456789abcdef",
            "{webhook}": f"{site}-panic",
            "{secret}": "never-was-one",
            "{number}": "0",
        }

    async def call(self, person: Person, name: str, site: str, token: str) -> Answer:
        """Call a route as ``person`` for ``site``."""
        method, path = name.split(" ")
        body = json.dumps(ROUTES[name].body or {})
        for placeholder, value in self.ids(site).items():
            path, body = path.replace(placeholder, value), body.replace(placeholder, value)
        if name == "POST /whep/{camera}":
            return await person.offer(f"{site}-main-entrance", token)
        if name == "GET /api/record":
            path += "?limit=1000"
        headers = {"X-Sightline": "1", "Content-Type": "application/json"}
        data = body.encode() if method in {"POST", "PUT"} else None
        return await person.request(method, path + ROUTES[name].query, data=data, headers=headers)

    def told_of(self, text: str) -> set[str]:
        """Return the schools that a text mentions. Only whole words count, because a token may contain any three
        letters.
        """
        found = {site: re.search(rf"(?<![a-z0-9]){site}(?![a-z0-9])", text, re.IGNORECASE) for site in self.incidents}
        return {site for site, incident in self.incidents.items() if found[site] or incident.id in text}


@asynccontextmanager
async def world(directory: Path) -> AsyncIterator[World]:
    async with House(directory) as house:
        made = World(house)
        await made.happen()
        yield made


def exists(house: House) -> Iterator[str]:
    for route in house.app.router.routes():
        if route.resource is not None and route.method != "HEAD":
            yield f"{route.method} {route.resource.canonical}"


async def test_no_route_is_forgotten(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        assert set(exists(house)) == set(ROUTES)


def text_of(answer: Answer) -> str:
    """Return the text of an answer, also of a printed plan."""
    if answer.headers.get("Content-Type") == "application/pdf":
        return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(answer.body))
    return answer.body.decode()


def allowed(answer: Answer) -> bool:
    """Return True if the caller was allowed. A 404 for a still counts, because no camera has sent a picture yet."""
    return answer.status < 400 or (answer.status == 404 and b"no_still" in answer.body)


@pytest.mark.parametrize("bound", [True, False], ids=["bound to a school", "bound to none"])
@pytest.mark.parametrize("role", Role)
async def test_no_route_reveals_anything_about_another_school(tmp_path: Path, role: Role, bound: bool) -> None:
    async with world(tmp_path) as here:
        sites = frozenset({LINCOLN}) if bound else frozenset[SiteId]()
        person = await here.sign_in(Principal("reader", "Reader", role, sites))
        given = await person.post("/api/tokens", {"site": LINCOLN})
        token = given.json["token"] if given.status == 200 else ""
        for name, route in ROUTES.items():
            if route.tells in (Tells.HOLDER, Tells.MACHINES) or name == "GET /api/events":
                continue
            await here.house.clock.advance(1)  # refusals cost a caller so much that a minute of them would be too many
            own = await here.call(person, name, LINCOLN, token)
            assert name in {"GET /", "GET /assets/{name}", "GET /worker.js"} or allowed(own) == (role in route.roles), (
                name,
                own,
            )
            if route.tells is Tells.NONE:
                assert here.told_of(text_of(own)) == set(), name
            elif route.tells is Tells.SELF:
                assert here.told_of(text_of(own)) == ({LINCOLN} if bound else set()), name
            elif route.tells is Tells.OWN and allowed(own):
                assert here.told_of(text_of(own)) == ({LINCOLN} if bound else {LINCOLN, OAK}), name
            elif route.tells is Tells.ONE:
                assert here.told_of(text_of(own)) <= {LINCOLN}, name
                await other_school(here, person, name, bound)


async def other_school(here: World, person: Person, name: str, bound: bool) -> None:
    given = await person.post("/api/tokens", {"site": LINCOLN if bound else OAK})
    token = given.json["token"] if given.status == 200 else ""
    other = await here.call(person, name, OAK, token)
    if not bound:
        assert here.told_of(text_of(other)) <= {OAK}, name
        return
    assert not allowed(other), (name, other)
    assert here.told_of(text_of(other)) == set(), name
    nowhere = await here.call(person, name, "elm", token)
    assert (other.status, other.body) == (nowhere.status, nowhere.body), name


@pytest.mark.parametrize("bound", [True, False], ids=["bound to a school", "bound to none"])
@pytest.mark.parametrize("role", Role)
async def test_the_event_channel_reveals_nothing_about_another_school(tmp_path: Path, role: Role, bound: bool) -> None:
    async with world(tmp_path) as here:
        sites = frozenset({LINCOLN}) if bound else frozenset[SiteId]()
        person = await here.sign_in(Principal("reader", "Reader", role, sites))
        now, later = await person.events(), await person.events()
        hello = await now.resume()
        said: list[Any] = await now.up_to_now()
        assert {message["type"] for message in said} == {"snapshot"}
        await here.house.clock.advance(3600)
        await here.happen()
        await asyncio.gather(*(here.house.all_clear(incident) for incident in here.incidents.values()))
        said += await now.up_to_now()
        await later.resume(hello["epoch"], 0)
        said += await later.up_to_now()

        expected = {LINCOLN} if bound else {LINCOLN, OAK}
        assert here.told_of(json.dumps(said)) == (expected if role is not AUDITOR else set())
        kinds = {message["type"] for message in said} - {"snapshot"}
        assert ("incident" in kinds) == (role is not AUDITOR)
        assert ("watchers" in kinds) == (role in {COORDINATOR, HQ, DISPATCHER})
        assert ("trigger_refused" in kinds) == (role in {COORDINATOR, HQ, DISPATCHER, IT})
