import pytest

from gateway.health.picture import Still
from gateway.models import CameraId
from tests.in_process import ENTRANCE, HALLWAY, LINCOLN, NURSE, House


@pytest.mark.parametrize("role", ["district_it", "headquarters", "dispatcher"])
async def test_the_list_of_cameras_has_all_but_never_cameras(house: House, role: str) -> None:
    cameras = (await (await house.sign_in(role)).get("/api/cameras")).json["cameras"]
    ids = {camera["id"] for camera in cameras}
    assert {ENTRANCE, HALLWAY, "oak-hallway"} <= ids
    assert NURSE not in ids
    source = cameras[0]["streams"]["main"]
    assert source["state"] == "connecting"
    assert set(source) == {
        "state", "reason", "detail", "advice", "since_at", "fps", "bitrate_bps", "loss", "reconnects", "codec", "width",
        "transport", "height", "clock", "clock_reason", "notes", "delivery", "age", "age_state",
    }  # fmt: skip


@pytest.mark.parametrize("role", ["patrol", "coordinator", "auditor"])
async def test_the_list_of_cameras_is_refused_to_others_and_the_refusal_is_recorded(house: House, role: str) -> None:
    refused = await (await house.sign_in(role)).get("/api/cameras")
    assert refused.problem(403) == "not_in_agreement"
    assert [record.event.role for record in await house.records("status_refused")] == [role]


async def test_viewers_are_counted_in_the_list(house: House) -> None:
    headquarters = await house.sign_in("headquarters")
    await headquarters.watch(ENTRANCE)
    viewers = {camera["id"]: camera["viewers"] for camera in (await headquarters.get("/api/cameras")).json["cameras"]}
    assert (viewers[ENTRANCE], viewers[HALLWAY]) == (1, 0)


async def test_a_still_says_when_it_was_taken_and_the_record_says_who_saw_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    technician = await house.sign_in("district_it")
    path = f"/api/cameras/{HALLWAY}/still"
    assert (await technician.get(path)).problem(404) == "no_still"

    async def still(camera: CameraId) -> Still | None:
        return Still(b"\xff\xd8", 12.5) if camera == HALLWAY else None

    monkeypatch.setattr(house.media.health, "still", still)
    answer = await technician.get(path)
    assert (answer.status, answer.body, answer.headers["Content-Type"]) == (200, b"\xff\xd8", "image/jpeg")
    assert answer.headers["X-Sightline-Captured-At"] == "12.500"
    [seen] = await house.records("still_seen")
    assert (seen.event.principal, seen.event.site, seen.event.camera) == ("ida", LINCOLN, HALLWAY)
    assert (seen.event.incident, seen.event.detail["basis"]) == (None, "standing")
    assert "99.31(a)(1)" in seen.event.detail["legal_basis"], "district IT sees as a school official"

    await house.lock_down()
    assert (await technician.get(path)).problem(403) == "kind_gives_no_access"


async def test_only_permitted_people_read_the_record_and_reading_is_recorded(house: House) -> None:
    patrol, auditor = await house.sign_in("patrol"), await house.sign_in("auditor")
    assert (await patrol.get("/api/record")).problem(403) == "not_in_agreement"
    records = (await auditor.get("/api/record")).json["records"]
    assert [record["kind"] for record in records] == ["signed_in", "signed_in", "read_record_refused"]
    again = (await auditor.get("/api/record?limit=1")).json["records"]
    assert [(record["kind"], record["name"]) for record in again] == [("record_read", "Aude")]
    since = house.clock.now() + 1
    assert (await auditor.get(f"/api/record?since={since}")).json["records"] == []


async def test_a_school_is_shown_with_all_its_cameras_but_never_cameras(house: House) -> None:
    patrol = await house.sign_in("patrol")
    sites = (await patrol.get("/api/sites")).json["sites"]
    assert [site["id"] for site in sites] == ["lincoln", "oak"]
    assert (sites[0]["may_trigger"], sites[0]["may_end"]) == (False, False)
    for text in ((await patrol.get("/api/sites")).body, (await patrol.get("/api/sites/lincoln/plan")).body):
        assert HALLWAY.encode() in text
        assert NURSE.encode() not in text
    coordinator = await house.sign_in("coordinator")
    [own] = (await coordinator.get("/api/sites")).json["sites"]
    assert (own["id"], own["may_trigger"], own["may_end"]) == ("lincoln", True, True)


async def test_a_school_says_which_cameras_open_without_an_incident_even_during_one(
    house: House,
) -> None:
    async def standing(role: str) -> dict[str, bool]:
        site = (await (await house.sign_in(role)).get("/api/sites")).json["sites"][0]
        return {camera["id"]: camera["standing"] for camera in site["cameras"]}

    quiet = await standing("patrol")
    assert (quiet[ENTRANCE], quiet[HALLWAY]) == (True, False)
    await house.lock_down()
    assert await standing("dispatcher") == quiet
    assert set((await standing("coordinator")).values()) == {True}
    assert set((await standing("district_it")).values()) == {False}


async def test_a_rooms_nearest_cameras_are_one_request_away(house: House) -> None:
    patrol = await house.sign_in("patrol")
    path = "/api/sites/lincoln/rooms/{}/cameras?n={}"
    near = (await patrol.get(path.format("lincoln-room-101", 50))).json["cameras"]
    assert set(near[0]) == {"id", "distance_m", "sees_room"}
    assert near[0]["sees_room"]
    assert near[0]["distance_m"] < near[-1]["distance_m"]
    assert NURSE not in {camera["id"] for camera in near}
    assert (await patrol.get(path.format("lincoln-room-101", 2))).json["cameras"] == near[:2]
    assert (await patrol.get(path.format("nowhere", 2))).problem(404) == "no_such_room"
