"""The event channel: resume, audience, slow readers, rubbish, and the ends of a sign-in."""

from typing import Any

import pytest
from aiohttp import WSServerHandshakeError

from gateway.api import hub
from gateway.api.routes import events
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.models import CameraId, CloseReason, SourceReason, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.sources.state import SourceEvent
from tests.in_process import ENTRANCE, HALLWAY, LINCOLN, NURSE, OAK, House


def malformed(house: House) -> float:
    return house.metrics.registry.get_sample_value("sightline_malformed_total", {"protocol": "events"}) or 0.0


def of(messages: list[Any], kind: str) -> list[Any]:
    return [message for message in messages if message["type"] == kind]


async def test_a_page_that_comes_back_hears_what_it_missed_in_order(house: House) -> None:
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
async def test_a_page_of_another_epoch_or_of_no_sense_gets_a_snapshot(house: House, seq: Any) -> None:
    incident = await house.lock_down()
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume("another gateway's", seq)
    snapshot = await channel.next_of("snapshot")
    assert [i["id"] for i in snapshot["incidents"]] == [incident.id]
    assert snapshot["seq"] == house.services.hub.seq


@pytest.mark.parametrize("seq", [-1, 10**9, None, "3"])
async def test_a_number_that_this_gateway_never_gave_gets_a_snapshot(house: House, seq: Any) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume(house.services.hub.epoch, seq)
    assert await channel.next_of("snapshot")


