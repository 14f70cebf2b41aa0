"""A stolen laptop with pictures on it, and ``sightline sign-out`` as a process beside a gateway that runs."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.viewer import LightViewer
from gateway.commands.invite import links
from gateway.config_loader import load
from gateway.models import Principal, Role
from tests.commands.processes import district, sightline
from tests.e2e.harness import Client, Process, free_pair, free_port, until
from tests.in_process import ENVIRONMENT

pytestmark = pytest.mark.timeout(120)

ENTRANCE = "lincoln-main-entrance"
DARK_WITHIN = 4.0
"""Seconds from the command's return to the last packet, on a machine that has much else to do: one is promised."""


@dataclass
class Screen:
    """Somebody who is signed in, and pictures that play. ``last`` is when the newest packet came, ``time.monotonic``."""

    client: Client
    viewers: list[LightViewer] = field(default_factory=list)
    last: float = 0.0

    def _seen(self, _packet: bytes) -> None:
        self.last = time.monotonic()

    async def watch(self) -> None:
        status, token = await self.client.post("/api/tokens", {"site": "lincoln"})
        assert status == 200, token
        viewer = LightViewer(self._seen)
        self.viewers.append(viewer)
        headers = {"Authorization": f"Bearer {token['token']}", "Content-Type": "application/sdp"}
        url = f"{self.client.url}/whep/{ENTRANCE}"
        async with self.client.session.post(url, data=viewer.offer(), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            await viewer.connect(await answer.text())

    async def close(self) -> None:
        for viewer in self.viewers:
            await viewer.close()
        await self.client.close()


@dataclass
class Served:
    """A gateway of a configuration on disk, and its cameras, as processes."""

    directory: Path
    config: Path = field(init=False)
    processes: list[Process] = field(default_factory=list)
    screens: list[Screen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http, self.rtsp = free_port(), free_pair()
        self.url = f"http://localhost:{self.http}"
        self.config = district(self.directory, public_url=self.url)
        text = self.config.read_text()
        text = text.replace("port: 8080", f"port: {self.http}").replace("port: 8189", f"port: {free_port()}")
        text = re.sub(r"rtsp://127.0.0.1:8554/[\w-]+/", f"rtsp://127.0.0.1:{self.rtsp}/loop-1/", text)
        self.config.write_text(text)

    def start(self, *command: object, log: str) -> Process:
        words = [sys.executable, "-m", "gateway", *map(str, command), "--config", str(self.config)]
        process = Process(words, self.directory / log, ENVIRONMENT)
        self.processes.append(process)
        process.wait_ready()
        return process

    async def sign_in(self, who: Principal) -> Screen:
        [link] = await links(load(self.config, environment=ENVIRONMENT), [who], self.url)
        screen = Screen(Client(self.url))
        self.screens.append(screen)
        status, _ = await screen.client.post("/api/invitations/redeem", {"code": link.rpartition("=")[2]})
        assert status == 200
        return screen

    async def stop(self) -> None:
        for screen in self.screens:
            await screen.close()
        for process in reversed(self.processes):
            process.stop()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    served = Served(tmp_path)
    try:
        served.start(
            "simulate",
            "--port",
            served.rtsp,
            "--control-port",
            served.rtsp + 1,
            "--cameras",
            1,
            "--loop",
            1,
            log="school.log",
        )
        served.start("serve", log="gateway.log")
        yield served
    finally:
        await served.stop()


async def test_pictures_of_a_stolen_laptop_go_dark_although_its_token_would_live_for_two_minutes(
    served: Served,
) -> None:
    laptop = await served.sign_in(Principal("pat", "Pat", Role.HEADQUARTERS))
    colleague = await served.sign_in(Principal("dee", "Dee", Role.HEADQUARTERS))
    for screen in (laptop, laptop, colleague):
        await screen.watch()

    async def playing() -> bool:
        return all(viewer.packets > 10 for screen in served.screens for viewer in screen.viewers)

    await until(playing, 20, "pictures play")
    began = time.monotonic()
    done = await asyncio.to_thread(sightline, "sign-out", "Pat", "--config", served.config)
    returned = time.monotonic()
    assert (done.returncode, done.stderr) == (0, "")
    print(done.stdout)
    counted = [viewer.packets for viewer in colleague.viewers]
    await asyncio.sleep(DARK_WITHIN)
    assert [viewer.packets for viewer in colleague.viewers] > counted, "nobody else's picture stops"
    print(f"start to last packet {laptop.last - began:.2f} s, return to last packet {laptop.last - returned:+.2f} s")
    assert laptop.last <= returned + 0.1, "the command says that they are closed when they are"
    assert (await laptop.client.get("/api/me"))[0] == 401
