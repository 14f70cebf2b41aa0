"""Attackers who connect to the media port over TCP and are not viewers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.configuration.media_settings import MediaSettings
from gateway.webrtc.transport import stun, tcp
from gateway.webrtc.transport.framing import frame
from tests.fakes import FakeClock
from tests.webrtc.peers import Gateway


class Intruder:
    """A connection that sends anything."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setblocking(False)

    def say(self, data: bytes) -> None:
        self._socket.send(data)

    def heard(self) -> bytes | None:
        """Return what has arrived, or None if the connection has ended."""
        try:
            return self._socket.recv(65536) or None
        except BlockingIOError:
            return b""
        except ConnectionResetError:
            return None

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def attacked() -> AsyncIterator[tuple[Gateway, Callable[[], Intruder]]]:
    gateway = Gateway(FakeClock(), MediaSettings(port=0))
    intruders: list[Intruder] = []

    def intrude() -> Intruder:
        intruders.append(Intruder(gateway.plane.local_port))
        return intruders[-1]

    async with gateway.plane:
        yield gateway, intrude
        for intruder in intruders:
            intruder.close()


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what arrives sets no event
            await asyncio.sleep(0.005)


async def passes(gateway: Gateway, seconds: float) -> None:
    assert isinstance(gateway.clock, FakeClock)
    await gateway.clock.advance(seconds)


def connections(gateway: Gateway) -> float:
    return gateway.figure("tcp_connections")


@pytest.mark.parametrize("said", [b"", b"\0", b"\0\x14\0\1"], ids=["nothing", "half a length", "half a frame"])
async def test_a_connection_that_says_little_is_closed_in_time(said: bytes) -> None:
    async with attacked() as (gateway, intrude):
        intruder = intrude()
        await until(lambda: connections(gateway) == 1)
        for _ in range(9):
            await passes(gateway, tcp.PROVEN_WITHIN / 10)
        if said:
            intruder.say(said)  # sending a byte now and then gains no time
        assert intruder.heard() == b""
        await passes(gateway, tcp.PROVEN_WITHIN / 10 + 0.2)
        await until(lambda: intruder.heard() is None)
        assert connections(gateway) == 0
        assert gateway.figure("dropped_total", where="tcp_connection") == 1


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n",
        b"\xff\xff" + bytes(100),
        b"\0\0",
        frame(b"\x16\xfe\xfd" + bytes(60)),
        frame(b"\x80\x60" + bytes(60)),
    ],
    ids=["HTTP", "a length beyond all", "no length", "DTLS before any check", "media"],
)
async def test_a_client_that_speaks_another_protocol_is_disconnected_at_once_without_an_answer(said: bytes) -> None:
    async with attacked() as (gateway, intrude):
        intruder = intrude()
        intruder.say(said)
        await until(lambda: intruder.heard() is None)
        assert gateway.figure("malformed_total", protocol="tcp") == 1
        await until(lambda: connections(gateway) == 0)


async def test_checks_for_unknown_sessions_get_no_answer_and_only_so_many_are_read() -> None:
    async with attacked() as (gateway, intrude):
        intruder = intrude()
        guess = stun.message(stun.BINDING_REQUEST, b"t" * 12, [(stun.USERNAME, b"ours:theirs")], "password")
        intruder.say(frame(guess))
        await until(lambda: gateway.figure("dropped_total", where="stranger") == 1)
        assert intruder.heard() == b""
        intruder.say(frame(guess) * (tcp.STRANGERS_BYTES // len(guess)))
        await until(lambda: intruder.heard() is None)


async def test_one_address_cannot_take_all_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "STRANGERS_AN_ADDRESS", 5)
    async with attacked() as (gateway, intrude):
        crowd = [intrude() for _ in range(9)]
        await until(lambda: gateway.figure("dropped_total", where="tcp_connection") == 4)
        await until(lambda: connections(gateway) == 5)
        assert sum(intruder.heard() is None for intruder in crowd) == 4
        crowd[0].close()
        await until(lambda: connections(gateway) == 4)
        intrude()
        await until(lambda: connections(gateway) == 5)


async def test_strangers_at_many_addresses_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "STRANGERS", 3)
    async with attacked() as (gateway, intrude):
        for _ in range(6):
            intrude()
        await until(lambda: gateway.figure("dropped_total", where="tcp_connection") == 3)
        await until(lambda: connections(gateway) == 3)


async def test_strangers_at_the_media_port_leave_enough_files_for_alarms_even_if_few_may_be_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tcp, "limit", lambda: 64)
    async with attacked() as (gateway, intrude):
        for _ in range(20):
            intrude()
        await until(lambda: gateway.figure("dropped_total", where="tcp_connection") == 12)
        await until(lambda: connections(gateway) == 8)
