"""Reads RTSP messages incrementally from a byte stream (RFC 2326 sections 4, 6, 7 and 10.12). Pure.

The reader is tolerant where cameras differ (line ends, padding between messages, folded or broken header lines) and
strict about size: every buffer has a limit, and a connection with too much unreadable data is ended.

A camera on a slow network may write part of an interleaved frame, or a part and then the whole frame. Such a frame
seems to end in the middle of the next one, where no message can begin. It is discarded, and the next one is searched
for inside it.
"""

import re
from struct import Struct

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.messages import (
    DOLLAR,
    Frames,
    Message,
    Noise,
    Torn,
)
from gateway.sources.rtsp.protocol.text_message import text_message

MAX_NOISE = 64 * 1024
MAX_PADDING = 64
"""There may be padding before a message. The message is looked for only within this many bytes."""
NOISE_SHARE = 16
"""This many bytes of messages compensate for one byte of noise before them."""

RTP_VERSION = 2
_FRAME = Struct("!BBH")
_PADDING = b"\r\n\0 "
_FIRST = b"$R" + _PADDING
_PADDED = re.compile(rb"[\r\n\0 ]{0,%d}" % MAX_PADDING)
_OTHERS = {
    b"HTTP/": "HTTP, not RTSP: check the port of the address",
    b"SSH-": "SSH, not RTSP: check the port of the address",
    b"\x15\x03": "TLS: use an rtsps:// address",
}
_CANDIDATE = re.compile(rb"\$|RTSP/|(?<![A-Z])[A-Z]")
_TEXT = re.compile(rb"RTSP/|[A-Z][A-Z_]{2,31} ")


