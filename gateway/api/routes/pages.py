"""Sends the built page from memory, so that no request needs a file descriptor when none may be left."""

import functools
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
"""The number of bytes written at a time. A slow reader thus makes the gateway buffer only a few pieces."""

FOR_GOOD = "public, max-age=31536000, immutable"
"""Caches may keep assets forever, since an asset's name contains a digest of its content."""


@dataclass(frozen=True, slots=True)
class Asset:
    """Holds one built file. ``packed`` is the gzip version, or None if that is not smaller."""

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


@functools.lru_cache(maxsize=64)
def _packed(body: bytes) -> bytes:
    """Return the gzip version. The result is cached, since tests build hundreds of gateways in one process."""
    return gzip.compress(body, mtime=0)


def read(path: Path, cache: str) -> Asset:
    """Read a built file. Raises OSError."""
    body = path.read_bytes()
    packed = _packed(body)
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
    """Return the routes of this module. This reads the files."""
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
        """Send the page. What it shows depends on the person who is signed in."""
        if index is None:
            return problem(503, "Not built", "no_web_client", "The web client has not been built. Run: make web")
        return await index.send(request)

    async def asset(request: web.Request) -> web.StreamResponse:
        """Send a file that belongs to the page, under the name by which the page refers to it."""
        found = assets.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return await found.send(request)

    async def worker(request: web.Request) -> web.StreamResponse:
        """Send the service worker, which keeps the page available without a network.

        Browsers look for a newer one at every load. It is at the root, so that its scope covers the page without the
        header ``Service-Worker-Allowed``.
        """
        if service_worker is None:
            raise web.HTTPNotFound
        return await service_worker.send(request)

    return [web.get("/", page), web.get("/worker.js", worker), web.get("/assets/{name}", asset)]
