"""``sightline trigger`` sends an alarm only to a gateway whose certificate it can trust."""

import io
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from gateway.commands.trigger import run, trust
from gateway.errors import ConfigurationError, SightlineError
from gateway.models import IncidentKind
from gateway.tls import self_signed
from rig.example import SECRET


class Hook:
    """Answers as a gateway does, with its own certificate. ``heard`` contains the bodies of the requests."""

    def __init__(self, directory: Path) -> None:
        self.heard: list[bytes] = []
        self.certificate, key = self_signed(directory, "localhost")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, key)
        app = web.Application()
        app.add_routes([web.post("/hooks/x", self._answer)])
        self._server = TestServer(app, scheme="https")

    async def __aenter__(self) -> "Hook":
        await self._server.start_server(ssl=self._context)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    async def _answer(self, request: web.Request) -> web.Response:
        self.heard.append(await request.read())
        return web.json_response({"incident": "inc_1", "alarm": True})

    async def trigger(self, ca_file: Path | None) -> str:
        said = io.StringIO()
        url = f"https://localhost:{self._server.port}/hooks/x"
        await run(url, SECRET, "room", IncidentKind.TEST, "", Console(file=said), trust(ca_file))
        return said.getvalue()


@pytest.fixture
async def hook(tmp_path: Path) -> AsyncIterator[Hook]:
    async with Hook(tmp_path / "gateway") as hook:
        yield hook


async def test_an_alarm_is_not_sent_to_an_impostor_of_the_gateway(hook: Hook, tmp_path: Path) -> None:
    another, _ = self_signed(tmp_path / "another", "localhost")
    for ca_file in (None, another):
        with pytest.raises(SightlineError, match=r"is not trusted .*--ca-file"):
            await hook.trigger(ca_file)
    assert hook.heard == []


async def test_a_certificate_made_by_the_gateway_itself_is_trusted_through_its_file(hook: Hook) -> None:
    assert "the alarm sounds" in await hook.trigger(hook.certificate)
    assert len(hook.heard) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_without_a_certificate_is_reported(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "authority.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=r"--ca-file: .* cannot be read, or contains no PEM certificate"):
        trust(path)