class Reader:
    """Splits the camera's byte stream into messages, regardless of the chunks in which it arrives. ``channels`` are
    those that were agreed on; the set is empty while they are unknown."""

    def __init__(self) -> None:
        self.channels: frozenset[int] = frozenset()
        self._greeted = False
        self._held: list[bytes] = []
        self._length = 0
        self._needed = 0
        self._last = b""  # the last frame, if the data so far ended with it
        self._noise = 0
        self._borne = 0.0  # noise of the whole connection, minus what messages have compensated for

    def feed(self, data: bytes) -> list[Message]:
        """Process the next bytes and return the messages that they complete.

        Raises ``CameraError`` (``MALFORMED``) if a limit is exceeded: the connection is useless then.
        """
        if not self._greeted:
            self._greeting(data)
        if self._held:
            self._held.append(data)
            self._length += len(data)
            if self._length < self._needed:
                return []
            data = b"".join(self._held)
            self._held.clear()
        messages: list[Message] = []
        if self._last and data:
            if len(data) < 2 or data[0] != DOLLAR or data[1] not in self.channels:
                data = self._after_last(data, messages)
            self._last = b""
        position, end, needed = 0, len(data), 0
        while position < end:
            first = data[position]
            known = position + 4 <= end and data[position + 1] in self.channels
            if first == DOLLAR and (known or not self.channels or self._begins(data, position)):
                needed = 4
                if position + 4 <= end:
                    needed += data[position + 2] << 8 | data[position + 3]
                if position + needed > end:
                    resumed = self._within(data, position)
                    if resumed == position:
                        break
                    self._add_noise(resumed - position)
                    position = resumed
                    continue
                packets, stop = _frames(data, position)
                if self.channels and stop < end and not self._begins(data, stop):
                    began = stop - 4 - len(packets[-1])
                    resumed = self._next(data, began + 1)
                    if resumed < stop:
                        packets.pop()
                        self._add_noise(resumed - began)
                        stop = resumed
                elif self.channels and stop == end:
                    self._last = data[stop - 4 - len(packets[-1]) :]
                channel = data[position + 1]
                if self.channels and channel not in self.channels:
                    self.channels |= {channel}  # it arrived whole once, so it is known from now on
                message: Message = Frames(channel, packets)
            elif first in _PADDING:
                position += 1
                if self._noise:
                    self._add_noise(1)
                continue
            else:
                found = text_message(data, position) if first != DOLLAR else 0
                if isinstance(found, int):
                    needed = found
                    if needed:
                        break
                    stop = self._next(data, position + 1)
                    self._add_noise(stop - position)
                    position = stop
                    continue
                message, stop = found
            if self._noise:
                messages.append(Noise(self._noise))
                self._noise = 0
            messages.append(message)
            self._borne = max(0.0, self._borne - (stop - position) / NOISE_SHARE)
            position = stop
        if position < end:
            self._held.append(data[position:])
            self._length = end - position
            self._needed = needed
        return messages

    def _after_last(self, data: bytes, messages: list[Message]) -> bytes:
        """Return the data to read. If no message begins with it, but one begins inside the frame before it, that frame
        was broken, and the data begins there."""
        last = self._last
        if self._begins(data, 0):
            return data
        resumed = self._next(last + data, 1)
        if resumed >= len(last):
            return data
        messages.append(Torn(last[1]))
        self._add_noise(resumed)
        return (last + data)[resumed:]

    def _within(self, data: bytes, position: int) -> int:
        """Return where the next message begins inside a frame that is not complete, if this one was written in part:
        it holds no RTP. Otherwise return ``position``."""
        if not self.channels or position + 4 >= len(data) or data[position + 4] >> 6 == RTP_VERSION:
            return position
        resumed = self._next(data, position + 1)
        return resumed if resumed < len(data) else position

    def _begins(self, data: bytes, at: int) -> bool:
        """Return True if a message can begin there, or behind padding there, judging by the data so far."""
        if data[at] in _PADDING:
            behind = _PADDED.match(data, at).end()  # type: ignore[union-attr]  # it matches at least one byte
            if behind == len(data) or behind - at == MAX_PADDING:
                return True
            at = behind
        if data[at] != DOLLAR:
            return bool(_TEXT.match(data, at)) or b"RTSP/".startswith(data[at : at + 5])
        if at + 4 > len(data) or data[at + 1] in self.channels:
            return True
        # For a channel that was not agreed on, accept only a frame that is complete.
        stop = at + 4 + int.from_bytes(data[at + 2 : at + 4])
        return stop == len(data) or (stop < len(data) and data[stop] in _FIRST)

    def _goes_on(self, data: bytes, at: int) -> bool:
        """Return True if a message can begin there. A frame must contain RTP or RTCP, and another message must follow
        it."""
        if data[at] != DOLLAR or at + 4 >= len(data):
            return self._begins(data, at)
        stop = at + 4 + int.from_bytes(data[at + 2 : at + 4])
        rtp = data[at + 1] in self.channels and data[at + 4] >> 6 == RTP_VERSION
        return rtp and (stop >= len(data) or self._begins(data, stop))

    def _next(self, data: bytes, position: int) -> int:
        """Return where the next message begins, or the end of the data."""
        for found in _CANDIDATE.finditer(data, position):
            if not self.channels or self._goes_on(data, found.start()):
                return found.start()
        return len(data)

    def _greeting(self, data: bytes) -> None:
        """Say what answers at the port if its first bytes show that it does not speak RTSP."""
        for beginning, words in _OTHERS.items():
            if data.startswith(beginning):
                raise CameraError(SourceReason.UNSUPPORTED, f"What answers at this port speaks {words}.")
        self._greeted = True

    def _add_noise(self, length: int) -> None:
        self._noise += length
        self._borne += length
        if self._borne > MAX_NOISE:
            raise CameraError(SourceReason.MALFORMED, "What the camera sends is not RTSP.")


def _frames(data: bytes, position: int) -> tuple[list[bytes], int]:
    """Return the complete frames of one channel from ``position`` on, and where they end."""
    packets: list[bytes] = []
    channel, end = data[position + 1], len(data)
    while position + 4 <= end:
        dollar, number, size = _FRAME.unpack_from(data, position)
        stop = position + 4 + size
        if dollar != DOLLAR or number != channel or stop > end:
            break
        packets.append(data[position + 4 : stop])
        position = stop
    return packets, position
