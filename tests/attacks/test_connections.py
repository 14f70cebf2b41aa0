"""Many connections at once: holding or flooding them must silence neither a panic button nor a console."""

import asyncio
import errno
import json
import logging
import socket
import ssl
from collections import Counter
from contextlib import AsyncExitStack
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway.api.admission.connection import TAKEN_WITHIN
from gateway.api.admission.connections import ConnectionPlaces, Place
from gateway.api.admission.doors import FIRST_REQUEST_WITHIN, HANDSHAKE_WITHIN, TRY_AGAIN
from gateway.api.admission.newcomers import BUTTON, BUTTONS_A_TURN, NEWCOMERS, TURN_EVERY, Newcomers, Waiting
from gateway.tls import self_signed
from tests.attacks.conftest import Guarded, Line, connected, guard
from tests.fakes import FakeClock
from tests.in_process import House

BODY = json.dumps({"room": "lincoln-room-101"}).encode()


async def many(stack: AsyncExitStack, guarded: Guarded, count: int) -> list[Line]:
    return [await stack.enter_async_context(connected(guarded.port)) for _ in range(count)]


def press(line: Line, house: House, message: str = "msg_1") -> None:
    """Send a panic button's signed message."""
    line.ask("/hooks/lincoln-panic", "POST", BODY, **house.signed(BODY, message))


async def test_idle_connections_from_one_address_do_not_silence_a_panic_button(house: House) -> None:
    async with guard(house, ConnectionPlaces(40)) as guarded, AsyncExitStack() as stack:
        for line in await many(stack, guarded, 50):
            line.ask("/healthz")
        await guarded.until(lambda: len(guarded.places) <= 10)
        async with connected(guarded.port) as button:
            press(button, house)
            assert await button.status() == 200


async def test_connections_that_say_nothing_do_not_silence_a_panic_button(house: House) -> None:
    async with guard(house, ConnectionPlaces(16, an_address=16)) as guarded, AsyncExitStack() as stack:
        await many(stack, guarded, 40)
        async with connected(guarded.port) as button:
            press(button, house)
            assert await button.status() == 200


async def test_a_console_keeps_its_connection_while_strangers_take_every_place(house: House) -> None:
    cookie = (await house.sign_in("dispatcher")).cookie()
    async with guard(house, ConnectionPlaces(8, an_address=8)) as guarded, connected(guarded.port) as console:
        console.ask("/api/me", Cookie=f"sightline={cookie}")
        assert await console.status() == 200
        async with AsyncExitStack() as stack:
            for line in await many(stack, guarded, 30):
                line.ask("/healthz")
            await guarded.until(lambda: house.value("dropped_total", where="http_connection") >= 20)
            console.ask("/api/me", Cookie=f"sightline={cookie}")
            assert await console.status() == 200


async def test_a_console_is_recognised_at_once_after_a_restart(house: House) -> None:
    cookie = (await house.sign_in("dispatcher")).cookie()
    [(_, sign_in)] = await house.services.sessions.cookies()
    assert house.services.limits.sign_in_of(cookie) is None, "it has asked for nothing yet"
    house.services.limits.learn(cookie, sign_in)
    async with guard(house) as guarded, connected(guarded.port) as console:
        console.ask("/", Cookie=f"sightline={cookie}")
        await console.status()
        assert guarded.places.known == 1


async def test_a_sign_in_that_has_ended_is_forgotten(house: House) -> None:
    person = await house.sign_in("dispatcher")
    cookie = person.cookie()
    await person.get("/api/me")
    assert house.services.limits.sign_in_of(cookie)
    await person.post("/api/sign-out")
    assert (await (await house.stranger()).get("/api/me", headers={"Cookie": f"sightline={cookie}"})).status == 401
    assert house.services.limits.sign_in_of(cookie) is None


