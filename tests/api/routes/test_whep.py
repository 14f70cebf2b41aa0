"""Covers the HTTP side of WHEP (draft-ietf-wish-whep-03)."""

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.config_loader import Loaded
from gateway.configuration.media_settings import IceServer
from gateway.errors import Unavailable
from tests.in_process import HALLWAY, House, Person, example

FRAGMENT = "application/trickle-ice-sdpfrag"


async def _watching(house: House) -> tuple[Person, str]:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(HALLWAY)
    return patrol, location


async def _patch(
    person: Person, location: str, body: str = "a=ice-ufrag:new\r\n", match: str | None = "*", **headers: str
) -> Any:
    sent = {"Content-Type": FRAGMENT} | ({} if match is None else {"If-Match": match}) | headers
    return await person.request("PATCH", location, data=body.encode(), headers=sent)


async def test_an_ice_restart_is_answered_with_a_fragment_and_another_tag(house: House) -> None:
    patrol, location = await _watching(house)
    answer = await _patch(patrol, location)
    assert (answer.status, answer.body) == (200, b"a=ice-lite\r\n")
    assert answer.headers["Content-Type"].startswith(FRAGMENT)
    assert answer.headers["ETag"] == '"another"'
    assert [session for session, _ in house.plane.patched] == ["session-1"]
    assert house.plane.patched[0][1].fragment == "a=ice-ufrag:new\r\n"


async def test_candidates_alone_are_accepted_and_answered_with_no_content(house: House) -> None:
    patrol, location = await _watching(house)
    answer = await _patch(patrol, location, "the same", '"etag"')
    assert (answer.status, answer.body) == (204, b"")
    assert "ETag" not in answer.headers


