"""Two worker processes serve a simulated school. If one dies, the other continues; if the gateway dies, both end."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from rig.district import Client, District, running
from rig.processes import descendants, until
from rig.viewer import LightViewer

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.quiet,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
]

ONE, OTHER = "lincoln-hallway-west", "lincoln-upper-west"
"""Cameras of one school, which is divided because of its size: each worker has one. Both open only in incidents."""


class Watcher:
    """Watches a camera. ``packets`` holds the arrival time and sequence number of each packet."""

    def __init__(self, client: Client, camera: str) -> None:
        self.client = client
        self.camera = camera
        self.packets: list[tuple[float, int]] = []
        self.port = 0
        self._viewer: LightViewer | None = None

    async def open(self) -> bool:
        """Watch from now on, as a returning viewer would. Return False if the gateway refuses for the moment."""
        await self.leave()
        status, token = await self.client.post("/api/tokens", {"site": "lincoln"})
        assert status == 200, token
        self._viewer = viewer = LightViewer(self._media)
        headers = {"Authorization": f"Bearer {token['token']}", "Content-Type": "application/sdp"}
        whep = f"{self.client.url}/whep/{self.camera}"
        async with self.client.session.post(whep, data=viewer.offer(), headers=headers) as answer:
            text = await answer.text()
            if answer.status == 503:
                return False
        assert answer.status == 201, text
        self.port = int(text.partition(" typ host")[0].split()[-1])
        await asyncio.wait_for(viewer.connect(text), 5)
        return True

    async def leave(self) -> None:
        """Close the connection without a goodbye."""
        viewer, self._viewer = self._viewer, None
        if viewer is not None:
            await viewer.close()

    async def plays(self, within: float) -> None:
        """Wait for a packet that arrives after this call."""
        before = len(self.packets)

        async def more() -> bool:
            return len(self.packets) > before

        await until(more, within, f"a packet of {self.camera}")

    def missing(self, since: float) -> int:
        """Return the sequence numbers that are missing or out of order."""
        numbers = [number for at, number in self.packets if at >= since]
        assert len(numbers) > 10, "there is something to miss"
        return sum((after - before) % 65536 != 1 for before, after in itertools.pairwise(numbers))

    def _media(self, packet: bytes) -> None:
        self.packets.append((time.monotonic(), int.from_bytes(packet[2:4], "big")))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[District]:
    settings: dict[str, object] = {"media.workers": 2, "media.port": 0}
    district = District(tmp_path_factory.mktemp("district"), settings=settings, live=frozenset())
    async with running(district):
        yield district


@asynccontextmanager
async def watching(district: District) -> AsyncIterator[tuple[Watcher, Watcher, dict[str, Any]]]:
    """Start a lockdown, with a dispatcher who watches one camera of each worker."""
    client = await district.client("dispatcher")
    coordinator = await district.client("coordinator")
    status, incident = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    assert status in (200, 201)
    watchers = Watcher(client, ONE), Watcher(client, OTHER)
    try:
        for watcher in watchers:
            await until(watcher.open, 20, "the picture opens")
            await watcher.plays(20)
        yield *watchers, incident
    finally:
        for watcher in watchers:
            await watcher.leave()


def of_process(pid: int, what: str) -> bytes:
    return Path(f"/proc/{pid}/{what}").read_bytes()


def workers(district: District) -> list[int]:
    """Return the process ids of the gateway's children by name."""
    gateway = district.processes[-1].process.pid
    return sorted(descendants(gateway) - {gateway}, key=lambda pid: of_process(pid, "cmdline").split(b"\0")[-2])


async def gone(pid: int) -> bool:
    """Return True if a process has ended, even if nobody has reaped it yet."""
    try:
        return of_process(pid, "stat").rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


async def metrics(district: District) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{district.url}/metrics") as answer:
        return await answer.text()


async def sent(district: District) -> float:
    [line] = [
        line for line in (await metrics(district)).splitlines() if line.startswith("sightline_packets_out_total ")
    ]
    return float(line.split()[1])


