"""Covers a page's channel: slow readers, invalid messages, bugs, and how the channel ends."""

import pytest
from aiohttp import WSServerHandshakeError

from gateway.api import channel as page_channel
from gateway.api import hub
from gateway.api.routes import events
from tests.api.routes.event_messages import malformed, of
from tests.in_process import House


async def test_a_page_that_reads_too_slowly_is_dropped_and_returns_with_a_snapshot(house: House) -> None:
    dispatcher = await house.sign_in("dispatcher")
    slow = await dispatcher.events()
    hello = await slow.resume()
    for _ in range(1100):  # There is no pause, so nothing can be written in between.
        house.services.hub.publish({"type": "push"}, lambda _: True)
    assert await slow.closed() == 1013

    again = await dispatcher.events()
    await again.resume(hello["epoch"], hello["seq"])
    assert of(await again.up_to_now(), "snapshot")


async def test_a_slow_page_does_not_affect_the_others(house: House) -> None:
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
async def test_a_channel_ends_with_its_sign_in(house: House, how: str) -> None:
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


async def test_another_sign_in_of_the_same_person_continues(house: House) -> None:
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


async def test_garbage_is_counted_and_ignored(house: House) -> None:
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
async def test_a_page_that_does_not_begin_with_resume_is_disconnected(house: House, first: str) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.socket.send_str(first)
    assert await channel.closed() == 1002
    assert malformed(house) == 1


async def test_a_page_that_says_nothing_is_disconnected_quietly(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(page_channel, "FIRST_MESSAGE_WITHIN", 0.01)
    channel = await (await house.sign_in("dispatcher")).events()
    assert await channel.closed() == 1002
    assert caplog.text == ""


async def test_a_bug_in_one_pages_channel_ends_only_that_channel(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dispatcher = await house.sign_in("dispatcher")
    broken, other = await dispatcher.events(), await dispatcher.events()
    await broken.resume()
    await other.resume()

    def fail(*_: object) -> None:
        raise RuntimeError("the inside story")

    with monkeypatch.context() as patch:
        patch.setattr(house.services.hub, "send", fail)
        await broken.say({"type": "ping", "t0": 1})
        assert await broken.closed() == 1011
    assert await other.up_to_now()
    assert "the inside story" in caplog.text
    assert house.metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "events"}) == 1


async def test_pings_are_answered_with_gateway_time(house: House) -> None:
    channel = await (await house.sign_in("patrol")).events()
    hello = await channel.resume()
    assert (hello["gateway_time"], hello["now_at"]) == (house.clock.monotonic(), house.clock.now())
    await house.clock.advance(0.25)
    await channel.say({"type": "ping", "t0": 123.5})
    pong = await channel.next_of("pong")
    assert pong == {"type": "pong", "t0": 123.5, "gateway_time": house.clock.monotonic(), "set_by": 0.0}


async def test_when_the_gateway_stops_every_page_is_told_to_reconnect(house: House) -> None:
    channel = await (await house.sign_in("dispatcher")).events()
    await channel.resume()
    house.services.hub.stop()
    assert await channel.closed() == 1001
