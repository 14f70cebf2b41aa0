"""Runs ``sightline audit``, which prints the record."""

from pathlib import Path

from gateway.audit.audit_event import AuditEvent, AuditRecord
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.clock import SystemClock
from gateway.config_loader import load_without_secrets
from gateway.metrics import Metrics
from gateway.storage.database import Database
from gateway.storage.location import storage_url


async def read_records(config: Path, limit: int, reader: str) -> list[AuditRecord]:
    """Return the newest ``limit`` records, oldest first. Record that ``reader`` has read them."""
    database = Database(storage_url(load_without_secrets(config).settings))
    await database.open()
    try:
        audit = AuditLog(database, SystemClock(), Metrics())
        records = await audit.read(limit=limit)
        await audit.append(
            AuditEvent(kind=Kind.RECORD_READ, name=reader, detail={"rows": len(records), "by": "command line"})
        )
        return records
    finally:
        await database.close()
