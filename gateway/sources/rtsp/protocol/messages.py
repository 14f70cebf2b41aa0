"""RTSP messages (RFC 2326 sections 4, 6, 7 and 10.12): those that a camera sends, and those that the gateway writes.
Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

DOLLAR = 0x24
"""The first byte of an interleaved frame."""
OFFERED = ("OPTIONS", "GET_PARAMETER", "REDIRECT")
"""The requests of a camera that the gateway answers (RFC 2326 10.1, 10.8, 10.10)."""
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in order, including repeated ones. Names compare case-insensitively."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of ``name``."""
        return next(iter(self.all(name)), default)

    def all(self, name: str) -> list[str]:
        """Return every value of ``name``, in order."""
        return [value for key, value in self.fields if key == name.lower()]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer from the camera."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A request from the camera."""

    method: str
    headers: Headers


class Frames(NamedTuple):
    """Interleaved binary data (RFC 2326 10.12): RTP or RTCP packets of one channel with nothing between them."""

    channel: int
    packets: list[bytes]


@dataclass(frozen=True, slots=True)
class Noise:
    """A run of bytes that was not a message. The next message was found after it."""

    length: int


@dataclass(frozen=True, slots=True)
class Torn:
    """The last frame of ``channel`` was not what the camera meant to send: the next one begins inside it."""

    channel: int


Message = Response | Request | Frames | Noise | Torn


def encode(start_line: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return a request or an answer without a body. Raises ValueError if a field would start a new line."""
    lines = [start_line, *(f"{name}: {value}" for name, value in headers)]
    if any(CONTROL.search(line) for line in lines):
        raise ValueError("control character in an RTSP header")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


def encode_frame(channel: int, payload: bytes) -> bytes:
    """Return interleaved binary data (RFC 2326 10.12)."""
    return bytes((DOLLAR, channel)) + len(payload).to_bytes(2, "big") + payload


def reply(request: Request) -> bytes:
    """Answer a camera's request. It may probe the gateway with OPTIONS or an empty GET_PARAMETER, or redirect it."""
    known = request.method in OFFERED
    headers = [("CSeq", request.headers.get("cseq"))]
    if known:
        headers.append(("Public", ", ".join(OFFERED)))
    return encode(f"RTSP/1.0 {'200 OK' if known else '501 Not Implemented'}", headers)
