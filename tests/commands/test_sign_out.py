"""A laptop that shows pictures is stolen, and ``sightline sign-out`` runs as a separate process from the gateway."""

import asyncio
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.commands.invite import links
from gateway.config_loader import load
from gateway.models import Principal, Role
from rig.district import Client
from rig.example import ENVIRONMENT
from rig.processes import Process, free_pair, free_port, until
from rig.viewer import LightViewer
from tests.commands.processes import district, sightline

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ENTRANCE = "lincoln-main-entrance"
LOOKED_FOR = 2.0
"""Seconds after the end of the command, during which no more packets may arrive."""


@dataclass
class Screen:
    """Holds a signed-in person and their pictures. ``last`` is when the newest packet arrived, in monotonic seconds."""

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
    """Runs a gateway with a configuration on disk, and its cameras, as processes."""

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
        with ExitStack() as stack:
            for process in self.processes:
                stack.callback(process.stop)


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
        served.start("serve", log="gateway.process.log")
        yield served
    finally:
        await served.stop()


async def sign_out(served: Served, who: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as an administrator does, in a shell that has none of the gateway's secrets."""
    secrets = dict.fromkeys(ENVIRONMENT, "")
    return await asyncio.to_thread(sightline, "sign-out", who, "--config", served.config, **secrets)


async def test_a_stolen_laptops_pictures_go_dark_although_its_token_is_valid_for_two_minutes(
    served: Served,
) -> None:
    laptop = await served.sign_in(Principal("pat", "Pat", Role.HEADQUARTERS))
    colleague = await served.sign_in(Principal("dee", "Dee", Role.HEADQUARTERS))
    for screen in (laptop, laptop, colleague):
        await screen.watch()

    async def playing() -> bool:
        return all(viewer.packets > 10 for screen in served.screens for viewer in screen.viewers)

    await until(playing, 20, "pictures play")

    missed = await sign_out(served, "pta")
    assert missed.returncode == 1
    assert missed.stderr == "sightline: nobody called 'pta' is signed in or invited. Did you mean 'Pat'?\n"

    done = await sign_out(served, "Pat")
    returned, counted = time.monotonic(), colleague.viewers[0].packets
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Pat (headquarters, pat): 1 sign-in ended.\nThe gateway has closed 2 pictures and 0 pages.\n"
    )
    await asyncio.sleep(LOOKED_FOR)
    assert laptop.last <= returned, "dark when the command says so"
    assert colleague.viewers[0].packets > counted, "nobody else's picture stops"
    assert (await laptop.client.get("/api/me"))[0] == 401

    again = await sign_out(served, "Pat")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("Pat (headquarters, pat) was signed out before.\nThe gateway has closed 2 pictures")


async def test_the_command_does_not_claim_that_a_hanging_gateway_closed_anything(served: Served) -> None:
    laptop = await served.sign_in(Principal("pat", "Pat", Role.HEADQUARTERS))
    gateway = served.processes[-1].process
    gateway.send_signal(signal.SIGSTOP)
    try:
        done = await sign_out(served, "Pat")
    finally:
        gateway.send_signal(signal.SIGCONT)
    assert (done.returncode, done.stdout) == (3, "Pat (headquarters, pat): 1 sign-in ended.\n")
    assert "may continue for up to 120 s" in done.stderr
    assert (await laptop.client.get("/api/me"))[0] == 401, "it is ended all the same"

    again = await sign_out(served, "Pat")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.endswith("No picture or page of theirs was open.\n")

    served.processes[-1].kill()
    stopped = await sign_out(served, "Pat")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert stopped.stdout.endswith("No gateway runs on this storage, so nobody sees any pictures from it.\n")