async def test_if_an_address_opens_too_many_connections_panic_buttons_and_consoles_are_still_served_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.admission.newcomers.NEWCOMERS", (3.0, 1.0))
    async with guard(house, ConnectionPlaces(400)) as guarded, AsyncExitStack() as stack:
        lines = await many(stack, guarded, 20)
        for line in lines:
            line.ask("/healthz")
        async with connected(guarded.port) as button:
            press(button, house)
            await guarded.until(lambda: len(guarded.places) == 21)
            await house.clock.advance(TURN_EVERY)
            assert await button.status() == 200
        person = await house.sign_in("dispatcher")
        await person.get("/api/me")
        async with connected(guarded.port) as console:
            console.ask("/api/me", Cookie=f"sightline={person.cookie()}")
            await guarded.until(lambda: len(guarded.places) >= 21)
            await asyncio.sleep(0.02)
            await house.clock.advance(TURN_EVERY)
            assert await console.status() == 200
        answered = sum(connection.place.asked for connection in guarded.doors.connections)
        assert answered <= 4
        await house.clock.advance(1.0)
        assert await lines[-1].status() == 200, "the newest is next"


async def test_a_real_press_from_the_same_address_as_a_flood_of_messages_is_still_served_in_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.api.admission.newcomers.NEWCOMERS", (1.0, 1e-6))
    monkeypatch.setattr("gateway.api.admission.newcomers.BUTTONS_A_TURN", 4)
    async with guard(house, ConnectionPlaces(400)) as guarded, AsyncExitStack() as stack:
        for line in await many(stack, guarded, 21):
            line.ask("/hooks/lincoln-panic", "POST", BODY)
        async with connected(guarded.port) as button:
            press(button, house)
            await guarded.until(lambda: len(guarded.places) == 22)
            await asyncio.sleep(0.02)
            for turn in range(1, 7):
                await house.clock.advance(TURN_EVERY)
                begun = sum(connection.bare is None for connection in guarded.doors.connections)
                assert begun <= 1 + 4 * turn
            assert await button.status() == 200


async def test_messages_to_a_button_from_many_addresses_do_not_delay_an_address_that_sends_one() -> None:
    clock, begun = FakeClock(), list[str]()

    def message(address: str) -> Waiting:
        connection = cast(Any, SimpleNamespace(bare=object(), place=Place(address, 0.0)))
        return Waiting(connection, cast(Any, object()), address, None, owner=BUTTON, looked=True)

    newcomers = Newcomers(
        lambda _head, _address: None, clock, lambda newcomer: begun.append(newcomer.connection.place.owner)
    )
    for address in (*[f"198.51.100.{host}" for host in range(40)], "192.0.2.1"):
        for _ in range(int(NEWCOMERS[0])):  # all that it may start at once has started
            newcomers.come(message(address), at_once=False)
        begun.clear()
        for _ in range(1 if address == "192.0.2.1" else 50):
            newcomers.come(message(address), at_once=False)
    task = asyncio.create_task(newcomers.run())
    await asyncio.sleep(0)
    for _ in range(3):
        await clock.advance(TURN_EVERY)
    task.cancel()
    assert len(begun) == 3 * BUTTONS_A_TURN
    assert "192.0.2.1" in begun
    assert max(Counter(begun).values()) <= 2


async def test_newcomers_that_wait_too_long_are_closed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.admission.newcomers.NEWCOMERS", (1.0, 1e-6))
    async with guard(house, ConnectionPlaces(400)) as guarded, AsyncExitStack() as stack:
        lines = await many(stack, guarded, 5)
        await guarded.until(lambda: len(guarded.places) == 5)
        await house.clock.advance(FIRST_REQUEST_WITHIN + 2)
        await guarded.until(lambda: len(guarded.places) == 0)
        assert all([await line.closed() for line in lines])


async def test_the_alarm_port_answers_only_panic_buttons(house: House) -> None:
    async with guard(house, alarms_only=True) as guarded:
        async with connected(guarded.port) as button:
            press(button, house)
            assert await button.status() == 200
        async with connected(guarded.port) as visitor:
            visitor.ask("/")
            assert await visitor.status() == 404


async def test_all_connections_of_a_trusted_proxy_are_kept_although_they_have_one_address(house: House) -> None:
    proxies = (ip_network("127.0.0.1"),)
    async with guard(house, ConnectionPlaces(40), proxies) as guarded, AsyncExitStack() as stack:
        for line in await many(stack, guarded, 30):
            line.ask("/healthz")
            assert await line.status() == 200
        assert len(guarded.places) == 30