async def test_a_patch_is_refused_as_the_draft_requires(house: House) -> None:
    patrol, location = await _watching(house)
    assert (await _patch(patrol, location, match=None)).problem(428) == "if_match_missing"
    assert (await _patch(patrol, location, match='"stolen"')).problem(412) == "ice_restarted"
    assert (await _patch(patrol, location, match="etag")).problem(400) == "bad_if_match"
    other = {"Content-Type": "application/sdp"}
    assert (await _patch(patrol, location, **other)).problem(415) == "unsupported_media_type"
    assert (await _patch(patrol, location, Accept="text/html")).status == 200
    assert (await _patch(patrol, "/whep/sessions/guessed")).problem(404) == "no_such_session"
    wrong = await patrol.request("PUT", location)
    assert wrong.problem(405) == "method_not_allowed"
    assert set(wrong.headers["Allow"].split(",")) == {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH"}


async def test_get_returns_no_content_even_if_the_address_does_not_exist(house: House) -> None:
    patrol, location = await _watching(house)
    for path in (location, "/whep/sessions/guessed"):
        for method in ("GET", "HEAD"):
            answer = await patrol.request(method, path)
            assert (answer.status, answer.body) == (204, b"")


async def test_head_shows_that_an_address_accepts_offers_even_if_the_camera_does_not_exist(
    house: House,
) -> None:
    stranger = await house.stranger()
    for path in (f"/whep/{HALLWAY}", "/whep/nothing"):
        for method in ("GET", "HEAD"):
            answer = await stranger.request(method, path)
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers["Content-Type"].startswith("application/sdp")


async def test_a_viewer_can_leave_whatever_tag_it_names(house: House) -> None:
    patrol, location = await _watching(house)
    answer = await patrol.request("DELETE", location, headers={"If-Match": '"stolen"'})
    assert answer.status == 200


async def test_bytes_that_are_not_text_are_refused(house: House) -> None:
    patrol, location = await _watching(house)
    headers = {"Content-Type": FRAGMENT, "If-Match": "*"}
    answer = await patrol.request("PATCH", location, data=b"\xff", headers=headers)
    assert answer.problem(400) == "not_text"


async def test_nothing_can_be_renegotiated_after_the_grant_has_ended(house: House) -> None:
    incident = await house.lock_down()
    patrol = await house.sign_in("patrol")
    _, location = await patrol.watch(HALLWAY)
    await house.all_clear(incident)
    assert (await _patch(patrol, location)).problem(404) == "no_such_session"
    assert house.plane.patched == []


async def test_options_names_the_methods_but_allows_no_foreign_page(house: House) -> None:
    stranger = await house.stranger()
    foreign = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for path, name, kind in [
        (f"/whep/{HALLWAY}", "Accept-Post", "application/sdp"),
        ("/whep/nothing", "Accept-Post", "application/sdp"),
        ("/whep/sessions/nothing", "Accept-Patch", FRAGMENT),
    ]:
        answer = await stranger.request("OPTIONS", path, headers=foreign)
        assert answer.status == 200
        assert answer.headers[name] == kind
        assert not [header for header in answer.headers if header.startswith("Access-Control")]


@pytest.mark.parametrize("accept", ["application/sdp", "*/*", "text/html", "application/sdp;q=0, */*"])
async def test_whatever_accept_says_the_answer_is_sdp_and_never_a_counter_offer(house: House, accept: str) -> None:
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    headers = {"Authorization": f"Bearer {await patrol.token()}", "Content-Type": "application/sdp", "Accept": accept}
    answer = await patrol.request("POST", f"/whep/{HALLWAY}", data=b"v=0\r\n", headers=headers)
    assert answer.status == 201
    assert answer.headers["Content-Type"].startswith("application/sdp")


async def test_a_503_says_when_to_try_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def starting(*_: object, **__: object) -> Any:
        raise Unavailable("starting_again", "Try again.")

    await house.lock_down()
    patrol = await house.sign_in("patrol")
    monkeypatch.setattr(house.plane, "open", starting)
    headers = {"Authorization": f"Bearer {await patrol.token()}", "Content-Type": "application/sdp"}
    answer = await patrol.request("POST", f"/whep/{HALLWAY}", data=b"v=0\r\n", headers=headers)
    assert answer.problem(503) == "starting_again"
    assert answer.headers["Retry-After"] == "1"


def _naming(*servers: IceServer) -> Loaded:
    """Return the example district with these servers."""
    loaded = example()
    media = loaded.settings.media.model_copy(update={"ice_servers": servers})
    return replace(loaded, settings=loaded.settings.model_copy(update={"media": media}))


async def test_servers_for_nat_are_named_to_viewers_with_credentials_that_expire(tmp_path: Path) -> None:
    loaded = _naming(
        IceServer(url="stun:stun.example.org"),
        IceServer(url="turn:turn.example.org:3478?transport=udp", secret=SecretStr("shared"), lifetime=600),
        IceServer(url="turns:turn.example.org", username='a"b', credential=SecretStr("fixed")),
    )
    async with House(tmp_path, loaded) as house:
        await house.lock_down()
        patrol = await house.sign_in("patrol")
        answer = await patrol.offer(HALLWAY, await patrol.token())
    stun, turn, fixed = answer.headers.getall("Link")
    assert stun == '<stun:stun.example.org>; rel="ice-server"'
    assert fixed.endswith('username="a\\"b"; credential="fixed"; credential-type="password"')
    found = re.fullmatch(
        r'<turn:turn\.example\.org:3478\?transport=udp>; rel="ice-server"; username="(\d+):(\S+)"; '
        r'credential="(\S+)"; credential-type="password"',
        turn,
    )
    assert found is not None
    expires, who, credential = found.groups()
    assert int(expires) == int(house.clock.now() + 600)
    assert who == answer.headers["X-Sightline-Session"]
    digest = hmac.digest(b"shared", f"{expires}:{who}".encode(), hashlib.sha1)
    assert base64.b64decode(credential) == digest


async def test_servers_for_nat_are_not_named_to_those_who_may_not_see(tmp_path: Path) -> None:
    async with House(tmp_path, _naming(IceServer(url="turn:turn.example.org", secret=SecretStr("shared")))) as house:
        patrol = await house.sign_in("patrol")
        for answer in (
            await patrol.offer(HALLWAY, await patrol.token()),
            await patrol.offer(HALLWAY, "guessed"),
            await patrol.request("OPTIONS", f"/whep/{HALLWAY}"),
        ):
            assert answer.status != 201
            assert "Link" not in answer.headers
