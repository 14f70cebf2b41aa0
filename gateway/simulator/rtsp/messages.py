"""Reads and writes RTSP 1.0 as a server does (RFC 2326). Sans-IO: bytes in, requests out. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.errors import Malformed

LARGEST_HEAD = 8192
LARGEST_BODY = 65536

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
    505: "RTSP Version Not Supported",
}


@dataclass(frozen=True, slots=True)
class Request:
    """Holds one request. ``headers`` have lower-case names. ``path`` is the URI's path without a trailing slash."""

    method: str
    uri: str
    version: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """Return ``/camera/stream`` for ``rtsp://host:port/camera/stream/``."""
        _, scheme, rest = self.uri.partition("://")
        path = "/" + rest.partition("/")[2] if scheme else self.uri
        return path.partition("?")[0].rstrip("/")


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Holds a binary frame from the client (RFC 2326 10.12), which carries its RTCP."""

    channel: int
    payload: bytes


class RequestReader:
    """Cuts what a client sends into requests and interleaved frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request | Interleaved]:
        """Process bytes and yield the messages that are complete. Raises Malformed if the bytes cannot be RTSP."""
        self._buffer += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> Request | Interleaved | None:
        buffer = self._buffer
        while buffer[:2] == b"\r\n":  # empty lines before a request are ignored (RFC 2326 4.1 and RFC 2616 4.1)
            del buffer[:2]
        if buffer[:1] == b"$":
            if len(buffer) < 4 or len(buffer) < (end := 4 + int.from_bytes(buffer[2:4], "big")):
                return None
            frame = Interleaved(buffer[1], bytes(buffer[4:end]))
            del buffer[:end]
            return frame
        head_end = buffer.find(b"\r\n\r\n")
        if head_end > LARGEST_HEAD or (head_end < 0 and len(buffer) > LARGEST_HEAD):
            raise Malformed("head too long")
        if head_end < 0:
            return None
        method, uri, version, headers = _parse_head(bytes(buffer[:head_end]))
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or int(length) > LARGEST_BODY:
            raise Malformed("content-length out of range")
        end = head_end + 4 + int(length)
        if len(buffer) < end:
            return None
        request = Request(method, uri, version, headers, bytes(buffer[head_end + 4 : end]))
        del buffer[:end]
        return request


def _parse_head(head: bytes) -> tuple[str, str, str, dict[str, str]]:
    try:
        first, *lines = head.decode("utf-8").split("\r\n")
        method, uri, version = first.split(" ")
        fields = [line.split(":", maxsplit=1) for line in lines]
        headers = {name.strip().lower(): value.strip() for name, value in fields}
    except ValueError:
        raise Malformed("not a request") from None
    return method, uri, version, headers


def response(status: int, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return an answer as bytes. ``Content-Length`` is added if there is a body."""
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def interleave(channel: int, packet: bytes) -> bytes:
    """Return an RTP or RTCP packet framed for the RTSP connection (RFC 2326 10.12)."""
    return b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet


def parse_transport(value: str) -> tuple[int, int] | None:
    """Return the interleaved channels of the first transport that is RTP over TCP, or None if there is none."""
    for transport in value.split(","):
        spec, *parameters = (part.strip() for part in transport.split(";"))
        if spec.upper() != "RTP/AVP/TCP":
            continue
        for parameter in parameters:
            name, _, channels = parameter.partition("=")
            first, _, second = channels.partition("-")
            if name == "interleaved" and first.isdigit() and int(first) < 255:
                return int(first), int(second) if second.isdigit() and int(second) < 256 else int(first) + 1
        return 0, 1
    return None
