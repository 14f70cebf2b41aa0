import asyncio

import pytest

from gateway.models import IncidentKind
from tests.in_process import HALLWAY, LINCOLN, NURSE, OAK, House


async def test_the_school_triggers_the_police_acknowledge_and_either_side_may_end_it(house: House) -> None:
    coordinator, dispatcher = await house.sign_in("coordinator"), await house.sign_in("dispatcher")
    wanted = {"site": LINCOLN, "kind": "real", "room": "lincoln-room-101", "note": "east stairs"}
    opened = await coordinator.post("/api/incidents", wanted)
    assert opened.status == 201
    incident = opened.json
    assert incident["origin"].items() >= {"trigger": "console", "by": "Cora", "note": "east stairs"}.items()
    assert len(incident["nearest"]) == 4

    joined = await coordinator.post("/api/incidents", wanted)
    assert (joined.status, joined.json["id"], joined.json["repeats"]) == (200, incident["id"], 1)

    path = f"/api/incidents/{incident['id']}"
    acknowledged = await dispatcher.post(f"{path}/acknowledge")
    assert [(a["principal"], a["name"], a["role"]) for a in acknowledged.json["acknowledgements"]] == [
        ("dee", "Dee", "dispatcher")
    ]
    await house.clock.advance(1800)
    extended = await dispatcher.post(f"{path}/extend")
    assert extended.json["ends_at"] == incident["ends_at"] + 1800, "at most the maximum duration from the press"
    ended = await coordinator.post(f"{path}/all-clear")
    assert (ended.json["state"], ended.json["closed_by"]) == ("all_clear", "Cora")
    assert (await dispatcher.post(f"{path}/acknowledge")).problem(409) == "incident_over"
    kinds = [record.event.kind for record in await house.services.audit.read()]
    assert len(kinds) >= 7


