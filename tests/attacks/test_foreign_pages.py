"""Tries what a page of another origin can do through the browser of a user who is signed in."""

import asyncio
import gzip
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError

from gateway.configuration.settings import HttpSettings
from tests.in_process import PEOPLE, House, example

FOREIGN = [
    "null",
    "https://evil.example",
    "http://localhost",
    "http://localhost:8081",
    "https://localhost:8080",
    "http://localhost:8080@evil.example",
    "file://localhost:8080",
    "//localhost:8080",
    "",
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_another_origin_can_change_nothing_and_read_nothing(house: House, origin: str) -> None:
    person = await house.sign_in("dispatcher")
    assert (await person.post("/api/sign-out", Origin=origin)).problem(403) == "foreign_origin"
    with pytest.raises(WSServerHandshakeError) as refused:
        await person.events(Origin=origin)
    assert refused.value.status == 403
    assert (await person.get("/api/me")).status == 200


async def test_no_other_origin_is_allowed_to_read_or_embed(house: House) -> None:
    person = await house.sign_in("dispatcher")
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        await person.request("OPTIONS", "/api/tokens", headers=asked),
        await person.get("/api/me", headers=asked),
    ):
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_over_https_no_sibling_domain_can_set_the_cookie(tmp_path: Path) -> None:
    loaded = example()
    http = HttpSettings(public_url="https://sightline.example.org")
    loaded = replace(loaded, settings=loaded.settings.model_copy(update={"http": http}))
    async with House(tmp_path, loaded) as house:
        person = await house.stranger()
        code = await house.services.invitations.create(PEOPLE["patrol"])
        own = {"Origin": "https://sightline.example.org"}
        answer = await person.post("/api/invitations/redeem", {"code": code}, **own)
        name, _, rest = answer.headers["Set-Cookie"].partition("=")
        assert name == "__Host-sightline"
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=Strict"} <= {part.strip() for part in rest.split(";")}
        assert "Domain" not in rest
        value = rest.partition(";")[0]
        tossed = await person.get("/api/me", headers={"Cookie": f"sightline={value}"})
        assert tossed.problem(401) == "sign_in_needed"
        mine = {"Cookie": f"__Host-sightline={value}"}
        assert (await person.get("/api/me", headers=mine)).status == 200
        left = await person.post("/api/sign-out", **own, **mine)
        assert left.status == 204
        assert "Secure" in left.headers["Set-Cookie"]


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_body_is_refused_for_its_size_after_decompression(house: House, coding: str) -> None:
    swelling = bytes(20_000_000)
    body = gzip.compress(swelling) if coding == "gzip" else zlib.compress(swelling)
    assert len(body) < 64 * 1024
    headers = {"Content-Encoding": coding, "X-Sightline": "1"}
    answer = await (await house.stranger()).request("POST", "/api/tokens", data=body, headers=headers)
    assert answer.problem(413) == "request_entity_too_large"


async def test_json_that_is_nested_too_deeply_is_the_callers_fault(house: House) -> None:
    person = await house.sign_in("dispatcher")
    deep = b"[" * 60_000
    answer = await person.request("POST", "/api/tokens", data=deep, headers={"X-Sightline": "1"})
    assert answer.problem(400) == "bad_body"
    channel = await person.events()
    await channel.resume()
    await channel.socket.send_str("[" * 15_000)
    assert await channel.up_to_now() is not None


@pytest.mark.parametrize(
    "path", ["/../../server.py", "/..%2f..%2fserver.py", "/%2e%2e/%2e%2e/server.py", "//etc/passwd"]
)
async def test_no_path_leads_outside_the_built_files(house: House, path: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)  # clients normalise paths
    writer.write(f"GET /assets{path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] in {b"403", b"404"}
    assert b"import" not in answer
