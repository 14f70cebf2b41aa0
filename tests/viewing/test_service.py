"""A picture lives only as long as its token, its grant and its sign-in, and is recorded."""

import asyncio
from pathlib import Path

import pytest

from gateway.auth.revocations import Revocations, Subject
from gateway.models import CloseReason, IncidentKind
from gateway.viewing import service
from tests.in_process import BROKEN_OFFER, ENTRANCE, HALLWAY, LINCOLN, NURSE, OAK, PEOPLE, Answer, House, Person


async def renewed(person: Person, location: str, token: str) -> tuple[int, str]:
    answer = await person.request("POST", f"{location}/token", headers={"Authorization": f"Bearer {token}"})
    return answer.status, "" if answer.status == 204 else answer.problem(answer.status)


async def test_before_the_lockdown_only_always_cameras_open(house: House) -> None:
    patrol = await house.sign_in("patrol")
    token = await patrol.token()
    assert (await patrol.offer(HALLWAY, token)).problem(403) == "no_incident"
    assert (await patrol.offer(NURSE, token)).problem(404) == "no_such_camera"
    assert (await patrol.offer(ENTRANCE, token)).status == 201
    assert [request.camera_id for request in house.plane.opened] == [ENTRANCE]


async def test_in_a_lockdown_a_picture_opens_and_ends_with_its_token(house: House) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    answer = await patrol.offer(HALLWAY, await patrol.token(), stream="sub")

    assert answer.status == 201
    assert answer.headers["Content-Type"].startswith("application/sdp")
    assert answer.headers["ETag"] == '"etag"'
    assert answer.headers["X-Sightline-Stream"] == "sub"
    assert answer.headers["X-Sightline-Session"] not in answer.headers["Location"]
    assert len(answer.headers["Location"].removeprefix("/whep/sessions/")) >= 32
    [request] = house.plane.opened
    lifetime = house.loaded.settings.tokens.lifetime
    assert request.ends_at - house.clock.monotonic() == pytest.approx(lifetime, abs=1)


async def test_if_one_page_cannot_be_told_about_a_picture_the_others_still_are(house: House) -> None:
    def fail(*_what: object) -> None:
        raise ZeroDivisionError

    told: list[str] = []
    house.services.viewing.observe(fail)
    house.services.viewing.observe(lambda _viewing, event: told.append(event.kind))
    patrol = await house.sign_in("patrol")
    answer = await patrol.offer(ENTRANCE, await patrol.token())
    await patrol.request("DELETE", answer.headers["Location"])
    assert told[-1] == "closed"
    assert house.metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "viewing_observer"})


async def test_the_page_renews_with_a_fresh_token(house: House) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(HALLWAY)
    await house.clock.advance(60)
    assert await renewed(patrol, location, await patrol.token()) == (204, "")
    [(session, ends_at)] = house.plane.renewed
    assert session == "session-1"
    assert ends_at - house.clock.monotonic() == pytest.approx(house.loaded.settings.tokens.lifetime, abs=1)


async def test_a_token_that_has_expired_opens_and_renews_nothing(house: House) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(HALLWAY)
    token = await patrol.token()
    house.clock.skip(house.loaded.settings.tokens.lifetime)
    assert (await patrol.offer(HALLWAY, token)).problem(401) == "token_expired"
    assert await renewed(patrol, location, token) == (401, "token_expired")
    assert house.plane.renewed == []


async def test_another_persons_token_renews_nothing(house: House) -> None:
    await house.lock_down()
    patrol, dispatcher = await house.sign_in("patrol"), await house.sign_in("dispatcher")
    _, location = await patrol.watch(HALLWAY)
    assert await renewed(patrol, location, await dispatcher.token()) == (403, "other_grant")


async def test_a_token_for_another_school_renews_nothing(house: House) -> None:
    await house.lock_down()
    await house.lock_down(OAK)
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(HALLWAY)
    token = await patrol.token(OAK)
    assert await renewed(patrol, location, token) == (403, "other_grant")
    assert (await patrol.offer(HALLWAY, token)).problem(403) == "not_in_grant"


async def test_an_unknown_session_can_be_neither_renewed_nor_left(house: House) -> None:
    patrol = await house.sign_in("patrol")
    assert await renewed(patrol, "/whep/sessions/nothing", await patrol.token()) == (404, "no_such_session")
    assert (await patrol.request("DELETE", "/whep/sessions/nothing")).problem(404) == "no_such_session"