async def test_all_clear_from_a_page_that_has_not_shown_the_newest_alarm_ends_nothing_and_says_so(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    for room in ("lincoln-room-101", "lincoln-room-gym"):
        opened = await coordinator.post("/api/incidents", {"site": LINCOLN, "kind": "real", "room": room})
    path = f"/api/incidents/{opened.json['id']}/all-clear"
    assert (await coordinator.post(path, {"alarm": 1})).problem(409) == "newer_alarm"
    assert (await coordinator.post(path, {"alarm": 2})).json["state"] == "all_clear"


async def test_a_second_room_is_shown_with_its_own_note_and_cameras_and_sounds_again(house: House) -> None:
    coordinator, dispatcher = await house.sign_in("coordinator"), await house.sign_in("dispatcher")
    channel = await dispatcher.events()
    await channel.resume()
    first = {"site": LINCOLN, "kind": "real", "room": "lincoln-room-101", "note": "east stairs"}
    await coordinator.post("/api/incidents", first)
    await house.clock.advance(60)
    second = {"site": LINCOLN, "kind": "real", "room": "lincoln-room-gym", "note": "two people"}
    joined = await coordinator.post("/api/incidents", second)
    await coordinator.post("/api/incidents", first | {"note": "quiet now"})
    pool = await coordinator.post("/api/incidents", first | {"room": "the pool", "note": ""})
    incident = joined.json
    assert (joined.status, incident["alarms"], incident["last_alarm_at"]) == (200, 2, incident["opened_at"] + 60)
    assert (incident["origin"]["room"], incident["origin"]["note"]) == ("lincoln-room-gym", "two people")
    assert incident["confirm_by_at"] == incident["last_alarm_at"] + 15
    triggers = pool.json["triggers"]
    assert [(one["room"], one["room_name"], one["note"], one["alarm"]) for one in triggers] == [
        (None, "the pool (not on the plan)", "", True),
        ("lincoln-room-101", "Classroom 101", "quiet now", False),
        ("lincoln-room-gym", "115 Gym", "two people", True),
        ("lincoln-room-101", "Classroom 101", "east stairs", True),
    ]
    assert triggers[2]["nearest"] == incident["nearest"]
    assert triggers[2]["nearest"] != triggers[3]["nearest"]
    news = [one for one in await channel.up_to_now() if one["type"] == "incident"]
    assert [one["alarm"] for one in news] == [True, True, False, True]


async def test_a_person_who_acknowledged_the_first_room_is_asked_again_for_the_second(house: House) -> None:
    coordinator, dispatcher = await house.sign_in("coordinator"), await house.sign_in("dispatcher")
    wanted = {"site": LINCOLN, "kind": "real", "room": "lincoln-room-101"}
    path = f"/api/incidents/{(await coordinator.post('/api/incidents', wanted)).json['id']}/acknowledge"
    acknowledged = (await dispatcher.post(path)).json
    assert (acknowledged["confirmed"], acknowledged["acknowledgements"][0]["newest"]) == (True, True)
    again = (await coordinator.post("/api/incidents", wanted | {"room": "lincoln-room-gym"})).json
    assert (again["confirmed"], again["acknowledgements"][0]["newest"]) == (False, False)
    crossed = (await dispatcher.post(path, {"alarm": 1})).json
    assert not crossed["confirmed"], "the page had not shown the second room yet"
    assert (await dispatcher.post(path)).json["confirmed"]


async def test_a_stuck_button_does_not_fill_the_link_of_a_patrol_car(house: House) -> None:
    channel = await (await house.sign_in("patrol")).events()
    await channel.resume()
    incident = await house.lock_down()
    news = []
    for _ in range(50):  # Read as a page does. On a slow machine it would otherwise count as gone.
        for _ in range(6):
            await house.lock_down()
        news += [one["incident"]["repeats"] for one in await channel.up_to_now() if one["type"] == "incident"]
    assert news == [0, 1]
    running = asyncio.create_task(house.newsroom.run())
    await house.clock.settle()
    await house.clock.advance(2)
    assert (await channel.next_of("incident"))["incident"]["repeats"] == 300
    await house.lock_down()
    await house.all_clear(incident)
    await house.clock.advance(4)
    news = [one["incident"]["state"] for one in await channel.up_to_now() if one["type"] == "incident"]
    assert news == ["all_clear"], "events that were waiting are not sent after the end"
    running.cancel()


async def test_an_alarm_that_nobody_confirms_is_reported_to_pages_and_recorded(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    channel = await coordinator.events()
    await channel.resume()
    await coordinator.post("/api/incidents", {"site": LINCOLN, "kind": "real", "room": "lincoln-room-101"})
    await house.clock.advance(15)
    await house.services.incidents.tick()
    await house.services.incidents.tick()
    news = [one for one in await channel.up_to_now() if one["type"] == "incident"]
    assert [(one["alarm"], one["incident"]["unconfirmed"]) for one in news] == [(True, False), (False, True)]
    [record] = await house.records("alarm_unconfirmed")
    assert (record.event.site, record.event.detail["alarm"], record.event.detail["kind"]) == (LINCOLN, 1, "real")
    value = house.metrics.registry.get_sample_value("sightline_alarms_unconfirmed_total", {"kind": "real"})
    assert value == 1


async def test_a_press_that_is_sent_again_has_no_second_effect(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    wanted = {"site": LINCOLN, "kind": "real", "room": "lincoln-room-101", "key": "press 1"}
    answers = await asyncio.gather(*(coordinator.post("/api/incidents", wanted) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    [incident] = house.services.incidents.open()
    assert {answer.json["id"] for answer in answers} == {incident.id}
    assert (incident.repeats, incident.triggers[0].key) == (0, "cora/press 1")
    for other in ({"kind": "drill"}, {"room": "lincoln-room-gym"}, {"room": None}, {"site": OAK}):
        headquarters = await house.sign_in("coordinator")
        answer = await headquarters.post("/api/incidents", wanted | other)
        assert answer.status == (404 if "site" in other else 409), "this coordinator is of one school"
    for key in ("", "x" * 65):
        assert (await coordinator.post("/api/incidents", wanted | {"key": key})).problem(400) == "bad_body"


async def test_anything_that_the_agreement_does_not_name_is_refused_counted_and_recorded(house: House) -> None:
    patrol = await house.sign_in("patrol")
    refused = await patrol.post("/api/incidents", {"site": LINCOLN, "kind": "real"})
    assert refused.problem(403) == "not_in_agreement"
    incident = await house.lock_down()
    assert (await patrol.post(f"/api/incidents/{incident.id}/all-clear")).problem(403) == "not_in_agreement"
    auditor = await house.sign_in("auditor")
    assert (await auditor.post(f"/api/incidents/{incident.id}/acknowledge")).problem(403) == "not_in_agreement"
    assert len(await house.records("trigger_refused")) == 1
    assert len(await house.records("all_clear_refused")) == 1
    value = house.metrics.registry.get_sample_value("sightline_refusals_total", {"reason": "not_in_agreement"})
    assert value == 3


async def test_an_incident_of_another_school_seems_not_to_exist(house: House) -> None:
    incident = await house.lock_down(OAK)
    coordinator = await house.sign_in("coordinator")
    for press in ("acknowledge", "extend", "all-clear"):
        answers = [await coordinator.post(f"/api/incidents/{one}/{press}") for one in (incident.id, "nothing")]
        assert {answer.problem(404) for answer in answers} == {"no_such_incident"}
        assert answers[0].body == answers[1].body


async def test_a_drill_cannot_begin_during_a_real_incident(house: House) -> None:
    await house.lock_down()
    coordinator = await house.sign_in("coordinator")
    refused = await coordinator.post("/api/incidents", {"site": LINCOLN, "kind": "drill"})
    assert refused.problem(409) == "real_incident_open"


async def test_a_panic_button_that_tries_again_gets_the_same_answer(house: House) -> None:
    stranger = await house.stranger()
    body = b'{"room": "lincoln-room-101"}'
    signed = house.signed(body)
    answers = [await stranger.request("POST", "/hooks/lincoln-panic", data=body, headers=signed) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    assert answers[0].json == {"incident": house.services.incidents.open()[0].id, "alarm": True}
    assert len(house.services.incidents.open()) == 1


async def test_without_a_room_the_cameras_at_the_entrances_open_by_themselves(house: House) -> None:
    await house.lock_down(OAK)
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume()
    [incident] = (await channel.next_of("snapshot"))["incidents"]
    assert incident["nearest"][:2] == ["oak-main-entrance", "oak-playground-door"]


@pytest.mark.parametrize("role", ["district_it", "auditor"])
async def test_people_who_may_not_see_video_get_no_token(house: House, role: str) -> None:
    await house.lock_down()
    assert (await (await house.sign_in(role)).post("/api/tokens", {"site": LINCOLN})).problem(
        403
    ) == "role_sees_no_video"


async def test_a_token_names_its_grant(house: House) -> None:
    incident = await house.lock_down()
    answer = await (await house.sign_in("patrol")).post("/api/tokens", {"site": LINCOLN})
    grant = answer.json["grant"]
    assert (grant["site"], grant["basis"], grant["incident"]) == (LINCOLN, "incident", incident.id)
    assert HALLWAY in grant["cameras"]
    assert NURSE not in grant["cameras"]
    assert 0 < answer.json["expires_in"] <= house.loaded.settings.tokens.lifetime
    assert house.metrics.registry.get_sample_value("sightline_tokens_issued_total", {"role": "patrol"}) == 1


async def test_a_drill_opens_cameras_only_to_those_enrolled(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    await coordinator.post("/api/incidents", {"site": LINCOLN, "kind": IncidentKind.DRILL, "enrolled": ["pat"]})
    grants = {}
    for who in ("patrol", "dispatcher"):
        grants[who] = (await (await house.sign_in(who)).post("/api/tokens", {"site": LINCOLN})).json["grant"]
    assert HALLWAY in grants["patrol"]["cameras"]
    assert HALLWAY not in grants["dispatcher"]["cameras"]