async def test_each_worker_has_a_port_and_no_secret_that_others_could_read(district: District) -> None:
    async with watching(district) as (one, other, _):
        assert one.port != other.port
    pids = workers(district)
    assert len(pids) == 2
    for pid in pids:
        assert b"gateway.media.worker" in of_process(pid, "cmdline")
        for where in ("cmdline", "environ"):
            assert b"camera-pass" not in of_process(pid, where)
            assert b"panic-button" not in of_process(pid, where)


async def test_a_killed_worker_is_restarted_and_the_other_loses_no_packet(district: District) -> None:
    async with watching(district) as (one, other, _):
        before = await sent(district)
        began = time.monotonic()
        os.kill(workers(district)[0], signal.SIGKILL)
        await until(one.open, 10, "the picture opens again")
        await one.plays(10)
        await other.plays(1)
        assert other.missing(began) == 0
        text = await metrics(district)
        assert 'sightline_sessions_closed_total{reason="worker_lost"} 1.0' in text
        assert 'sightline_worker_restarts_total{worker="worker 1"} 1.0' in text
        assert 'sightline_viewers{role="dispatcher"} 2.0' in text, "the sum of both workers, none of the dead one"
        assert await sent(district) > before, "the packets that it had sent are still counted"
        record = await (await district.client("auditor")).get("/api/record")
        assert [r["reason"] for r in record[1]["records"] if r["reason"] == "worker_lost"] == ["worker_lost"]


async def test_the_cameras_of_a_dead_worker_are_reported_down_and_then_up(district: District) -> None:
    technician = await district.client("district_it")

    async def states() -> dict[str, str]:
        cameras = (await technician.get("/api/cameras"))[1]["cameras"]
        return {camera["id"]: camera["streams"]["main"]["state"] for camera in cameras if camera["streams"]}

    async def all_up() -> bool:
        return set((await states()).values()) == {"up"}

    await until(all_up, 20, "all cameras are pulled")
    os.kill(workers(district)[0], signal.SIGKILL)

    async def one_down() -> bool:
        found = await states()
        return found[ONE] == "down" and found[OTHER] == "up"

    await until(one_down, 1, "the dead worker's cameras are down, and no other")
    await until(all_up, 20, "all cameras are pulled again")


async def test_all_clear_ends_the_pictures_of_both_workers_within_a_second(district: District) -> None:
    async with watching(district) as (one, other, incident):
        status, _ = await one.client.post(f"/api/incidents/{incident['id']}/all-clear")
        cleared = time.monotonic()
        assert status == 200
        await asyncio.sleep(2)
        for watcher in (one, other):
            assert watcher.packets[-1][0] < cleared + 1


async def test_a_hanging_worker_is_killed_when_a_grant_ends(district: District) -> None:
    """The stopped worker could send as soon as it resumed, because nobody has told it that it may not."""
    async with watching(district) as (one, other, incident):
        hung = workers(district)[0]
        os.kill(hung, signal.SIGSTOP)
        await one.client.post(f"/api/incidents/{incident['id']}/all-clear")
        cleared = time.monotonic()
        await until(lambda: gone(hung), 1, "the worker's end")
        await asyncio.sleep(1)
        assert other.packets[-1][0] < cleared + 1, "a hanging worker does not delay anybody else's end"
        assert one.packets[-1][0] < cleared + 1


async def test_when_the_gateway_is_killed_its_workers_end_and_send_nothing_more(district: District) -> None:
    async with watching(district) as (one, other, _):
        pids = workers(district)
        district.processes[-1].kill()
        killed = time.monotonic()
        for pid in pids:
            await until(lambda pid=pid: gone(pid), 2, "the worker's end")
        await asyncio.sleep(1)
        for watcher in (one, other):
            assert watcher.packets[-1][0] < killed + 1
    district.start_gateway()


async def test_a_gateway_that_is_stopped_ends_its_workers_first(district: District) -> None:
    async with watching(district):
        pids = workers(district)
        began = time.monotonic()
        assert district.processes[-1].stop() == 0
        assert time.monotonic() - began < 5
        for pid in pids:
            assert await gone(pid)
    district.start_gateway()
    record = await (await district.client("auditor")).get("/api/record")
    assert [r["reason"] for r in record[1]["records"] if r["kind"] == "view_closed"][-2:] == ["shutdown", "shutdown"]
