"""Messages between the gateway and its worker processes, as bytes of a stream. Pure.

A message is a header of 10 bytes (length of what follows the header, kind, number, length of the name), the name in
ASCII, and a body of JSON. ``number`` pairs an answer with its call; it is 0 where none is awaited.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from gateway.errors import Malformed

LIMIT = 16 * 1024 * 1024
"""Bytes of one message. The largest are the settings of all cameras, at start, and what a worker counts."""

_HEADER = struct.Struct(">IBIB")


class Kind(IntEnum):
    """What a message is."""

    CALL = 1
    RESULT = 2
    ERROR = 3
    TELL = 4


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``name`` is a method's, or with ``ERROR`` the error's."""

    kind: Kind
    number: int
    name: str
    body: bytes


class MalformedMessage(Malformed):
    """Not a message of ours: the stream cannot be read any further."""


def encode(message: Message) -> bytes:
    """The message as bytes. Raises ValueError for one that is over ``LIMIT``."""
    name = message.name.encode("ascii")
    if len(name) > 255 or len(name) + len(message.body) > LIMIT:
        raise ValueError(f"{message.name[:40]}: {len(message.body)} bytes do not fit into a message")
    return _HEADER.pack(len(name) + len(message.body), message.kind, message.number, len(name)) + name + message.body


class Decoder:
    """Takes the stream in any pieces, gives the messages that are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that ``data`` completes. Raises MalformedMessage."""
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            length, kind, number, named = _HEADER.unpack_from(self._buffer)
            if length > LIMIT or named > length:
                raise MalformedMessage("a length is out of bounds")
            if len(self._buffer) < _HEADER.size + length:
                return
            rest = bytes(self._buffer[_HEADER.size : _HEADER.size + length])
            del self._buffer[: _HEADER.size + length]
            try:
                yield Message(Kind(kind), number, rest[:named].decode("ascii"), rest[named:])
            except ValueError:
                raise MalformedMessage("an unknown kind, or a name that is none") from None
