"""Tests with a disk that is really full: a small file system in a separate mount namespace."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector

from gateway.incidents.triggers.signature import sign
from rig.district import Client
from rig.example import ENVIRONMENT, ROOT, SECRET
from rig.processes import Process, free_port, until
from rig.viewer import LightViewer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]
PEOPLE: tuple[tuple[str, str, str, list[str]], ...] = (
    ("dee", "Dee", "dispatcher", []),
    ("cora", "Cora", "coordinator", ["lincoln"]),
)
INVITE = """
import asyncio, sys, json
from pathlib import Path
from gateway.commands.invite import links
from gateway.config_loader import load
from gateway.models import Principal, Role
people = [Principal(i, n, Role(r), frozenset(s)) for i, n, r, s in json.loads(sys.argv[1])]
config = load(Path("config/sightline.yaml"), json.loads(sys.argv[2]))
print(json.dumps(asyncio.run(links(config, people, "http://x"))))
"""
STATES = """
import sqlite3, sys, json
print(json.dumps([row[0] for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])]))
"""


class Machine:
    """Runs a gateway whose data is on a file system of 12 MiB in memory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "disk"
        self.data.mkdir()
        mount = f"mount -t tmpfs -o size=12m sightline-test {self.data} && echo mounted && exec sleep 600"
        self.holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", mount], stdout=subprocess.PIPE)
        assert self.holder.stdout is not None
        self.mounted = self.holder.stdout.readline() == b"mounted\n"
        self.http = free_port()
        self.url = f"http://localhost:{self.http}"
        self.settings = {
            "http.port": self.http,
            "http.public_url": self.url,
            "media.port": free_port(),
            "storage.directory": str(self.data / "data"),
            "storage.spool_size": 256 * 1024,
        }
        self.gateway: Process | None = None

    @property
    def inside(self) -> list[str]:
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", f"--wd={ROOT}", sys.executable]

    def start(self) -> None:
        command = [*self.inside, "-m", "gateway", "serve"]
        for key, value in self.settings.items():
            command += ["--set", f"{key}={json.dumps(value)}"]
        self.gateway = Process(command, self.directory / "gateway.process.log", ENVIRONMENT)
        self.gateway.wait_ready()

    def kill(self) -> None:
        assert self.gateway is not None
        self.gateway.kill()
        self.gateway.stop()  # This closes its files.

    def python(self, script: str, *arguments: str) -> object:
        command = [*self.inside, "-c", script, *arguments]
        done = subprocess.run(command, capture_output=True, env={**os.environ, **ENVIRONMENT}, check=True)
        return json.loads(done.stdout)

    def rows(self, query: str) -> object:
        return self.python(STATES, str(self.data / "data" / "sightline.db"), query)

    @property
    def ballast(self) -> Path:
        return Path(f"/proc/{self.holder.pid}/root{self.data}/ballast")

    def fill(self) -> None:
        with self.ballast.open("ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass
        stat = os.statvfs(self.ballast)
        assert stat.f_bavail == 0

    async def press(self, client: Client) -> int:
        body, now, message = b"{}", str(int(time.time())), f"msg_{time.time_ns()}"
        headers = {
            "webhook-id": message,
            "webhook-timestamp": now,
            "webhook-signature": sign(SECRET, message, now, body),
        }
        async with client.session.post(f"{self.url}/hooks/lincoln-panic", data=body, headers=headers) as answer:
            self.answer = await answer.json()
            return answer.status

    def stop(self) -> None:
        if self.gateway is not None:
            self.gateway.stop()
        self.holder.kill()
        self.holder.wait()
        assert self.holder.stdout is not None
        self.holder.stdout.close()


def browser(url: str) -> Client:
    """Make a client that still works after the gateway has been killed, because it uses every connection only once."""
    client = Client.__new__(Client)
    client.url = url
    client.session = ClientSession(cookie_jar=CookieJar(unsafe=True), connector=TCPConnector(force_close=True))
    return client


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    if os.geteuid() or not (shutil.which("unshare") and shutil.which("nsenter")):
        pytest.skip("needs root to mount a small disk")
    machine = Machine(tmp_path)
    try:
        if not machine.mounted:
            pytest.skip("may not mount a small disk here")
        yield machine
    finally:
        machine.stop()


async def test_on_a_full_disk_alarms_sound_pictures_close_and_nothing_is_lost(machine: Machine) -> None:
    machine.start()
    invited = machine.python(INVITE, json.dumps(PEOPLE), json.dumps(machine.settings))
    assert isinstance(invited, list)
    dispatcher, coordinator = [browser(machine.url) for _ in PEOPLE]
    for person, link in zip((dispatcher, coordinator), invited, strict=True):
        status, _ = await person.post("/api/invitations/redeem", {"code": link.rpartition("=")[2]})
        assert status == 200
    viewer = LightViewer()
    try:
        machine.fill()

        # An alarm arrives, and people who may see pictures get them.
        assert await machine.press(dispatcher) == 200
        incident = machine.answer["incident"]
        status, token = await dispatcher.post("/api/tokens", {"site": "lincoln"})
        assert (status, token["grant"]["incident"]) == (200, incident), token
        headers = {"Authorization": f"Bearer {token['token']}", "Content-Type": "application/sdp"}
        whep = f"{machine.url}/whep/lincoln-hallway-west"
        async with dispatcher.session.post(whep, data=viewer.offer(), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            picture = answer.headers["Location"]
        status, acknowledged = await dispatcher.post(f"/api/incidents/{incident}/acknowledge")
        assert (status, acknowledged["committed"]) == (200, True)
        status, _ = await dispatcher.get("/readyz")
        assert status == 503
        assert machine.rows("SELECT state FROM incidents") == [], "nothing of it is in the database"

        # The gateway crashes while the disk is full.
        machine.kill()
        machine.start()
        status, token = await dispatcher.post("/api/tokens", {"site": "lincoln"})
        assert (status, token["grant"]["incident"]) == (200, incident), token
        headers["Authorization"] = f"Bearer {token['token']}"
        async with dispatcher.session.post(whep, data=viewer.offer(), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            picture = answer.headers["Location"]

        # The incident ends, and the gateway crashes again.
        status, cleared = await coordinator.post(f"/api/incidents/{incident}/all-clear")
        assert (status, cleared["state"], cleared["committed"]) == (200, "all_clear", True)
        async with dispatcher.session.delete(machine.url + picture) as answer:
            assert answer.status == 404, "the picture is closed"
        machine.kill()
        machine.start()
        status, now = await dispatcher.post("/api/tokens", {"site": "lincoln"})
        assert now.get("grant", {}).get("incident") is None, "what has ended has ended"
        assert (await coordinator.post("/api/sign-out"))[0] == 204
        assert (await coordinator.get("/api/me"))[0] == 401

        # The disk has space again, and everything is written to the database.
        machine.ballast.unlink()

        async def entered() -> bool:
            kinds = machine.rows("SELECT kind FROM audit_records")
            assert isinstance(kinds, list)
            wanted = {"incident_opened", "grant_given", "view_opened", "incident_all_clear", "signed_out"}
            return machine.rows("SELECT state FROM incidents") == ["all_clear"] and wanted <= set(kinds)

        await until(entered, 20, "all of it is in the database")
        assert machine.rows("SELECT id FROM sign_in_sessions WHERE ended_at IS NOT NULL") != []
        assert "after a crash it would be as before" not in (machine.directory / "gateway.process.log").read_text()
    finally:
        await viewer.close()
        await dispatcher.close()
        await coordinator.close()


async def test_a_dispatcher_can_sign_in_during_a_lockdown_on_a_full_disk(machine: Machine) -> None:
    machine.start()
    invited = machine.python(INVITE, json.dumps(PEOPLE), json.dumps(machine.settings))
    assert isinstance(invited, list)
    code, other_code = ({"code": link.rpartition("=")[2]} for link in invited)
    dispatcher, thief, coordinator = [browser(machine.url) for _ in range(3)]
    try:
        machine.fill()
        assert await machine.press(dispatcher) == 200
        incident = machine.answer["incident"]

        status, me = await dispatcher.post("/api/invitations/redeem", code)
        assert (status, me["principal"]["id"]) == (200, "dee"), me
        assert machine.rows("SELECT id FROM sign_in_sessions") == [], "nothing of it is in the database"
        assert (await thief.post("/api/invitations/redeem", code))[0] == 401, "a link is good for one sign-in"
        status, token = await dispatcher.post("/api/tokens", {"site": "lincoln"})
        assert (status, token["grant"]["incident"]) == (200, incident), token

        machine.kill()
        machine.start()
        status, token = await dispatcher.post("/api/tokens", {"site": "lincoln"})
        assert (status, token["grant"]["incident"]) == (200, incident), token
        assert (await thief.post("/api/invitations/redeem", code))[0] == 401

        # A person who signed in on a full disk can also sign out on it.
        assert (await coordinator.post("/api/invitations/redeem", other_code))[0] == 200
        assert (await coordinator.post("/api/sign-out"))[0] == 204
        assert (await coordinator.get("/api/me"))[0] == 401

        machine.ballast.unlink()

        async def entered() -> bool:
            kinds = machine.rows("SELECT kind FROM audit_records")
            people = machine.rows("SELECT principal_id FROM sign_in_sessions WHERE ended_at IS NULL")
            return people == ["dee"] and isinstance(kinds, list) and kinds.count("signed_in") == 2

        await until(entered, 20, "both sign-ins are in the database")
        assert machine.rows("SELECT id FROM invitations WHERE redeemed_at IS NULL") == []
        assert (await dispatcher.get("/api/me"))[0] == 200
        assert (await coordinator.get("/api/me"))[0] == 401
    finally:
        for person in (dispatcher, thief, coordinator):
            await person.close()