async def test_an_answer_that_is_not_read_does_not_keep_its_connection_open(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = guarded.house
    monkeypatch.setattr("gateway.api.admission.connection.bytes_taken", lambda _wire: 1)
    async with connected(guarded.port) as reader:
        await guarded.until(lambda: len(guarded.doors.connections) == 1)
        [connection] = guarded.doors.connections
        connection.place.asked = True
        assert connection.wire is not None
        connection.wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        reader.stop_reading()
        connection.wire.write(bytes(8 << 20))
        await house.clock.advance(TAKEN_WITHIN - 3)
        assert len(guarded.places) == 1
        await house.clock.advance(5)
        await guarded.until(lambda: len(guarded.places) == 0)


async def test_an_answer_that_is_read_slowly_but_steadily_is_read_to_its_end(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0

    def more(_wire: asyncio.Transport) -> int:
        nonlocal taken
        taken += 4096
        return taken

    monkeypatch.setattr("gateway.api.admission.connection.bytes_taken", more)
    async with connected(guarded.port) as reader:
        await guarded.until(lambda: len(guarded.doors.connections) == 1)
        [connection] = guarded.doors.connections
        connection.place.asked = True
        assert connection.wire is not None
        reader.stop_reading()
        connection.wire.write(bytes(16 << 20))
        await guarded.house.clock.advance(5 * TAKEN_WITHIN)
        assert len(guarded.places) == 1


async def test_the_gateway_knows_how_much_of_an_answer_has_been_read(guarded: Guarded) -> None:
    from gateway.api.admission.connection import bytes_taken

    async with connected(guarded.port) as line:
        line.ask("/healthz")
        await line.status()
        [connection] = guarded.doors.connections
        assert connection.wire is not None
        taken = bytes_taken(connection.wire)
        assert taken is None or taken > 100


class NoFiles:
    """The system's accept, which finds no free file descriptor until the test allows one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._accept = asyncio.get_running_loop().sock_accept
        self.left = 0
        self.tried = 0
        monkeypatch.setattr(asyncio.get_running_loop(), "sock_accept", self.accept)

    async def accept(self, listening: socket.socket) -> Any:
        found = await self._accept(listening)
        if self.left:
            return found
        found[0].close()
        self.tried += 1
        raise OSError(errno.EMFILE, "Too many open files")


async def test_if_files_run_out_the_log_says_so_once_and_accepting_resumes_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    system = NoFiles(monkeypatch)
    async with guard(house) as guarded:
        for number in range(5):
            async with connected(guarded.port):
                await guarded.until(lambda number=number: system.tried == number + 1)  # type: ignore[misc]
                await house.clock.advance(TRY_AGAIN)
        system.left = 1
        async with connected(guarded.port) as line:
            line.ask("/healthz")
            assert await line.status() == 200
    said = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage().partition(" (")[0] for record in said] == ["no connection can be accepted"]


async def test_a_flood_of_connections_is_one_line_in_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    async with guard(house, ConnectionPlaces(8)) as guarded, AsyncExitStack() as stack:
        await many(stack, guarded, 50)
        await guarded.until(lambda: house.value("dropped_total", where="http_connection") >= 40)
        await house.clock.advance(30)
    said = [record for record in caplog.records if record.name == "gateway.api.admission.doors"]
    assert len(said) == 1


async def test_stopping_closes_the_listening_sockets(house: House) -> None:
    async with guard(house) as guarded:
        pass
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", guarded.port)


async def test_a_connection_that_never_begins_tls_is_closed(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert HANDSHAKE_WITHIN <= 5
    monkeypatch.setattr("gateway.api.admission.doors.HANDSHAKE_WITHIN", 0.05)
    async with guard(house, context=certified(tmp_path)) as guarded, connected(guarded.port) as line:
        assert await line.closed()
        await guarded.until(lambda: len(guarded.places) == 0)


async def test_connections_that_never_begin_tls_do_not_silence_a_panic_button(house: House, tmp_path: Path) -> None:
    trust = ssl.create_default_context(cafile=str(self_signed(tmp_path, "localhost")[0]))
    trust.check_hostname = False
    places = ConnectionPlaces(16, an_address=16)
    async with guard(house, places, context=certified(tmp_path)) as guarded, AsyncExitStack() as stack:
        await many(stack, guarded, 40)
        async with connected(guarded.port, trust) as button:
            press(button, house)
            assert await button.status() == 200
            assert guarded.places.known == 1


def certified(directory: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(directory, "localhost"))
    return context
