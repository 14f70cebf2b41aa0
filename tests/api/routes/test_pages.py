import gzip
from pathlib import Path

import pytest

from gateway.api.routes import pages
from tests.in_process import House, house

__all__ = ["house"]

SCRIPT = b"export const a = 1;\n" * 10_000


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Sightline</title>")
    (static / "assets" / "page-abc.js").write_bytes(SCRIPT)
    (static / "worker.js").write_text("addEventListener('fetch', () => undefined);")
    monkeypatch.setattr(pages, "STATIC", static)
    return static


async def test_browsers_request_the_page_every_time_and_its_parts_once(house: House) -> None:
    person = await house.stranger()
    index = await person.get("/")
    assert b"<title>Sightline" in index.body
    assert index.headers["Cache-Control"] == "no-cache"
    part = await person.get("/assets/page-abc.js")
    assert part.body == SCRIPT
    assert "javascript" in part.headers["Content-Type"]
    assert "immutable" in part.headers["Cache-Control"]
    again = await person.get("/", headers={"If-None-Match": index.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


async def test_clients_that_accept_gzip_are_sent_less(house: House) -> None:
    client = (await house.stranger()).client
    async with client.session.get(
        client.make_url("/assets/page-abc.js"), headers={"Accept-Encoding": "gzip"}, auto_decompress=False
    ) as answer:
        packed = await answer.read()
    assert len(packed) < len(SCRIPT) / 10
    assert gzip.decompress(packed) == SCRIPT


async def test_the_page_is_served_even_if_no_more_files_can_be_opened(
    house: House, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (built / "index.html").unlink()
    person = await house.stranger()
    assert (await person.get("/")).status == 200
    head = await person.request("HEAD", "/assets/page-abc.js", headers={"Accept-Encoding": "identity"})
    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(SCRIPT)))
    assert (await person.get("/assets/another.js")).problem(404) == "not_found"


async def test_a_service_worker_does_not_outlive_its_release(house: House) -> None:
    person = await house.stranger()
    worker = await person.get("/worker.js")
    assert worker.status == 200
    assert worker.headers["Cache-Control"] == "no-cache"
    assert "javascript" in worker.headers["Content-Type"]
    assert "Service-Worker-Allowed" not in worker.headers
    assert "worker-src 'self'" in worker.headers["Content-Security-Policy"]


async def test_if_the_page_was_not_built_the_answer_says_how_to_build_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path / "nowhere")
    async with House(tmp_path) as house:
        assert (await (await house.stranger()).get("/")).problem(503) == "no_web_client"
