"""Starts the services behind access on one database, and names the people who ask them."""

import pytest
from sqlalchemy import func, select, text

from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.audit.audit_event import AuditEvent
from gateway.audit.log import AuditLog
from gateway.configuration.settings import Settings
from gateway.errors import ClientError
from gateway.incident import Incident, Origin
from gateway.incidents.changes import Trigger
from gateway.incidents.service import IncidentService
from gateway.metrics import Metrics
from gateway.models import CloseReason, IncidentKind, Principal, Role, SiteId
from gateway.permission import Grant
from gateway.storage.database import Database
from gateway.storage.tables import GrantRow
from tests.fakes import FakeClock

OAK, ELM = SiteId("oak"), SiteId("elm")
PATROL = Principal("car-1", "Car 1", Role.PATROL)
OTHER_CAR = Principal("car-2", "Car 2", Role.PATROL)
HEADQUARTERS = Principal("hq-1", "HQ", Role.HEADQUARTERS)
COORDINATOR = Principal("c-1", "Ms. Ruiz", Role.COORDINATOR, frozenset({OAK}))
TECHNICIAN = Principal("it-1", "IT", Role.DISTRICT_IT)


def camera(name: str) -> dict[str, object]:
    return {"id": name, "name": name, "main": {"url": f"rtsp://127.0.0.1/{name}"}}


def settings(**narrowing: object) -> Settings:
    agreement = {
        "site": "oak",
        "legal_basis": "Agreement of 2023",
        "cameras": {"oak-door": "always", "oak-nurse": "never"},
        **narrowing,
    }
    cameras = [camera("oak-door"), camera("oak-gym"), camera("oak-nurse")]
    oak = {"id": "oak", "name": "Oak", "plan": "/oak.geojson", "cameras": cameras}
    elm = {"id": "elm", "name": "Elm", "plan": "/elm.geojson", "cameras": [camera("elm-door")]}
    return Settings.model_validate({"district": "Riverside", "sites": [oak, elm], "agreements": [agreement]})


class House:
    """Holds the services behind access, and starts them on one database as the server does."""

    def __init__(self, db: Database, clock: FakeClock, chosen: Settings) -> None:
        self.db = db
        self.clock = clock
        self.metrics = Metrics()
        self.audit = AuditLog(db, clock, self.metrics)
        self.incidents = IncidentService(db, chosen.incidents, clock, self.metrics, self.audit)
        self.access = AccessService(self.incidents, chosen, clock, self.metrics, self.audit)
        barred_for = chosen.tokens.session_lifetime
        self.grants = Grants(db, self.access, self.incidents, barred_for, clock, self.metrics, self.audit)
        self.ended: list[tuple[str, CloseReason]] = []
        self.grants.on_ended(lambda grant, reason: self.ended.append((grant.id, reason)))

    async def start(self) -> "House":
        await self.incidents.start()
        await self.grants.start()
        return self

    async def restart(self, **narrowing: object) -> "House":
        return await House(self.db, self.clock, settings(**narrowing)).start()

    async def open(self, kind: IncidentKind = IncidentKind.REAL, enrolled: frozenset[str] = frozenset()) -> Incident:
        return (
            await self.incidents.triggers.enter(Trigger(OAK, kind, Origin("console", "Ms. Ruiz"), enrolled))
        ).incident

    async def ended_grant(self) -> Grant:
        """Return a grant that was given and that all clear has ended."""
        incident = await self.open()
        grant = await self.grants.give(PATROL, OAK)
        await self.incidents.all_clear(incident.id, COORDINATOR)
        return grant

    async def records(self, kind: str) -> list[AuditEvent]:
        return [record.event for record in await self.audit.read() if record.event.kind == kind]

    def refusals(self, reason: str) -> float | None:
        return self.metrics.registry.get_sample_value("sightline_refusals_total", {"reason": reason})

    async def row(self, grant: Grant) -> GrantRow:
        async with self.db.reading() as session:
            return (await session.scalars(select(GrantRow).where(GrantRow.id == grant.id))).one()

    async def rows(self) -> int:
        async with self.db.reading() as session:
            return (await session.scalars(select(func.count()).select_from(GrantRow))).one()


async def no_grant(house: House, principal: Principal = PATROL, site: SiteId = OAK) -> ClientError:
    with pytest.raises(ClientError) as refused:
        await house.grants.give(principal, site, "192.0.2.7")
    return refused.value


async def rename(house: House, old: str, new: str) -> None:
    async with house.db.session() as session:
        await session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
