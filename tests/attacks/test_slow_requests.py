"""Connections that are held and not used."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import hdrs, web

from gateway.api.arrival import FIRST_REQUEST_WITHIN, close_silent
from tests.in_process import House


class Line:
    """A TCP connection to the gateway, below HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def status(self) -> int:
        """Of the next answer."""
        async with asyncio.timeout(5):
            await self._reader.readuntil(b"HTTP/1.1 ")
            return int(await self._reader.readexactly(3))

    async def closed(self) -> bool:
        async with asyncio.timeout(5):
            return await self._reader.read() == b""


@pytest.fixture
async def guarded(house: House) -> AsyncIterator[House]:
    runner = house.server.runner
    assert isinstance(runner, web.AppRunner)
    guard = asyncio.create_task(close_silent(runner, house.clock))
    await house.clock.settle()
    yield house
    guard.cancel()
    await asyncio.gather(guard, return_exceptions=True)


@asynccontextmanager
async def connected(house: House) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    await house.clock.settle()
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("beginning", [b"", b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n"])
async def test_a_connection_that_never_asks_is_closed(guarded: House, beginning: bytes) -> None:
    async with connected(guarded) as line:
        line.say(beginning)
        await guarded.clock.advance(FIRST_REQUEST_WITHIN + 2)
        assert await line.closed()


async def test_a_connection_that_has_asked_stays_for_more(guarded: House) -> None:
    async with connected(guarded) as line:
        request = b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n"
        for _ in range(2):
            line.say(request)
            assert await line.status() == 200
            await guarded.clock.advance(FIRST_REQUEST_WITHIN + 2)


async def test_an_event_channel_is_no_silent_connection(guarded: House) -> None:
    channel = await (await guarded.sign_in("patrol")).events()
    await channel.resume()
    await guarded.clock.advance(FIRST_REQUEST_WITHIN + 2)
    assert await channel.up_to_now() is not None


async def test_a_body_that_dribbles_is_a_408(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.arrival.BODY_WITHIN", 0.05)
    async with connected(house) as line:
        line.say(b"POST /hooks/lincoln-panic HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n\r\nabc")
        assert await line.status() == 408


async def test_a_body_in_another_coding_than_its_header_names_is_the_senders_fault(house: House) -> None:
    stranger = await house.stranger()
    answer = await stranger.post("/api/invitations/redeem", {"code": "x"}, **{hdrs.CONTENT_ENCODING: "gzip"})
    assert answer.status == 400


async def test_a_sender_who_hangs_up_in_the_middle_is_no_bug_of_ours(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(house) as line:
        line.say(b"POST /hooks/lincoln-panic HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n\r\nabc")
        await asyncio.sleep(0.05)
        line.writer.transport.abort()
        await asyncio.sleep(0.05)
        assert (await (await house.stranger()).get("/healthz")).status == 200
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []
