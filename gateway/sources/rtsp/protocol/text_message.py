"""Reads one RTSP request or response: its start line, its headers and its body (RFC 2326 sections 4, 6 and 7). Pure."""

import re

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.messages import CONTROL, Headers, Message, Request, Response

MAX_START_LINE = 1024
MAX_HEAD = 16 * 1024
MAX_BODY = 64 * 1024
_START_LINE = re.compile(
    rb"(?:RTSP/\d\.\d (?P<status>\d{3})[^\n]*|(?P<method>[A-Z][A-Z_]{1,31}) (?P<url>\S+) RTSP/\d\.\d\r?)\n"
)
_NOT_TEXT = re.compile(rb"[^\x20-\xff\t\r]")
_HEAD_END = re.compile(rb"\n\r?\n")


def text_message(data: bytes, position: int) -> tuple[Message, int] | int:
    """Return the text message at ``position`` and where it ends, or how many bytes it needs, or 0 if there is no
    message."""
    start = _START_LINE.match(data, position, position + MAX_START_LINE)
    if start is None:
        line = data[position : position + MAX_START_LINE]
        if len(line) == MAX_START_LINE or _NOT_TEXT.search(line) or not 0x41 <= line[0] <= 0x5A:
            return 0
        return len(data) - position + 1
    head_end = _HEAD_END.search(data, start.end() - 1, position + MAX_HEAD)
    if head_end is None:
        if len(data) - position >= MAX_HEAD:
            raise CameraError(SourceReason.MALFORMED, f"The camera sent a header of more than {MAX_HEAD} bytes.")
        return len(data) - position + 1
    headers = _parse_headers(data[start.end() : head_end.start()])
    body_length = _content_length(headers)
    stop = head_end.end() + body_length
    if stop > len(data):
        return stop - position
    if start["status"]:
        return Response(int(start["status"]), headers, data[head_end.end() : stop]), stop
    return Request(start["method"].decode(), headers), stop


def _parse_headers(block: bytes) -> Headers:
    fields: list[tuple[str, str]] = []
    for line in re.split(r"\r?(?:\n|$)", block.decode("utf-8", "replace")):
        if CONTROL.search(line):
            continue
        if line[:1] in (" ", "\t") and fields:
            name, value = fields[-1]
            fields[-1] = (name, f"{value} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip().lower(), value.strip()))
    return Headers(tuple(fields))


def _content_length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise CameraError(SourceReason.MALFORMED, "The camera sent a Content-Length that is not a number.")
    if int(text) > MAX_BODY:
        raise CameraError(SourceReason.MALFORMED, f"The camera sent a body of more than {MAX_BODY} bytes.")
    return int(text)
