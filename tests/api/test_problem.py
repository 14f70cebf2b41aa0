"""Every error of every route has the same shape."""

import asyncio
import re

import pytest

from gateway.api.app import BODY_LIMIT
from tests.in_process import HALLWAY, NURSE, House

OPEN = {"/", "/metrics", "/healthz", "/readyz", "/.well-known/jwks.json", "/assets/{name}", "/worker.js"}
PANIC = b"POST /hooks/lincoln-panic HTTP/1.1\r\n"
NOTHING_THERE = ("GET", "/whep/{camera}")
OWN_CREDENTIAL = {"/hooks/{webhook}", "/whep/sessions/{secret}", "/api/invitations/redeem"}


def routes(house: House) -> set[tuple[str, str]]:
    found = {(route.method, route.resource.canonical) for route in house.app.router.routes() if route.resource}
    return {(method, path) for method, path in found if method != "HEAD"}


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", "nothing", path)


async def test_every_route_that_is_not_open_requires_a_sign_in(house: House) -> None:
    stranger = await house.stranger()
    asked = 0
    for method, path in routes(house):
        if path in OPEN | OWN_CREDENTIAL or method == "OPTIONS" or (method, path) == NOTHING_THERE:
            continue
        answer = await stranger.request(
            method, filled(path), headers={"X-Sightline": "1", "Content-Type": "application/sdp"}
        )
        assert answer.problem(401) in {"sign_in_needed", "token_missing"}, path
        asked += 1
    assert asked >= 14


async def test_every_change_through_the_api_needs_the_header_that_foreign_pages_cannot_send(house: House) -> None:
    person = await house.sign_in("headquarters")
    changes = [path for method, path in routes(house) if method != "GET" and path.startswith("/api/")]
    assert len(changes) >= 7
    for path in changes:
        assert (await person.request("POST", filled(path))).problem(403) == "header_missing"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "http://localhost:8080.evil.example"])
async def test_a_change_from_a_foreign_page_is_refused(house: House, origin: str) -> None:
    person = await house.sign_in("headquarters")
    assert (await person.post("/api/sign-out", Origin=origin)).problem(403) == "foreign_origin"


async def test_a_change_from_the_gateways_own_page_is_accepted(house: House) -> None:
    for origin in ["http://localhost:8080", str(house.server.make_url("/"))[:-1]]:
        person = await house.sign_in("headquarters")
        assert (await person.post("/api/sign-out", Origin=origin)).status == 204


async def test_unknown_paths_missing_headers_and_wrong_methods_are_told_apart(house: House) -> None:
    person = await house.sign_in("headquarters")
    assert (await person.get("/api/nothing")).problem(404) == "not_found"
    wrong = await person.request("DELETE", "/api/sites")
    assert wrong.problem(403) == "header_missing"
    wrong = await person.request("DELETE", "/api/sites", headers={"X-Sightline": "1"})
    assert wrong.problem(405) == "method_not_allowed"
    assert "GET" in wrong.headers["Allow"]
    assert (await person.request("PUT", "/whep/sessions/x")).problem(405) == "method_not_allowed"


async def test_an_event_channel_that_is_not_a_websocket_is_refused(house: House) -> None:
    person = await house.sign_in("headquarters")
    assert (await person.get("/api/events")).problem(400) == "bad_request"


@pytest.mark.parametrize("path", ["/api/tokens", "/hooks/lincoln-panic", "/whep/lincoln-lobby"])
async def test_a_body_that_is_too_long_is_refused(house: House, path: str) -> None:
    person = await house.sign_in("headquarters")
    headers = {"X-Sightline": "1", "Content-Type": "application/sdp", "Authorization": "Bearer x"}
    answer = await person.request("POST", path, data=b" " * (BODY_LIMIT + 1), headers=headers)
    assert answer.problem(413) == "request_entity_too_large"


async def test_an_offer_of_another_type_is_refused(house: House) -> None:
    person = await house.sign_in("coordinator")
    headers = {"Authorization": f"Bearer {await person.token()}", "Content-Type": "text/plain"}
    answer = await person.request("POST", f"/whep/{HALLWAY}", data=b"v=0", headers=headers)
    assert answer.problem(415) == "unsupported_media_type"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"", "site"),
        (b"{}", "site"),
        (b'{"site": 7}', "site"),
        (b'{"site": "lincoln", "sit": 1}', "sit:"),
        (b'{"site": "\\ud800"}', "JSON"),
        (b"\xff", "JSON"),
        (b"[" * 20_000, "JSON"),
    ],
)
async def test_an_error_in_a_body_names_its_key(house: House, body: bytes, named: str) -> None:
    person = await house.sign_in("headquarters")
    answer = await person.request("POST", "/api/tokens", data=body, headers={"X-Sightline": "1"})
    assert answer.problem(400) == "bad_body"
    assert named in answer.json["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/record?limit=nan",
        "/api/record?limit=inf",
        "/api/record?limit=0",
        "/api/record?limit=1.5",
        "/api/record?limit=1001",
        "/api/record?since=yesterday",
        "/api/record?until=nan",
        "/api/sites/lincoln/rooms/lincoln-room-101/cameras?n=0",
        "/api/sites/lincoln/rooms/lincoln-room-101/cameras?n=many",
    ],
)
async def test_an_error_in_a_number_names_the_parameter(house: House, path: str) -> None:
    person = await house.sign_in("headquarters")
    answer = await person.get(path)
    assert answer.problem(400) == "bad_number"
    assert answer.json["detail"].startswith(path.partition("?")[2].partition("=")[0])


