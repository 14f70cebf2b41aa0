"""Names are looked up in the background, and a silent name server does not block anything."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from gateway.process import resolver as module
from gateway.process.resolver import Resolver


class NameServer:
    """Answers for ``known`` names. It does not answer for other names until the test ends or calls ``answers``."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, ...]] = {}
        self.asked: Counter[str] = Counter()
        self.answers = threading.Event()

    def look_up(self, host: str) -> tuple[str, ...]:
        self.asked[host] += 1
        if host not in self.known:
            self.answers.wait()
        if host not in self.known:
            raise socket.gaierror("no such name")
        return self.known[host]


@pytest.fixture
def server() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.answers.set()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "name look-up"]


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not done():  # noqa: ASYNC110 - threads cannot set an asyncio event
            await asyncio.sleep(0.002)


async def test_addresses_are_not_looked_up(server: NameServer) -> None:
    resolver = Resolver(server.look_up)
    for host in ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"):
        assert await resolver.addresses(host) == (host,)
        assert resolver.last(host) == (host,)
    assert not server.asked


async def test_a_name_is_looked_up_once_for_everybody_who_asks_at_the_same_time(server: NameServer) -> None:
    resolver = Resolver(server.look_up, deadline=10)
    asking = [asyncio.create_task(resolver.addresses("camera.example")) for _ in range(20)]
    await until(lambda: bool(server.asked))
    asking[0].cancel()
    server.known["camera.example"] = ("192.0.2.1", "192.0.2.2")
    server.answers.set()
    assert await asyncio.gather(*asking[1:]) == [("192.0.2.1", "192.0.2.2")] * 19
    assert asking[0].cancelled()
    assert server.asked == {"camera.example": 1}
    assert await resolver.addresses("camera.example") == ("192.0.2.1", "192.0.2.2")
    assert server.asked == {"camera.example": 2}, "asked again, because it may have moved"


async def test_unanswered_names_do_not_delay_others(server: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STUCK_AFTER", 0.01)
    resolver = Resolver(server.look_up, deadline=10)
    silent = [asyncio.create_task(resolver.addresses(f"silent-{number}.example")) for number in range(30)]
    await until(lambda: bool(server.asked))
    server.known["good.example"] = ("192.0.2.1",)
    assert await resolver.addresses("good.example") == ("192.0.2.1",)
    assert not any(task.done() for task in silent)
    await asyncio.to_thread(lambda: None)
    for task in silent:
        task.cancel()


async def test_threads_that_never_return_are_limited_and_do_not_outlive_the_process(
    server: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STUCK_AFTER", 0.001)
    monkeypatch.setattr(module, "MOST_THREADS", 10)
    resolver = Resolver(server.look_up, deadline=0.05)
    names = [f"silent-{number}.example" for number in range(40)]
    for _ in range(2):
        found = await asyncio.gather(*map(resolver.addresses, names), return_exceptions=True)
        assert all(isinstance(each, TimeoutError) for each in found)
    assert len(server.asked) == 10, "so many threads, and no more"
    assert all(thread.daemon for thread in threads())
    assert max(server.asked.values()) == 1, "none is asked for a second time while the first one runs"
    server.answers.set()
    await until(lambda: len(server.asked) == 40)


async def test_the_last_answer_of_a_silent_name_server_stays_valid(server: NameServer) -> None:
    resolver = Resolver(server.look_up, deadline=0.05)
    server.known["camera.example"] = ("192.0.2.1",)
    assert await resolver.addresses("camera.example") == ("192.0.2.1",)
    del server.known["camera.example"]
    assert await resolver.addresses("camera.example") == ("192.0.2.1",)
    assert resolver.last("camera.example") == ("192.0.2.1",)


async def test_an_unknown_name_is_reported_and_looked_up_again(server: NameServer) -> None:
    resolver = Resolver(server.look_up)
    server.answers.set()
    for asked in (1, 2):
        with pytest.raises(socket.gaierror):
            await resolver.addresses("nobody.example")
        assert server.asked["nobody.example"] == asked
    assert resolver.last("nobody.example") == ()


async def test_localhost_is_known() -> None:
    assert set(await Resolver().addresses("localhost")) <= {"127.0.0.1", "::1"}
