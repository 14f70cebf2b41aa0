import pytest

from gateway.models import IncidentKind
from tests.in_process import HALLWAY, LINCOLN, NURSE, OAK, House


async def test_the_school_triggers_the_police_acknowledge_and_either_side_ends_it(house: House) -> None:
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
    assert extended.json["ends_at"] == incident["ends_at"] + 1800, "at most the longest duration from the press"
    ended = await coordinator.post(f"{path}/all-clear")
    assert (ended.json["state"], ended.json["closed_by"]) == ("all_clear", "Cora")
    assert (await dispatcher.post(f"{path}/acknowledge")).problem(409) == "incident_over"
    kinds = [record.event.kind for record in await house.services.audit.read()]
    assert len(kinds) >= 7


async def test_what_the_agreement_does_not_name_is_refused_counted_and_on_record(house: House) -> None:
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


async def test_an_incident_of_another_school_is_one_that_does_not_exist(house: House) -> None:
    incident = await house.lock_down(OAK)
    coordinator = await house.sign_in("coordinator")
    for press in ("acknowledge", "extend", "all-clear"):
        answers = [await coordinator.post(f"/api/incidents/{one}/{press}") for one in (incident.id, "nothing")]
        assert {answer.problem(404) for answer in answers} == {"no_such_incident"}
        assert answers[0].body == answers[1].body


async def test_no_drill_begins_during_a_real_incident(house: House) -> None:
    await house.lock_down()
    coordinator = await house.sign_in("coordinator")
    refused = await coordinator.post("/api/incidents", {"site": LINCOLN, "kind": "drill"})
    assert refused.problem(409) == "real_incident_open"


async def test_a_panic_button_is_answered_alike_when_it_tries_again(house: House) -> None:
    stranger = await house.stranger()
    body = b'{"room": "lincoln-room-101"}'
    signed = house.signed(body)
    answers = [await stranger.request("POST", "/hooks/lincoln-panic", data=body, headers=signed) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    assert answers[0].json == {"incident": house.services.incidents.open()[0].id, "alarm": True}
    assert len(house.services.incidents.open()) == 1


async def test_without_a_room_the_entrances_open_by_themselves(house: House) -> None:
    await house.lock_down(OAK)
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume()
    [incident] = (await channel.next_of("snapshot"))["incidents"]
    assert incident["nearest"][:2] == ["oak-main-entrance", "oak-playground-door"]


@pytest.mark.parametrize("role", ["district_it", "auditor"])
async def test_who_sees_no_video_gets_no_token(house: House, role: str) -> None:
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


async def test_a_drill_opens_cameras_to_the_enrolled_alone(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    await coordinator.post("/api/incidents", {"site": LINCOLN, "kind": IncidentKind.DRILL, "enrolled": ["pat"]})
    grants = {}
    for who in ("patrol", "dispatcher"):
        grants[who] = (await (await house.sign_in(who)).post("/api/tokens", {"site": LINCOLN})).json["grant"]
    assert HALLWAY in grants["patrol"]["cameras"]
    assert HALLWAY not in grants["dispatcher"]["cameras"]