async def test_a_camera_that_a_person_may_not_know_about_seems_not_to_exist(house: House) -> None:
    """The answers are identical for a camera that does not exist, one that is `never`, and another school's."""
    coordinator = await house.sign_in("coordinator")
    token = await coordinator.token()
    for kind in ("still", "offer"):
        answers: list[bytes] = []
        for camera in ("no-such-camera", NURSE, "oak-hallway"):
            if kind == "still":
                answer = await coordinator.get(f"/api/cameras/{camera}/still")
            else:
                answer = await coordinator.offer(camera, token)
            assert answer.problem(404) == "no_such_camera"
            answers.append(answer.body)
        assert len(set(answers)) == 1


async def test_a_school_that_a_person_may_not_know_about_seems_not_to_exist(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    for path in ("/api/sites/{}/plan", "/api/sites/{}/rooms/oak-room-1/cameras"):
        answers = [await coordinator.get(path.format(site)) for site in ("oak", "nowhere")]
        assert {answer.problem(404) for answer in answers} == {"no_such_site"}
        assert answers[0].body == answers[1].body
    tokens = [await coordinator.post("/api/tokens", {"site": site}) for site in ("oak", "nowhere")]
    assert {answer.problem(404) for answer in tokens} == {"no_such_site"}
    assert tokens[0].body == tokens[1].body
    triggers = [await coordinator.post("/api/incidents", {"site": s, "kind": "real"}) for s in ("oak", "nowhere")]
    assert triggers[0].problem(404) == triggers[1].problem(404)
    assert triggers[0].body == triggers[1].body


async def raw(house: House, head: bytes) -> bytes:
    """Return the gateway's answer to bytes that no proper client sends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    writer.write(head + b"Host: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (b"GET /api/me HTTP/1.1\r\nCookie: sightline=\xff\xfe\r\n", 401, b"sign_in_needed"),
        (
            b"POST /whep/x HTTP/1.1\r\nAuthorization: Bearer \xff\r\nContent-Type: application/sdp\r\n",
            401,
            b"token_invalid",
        ),
        (
            PANIC + b"webhook-id: a\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,\xff\r\n",
            401,
            b"bad_signature",
        ),
        (
            PANIC + b"webhook-id: \xff\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1\r\n",
            400,
            b"bad_header",
        ),
    ],
)
async def test_bytes_in_headers_that_are_not_text_do_not_count_as_a_bug(
    house: House, head: bytes, status: int, code: bytes
) -> None:
    answer = await raw(house, head)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b'"code": "%s"' % code in answer


async def test_garbage_in_a_path_is_a_404(house: House) -> None:
    person = await house.sign_in("coordinator")
    for camera in ("%FF", "%00", "a%2Fb", "x" * 2000):
        (await person.get(f"/api/cameras/{camera}/still")).problem(404)


async def test_a_refused_panic_button_gets_the_usual_error_shape(house: House) -> None:
    person = await house.stranger()
    signed = house.signed(b"{}")
    refused = await person.request("POST", "/hooks/lincoln-panic", data=b'{"note": "other"}', headers=signed)
    assert refused.problem(401) == "bad_signature"
    assert (await person.request("POST", "/hooks/nobody", data=b"{}", headers=signed)).problem(404) == "unknown_webhook"
    missing = await person.request("POST", "/hooks/lincoln-panic", data=b"{}")
    assert missing.problem(400) == "header_missing"


async def test_a_failing_database_is_a_503_with_the_usual_error_shape(house: House) -> None:
    person = await house.sign_in("headquarters")
    await house.break_storage()
    assert (await person.get("/api/me")).problem(503) == "storage_failed"
    assert (await person.get("/readyz")).problem(503) == "storage_failed"
    assert (await person.get("/healthz")).status == 200


async def test_a_bug_is_a_500_that_reveals_nothing_and_is_counted(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("the inside story")

    person = await house.sign_in("headquarters")
    monkeypatch.setattr(type(house.services.tokens), "jwks", lambda _: broken())
    answer = await person.get("/.well-known/jwks.json")
    assert answer.problem(500) == "internal_error"
    assert b"inside story" not in answer.body
    assert "the inside story" in caplog.text
    assert house.metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "http"}) == 1


async def test_no_answer_may_be_cached_or_framed(house: House) -> None:
    person = await house.stranger()
    for path in ("/healthz", "/api/me", "/metrics", "/nothing"):
        headers = (await person.get(path)).headers
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