async def test_a_page_that_missed_more_than_is_kept_gets_a_snapshot(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    for _ in range(hub.KEPT + 1):
        house.services.hub.publish({"type": "push"}, lambda _: True)
    await channel.resume(house.services.hub.epoch, 0)
    assert of(await channel.up_to_now(), "snapshot")


async def test_a_page_that_missed_all_that_is_kept_hears_it_all(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    for _ in range(hub.KEPT + 1):
        house.services.hub.publish({"type": "push"}, lambda _: True)
    await channel.resume(house.services.hub.epoch, 1)
    assert [message["seq"] for message in await channel.up_to_now()] == list(range(2, hub.KEPT + 2))


async def test_an_alarm_is_heard_by_those_who_have_work_in_it(house: House) -> None:
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


async def test_what_one_may_not_hear_is_not_in_the_snapshot_nor_in_what_was_missed(house: House) -> None:
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


async def test_nobody_hears_of_a_camera_that_is_never_shown(house: House) -> None:
    channels = [await (await house.sign_in(who)).events() for who in ("headquarters", "district_it", "coordinator")]
    for channel in channels:
        await channel.resume()
    assert not any(NURSE in key for key in house.media.pulls)
    for camera in (HALLWAY, "oak-hallway"):
        house.media.pulls[CameraId(camera), StreamName.MAIN]._standing.happened(
            SourceEvent.LOST, SourceReason.UNREACHABLE, "No route."
        )
    heard = [[m["camera"]["id"] for m in of(await channel.up_to_now(), "camera")] for channel in channels]
    assert heard == [[HALLWAY, "oak-hallway"], [HALLWAY, "oak-hallway"], [HALLWAY]]


async def test_who_watches_is_told_to_the_school_and_to_those_who_direct(house: House) -> None:
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


async def test_a_session_is_told_to_its_own_person_alone(house: House) -> None:
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


async def test_a_refused_panic_button_is_told(house: House) -> None:
    people = ["dispatcher", "headquarters", "coordinator", "district_it", "patrol", "oak_coordinator"]
    channels = {who: await (await house.sign_in(who)).events() for who in people}
    for channel in channels.values():
        await channel.resume()
    stranger = await house.stranger()
    await stranger.request("POST", "/hooks/lincoln-panic", data=b"{}", headers=house.signed(b"other"))
    heard = {who: of(await channel.up_to_now(), "trigger_refused") for who, channel in channels.items()}
    assert {who for who, m in heard.items() if m} == {"dispatcher", "headquarters", "coordinator", "district_it"}
    assert heard["district_it"][0]["reason"] == "bad_signature"


async def test_a_page_that_reads_too_slowly_is_dropped_and_comes_back_by_a_snapshot(house: House) -> None:
    dispatcher = await house.sign_in("dispatcher")
    slow = await dispatcher.events()
    hello = await slow.resume()
    for _ in range(1100):  # without a pause, so that nothing can be written in between
        house.services.hub.publish({"type": "push"}, lambda _: True)
    assert await slow.closed() == 1013

    again = await dispatcher.events()
    await again.resume(hello["epoch"], hello["seq"])
    assert of(await again.up_to_now(), "snapshot")


async def test_a_slow_page_costs_the_others_nothing(house: House) -> None:
    slow = await (await house.sign_in("patrol")).events()
    other = await (await house.sign_in("dispatcher")).events()
    await slow.resume()
    await other.resume()
    await other.up_to_now()
    for number in range(hub.QUEUE + 1):
        house.services.hub.tell("pat", {"type": "push", "number": number})
    house.services.hub.publish({"type": "push"}, lambda _: True)
    assert len(of(await other.up_to_now(), "push")) == 1
    assert await slow.closed() == 1013


@pytest.mark.parametrize("how", ["signed out", "expired"])
async def test_a_page_ends_with_its_sign_in(house: House, how: str) -> None:
    patrol = await house.sign_in("patrol")
    await house.clock.advance(12 * 3600 - 1)
    channel = await patrol.events()
    await channel.resume()
    await channel.up_to_now()
    if how == "signed out":
        await patrol.post("/api/sign-out")
    else:
        await house.clock.advance(1)
        await house.services.sign_ins.tick()
    told = await channel.next_of("signed_out")
    assert told["reason"] == how.replace(" ", "_")
    assert await channel.closed() == 1008


async def test_another_sign_in_of_the_same_person_goes_on(house: House) -> None:
    one, other = await house.sign_in("patrol"), await house.sign_in("patrol")
    channel = await other.events()
    await channel.resume()
    await one.post("/api/sign-out")
    assert await channel.up_to_now()


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_a_foreign_page_gets_no_channel(house: House, origin: str) -> None:
    dispatcher = await house.sign_in("dispatcher")
    with pytest.raises(WSServerHandshakeError) as refused:
        await dispatcher.events(Origin=origin)
    assert refused.value.status == 403


async def test_a_stranger_gets_no_channel(house: House) -> None:
    stranger = await house.stranger()
    with pytest.raises(WSServerHandshakeError) as refused:
        await stranger.events()
    assert refused.value.status == 401


RUBBISH = [
    "",
    "{",
    "[]",
    "7",
    "null",
    "{}",
    '{"type": "ping"}',
    '{"type": "ping", "t0": "now"}',
    '{"type": "ping", "t0": NaN}',
    '{"type": "ping", "t0": 1e999}',
    '{"type": "watch"}',
    '{"type": "watch", "session": 7}',
    '{"type": "glass", "ages": {}}',
    '{"type": "glass", "ages": [{"state": "fine", "age": 1}]}',
    '{"type": "glass", "ages": [{"state": "live", "age": "1"}]}',
    '{"type": "glass", "ages": [{"state": "live", "age": 1%s}]}' % ("0" * 400),
    '{"type": "resume", "epoch": null, "seq": 0}',
    '{"type": "' + "x" * 9000 + '"}',
    "[" * 16_000,
]


async def test_rubbish_is_counted_and_ignored(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume()
    await channel.up_to_now()
    for rubbish in RUBBISH:
        await channel.socket.send_str(rubbish)
    await channel.socket.send_bytes(b"\0\1")
    assert await channel.up_to_now() == []
    assert malformed(house) == len(RUBBISH) + 1


async def test_an_endless_message_ends_the_channel(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume()
    await channel.socket.send_str(" " * (events.MESSAGE_LIMIT + 1))
    assert await channel.closed() == 1009


@pytest.mark.parametrize("first", ['{"type": "ping", "t0": 1}', "[]", "rubbish", "[" * 10_000])
async def test_a_page_that_does_not_begin_with_resume_is_sent_away(house: House, first: str) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.socket.send_str(first)
    assert await channel.closed() == 1002
    assert malformed(house) == 1


async def test_a_page_that_says_nothing_is_sent_away_without_a_fuss(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "FIRST_MESSAGE_WITHIN", 0.01)
    channel = await (await house.sign_in("dispatcher")).events()
    assert await channel.closed() == 1002
    assert caplog.text == ""


async def test_a_bug_in_one_pages_channel_ends_that_page_alone(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dispatcher = await house.sign_in("dispatcher")
    broken, other = await dispatcher.events(), await dispatcher.events()
    await broken.resume()
    await other.resume()

    def fail(*_: object) -> None:
        raise RuntimeError("the inside story")

    with monkeypatch.context() as patch:
        patch.setattr(events.Page, "_heard", fail)
        await broken.say({"type": "ping", "t0": 1})
        assert await broken.closed() == 1011
    assert await other.up_to_now()
    assert "the inside story" in caplog.text
    assert house.metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "events"}) == 1


async def test_pings_tell_gateway_time(house: House) -> None:
    channel = await (await house.sign_in("patrol")).events()
    hello = await channel.resume()
    assert (hello["gateway_time"], hello["now_at"]) == (house.clock.monotonic(), house.clock.now())
    await house.clock.advance(0.25)
    await channel.say({"type": "ping", "t0": 123.5})
    pong = await channel.next_of("pong")
    assert pong == {"type": "pong", "t0": 123.5, "gateway_time": house.clock.monotonic(), "set_by": 0.0}


async def test_glass_ages_are_counted_by_role_and_state(house: House) -> None:
    channel = await (await house.sign_in("patrol")).events()
    await channel.resume()
    ages = [{"session": "s", "state": "live", "age": 0.4}, {"session": "s", "state": "not_live", "age": None}]
    await channel.say({"type": "glass", "ages": ages})
    await channel.up_to_now()
    labels = {"role": "patrol", "state": "live"}
    assert house.metrics.registry.get_sample_value("sightline_glass_age_seconds_sum", labels) == 0.4
    assert malformed(house) == 0


def play(house: House, camera: str) -> None:
    """A camera connects and its first keyframe arrives."""
    stream = house.media.streams[CameraId(camera), StreamName.MAIN]
    assert isinstance(stream, CameraStream)
    now = house.clock.monotonic()
    stream.connected(StreamInfo("H264", 90_000), now)
    stream.access_unit(AccessUnit((b"\x65" + b"\0" * 40,), 1000, True, now))


async def test_a_page_hears_the_time_of_the_streams_that_it_watches(house: House) -> None:
    play(house, ENTRANCE)
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    session, _ = await patrol.watch(ENTRANCE)
    assert of(await channel.up_to_now(), "timeline") == []

    await channel.say({"type": "watch", "session": session})
    heard = await channel.up_to_now()
    assert of(heard, "timeline")[0].items() >= {"camera": ENTRANCE, "stream": "main", "trusted": False}.items()
    assert of(heard, "picture") == [{"type": "picture", "camera": ENTRANCE, "unchanged_since_gt": None}]

    await house.clock.advance(1.0)
    assert len(of(await channel.up_to_now(), "timeline")) == 1, "once a second"

    before = heard[-1]
    play(house, ENTRANCE)
    [told] = of(await channel.up_to_now(), "timeline")
    assert told["epoch"] != of(heard, "timeline")[0]["epoch"], "at once at a discontinuity"
    assert before["type"] == "picture"


async def test_a_page_is_told_which_stream_a_session_gets_and_how_to_date_it(house: House) -> None:
    play(house, HALLWAY)
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    session, _ = await patrol.watch(HALLWAY)
    await channel.say({"type": "watch", "session": session})
    heard = await channel.up_to_now()
    [told] = [event for event in of(heard, "session") if event["state"] == "stream"]
    assert (told["session"], told["stream"], told["waiting"]) == (session, "main", "")
    before = of(heard, "timeline")[-1]
    assert before["session"] == session

    house.plane.switched(session, StreamName.MAIN, waiting="link", shift=2**32 - 90)
    heard = await channel.up_to_now()
    [told] = of(heard, "session")
    assert (told["state"], told["stream"], told["waiting"]) == ("stream", "main", "link")
    after = of(heard, "timeline")[-1]
    assert after["rtp"] == (before["rtp"] - 90) % 2**32
    assert after["capture"] == before["capture"]
    assert after["epoch"] != before["epoch"]


async def test_a_page_hears_nothing_of_the_time_of_another_sign_ins_session(house: House) -> None:
    play(house, ENTRANCE)
    patrol, second = await house.sign_in("patrol"), await house.sign_in("patrol")
    session, _ = await patrol.watch(ENTRANCE)
    channel = await second.events()
    await channel.resume()
    await channel.say({"type": "watch", "session": session})
    await channel.say({"type": "watch", "session": "no such session"})
    await house.clock.advance(1.0)
    heard = await channel.up_to_now()
    assert of(heard, "timeline") + of(heard, "picture") == []


async def test_a_session_that_has_ended_is_ticked_no_more(house: House) -> None:
    play(house, ENTRANCE)
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    session, location = await patrol.watch(ENTRANCE)
    await channel.say({"type": "watch", "session": session})
    await channel.up_to_now()
    await patrol.request("DELETE", location)
    await house.clock.advance(1.0)
    assert of(await channel.up_to_now(), "timeline") == []


async def test_when_the_gateway_stops_every_page_is_told_to_come_back(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume()
    house.services.hub.stop()
    assert await channel.closed() == 1001