async def test_a_session_that_ends_while_it_is_renewed_is_not_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(ENTRANCE)

    async def gone(*_: object) -> bool:
        return False

    monkeypatch.setattr(house.plane, "renew", gone)
    assert await renewed(patrol, location, await patrol.token()) == (404, "no_such_session")


async def test_the_viewer_leaves_once(house: House) -> None:
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(ENTRANCE)
    assert (await patrol.request("DELETE", location)).status == 200
    assert house.plane.closed == [("session-1", CloseReason.VIEWER_LEFT)]
    assert (await patrol.request("DELETE", location)).problem(404) == "no_such_session"


async def test_a_broken_offer_is_reported_and_leaves_nothing_open(house: House) -> None:
    patrol = await house.sign_in("patrol")
    assert (await patrol.offer(ENTRANCE, await patrol.token(), sdp=BROKEN_OFFER)).problem(400) == "bad_offer"
    assert (await patrol.offer(ENTRANCE, await patrol.token(), stream="third")).problem(400) == "no_such_stream"
    assert house.services.viewing.viewings() == ()


@pytest.mark.parametrize("forged", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_anything_but_a_token_opens_nothing(house: House, forged: str) -> None:
    patrol = await house.sign_in("patrol")
    assert (await patrol.offer(ENTRANCE, forged)).problem(401) in {"token_missing", "token_invalid"}


async def test_a_revoked_token_opens_nothing(tmp_path: Path) -> None:
    async with House(tmp_path) as house:
        patrol = await house.sign_in("patrol")
        token = await patrol.token()
        assert (await patrol.offer(ENTRANCE, token)).status == 201
        revoked = house.services.tokens.verify(token).jti
        await Revocations(house.database, house.clock).revoke(Subject.TOKEN, revoked)
    async with House(tmp_path, clock=house.clock) as again:
        patrol = await again.sign_in("patrol")
        assert (await patrol.offer(ENTRANCE, token)).problem(401) == "token_revoked"
        assert (await patrol.offer(ENTRANCE, await patrol.token())).status == 201


async def test_signing_out_ends_every_picture_and_token_of_only_that_sign_in(house: House) -> None:
    await house.lock_down()
    patrol, second, dispatcher = [await house.sign_in(who) for who in ("patrol", "patrol", "dispatcher")]
    for person in (patrol, second, dispatcher):
        await person.watch(HALLWAY)
    token = await patrol.token()

    assert (await patrol.post("/api/sign-out")).status == 204

    assert house.plane.closed == [("session-1", CloseReason.SIGNED_OUT)]
    assert (await second.offer(HALLWAY, token)).problem(401) == "signed_out"


async def test_all_clear_ends_every_picture_before_it_is_answered(house: House) -> None:
    incident = await house.lock_down()
    for who in ("patrol", "dispatcher"):
        await (await house.sign_in(who)).watch(HALLWAY)
    headquarters = await house.sign_in("headquarters")
    token = await headquarters.token()

    assert (await headquarters.post(f"/api/incidents/{incident.id}/all-clear")).json["state"] == "all_clear"

    ended = CloseReason.INCIDENT_ENDED
    assert sorted(house.plane.closed) == [("session-1", ended), ("session-2", ended)]
    assert (await headquarters.offer(HALLWAY, token)).problem(401) == "grant_ended"
    assert (await headquarters.post("/api/tokens", {"site": LINCOLN})).json["grant"]["basis"] == "standing"


async def test_all_clear_closes_pictures_even_if_writing_records_hangs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Life safety comes before logging, so nobody keeps seeing pictures because a disk is slow."""
    incident = await house.lock_down()
    patrol = await house.sign_in("patrol")
    await patrol.watch(HALLWAY)
    _, leaves = await patrol.watch(ENTRANCE)
    written = asyncio.Event()
    append = house.services.audit.append

    async def hang(event: object) -> None:
        await written.wait()
        await append(event)  # type: ignore[arg-type]

    monkeypatch.setattr(house.services.audit, "append", hang)
    await patrol.request("DELETE", leaves)
    await house.all_clear(incident)
    await house.services.viewing.wait_closed()
    assert ("session-1", CloseReason.INCIDENT_ENDED) in house.plane.closed
    written.set()
    assert len(await house.records("view_closed")) == 2


async def test_if_closing_one_picture_fails_the_others_are_closed(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    incident = await house.lock_down()
    for who in ("patrol", "dispatcher"):
        await (await house.sign_in(who)).watch(HALLWAY)
    close = house.plane.close

    async def fail_first(session_id: str, reason: CloseReason) -> bool:
        if session_id == "session-1":
            raise RuntimeError("a bug")
        return await close(session_id, reason)

    monkeypatch.setattr(house.plane, "close", fail_first)
    await house.all_clear(incident)
    await house.services.viewing.wait_closed()
    assert house.plane.closed == [("session-2", CloseReason.INCIDENT_ENDED)]
    assert "a bug" in caplog.text


async def test_a_picture_of_a_drill_opens_to_the_enrolled_and_ends_when_it_is_superseded(house: House) -> None:
    await house.lock_down(LINCOLN, IncidentKind.DRILL, PEOPLE["patrol"].id)
    patrol, dispatcher = await house.sign_in("patrol"), await house.sign_in("dispatcher")
    await patrol.watch(HALLWAY)
    assert (await dispatcher.offer(HALLWAY, await dispatcher.token())).problem(403) == "not_enrolled"

    await house.lock_down(LINCOLN, IncidentKind.REAL)
    await house.services.viewing.wait_closed()

    assert house.plane.closed == [("session-1", CloseReason.INCIDENT_ENDED)]
    await dispatcher.watch(HALLWAY)


@pytest.mark.parametrize(
    ("end", "code", "reason"),
    [
        ("all clear", "grant_ended", CloseReason.INCIDENT_ENDED),
        ("revoked", "grant_ended", CloseReason.REVOKED),
        ("signed out", "signed_out", CloseReason.SIGNED_OUT),
        ("expired", "token_expired", CloseReason.TOKEN_EXPIRED),
    ],
)
async def test_if_permission_ends_while_a_picture_opens_no_picture_remains(
    house: House, end: str, code: str, reason: CloseReason
) -> None:
    incident = await house.lock_down()
    patrol = await house.sign_in("patrol")
    answer = (await patrol.post("/api/tokens", {"site": LINCOLN})).json
    cookie = patrol.cookie()
    house.plane.gate.clear()
    opening = asyncio.create_task(patrol.offer(HALLWAY, answer["token"]))
    await house.plane.waiting.wait()
    match end:
        case "all clear":
            await house.all_clear(incident)
        case "revoked":
            await house.services.grants.revoke(answer["grant"]["id"], PEOPLE["headquarters"])
        case "signed out":
            sign_in = await house.services.sessions.lookup(cookie)
            assert sign_in is not None
            await house.services.sessions.end(sign_in.id)
            await house.services.viewing.end_sign_in(sign_in.id)
        case "expired":
            house.clock.skip(house.loaded.settings.tokens.lifetime)
    house.plane.gate.set()

    assert (await opening).problem(401) == code
    assert house.plane.closed == [("session-1", reason)]
    assert house.services.viewing.viewings() == ()
    assert [record.event.reason for record in await house.records("view_closed")] == [reason]


async def test_a_sign_in_can_have_only_so_many_pictures_even_if_it_opens_them_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SESSIONS_PER_SIGN_IN", 3)
    patrol = await house.sign_in("patrol")
    token = await patrol.token()
    house.plane.gate.clear()
    opening = [asyncio.create_task(patrol.offer(ENTRANCE, token)) for _ in range(5)]
    await house.plane.waiting.wait()
    refused: set[asyncio.Task[Answer]] = set()
    while len(refused) < 2:
        done, _ = await asyncio.wait(set(opening) - refused, return_when=asyncio.FIRST_COMPLETED)
        refused |= done
    house.plane.gate.set()
    answers = await asyncio.gather(*opening)
    assert {task.result().problem(409) for task in refused} == {"too_many_sessions"}
    assert sorted(answer.status for answer in answers) == [201, 201, 201, 409, 409]

    location = next(answer.headers["Location"] for answer in answers if answer.status == 201)
    await patrol.request("DELETE", location)
    assert (await patrol.offer(ENTRANCE, token)).status == 201


async def test_failed_offers_do_not_count_towards_the_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SESSIONS_PER_SIGN_IN", 1)
    patrol = await house.sign_in("patrol")
    for _ in range(3):
        (await patrol.offer(ENTRANCE, await patrol.token(), sdp=BROKEN_OFFER)).problem(400)
    assert (await patrol.offer(ENTRANCE, await patrol.token())).status == 201


async def test_the_record_says_who_watched_what_and_for_how_long(house: House) -> None:
    incident = await house.lock_down()
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(HALLWAY)
    await house.clock.advance(12.5)
    await patrol.request("DELETE", location)

    [opened] = await house.records("view_opened")
    [closed] = await house.records("view_closed")
    for event in (opened.event, closed.event):
        assert (event.principal, event.name, event.role) == ("pat", "Pat", "patrol")
        assert (event.site, event.camera, event.incident) == (LINCOLN, HALLWAY, incident.id)
        assert event.origin_address == "127.0.0.1"
        assert location.rpartition("/")[2] not in str(event.detail)
        assert (event.detail["basis"], "99.36" in event.detail["legal_basis"]) == ("incident", True)
    assert closed.event.reason == CloseReason.VIEWER_LEFT
    assert closed.event.detail["seconds"] == 12.5
    assert (closed.event.detail["packets"], closed.event.detail["bytes"]) == (42, 4200)
    assert [record.event.camera for record in await house.records("view_refused")] == []


async def test_a_view_without_an_emergency_is_not_recorded_as_one(house: House) -> None:
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(ENTRANCE)
    await patrol.request("DELETE", location)
    events = [(await house.records(kind))[-1].event for kind in ("grant_given", "view_opened", "view_closed")]
    stated = house.loaded.settings.agreements[0].legal_basis
    for event in events:
        assert (event.detail["basis"], event.detail["legal_basis"]) == ("standing", stated.standing)
        assert event.incident is None
        assert "threat" not in event.detail
    assert "99.36" not in (stated.standing or "")


async def test_a_grant_under_an_incident_names_its_threat_and_the_party(house: House) -> None:
    incident = await house.lock_down()
    await (await house.sign_in("patrol")).token()
    [given] = await house.records("grant_given")
    assert (given.event.name, given.event.role, given.event.incident) == ("Pat", "patrol", incident.id)
    assert given.event.detail["threat"] == incident.threat
    assert incident.threat == (
        "Real lockdown at Lincoln Middle School, Classroom 101, triggered by Panic buttons (panic button)"
    )


async def test_a_refused_picture_is_recorded_and_counted(house: House) -> None:
    patrol = await house.sign_in("patrol")
    await patrol.offer(HALLWAY, await patrol.token())
    [refused] = await house.records("view_refused")
    assert (refused.event.principal, refused.event.camera, refused.event.reason) == ("pat", HALLWAY, "no_incident")
    assert house.metrics.registry.get_sample_value("sightline_refusals_total", {"reason": "no_incident"}) == 1


async def test_trigger_to_first_packet_is_measured_for_pictures_opened_soon_after_it(house: House) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    await house.clock.advance(2.0)
    await patrol.watch(HALLWAY)
    house.plane.first_packet("session-1")
    await house.clock.advance(100.0)
    await patrol.watch(HALLWAY)
    house.plane.first_packet("session-2")
    value = house.metrics.registry.get_sample_value
    assert value("sightline_trigger_to_first_packet_seconds_count", {"kind": "real"}) == 1
    assert value("sightline_trigger_to_first_packet_seconds_sum", {"kind": "real"}) == pytest.approx(2.0)


async def test_draining_finishes_work_that_nobody_is_doing_any_more(house: House) -> None:
    """If a core service fails, ``run`` is cancelled before the last records are written. ``drain`` writes them."""
    patrol = await house.sign_in("patrol")
    await patrol.watch(ENTRANCE)
    await house.stop_viewing()
    await house.plane.close("session-1", CloseReason.SHUTDOWN)
    await asyncio.wait_for(house.services.viewing.drain(), 5)
    assert [record.event.reason for record in await house.records("view_closed")] == [CloseReason.SHUTDOWN]


async def test_a_token_of_the_same_person_in_another_role_is_refused(house: House) -> None:
    """A forged combination of sign-in and person is refused, even if its signature is ours."""
    patrol, dispatcher = await house.sign_in("patrol"), await house.sign_in("dispatcher")
    grant = await house.services.grants.give(PEOPLE["patrol"], LINCOLN)
    sign_in = await house.services.sessions.lookup(dispatcher.cookie())
    assert sign_in is not None
    token = house.services.tokens.issue(PEOPLE["patrol"], grant, sign_in.id).token
    assert (await patrol.offer(ENTRANCE, token)).problem(401) == "signed_out"
