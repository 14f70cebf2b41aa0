"""A technician draws a plan, and it becomes the plan that everybody sees (docs/protocol.md, "Floor plans")."""

import copy
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.config_loader import Loaded, load
from gateway.incident import Origin
from gateway.models import SiteId
from rig.example import ENVIRONMENT, ROOT
from tests.in_process import HALLWAY, LINCOLN, NURSE, Answer, House, Person, example
from tests.in_process import house as house

PLAN = f"/api/sites/{LINCOLN}/plan"


class Editor:
    """Acts as a district IT technician's page, which knows the draft and its revision."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.revision = self.base = 0
        self.document: dict[str, Any] = {}

    async def open(self) -> Any:
        said = (await self.person.get(f"{PLAN}/draft")).json
        self.revision, self.document, self.base = said["revision"], said["document"], said["in_use"]["number"]
        return said

    def feature(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = next(one for one in self.document["features"] if one["id"] == identifier)
        return found

    async def save(self, revision: int | None = None) -> Answer:
        answer = await self.person.request(
            "PUT",
            f"{PLAN}/draft?revision={self.revision if revision is None else revision}&base={self.base}",
            data=io.BytesIO(json.dumps(self.document).encode()),
            headers={"X-Sightline": "1"},
        )
        if answer.status == 200:
            self.revision = answer.json["revision"]
        return answer

    async def do(self, what: str, **said: object) -> Answer:
        return await self.person.post(f"{PLAN}/{what}", {"revision": self.revision, **said})


async def editor(house: House) -> Editor:
    found = Editor(await house.sign_in("district_it"))
    await found.open()
    return found


def with_approval(loaded: Loaded) -> Loaded:
    plans = loaded.settings.plans.model_copy(update={"approval": "police"})
    return replace(loaded, settings=loaded.settings.model_copy(update={"plans": plans}))


async def test_a_draft_begins_as_the_plan_in_use_with_nothing_changed(house: House) -> None:
    said = await (await editor(house)).open()
    assert (said["revision"], said["changes"], said["problems"]) == (0, [], [])
    assert said["in_use"]["number"] == 0


async def test_a_published_draft_becomes_the_plan_on_every_page_at_once(house: House) -> None:
    it, patrol = await editor(house), await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
    saved = (await it.save()).json
    [change] = saved["changes"]
    assert change["details"] == ["name: Classroom 101, now Robotics"]
    published = await it.do("publish", note="room 101 has a new use")
    assert (published.status, published.json["number"]) == (201, 1)
    told = await channel.next_of("plan")
    assert (told["site"], told["version"]["number"]) == (LINCOLN, 1)
    plan = (await patrol.get(PLAN)).json
    assert plan["version"] == published.json
    assert "Robotics" in {room["name"] for floor in plan["floors"] for room in floor["rooms"]}
    [record] = await house.records("plan_published")
    assert (record.event.name, record.event.detail["version"]) == ("Ida", 1)
    assert (await it.open())["revision"] == 0, "the draft is gone"


async def test_an_alarm_names_its_room_as_the_new_plan_does(house: House) -> None:
    it, patrol = await editor(house), await house.sign_in("patrol")
    it.feature("lincoln-room-101")["properties"] |= {"name": "Robotics", "number": "101"}
    await it.save()
    await it.do("publish")
    incident = await house.lock_down()
    assert "101 Robotics" in incident.threat
    assert house.services.places.words(LINCOLN, Origin("console", "", room_id="lincoln-room-101")) == "101 Robotics"
    assert patrol


async def test_a_panic_button_can_name_a_room_that_was_published_after_the_start(house: House) -> None:
    it = await editor(house)
    room = copy.deepcopy(it.feature("lincoln-room-101"))
    it.document["features"].remove(it.feature("lincoln-room-101"))
    room["id"] = "lincoln-room-101-new"
    it.document["features"].append(room)
    assert (await it.save()).json["problems"] == []
    await it.do("publish")
    assert house.services.places.knows(LINCOLN, "lincoln-room-101-new")
    body = b'{"room": "lincoln-room-101-new"}'
    button = await house.stranger()
    answer = await button.request("POST", "/hooks/lincoln-panic", data=body, headers=house.signed(body))
    assert answer.status in (200, 201), answer
    [incident] = house.services.incidents.open()
    assert incident.triggers[0].origin.room_id == "lincoln-room-101-new"


async def test_a_draft_that_is_not_a_valid_plan_yet_is_saved_but_not_published(house: House) -> None:
    it = await editor(house)
    it.feature("lincoln-room-101")["properties"]["floor"] = "lincoln-floor-9"
    saved = await it.save()
    assert any("lincoln-floor-9" in problem for problem in saved.json["problems"])
    assert (await it.do("publish")).problem(400) == "plan_incomplete"
    assert "lincoln-floor-9" in json.dumps((await it.open())["document"]), "nothing is lost"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"features": 1}', b'{"features": [NaN]}', b"\xff", b"[" * 100_000]
)
async def test_anything_that_is_not_a_plan_at_all_is_refused_with_a_sentence(house: House, body: bytes) -> None:
    it = await editor(house)
    answer = await it.person.request("PUT", f"{PLAN}/draft?revision=0", data=body, headers={"X-Sightline": "1"})
    assert answer.problem(400) == "bad_body"


async def test_a_large_plan_is_accepted_only_from_people_who_are_signed_in(house: House) -> None:
    it = await editor(house)
    it.document["note"] = "x" * 800_000
    assert (await it.save()).status == 200
    assert "note" not in (await it.open())["document"], "what plans do not have is not kept"
    it.document["note"] = "x" * 1_100_000
    assert (await it.save()).problem(413) == "request_entity_too_large"
    stranger = Editor(await house.stranger())
    stranger.document = {"features": [], "note": "x" * 800_000}
    assert (await stranger.save()).problem(413) == "request_entity_too_large"


async def test_no_two_drafts_have_the_same_revision(tmp_path: Path) -> None:
    async with House(tmp_path, with_approval(example())) as house:
        it, dispatcher = await editor(house), Editor(await house.sign_in("dispatcher"))
        for name in ("Robotics", "Something else"):
            await it.open()
            it.feature("lincoln-room-101")["properties"]["name"] = name
            await it.save()
            await it.do("publish")
            if name == "Robotics":
                await dispatcher.open()
                it.revision += 1
                await it.person.request("DELETE", f"{PLAN}/draft?revision={it.revision}", headers={"X-Sightline": "1"})
        assert (await dispatcher.do("approve")).problem(409) == "draft_changed"


async def test_a_draft_of_an_old_version_does_not_undo_a_newer_one(house: House) -> None:
    late, it = await editor(house), await editor(house)
    it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
    await it.save()
    await it.do("publish")
    late.feature("lincoln-room-102")["properties"]["name"] = "Library"
    assert (await late.save()).problem(409) == "draft_changed"


async def test_a_change_to_somebody_elses_draft_or_to_a_proposal_is_on_record(house: House) -> None:
    it, other = await editor(house), Editor(await house.sign_in("district_it"))
    await it.save()
    await it.save()
    assert await house.records("plan_draft_changed") == []
    async with house.database.session() as session:
        await session.execute(text("UPDATE plan_drafts SET saved_by = 'Ivan'"))
    await other.open()
    await other.save()
    [record] = await house.records("plan_draft_changed")
    assert (record.event.name, record.event.detail) == ("Ida", {"before": "Ivan"})


async def test_reading_a_draft_or_a_version_is_on_record(house: House) -> None:
    dispatcher = Editor(await house.sign_in("dispatcher"))
    await dispatcher.open()
    await dispatcher.person.get(f"{PLAN}/versions/0")
    read = [record.event.detail["read"] for record in await house.records("plan_read")]
    assert read == ["draft", "version 0"]


async def test_a_plan_that_is_the_same_is_not_published_again(house: House) -> None:
    it = await editor(house)
    await it.save()
    assert (await it.do("publish")).problem(409) == "nothing_changed"


async def test_nobody_overwrites_or_publishes_what_they_have_not_seen(house: House) -> None:
    one, other = await editor(house), await editor(house)
    one.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
    await one.save()
    assert (await other.save()).problem(409) == "draft_changed"
    assert (await other.do("publish")).problem(409) == "draft_changed"
    assert (await other.person.request("DELETE", f"{PLAN}/draft?revision=0", headers={"X-Sightline": "1"})).problem(409)
    await one.do("publish")
    assert (await other.do("publish")).problem(409) == "no_draft"


async def test_an_earlier_version_can_be_brought_back(house: House) -> None:
    it = await editor(house)
    it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
    await it.save()
    await it.do("publish")
    await it.open()
    restored = await it.do("restore", version=0)
    assert restored.json["restores"] == 0
    it.revision = restored.json["revision"]
    assert (await it.do("publish", note="as it was")).json["restores"] == 0
    versions = (await it.person.get(f"{PLAN}/versions")).json["versions"]
    assert [(one["number"], one["note"]) for one in versions] == [(2, "as it was"), (1, ""), (0, "")]
    first = await it.person.get(f"{PLAN}/versions/1")
    assert "Robotics" in first.body.decode()
    assert first.headers["Content-Type"].startswith("application/geo+json")
    assert (await it.person.get(f"{PLAN}/versions/7")).problem(404) == "no_such_version"


async def test_a_discarded_draft_leaves_the_plan_as_it_is(house: House) -> None:
    it = await editor(house)
    it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
    await it.save()
    answer = await it.person.request("DELETE", f"{PLAN}/draft?revision={it.revision}", headers={"X-Sightline": "1"})
    assert answer.status == 204
    assert (await it.open())["changes"] == []


async def test_a_never_camera_stays_on_the_plan_but_is_not_in_the_editor(house: House) -> None:
    it = await editor(house)
    assert NURSE not in {feature["id"] for feature in it.document["features"]}
    it.feature(HALLWAY)["properties"]["heading"] = 1.0
    saved = await it.save()
    assert (saved.json["problems"], [change["feature"] for change in saved.json["changes"]]) == ([], [HALLWAY])
    await it.do("publish")
    assert NURSE in {camera.id for camera in house.services.plans[LINCOLN].cameras}
    assert NURSE not in (await it.person.get(f"{PLAN}/versions/1")).body.decode()


async def test_a_published_plan_must_show_every_camera_of_the_school(house: House) -> None:
    it = await editor(house)
    it.document["features"].remove(it.feature(HALLWAY))
    assert (await it.save()).json["problems"] == [f"{HALLWAY}: this camera of the school is not in the plan"]


@pytest.mark.parametrize("role", ["patrol", "coordinator", "auditor", "dispatcher", "headquarters"])
async def test_only_district_it_may_draw(house: House, role: str) -> None:
    other = Editor(await house.sign_in(role))
    other.document = {"type": "FeatureCollection", "features": []}
    assert (await other.save()).problem(403) == "not_in_agreement"
    for what in ("publish", "restore"):
        said = {"version": 0} if what == "restore" else {}
        assert (await other.do(what, **said)).problem(403) == "not_in_agreement"


@pytest.mark.parametrize("role", ["patrol", "coordinator", "auditor"])
async def test_drafts_and_versions_are_for_those_who_draw_or_approve(house: House, role: str) -> None:
    person = await house.sign_in(role)
    for path in ("draft", "versions", "versions/0"):
        assert (await person.get(f"{PLAN}/{path}")).problem(403) == "not_in_agreement"
    assert (await (await house.sign_in("district_it")).get("/api/sites/nowhere/plan/draft")).problem(404)


async def test_with_approval_a_second_person_from_the_police_publishes(tmp_path: Path) -> None:
    async with House(tmp_path, with_approval(example())) as house:
        it, dispatcher = await editor(house), Editor(await house.sign_in("dispatcher"))
        it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
        await it.save()
        proposed = await it.do("publish", note="please look")
        assert (proposed.status, proposed.json["proposal"]["by"]) == (202, "Ida")
        assert "Robotics" not in (await dispatcher.person.get(PLAN)).body.decode()
        assert (await it.do("approve")).problem(403) == "not_in_agreement"
        seen = await dispatcher.open()
        assert [change["name"] for change in seen["changes"]] == ["101 Robotics"]
        approved = await dispatcher.do("approve")
        assert (approved.status, approved.json["published_by"], approved.json["approved_by"]) == (201, "Ida", "Dee")


async def test_open_pages_of_those_who_may_approve_hear_of_a_proposal_and_of_its_end(tmp_path: Path) -> None:
    async with House(tmp_path, with_approval(example())) as house:
        it, dispatcher, patrol = await editor(house), await house.sign_in("dispatcher"), await house.sign_in("patrol")
        channel, other = await dispatcher.events(), await patrol.events()
        await channel.resume()
        assert (await channel.next_of("snapshot"))["proposals"] == {}
        await other.resume()
        it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
        await it.save()
        await it.do("publish")
        told = await channel.next_of("plan_proposal")
        assert (told["site"], told["proposal"]["by"]) == (LINCOLN, "Ida")
        approver = Editor(dispatcher)
        await approver.open()
        await approver.do("reject", note="no")
        assert (await channel.next_of("plan_proposal"))["proposal"] is None
        await it.open()
        await it.do("publish")
        await approver.open()
        await approver.do("approve")
        heard = [event["type"] for event in await other.up_to_now()]
        assert "plan" in heard
        assert "plan_proposal" not in heard


async def test_a_proposal_waits_through_a_restart(tmp_path: Path) -> None:
    async with House(tmp_path, with_approval(example())) as house:
        it = await editor(house)
        it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
        await it.save()
        await it.do("publish")
    async with House(tmp_path, with_approval(example())) as house:
        channel = await (await house.sign_in("dispatcher")).events()
        await channel.resume()
        assert (await channel.next_of("snapshot"))["proposals"][LINCOLN]["by"] == "Ida"
        coordinator = await (await house.sign_in("coordinator")).events()
        await coordinator.resume()
        assert (await coordinator.next_of("snapshot"))["proposals"] == {}


async def test_a_proposal_ends_when_it_is_given_back_or_changed(tmp_path: Path) -> None:
    async with House(tmp_path, with_approval(example())) as house:
        it, dispatcher = await editor(house), Editor(await house.sign_in("dispatcher"))
        it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
        await it.save()
        assert (await dispatcher.do("approve")).problem(409) == "draft_changed"
        await dispatcher.open()
        assert (await dispatcher.do("approve")).problem(409) == "not_proposed"
        await it.do("publish")
        await dispatcher.open()
        back = await dispatcher.do("reject", note="room 102 is wrong too")
        assert (back.json["proposal"], back.json["note"]) == (None, "room 102 is wrong too")
        await it.open()
        await it.do("publish")
        await it.open()
        await it.save()
        await dispatcher.open()
        assert (await dispatcher.do("approve")).problem(409) == "not_proposed"


async def test_a_published_plan_survives_a_restart_and_a_new_camera_is_where_the_file_has_it(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        it = await editor(house)
        it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
        await it.save()
        await it.do("publish")
        async with house.database.session() as session:
            await session.execute(text(f"UPDATE plan_versions SET document = replace(document, '{HALLWAY}', 'gone')"))
    async with House(tmp_path) as again:
        plan = again.services.plans[LINCOLN]
        assert plan.room("lincoln-room-101").name == "Robotics"
        assert {camera.id for camera in plan.cameras} == {camera.id for camera in again.loaded.plans[LINCOLN].cameras}


async def test_if_a_published_plan_no_longer_fits_the_file_is_used_and_an_error_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with House(tmp_path) as house:
        it = await editor(house)
        it.feature("lincoln-room-101")["properties"]["name"] = "Robotics"
        await it.save()
        await it.do("publish")
        async with house.database.session() as session:
            await session.execute(text("UPDATE plan_versions SET document = '{\"features\": []}'"))
    async with House(tmp_path) as again:
        assert again.services.plans[LINCOLN] == again.loaded.plans[LINCOLN]
    assert "version 1 of the plan cannot be used" in caplog.text


async def test_a_draft_that_cannot_be_stored_is_not_reported_as_saved(house: House) -> None:
    it = await editor(house)
    async with house.database.session() as session:
        await session.execute(text("DROP TABLE plan_drafts"))
    assert (await it.save()).problem(503) == "storage_failed"


def test_the_approval_setting_has_two_values() -> None:
    path = ROOT / "config" / "sightline.yaml"
    assert load(path, {"plans.approval": "police"}, ENVIRONMENT).settings.plans.approval == "police"
    assert SiteId("lincoln") == LINCOLN
