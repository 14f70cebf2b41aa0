"""``python -m bench.load.alarm_loads NAME``: loads that must not make an alarm wait, each in a separate process.

Each load is a coroutine that runs until it is cancelled. To add one, write it and name it in LOADS. The process reads
what it needs (a ``Target``, as JSON) from standard input, and stops when that closes, or after a minute.
"""

import asyncio
import contextlib
import json
import resource
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from gateway.audit.audit_event import AuditEvent, AuditRecord
from gateway.audit.kinds import Kind
from gateway.audit.spool import Spool
from gateway.incidents.triggers.signature import sign

LONGEST = 60.0
SITE = "bench"
OTHER_BUTTON, OTHER_SECRET = "bench-other", "the-secret-of-another-button-of-the-bench"


@dataclass(frozen=True, slots=True)
class Target:
    """The gateway under load. ``auditor`` is the cookie of a user who may see no pictures."""

    url: str
    auditor: str
    spool: str


async def nothing(_: Target) -> None:
    """Leave the gateway at rest, for comparison."""
    await asyncio.Event().wait()


async def metrics(target: Target) -> None:
    """Ask for /metrics over 50 connections, again and again."""
    await _repeat(target, 50, "GET", "/metrics")


async def readyz(target: Target) -> None:
    """Ask for /readyz over 1,000 connections, again and again."""
    await _repeat(target, 1000, "GET", "/readyz")


async def refused(target: Target) -> None:
    """Ask for 1,500 tokens at once as an auditor, and ask again as soon as all are refused."""
    async with _session(target, 1500) as session:
        while True:
            await asyncio.gather(*(_ask(session, "POST", "/api/tokens", {"site": SITE}) for _ in range(1500)))


async def spool(target: Target) -> None:
    """Put 2,000 records into the spool, and 2,000 more every two seconds."""
    known = Spool(Path(target.spool))
    while True:
        now = time.time_ns()
        records = [
            AuditRecord(AuditEvent(kind=Kind("bench")), f"{now}-{number}", now / 1e9, 0) for number in range(2000)
        ]
        await asyncio.to_thread(known.append, records)
        await asyncio.sleep(2)


async def idle(target: Target) -> None:
    """Open 1,100 connections from one address that send one request and stay open. Replace every one that is closed."""
    await _lines(target, 1100, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", read=True)


async def silent(target: Target) -> None:
    """Open 1,100 connections from one address that send nothing. Replace every one that is closed."""
    await _lines(target, 1100, b"", read=True)


async def slow(target: Target) -> None:
    """Ask for the page again and again over 200 connections without reading the answers."""
    await _lines(target, 200, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 30, read=False)


async def unsigned(target: Target) -> None:
    """Post badly signed messages to the panic button's address over 50 connections."""
    await _repeat(target, 50, "POST", "/hooks/bench-panic")


async def channel(target: Target) -> None:
    """Open 32 event channels of an auditor and send nothing but pings."""
    said = b'\x81\x97\0\0\0\0{"type":"ping","t0":1}\n'
    origin = urlsplit(target.url)
    upgrade = (
        f"GET /api/events HTTP/1.1\r\nHost: {origin.netloc}\r\nOrigin: {target.url}\r\n"
        f"Cookie: sightline={target.auditor}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )

    async def flood() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", origin.port)
        writer.write(upgrade.encode() + b'\x81\x91\0\0\0\0{"type":"resume"}')
        reading = asyncio.create_task(_read_all(reader))
        try:
            while not reading.done():
                writer.write(said * 1000)
                await writer.drain()
        finally:
            writer.close()
            reading.cancel()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await reading

    async def again() -> None:
        while True:
            with contextlib.suppress(OSError):
                await flood()
            await asyncio.sleep(0.2)

    await asyncio.gather(*(again() for _ in range(32)))


async def record(target: Target) -> None:
    """Read 1,000 records as an auditor, 60 times at once."""
    known, now = Spool(Path(target.spool)), time.time_ns()
    records = [AuditRecord(AuditEvent(kind=Kind("bench")), f"{now}-{number}", now / 1e9, 0) for number in range(2000)]
    await asyncio.to_thread(known.append, records)
    await _repeat(target, 60, "GET", "/api/record?limit=1000")


async def button(target: Target) -> None:
    """Send one message after another over 200 connections, signed with the secret of another panic button."""
    async with _session(target, 200) as session:

        async def again() -> None:
            while True:
                timestamp, message = str(int(time.time())), f"msg_{secrets.token_hex(12)}"
                headers = {"webhook-id": message, "webhook-timestamp": timestamp}
                headers["webhook-signature"] = sign(OTHER_SECRET, message, timestamp, b"{}")
                await _ask(session, "POST", f"/hooks/{OTHER_BUTTON}", {}, headers)

        await asyncio.gather(*(again() for _ in range(200)))


LOADS: dict[str, Callable[[Target], Awaitable[None]]] = {
    "nothing": nothing,
    "metrics": metrics,
    "readyz": readyz,
    "refused": refused,
    "spool": spool,
    "idle": idle,
    "silent": silent,
    "slow": slow,
    "unsigned": unsigned,
    "channel": channel,
    "record": record,
    "button": button,
}


async def _lines(target: Target, count: int, said: bytes, *, read: bool) -> None:
    """Keep ``count`` connections open that send ``said`` and, if ``read`` is true, read the answer."""
    port = urlsplit(target.url).port

    async def one() -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2048)
                writer.write(said)
                while read and await reader.read(2048):
                    pass
                if not read:
                    await writer.wait_closed()
                writer.close()
            except OSError:
                pass
            await asyncio.sleep(0.5)

    await asyncio.gather(*(one() for _ in range(count)))


def _session(target: Target, connections: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        target.url,
        connector=aiohttp.TCPConnector(limit=connections),
        cookies={"sightline": target.auditor},
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={"X-Sightline": "1"},
        timeout=aiohttp.ClientTimeout(LONGEST),
    )


async def _read_all(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass


async def _ask(
    session: aiohttp.ClientSession, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> None:
    try:
        async with session.request(method, path, json=body, headers=headers) as answer:
            await answer.read()
    except (aiohttp.ClientError, TimeoutError):
        await asyncio.sleep(0.1)  # a gateway that hangs up is behaving well


async def _repeat(target: Target, connections: int, method: str, path: str) -> None:
    async with _session(target, connections) as session:

        async def again() -> None:
            while True:
                await _ask(session, method, path)

        await asyncio.gather(*(again() for _ in range(connections)))


async def main(name: str) -> None:
    """Run the named load until standard input closes."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    target = Target(**json.loads(await asyncio.to_thread(sys.stdin.readline)))
    load = asyncio.ensure_future(LOADS[name](target))
    closed = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
    try:
        await asyncio.wait((load, closed), timeout=LONGEST, return_when=asyncio.FIRST_COMPLETED)
        if load.done():
            load.result()
    finally:
        load.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
