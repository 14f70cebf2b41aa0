from pathlib import Path

from sqlalchemy import text

from gateway.audit.log import AuditLog
from gateway.configuration.settings import IncidentSettings
from gateway.incidents.changes import IncidentChange
from gateway.incidents.service import IncidentService
from gateway.metrics import Metrics
from gateway.storage.database import Database, sqlite_url
from tests.fakes import FakeClock


class House:
    """The incident services of one gateway on one file; ``restart`` starts others on the same file."""

    def __init__(self, directory: Path) -> None:
        self.url = sqlite_url(directory / "sightline.db")
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
