"""Connections that are kept open and not used."""

import pytest
from aiohttp import ClientSession, hdrs

from gateway.api.admission.doors import FIRST_REQUEST_WITHIN
from tests.attacks.conftest import Guarded, connected
from tests.in_process import Channel, House


@pytest.mark.parametrize("beginning", [b"", b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n"])
async def test_a_connection_that_never_sends_a_request_is_closed(guarded: Guarded, beginning: bytes) -> None:
    async with connected(guarded.port) as line:
        await guarded.until(lambda: len(guarded.places) == 1)
        line.say(beginning)
        await guarded.house.clock.advance(FIRST_REQUEST_WITHIN + 2)
        assert await line.closed()


async def test_a_connection_that_has_sent_a_request_stays_open_for_more(guarded: Guarded) -> None:
    async with connected(guarded.port) as line:
        request = b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n"
        for _ in range(2):
            line.say(request)
            assert await line.status() == 200
            await guarded.house.clock.advance(FIRST_REQUEST_WITHIN + 2)


async def test_an_event_channel_does_not_count_as_a_silent_connection(guarded: Guarded) -> None:
    cookie = {"Cookie": f"sightline={(await guarded.house.sign_in('patrol')).cookie()}"}
    async with ClientSession(headers=cookie) as session:
        channel = Channel(await session.ws_connect(f"http://127.0.0.1:{guarded.port}/api/events"))
        await channel.resume()
        await guarded.house.clock.advance(FIRST_REQUEST_WITHIN + 2)
        assert await channel.up_to_now() is not None


async def test_a_body_that_arrives_too_slowly_is_a_408(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.admission.arrival.BODY_WITHIN", 0.05)
    async with connected(house.server.port or 0) as line:
        line.say(b"POST /hooks/lincoln-panic HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n\r\nabc")
        assert await line.status() == 408


async def test_a_body_whose_encoding_does_not_match_its_header_is_the_senders_fault(house: House) -> None:
    stranger = await house.stranger()
    answer = await stranger.post("/api/invitations/redeem", {"code": "x"}, **{hdrs.CONTENT_ENCODING: "gzip"})
    assert answer.status == 400
