"""A page is told everything that it missed and that its person may know, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.api import hub
from gateway.errors import CameraError
from gateway.models import CameraId, CloseReason, SourceReason, StreamName
from gateway.sources.rtsp.client import RtspClient
from tests.api.routes.event_messages import of
from tests.in_process import HALLWAY, LINCOLN, NURSE, OAK, House


async def test_a_page_that_reconnects_hears_what_it_missed_in_order(house: House) -> None:
    dispatcher = await house.sign_in("dispatcher")
    first = await dispatcher.events()
    hello = await first.resume()
    await house.lock_down()
    seen = (await first.next_of("incident"))["seq"]
    await first.socket.close()
    missed = await house.lock_down(LINCOLN)
    await house.all_clear(missed)
    await house.lock_down(OAK)

    second = await dispatcher.events()
    again = await second.resume(hello["epoch"], seen)

    heard = await second.up_to_now()
    assert of(heard, "snapshot") == []
    sequence = [message["seq"] for message in heard]
    assert sequence == list(range(seen + 1, again["seq"] + 1))
    assert [(m["incident"]["site"], m["incident"]["state"]) for m in of(heard, "incident")] == [
        (LINCOLN, "open"),
        (LINCOLN, "all_clear"),
        (OAK, "open"),
    ]


@pytest.mark.parametrize("seq", [0, -1, 10**9, None, "3", 1.5])
async def test_a_page_with_another_epoch_or_a_senseless_message_gets_a_snapshot(house: House, seq: Any) -> None:
    incident = await house.lock_down()
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume("another gateway's", seq)
    snapshot = await channel.next_of("snapshot")
    assert [i["id"] for i in snapshot["incidents"]] == [incident.id]
    assert snapshot["seq"] == house.services.hub.seq


@pytest.mark.parametrize("seq", [-1, 10**9, None, "3"])
async def test_a_number_that_this_gateway_never_assigned_gets_a_snapshot(house: House, seq: Any) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume(house.services.hub.epoch, seq)
    assert await channel.next_of("snapshot")


async def test_a_page_that_missed_more_than_is_kept_gets_a_snapshot(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    for _ in range(hub.KEPT + 1):
        house.services.hub.publish({"type": "push"}, lambda _: True)
    await channel.resume(house.services.hub.epoch, 0)
    assert of(await channel.up_to_now(), "snapshot")


async def test_a_page_that_missed_everything_that_is_kept_hears_all_of_it(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    for _ in range(hub.KEPT + 1):
        house.services.hub.publish({"type": "push"}, lambda _: True)
    await channel.resume(house.services.hub.epoch, 1)
    assert [message["seq"] for message in await channel.up_to_now()] == list(range(2, hub.KEPT + 2))


async def test_an_alarm_is_sent_to_those_who_have_a_part_in_it(house: House) -> None:
    people = ["dispatcher", "headquarters", "patrol", "coordinator", "oak_coordinator", "district_it", "auditor"]
    channels = {who: await (await house.sign_in(who)).events() for who in people}
    for channel in channels.values():
        await channel.resume()
    incident = await house.lock_down()
    heard = {who: of(await channel.up_to_now(), "incident") for who, channel in channels.items()}
    assert {who for who, messages in heard.items() if messages} == set(people) - {"oak_coordinator", "auditor"}
    [alarm] = heard["dispatcher"]
    assert alarm["alarm"] is True
    assert (alarm["incident"]["id"], alarm["incident"]["kind"]) == (incident.id, "real")
    assert alarm["incident"]["origin"]["room"] == "lincoln-room-101"
    assert len(alarm["incident"]["nearest"]) == 4
    assert NURSE not in alarm["incident"]["nearest"]


async def test_what_a_person_may_not_hear_is_in_neither_the_snapshot_nor_the_missed_events(house: House) -> None:
    await house.lock_down(LINCOLN)
    await house.lock_down(OAK)
    epoch = house.services.hub.epoch
    for who, sites in [
        ("coordinator", {LINCOLN}),
        ("oak_coordinator", {OAK}),
        ("auditor", set()),
        ("patrol", {LINCOLN, OAK}),
    ]:
        person = await house.sign_in(who)
        fresh, back = await person.events(), await person.events()
        await fresh.resume()
        await back.resume(epoch, 0)
        snapshot = of(await fresh.up_to_now(), "snapshot")[0]
        missed = of(await back.up_to_now(), "incident")
        assert {incident["site"] for incident in snapshot["incidents"]} == sites
        assert {message["incident"]["site"] for message in missed} == sites
        assert {camera["site"] for camera in snapshot["cameras"]} == sites
        assert NURSE not in {camera["id"] for camera in snapshot["cameras"]}


@asynccontextmanager
async def no_route(*_: object) -> AsyncIterator[RtspClient]:
    raise CameraError(SourceReason.UNREACHABLE, "No route.")
    yield


async def test_nobody_hears_about_a_never_camera(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    channels = [await (await house.sign_in(who)).events() for who in ("headquarters", "district_it", "coordinator")]
    for channel in channels:
        await channel.resume()
    assert not any(NURSE in key for key in house.media.pulls)
    monkeypatch.setattr("gateway.sources.source.connected", no_route)
    pulls = [house.media.pulls[CameraId(camera), StreamName.MAIN] for camera in (HALLWAY, "oak-hallway")]
    tasks = [asyncio.create_task(pull.run()) for pull in pulls]
    await house.clock.settle()
    heard = [[m["camera"]["id"] for m in of(await channel.up_to_now(), "camera")] for channel in channels]
    for task in tasks:
        task.cancel()
    assert heard == [[HALLWAY, "oak-hallway"], [HALLWAY, "oak-hallway"], [HALLWAY]]


async def test_the_school_and_those_in_charge_are_told_who_is_watching(house: House) -> None:
    await house.lock_down()
    people = ["dispatcher", "headquarters", "coordinator", "oak_coordinator", "patrol", "district_it"]
    signed_in = {who: await house.sign_in(who) for who in people}
    channels = {who: await person.events() for who, person in signed_in.items()}
    for channel in channels.values():
        await channel.resume()
    session, location = await signed_in["patrol"].watch(HALLWAY)
    house.plane.connected(session)
    heard = {who: of(await channel.up_to_now(), "watchers") for who, channel in channels.items()}
    assert {who for who, messages in heard.items() if messages} == {"dispatcher", "headquarters", "coordinator"}
    [told] = heard["coordinator"]
    assert told["watchers"] == [
        {"principal": "pat", "name": "Pat", "role": "patrol", "camera": HALLWAY, "since_at": house.clock.now()}
    ]
    await signed_in["patrol"].request("DELETE", location)
    assert (await channels["coordinator"].next_of("watchers"))["watchers"] == []


async def test_only_its_own_person_is_told_about_a_session(house: House) -> None:
    await house.lock_down()
    patrol, dispatcher = await house.sign_in("patrol"), await house.sign_in("dispatcher")
    mine, other = await patrol.events(), await dispatcher.events()
    await mine.resume()
    await other.resume()
    session, _ = await patrol.watch(HALLWAY)
    house.plane.connected(session)
    await house.plane.close(session, CloseReason.TOKEN_EXPIRED)
    sent = {"type": "session", "session": session, "stream": "main", "waiting": ""}
    assert of(await mine.up_to_now(), "session") == [
        sent | {"state": "connected", "reason": None},
        sent | {"state": "closed", "reason": "token_expired"},
    ]
    assert of(await other.up_to_now(), "session") == []


async def test_a_refused_panic_button_is_reported(house: House) -> None:
    people = ["dispatcher", "headquarters", "coordinator", "district_it", "patrol", "oak_coordinator"]
    channels = {who: await (await house.sign_in(who)).events() for who in people}
    for channel in channels.values():
        await channel.resume()
    stranger = await house.stranger()
    await stranger.request("POST", "/hooks/lincoln-panic", data=b"{}", headers=house.signed(b"other"))
    heard = {who: of(await channel.up_to_now(), "trigger_refused") for who, channel in channels.items()}
    assert {who for who, m in heard.items() if m} == {"dispatcher", "headquarters", "coordinator", "district_it"}
    assert heard["district_it"][0]["reason"] == "bad_signature"
