"""Things that somebody does, or tries to do, hoping that the record will not show them."""

from pathlib import Path

from gateway.audit.log import AuditLog
from gateway.clock import SystemClock
from gateway.config_loader import load
from gateway.metrics import Metrics
from gateway.storage.database import Database
from gateway.storage.location import storage_url
from rig.example import ENVIRONMENT
from tests.commands.processes import district, sightline
from tests.in_process import ENTRANCE, House


async def test_guessed_invitations_are_recorded_but_cannot_fill_the_record(house: House) -> None:
    stranger = await house.stranger()
    for number in range(30):
        await stranger.post("/api/invitations/redeem", {"code": f"guess-{number}"})
    [record] = await house.records("sign_in_refused")
    assert (record.event.reason, record.event.outcome) == ("invitation_refused", "refused")
    assert record.event.origin_address == "127.0.0.1"
    assert "guess" not in str(record)


async def test_bad_tokens_are_recorded_but_cannot_fill_the_record(house: House) -> None:
    patrol = await house.sign_in("patrol")
    await house.lock_down()
    _, location = await patrol.watch(ENTRANCE)
    for _ in range(10):
        assert (await patrol.offer(ENTRANCE, "forged")).status == 401
        await patrol.request("POST", f"{location}/token", headers={"Authorization": "Bearer forged"})
        await patrol.request("POST", f"/whep/{ENTRANCE}", data=b"v=0", headers={"Content-Type": "application/sdp"})
    reasons = [record.event.reason for record in await house.records("token_refused")]
    assert sorted(reason or "" for reason in reasons) == ["token_invalid", "token_missing"]
    assert "forged" not in str(await house.services.audit.read())


async def test_reading_a_floor_plan_is_recorded(house: House) -> None:
    patrol = await house.sign_in("patrol")
    await patrol.get("/api/sites/lincoln/plan")
    await patrol.get("/api/sites/oak/plan")
    read = [(record.event.name, record.event.site) for record in await house.records("plan_read")]
    assert read == [("Pat", "lincoln"), ("Pat", "oak")]


async def test_the_record_has_the_address_from_which_an_alarm_was_acknowledged_extended_and_ended(house: House) -> None:
    dispatcher = await house.sign_in("dispatcher")
    incident = await house.lock_down()
    await house.clock.advance(3600)
    for press, kind in (
        ("acknowledge", "incident_acknowledged"),
        ("extend", "incident_extended"),
        ("all-clear", "incident_all_clear"),
    ):
        assert (await dispatcher.post(f"/api/incidents/{incident.id}/{press}")).status == 200
        [record] = await house.records(kind)
        assert (record.event.name, record.event.origin_address) == ("Dee", "127.0.0.1")


async def test_an_invitation_made_by_command_is_recorded_without_its_code(tmp_path: Path) -> None:
    config = district(tmp_path)
    made = sightline("invite", "patrol", "--name", "Car 7", "--site", "oak", "--config", config, USER="operator 1")
    assert made.returncode == 0, made.stderr
    code = made.stdout.rpartition("#invite=")[2].strip()
    loaded = load(config, environment=ENVIRONMENT)
    database = Database(storage_url(loaded.settings))
    await database.open()
    try:
        [record] = await AuditLog(database, SystemClock(), Metrics()).read()
    finally:
        await database.close()
    assert (record.event.kind, record.event.name, record.event.role) == ("invited", "Car 7", "patrol")
    assert record.event.detail == {"sites": ["oak"], "by": "operator 1, command line"}
    assert code
    assert code not in str(record)
