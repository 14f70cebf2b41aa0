"""A step of the machine's clock is reported once. A time service's corrections and a sleeping machine are not steps."""

import logging

import pytest

from gateway.audit.clock_steps import ClockSteps
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditEvent, AuditLog
from gateway.metrics import Metrics
from gateway.storage.database import Database
from tests.databases import db as db
from tests.fakes import FakeClock


class Scene:
    """Holds its own database, and what was reported."""

    def __init__(self, database: Database) -> None:
        self.clock, self.metrics = FakeClock(), Metrics()
        self.audit = AuditLog(database, self.clock, self.metrics)
        self.steps = ClockSteps(self.clock, self.audit, self.metrics)
        self.heard: list[float] = []
        self.steps.on_step(self.heard.append)

    async def look(self) -> None:
        await self.clock.advance(1)
        await self.steps.look()

    def counted(self, way: str) -> float:
        return self.metrics.registry.get_sample_value("sightline_clock_steps_total", {"way": way}) or 0.0


@pytest.fixture
def scene(db: Database) -> Scene:
    return Scene(db)


@pytest.mark.parametrize("by", [13 * 3600.0, -20 * 3600.0, 2.0, -2.0])
async def test_a_step_of_the_clock_is_noticed_and_reported_once(
    scene: Scene, by: float, caplog: pytest.LogCaptureFixture
) -> None:
    await scene.look()
    scene.clock.jump(by)
    for _ in range(5):
        await scene.look()
    assert scene.heard == [by]
    assert scene.counted("forward" if by > 0 else "back") == 1
    assert [r.levelno for r in caplog.records if "clock was set" in r.getMessage()] == [logging.WARNING]
    [record] = await scene.audit.read()
    assert record.event == AuditEvent(kind=Kind.CLOCK_STEP, detail={"by": by, "off_by": by})
    assert record.at == pytest.approx(1_700_000_000.0 + 2 + by, abs=0.02), "dated by the clock as it is set"


async def test_a_step_back_to_where_the_clock_was_is_reported_too(scene: Scene) -> None:
    for by in (3600.0, -3600.0):
        scene.clock.jump(by)
        await scene.look()
    assert scene.heard == [3600.0, -3600.0]
    assert [r.event.detail["off_by"] for r in await scene.audit.read()] == [3600.0, 0.0]


async def test_slewing_the_clock_does_not_count_as_a_step(scene: Scene) -> None:
    for _ in range(100):
        scene.clock.jump(0.5)  # This is a thousand times faster than a time service may slew the clock.
        await scene.look()
    assert scene.heard == []
    scene.clock.jump(-60)
    await scene.look()
    assert scene.heard == [-60.0], "measured from where the slewing has led"


async def test_sleep_of_the_machine_does_not_count_as_a_step(scene: Scene) -> None:
    scene.clock.skip(8 * 3600)
    await scene.look()
    assert scene.heard == []


async def test_times_in_a_record_follow_the_same_clock_as_its_date(scene: Scene) -> None:
    """A regression: after the clock was set, a record's date followed it, but the ending time in the record did not."""
    scene.clock.jump(-3600)
    detail = {"ends_at": scene.clock.now() + 60, "by": "Ann"}
    await scene.audit.append(AuditEvent(kind=Kind.INCIDENT_OPENED, detail=detail))
    [record] = await scene.audit.read()
    assert record.event.detail == {"ends_at": scene.clock.wall() + 60, "by": "Ann"}
    assert record.at == scene.clock.wall()
