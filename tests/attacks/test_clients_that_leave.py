"""Clients that leave while the gateway is answering them: that is not a bug, whatever the gateway was about to send."""

import asyncio
import socket
import struct
from pathlib import Path

import pytest

from gateway.api.routes import pages
from gateway.auth.sessions import SignIn, SignInSessions
from tests.attacks.conftest import Line, connected
from tests.in_process import House

UPGRADE = (
    "GET /api/events HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nCookie: sightline={}\r\n\r\n"
)
RESUME = b'{"type": "resume", "epoch": null, "seq": 0}'
RESUME_FRAME = bytes([0x81, 0x80 | len(RESUME), 0, 0, 0, 0]) + RESUME
MORE_THAN_SOCKETS_HOLD = 16 * 1024 * 1024


def as_in_production(house: House) -> None:
    """Let a route continue when its client leaves. aiohttp's test server would cancel it."""
    house.server.handler.handler_cancellation = False


async def leave(line: Line) -> None:
    """Hang up as a client does that has crashed: with a reset, so that nothing more can be written to it."""
    line.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.writer.transport.abort()
    await line.writer.wait_closed()


async def no_bug(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Check that nothing was logged or counted, once the gateway has done what it was doing."""
    await house.clock.settle()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert [house.value("task_failures_total", task=task) for task in ("http", "events")] == [0, 0]


async def test_a_page_may_leave_before_it_has_its_event_channel(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    as_in_production(house)
    cookie = (await house.sign_in("patrol")).cookie()
    lookup, looked, let_in = SignInSessions.lookup, asyncio.Event(), asyncio.Event()

    async def held(sessions: SignInSessions, cookie: str) -> SignIn | None:
        found = await lookup(sessions, cookie)
        looked.set()
        await let_in.wait()
        return found

    monkeypatch.setattr(SignInSessions, "lookup", held)
    async with connected(house.server.port or 0) as line:
        line.say(UPGRADE.format(cookie).encode())
        await looked.wait()
        await leave(line)
    let_in.set()
    await no_bug(house, caplog)


async def test_a_page_may_leave_before_it_is_told_that_it_is_signed_out(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    as_in_production(house)
    cookie = (await house.sign_in("patrol")).cookie()
    looked, let_in = asyncio.Event(), asyncio.Event()

    async def signed_out(sessions: SignInSessions, session_id: str) -> SignIn | None:
        looked.set()
        await let_in.wait()
        return None

    monkeypatch.setattr(SignInSessions, "by_id", signed_out)
    async with connected(house.server.port or 0) as line:
        line.say(UPGRADE.format(cookie).encode())
        assert await line.status() == 101
        line.say(RESUME_FRAME)
        await looked.wait()
        await leave(line)
    let_in.set()
    await no_bug(house, caplog)


async def test_a_page_may_leave_while_it_is_being_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "index.html").write_bytes(b" " * MORE_THAN_SOCKETS_HOLD)
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    async with House(tmp_path) as house, connected(house.server.port or 0) as line:
        as_in_production(house)
        line.ask("/")
        assert await line.status() == 200
        await leave(line)
        await no_bug(house, caplog)


async def test_a_sender_may_leave_in_the_middle_of_its_body(house: House, caplog: pytest.LogCaptureFixture) -> None:
    as_in_production(house)
    async with connected(house.server.port or 0) as line:
        line.say(b"POST /hooks/lincoln-panic HTTP/1.1\r\nHost: gateway\r\nContent-Length: 100\r\n")
        line.say(b"Expect: 100-continue\r\n\r\nabc")
        assert await line.status() == 100
        await leave(line)
        await no_bug(house, caplog)


async def test_a_lost_connection_of_the_gateways_own_is_a_bug_while_the_client_is_there(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> None:
        raise ConnectionResetError("the gateway's own")

    person = await house.stranger()
    monkeypatch.setattr(type(house.services.tokens), "jwks", broken)
    assert (await person.get("/.well-known/jwks.json")).problem(500) == "internal_error"
    assert house.value("task_failures_total", task="http") == 1
