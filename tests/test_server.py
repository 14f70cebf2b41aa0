"""The gateway starts and stops, even if one of its services fails."""

import asyncio
import contextlib
import random
import socket
import ssl
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.commands.invite import links
from gateway.commands.serve import with_own_certificate
from gateway.commands.trial import limit_cameras
from gateway.config_loader import Loaded, load
from gateway.configuration.settings import HttpSettings
from gateway.errors import ConfigurationError
from gateway.incidents.service import IncidentService
from gateway.models import Principal, Role, SiteId
from gateway.server import Gateway, public_url
from rig.example import ENVIRONMENT, ROOT


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """Return settings with one camera that never answers, on ports that the system chooses."""
    ports = {
        "http.port": 0,
        "media.port": 0,
        "storage.directory": str(tmp_path / "data"),
        "sites.lincoln.cameras.lincoln-main-entrance.main.url": "rtsp://127.0.0.1:1/main",
        "sites.lincoln.cameras.lincoln-main-entrance.sub.url": "rtsp://127.0.0.1:1/sub",
    }
    return limit_cameras(load(ROOT / "config" / "sightline.yaml", ports, ENVIRONMENT), 1)


class Running:
    """Serve a gateway while the block lasts."""

    def __init__(self, loaded: Loaded) -> None:
        self.gateway = Gateway(loaded)
        self._stop = asyncio.Event()
        self._url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self.gateway.serve(self._stop, self._url.set_result))

    async def __aenter__(self) -> str:
        begun: list[asyncio.Future[Any]] = [self.task, self._url]
        await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)
        if self.task.done():
            await self.task
        return await self._url

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.wait_for(self.task, 10)


async def test_a_gateway_serves_stops_and_serves_again_with_what_is_on_disk(loaded: Loaded) -> None:
    keys = []
    for _ in range(2):
        async with Running(loaded) as url, aiohttp.ClientSession() as client:
            assert (await client.get(f"{url}/readyz")).status == 200
            answer = await client.get(f"{url}/.well-known/jwks.json")
            keys.append(await answer.json())
    assert keys[0] == keys[1]


@pytest.mark.parametrize("step", [13 * 3600.0, -20 * 3600.0])
async def test_a_step_of_the_clock_and_a_restart_sign_nobody_out_and_end_no_incident(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    """A regression: the next run used to trust the clock, which ended a lockdown or made a shift 20 hours longer."""
    true_time, headers = time.time, {"X-Sightline": "1"}
    lockdown = {"site": "lincoln", "kind": "real"}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with Running(loaded) as url:
            who = Principal("coordinator-1", "School coordinator 1", Role.COORDINATOR, frozenset({SiteId("lincoln")}))
            [link] = await links(loaded, [who], url)
            code = {"code": link.rpartition("=")[2]}
            me = await (await client.post(f"{url}/api/invitations/redeem", json=code, headers=headers)).json()
            opened = await (await client.post(f"{url}/api/incidents", json=lockdown, headers=headers)).json()
        monkeypatch.setattr(time, "time", lambda: true_time() + step)
        async with Running(loaded) as url:
            answer = await client.get(f"{url}/api/me")
            assert answer.status == 200
            assert (await answer.json())["expires_at"] == me["expires_at"]
            again = await client.post(f"{url}/api/incidents", json=lockdown, headers=headers)
            assert again.status == 200, "it joined the open one"
            joined = await again.json()
            assert (joined["id"], joined["ends_at"]) == (opened["id"], opened["ends_at"])


async def test_a_gateway_serves_https_with_its_own_certificate(loaded: Loaded) -> None:
    own = with_own_certificate(loaded)
    assert own.settings.http.public_url.startswith("https://")
    certificate = own.settings.http.tls_certificate
    assert certificate is not None
    assert with_own_certificate(loaded).settings.http.tls_certificate == certificate
    trust = ssl.create_default_context(cafile=certificate)
    async with Running(own) as url, aiohttp.ClientSession() as client:
        assert url.startswith("https://localhost:")
        assert (await client.get(f"{url}/healthz", ssl=trust)).status == 200


@pytest.mark.timeout(30)
async def test_a_core_service_that_fails_ends_the_gateway_with_its_error(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It must exit so that systemd or compose restarts it: a gateway that hangs would stay down."""
    fail = asyncio.Event()

    async def run(_: IncidentService) -> None:
        await fail.wait()
        raise RuntimeError("a bug in a core service")

    monkeypatch.setattr(IncidentService, "run", run)
    running = Running(loaded)
    await running.__aenter__()
    fail.set()
    with pytest.raises(ExceptionGroup) as failed:
        await asyncio.wait_for(running.task, 10)
    assert failed.group_contains(RuntimeError, match="a bug in a core service")


@pytest.mark.parametrize("key", ["http.port", "media.port"])
async def test_a_port_in_use_is_a_configuration_error_that_names_it(loaded: Loaded, key: str) -> None:
    section, _, _ = key.partition(".")
    with socket.socket(type=socket.SOCK_STREAM if section == "http" else socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        if section == "http":
            taken.listen()
        port = taken.getsockname()[1]
        values = getattr(loaded.settings, section).model_copy(update={"port": port})
        busy = replace(loaded, settings=loaded.settings.model_copy(update={section: values}))
        with pytest.raises(ExceptionGroup) as failed:
            await Gateway(busy).serve(asyncio.Event())
    assert failed.group_contains(ConfigurationError, match=f"^{key}: 127.0.0.1:{port}")


def take_the_upper_of_two(taken: socket.socket) -> int:
    """Occupy a port just above a free one. Both are below the range from which the system assigns ports to
    connections, so that the first worker's port is still free when the worker starts."""
    while True:
        port = random.randrange(20_000, 30_000)
        datagrams, connections = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
        with datagrams, connections, contextlib.suppress(OSError):
            for free in (datagrams, connections):
                free.bind(("127.0.0.1", port - 1))
            taken.bind(("127.0.0.1", port))
            return port


async def test_a_later_workers_port_in_use_is_named_too(loaded: Loaded) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        port = take_the_upper_of_two(taken)
        cameras = loaded.settings.sites[0].cameras
        site = loaded.settings.sites[0].model_copy(
            update={"cameras": (*cameras, cameras[0].model_copy(update={"id": "lincoln-lobby"}))}
        )
        media = loaded.settings.media.model_copy(update={"port": port - 1, "workers": 2})
        update = {"sites": (site, *loaded.settings.sites[1:]), "media": media}
        with pytest.raises(ExceptionGroup) as failed:
            await Gateway(replace(loaded, settings=loaded.settings.model_copy(update=update))).serve(asyncio.Event())
    assert failed.group_contains(ConfigurationError, match=f"^media.port: 127.0.0.1:{port}")


def test_a_port_that_the_system_chose_is_in_the_public_url() -> None:
    assert public_url(HttpSettings(port=8080, public_url="https://gateway.example"), 8080) == "https://gateway.example"
    assert public_url(HttpSettings(port=0), 4711) == "http://localhost:4711"
