"""Provides the incident services of one gateway, and the people who trigger and press."""

from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.audit.log import AuditLog
from gateway.configuration.incident_settings import IncidentSettings
from gateway.incident import Origin
from gateway.incidents.changes import IncidentChange, Trigger
from gateway.incidents.service import IncidentService
from gateway.metrics import Metrics
from gateway.models import IncidentKind, Principal, Role, SiteId
from gateway.storage.database import Database
from tests.databases import database_url
from tests.fakes import FakeClock
from tests.storage.full_disk import fill_reserve

OAK, ELM = SiteId("oak"), SiteId("elm")
REAL, DRILL, TEST = IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST
HOUR = 3600.0
ANNA = Principal("anna", "Anna", Role.DISPATCHER)
BEN = Principal("ben", "Ben", Role.COORDINATOR)


class House:
    """Holds the incident services of one gateway on one database. ``restart`` starts new ones on the same database."""

    def __init__(self, directory: Path) -> None:
        self.url = database_url(directory)
        self.reserve = directory / "reserve.bin"
        self.clock = FakeClock()

    async def start(self) -> None:
        self.database = Database(self.url)
        await self.database.open()
        self.metrics = Metrics()
        self.audit = AuditLog(self.database, self.clock, self.metrics)
        self.incidents = IncidentService(self.database, IncidentSettings(), self.clock, self.metrics, self.audit)
        self.changes: list[IncidentChange] = []
        self.incidents.subscribe(self.changes.append)
        await self.database.owed.start()
        await self.incidents.start()

    async def stop(self) -> None:
        await self.database.close()

    async def restart(self, after: float = 0.0) -> None:
        await self.stop()
        await self.clock.advance(after)
        await self.start()

    async def recorded(self) -> list[str]:
        return [record.event.kind for record in await self.audit.read()]

    async def sql(self, statement: str) -> None:
        async with self.database.session() as session:
            await session.execute(text(statement))

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"sightline_{name}", labels) or 0.0


def trigger(kind: IncidentKind = REAL, site: SiteId = OAK, room: str | None = "office") -> Trigger:
    return Trigger(site, kind, Origin("console", "Ben", room, "heard shots"), principal=BEN, address="10.0.0.7")


async def no_disk(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make sure that neither the database nor the reserve file accepts an incident from now on."""
    await house.sql("ALTER TABLE incidents RENAME TO away")
    fill_reserve(monkeypatch)
