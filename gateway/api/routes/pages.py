"""The built page, read once and sent from memory: no file is opened for who asks, when there may be none left."""

import gzip
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aiohttp import hdrs, web

from gateway.api.problem import problem

STATIC = Path(__file__).parents[2] / "static"
PIECE = 32 * 1024
"""Bytes that are written at a time; a slow reader makes us keep no more than a few."""

FOR_GOOD = "public, max-age=31536000, immutable"
"""The names of assets hold a digest of what is in them."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One built file. ``packed`` is it with gzip, where that is smaller."""

    content_type: str
    body: bytes
    packed: bytes | None
    etag: str
    cache: str

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Answer a GET or HEAD."""
        headers = {hdrs.CACHE_CONTROL: self.cache, hdrs.ETAG: self.etag, hdrs.VARY: hdrs.ACCEPT_ENCODING}
        if self.etag in [tag.strip() for tag in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")]:
            return web.Response(status=304, headers=headers)
        body = self.body
        if self.packed is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            body = self.packed
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: self.content_type, **headers})
        response.content_length = len(body)
        await response.prepare(request)
        if request.method != hdrs.METH_HEAD:
            for start in range(0, len(body), PIECE):
                await response.write(body[start : start + PIECE])
        await response.write_eof()
        return response


def read(path: Path, cache: str) -> Asset:
    """Read a built file. Raises OSError."""
    body = path.read_bytes()
    packed = gzip.compress(body, mtime=0)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    smaller = packed if len(packed) < len(body) else None
    return Asset(kind, body, smaller, f'"{sha256(body).hexdigest()[:24]}"', cache)


def _assets() -> Iterator[tuple[str, Asset]]:
    for path in sorted((STATIC / "assets").glob("*")):
        if path.is_file():
            yield path.name, read(path, FOR_GOOD)


def routes() -> list[web.RouteDef]:
    """Routes of this module. The files are read now."""
    try:
        index = read(STATIC / "index.html", "no-cache")
    except OSError:
        index = None
    try:
        service_worker = read(STATIC / "worker.js", "no-cache")
    except OSError:
        service_worker = None
    assets = dict(_assets())

    async def page(request: web.Request) -> web.StreamResponse:
        """The one page; what it shows depends on who is signed in."""
        if index is None:
            return problem(503, "Not built", "no_web_client", "The web client has not been built. Run: make web")
        return await index.send(request)

    async def asset(request: web.Request) -> web.StreamResponse:
        """A part of the page, by the name that it has in the page."""
        found = assets.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return await found.send(request)

    async def worker(request: web.Request) -> web.StreamResponse:
        """The service worker, which keeps the page for when there is no network.

        Browsers ask for a newer one at each load. It stands at the root, so that its scope is the page without
        ``Service-Worker-Allowed``.
        """
        if service_worker is None:
            raise web.HTTPNotFound
        return await service_worker.send(request)

    return [web.get("/", page), web.get("/worker.js", worker), web.get("/assets/{name}", asset)]
