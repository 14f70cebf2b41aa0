"""``python -m bench.load.feeder``: cameras that cost almost nothing, in a separate process. They serve anyone who asks
over RTSP and TCP. With a log, they also send plain RTP over UDP to a server that wants it, and log when each picture's
last byte was written.

All cameras play one film that was encoded in advance, each from a different position, so that neither the pictures nor
the keyframes of two cameras coincide. Prints its RTSP port, and stops when standard input closes.
"""

import argparse
import asyncio
import itertools
import json
import re
import socket
import struct
import sys
import time
from base64 import b64encode
from email.utils import formatdate
from io import FileIO
from pathlib import Path

import numpy as np

from bench.load.clip import FPS, film, nal_units
from gateway.codecs.h264.packetizer import packetize

PAYLOAD_TYPE = 96
TICKS = 90_000 // FPS
RUN = 16  # packets that are sent over UDP at once
REPORT_EVERY = 5 * FPS  # pictures between two sender reports
WRITTEN = np.dtype([("camera", "<u2"), ("place", "<u2"), ("rtp", "<u4"), ("at", "<i8")])
"""One log line: camera, position of the picture in the film (0 is the keyframe), RTP time, wall-clock nanoseconds."""

COUNT = "X-COUNT"
"""A request that only the bench uses. The answer, in JSON, is the number of players, the packets and pictures written
to them so far, and the bytes that are waiting for them.
"""
UNREAD_LIMIT = 2_000_000
"""Bytes that may be waiting for a player that does not read. Beyond that, pictures are not sent to it."""

_HEADER = struct.Struct("!BBHII")
_INTERLEAVED = struct.Struct("!BBHBBHII")  # RFC 2326 10.12, and the header of RFC 3550 5.1
_NTP_1970 = 2_208_988_800
_BUFFER = 1 << 20
FAIR = 64  # pictures between two checks for new requests
LEAST_SLEEP = 0.001


class Camera:
    """Sends the film in real time to all ``players`` (RTSP) and to ``mountpoint`` (UDP)."""

    def __init__(
        self,
        number: int,
        pictures: list[tuple[bytes, ...]],
        ahead: int,
        mountpoint: socket.socket | None,
        fps: int = FPS,
    ) -> None:
        self.number = number
        self._fps = fps
        self._ticks = 90_000 // fps
        self.players: set[asyncio.Transport] = set()
        self._pictures = pictures
        self._next = ahead
        self._sequence = 0
        self._mountpoint = mountpoint
        self.sent = 0
        self.pictures = 0

    async def run(self, begin: float, log: FileIO) -> None:
        """Send picture after picture, forever, beginning at ``begin`` (monotonic)."""
        for number in itertools.count():
            await asyncio.sleep(begin + number / self._fps - time.monotonic())
            log.write(await self._send())

    @property
    def unwritten(self) -> int:
        """Return the bytes that are waiting here for players that do not read."""
        return sum(player.get_write_buffer_size() for player in self.players)

    def write(self) -> None:
        """Write the next picture to the players only, in few steps, because a district has many cameras."""
        rtp = self._next * self._ticks & 0xFFFFFFFF
        payloads = self._pictures[self._next % len(self._pictures)]
        self._play(payloads, rtp)
        self._next += 1

    async def _send(self) -> bytes:
        """Send the next picture to everybody, and return its log line."""
        place, rtp = self._next % len(self._pictures), self._next * self._ticks & 0xFFFFFFFF
        payloads, first = self._pictures[place], self._sequence
        last = b""
        if self._mountpoint is not None:
            for number, payload in enumerate(payloads, 1):
                kind = PAYLOAD_TYPE if number < len(payloads) else PAYLOAD_TYPE | 0x80
                last = _HEADER.pack(0x80, kind, first + number - 1 & 0xFFFF, rtp, self.number + 1) + payload
                if number < len(payloads):
                    _send(self._mountpoint, last)
                    if number % RUN == 0:  # a whole keyframe would not fit into a socket's default buffer
                        await asyncio.sleep(0.001)
        at = time.time_ns()  # before the write that completes the picture: later delay is the server's
        if self._mountpoint is not None:
            _send(self._mountpoint, last)
        self._play(payloads, rtp)
        self._next += 1
        return struct.pack("<HHIq", self.number, place, rtp, at)

    def _play(self, payloads: tuple[bytes, ...], rtp: int) -> None:
        """Write a picture to every player, interleaved."""
        pieces = [self._report(rtp)] if self._next % REPORT_EVERY == 0 else []
        sequence, ssrc, last = self._sequence, self.number + 1, len(payloads) - 1
        self._sequence += len(payloads)
        if not self.players:
            return
        for number, payload in enumerate(payloads):
            kind = PAYLOAD_TYPE if number < last else PAYLOAD_TYPE | 0x80
            pieces.append(_INTERLEAVED.pack(36, 0, len(payload) + 12, 0x80, kind, sequence & 0xFFFF, rtp, ssrc))
            pieces.append(payload)
            sequence += 1
        written = b"".join(pieces)
        for player in self.players:
            if player.get_write_buffer_size() > UNREAD_LIMIT:
                continue  # as an encoder does if its reader is too slow
            player.write(written)
            self.sent += len(payloads)
            self.pictures += 1

    def _report(self, rtp: int) -> bytes:
        """Return a sender report (RFC 3550 6.4.1), interleaved."""
        seconds, fraction = divmod(time.time(), 1)
        wall = int(seconds) + _NTP_1970, int(fraction * 2**32)
        return b"$\1\0\x1c" + struct.pack("!BBHIIIIII", 0x80, 200, 6, self.number + 1, *wall, rtp, self._sequence, 0)


class RtspConnection(asyncio.Protocol):
    """A minimal RTSP server (RFC 2326): just enough to let a client pull one stream over TCP."""

    def __init__(self, cameras: list[Camera], sets: str) -> None:
        self._cameras = cameras
        self._sets = sets
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the new connection."""
        assert isinstance(transport, asyncio.Transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """Forget the player."""
        for camera in self._cameras:
            camera.players.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Answer requests. Skip the receiver reports between them: the bench does not need them."""
        self._heard += data
        while self._heard:
            if self._heard[:1] == b"$":
                end = 4 + int.from_bytes(self._heard[2:4], "big")
                if len(self._heard) < max(4, end):
                    return
            else:
                end = self._heard.find(b"\r\n\r\n") + 4
                if end < 4:
                    return
                self._answer(self._heard[:end].decode(errors="replace"))
            self._heard = self._heard[end:]

    def _answer(self, request: str) -> None:
        words = request.partition("\r\n")[0].split(" ")
        if len(words) != 3 or words[2] != "RTSP/1.0":
            self._transport.close()
            return
        method, url, _ = words
        order = (re.findall(r"(?im)^CSeq: *(\d+)", request) or ["0"])[0]
        lines, body = [f"CSeq: {order}", f"Date: {formatdate(usegmt=True)}", "Session: 1;timeout=60"], ""
        status = "200 OK"
        if method == COUNT:
            told = [(len(one.players), one.sent, one.pictures, one.unwritten) for one in self._cameras]
            body = json.dumps([sum(column) for column in zip(*told, strict=True)])
            self._transport.write(f"RTSP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            return
        number = (re.findall(r"/camera-(\d+)(?![^/?])", url) or ["0" if method == "OPTIONS" else "none"])[0]
        if not number.isdecimal() or int(number) >= len(self._cameras):
            self._transport.write(f"RTSP/1.0 404 Not Found\r\nCSeq: {order}\r\n\r\n".encode())
            return
        camera = self._cameras[int(number)]
        if method == "DESCRIBE":
            body = self._describe()
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}", f"Content-Base: {url}/"]
        elif method == "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN")
        elif method == "SETUP" and "interleaved" not in request:
            status = "461 Unsupported Transport"
        elif method == "SETUP":
            lines.append(f"Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc={camera.number + 1:08X}")
        self._transport.write("\r\n".join([f"RTSP/1.0 {status}", *lines, "", body]).encode())
        if method == "PLAY":
            camera.players.add(self._transport)
        elif method == "TEARDOWN":
            self._transport.close()

    def _describe(self) -> str:
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=Bench", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
        lines += [f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} H264/90000"]
        fmtp = f"packetization-mode=1;profile-level-id=42C01F;sprop-parameter-sets={self._sets}"
        return "\r\n".join([*lines, f"a=fmtp:{PAYLOAD_TYPE} {fmtp}", f"a=framerate:{FPS}", "a=control:trackID=0", ""])


def _send(mountpoint: socket.socket, packet: bytes) -> None:
    try:
        mountpoint.send(packet)
    except OSError:  # nobody is listening yet
        return


async def play(cameras: list[Camera], log: Path, fps: int = FPS) -> None:
    """Send forever, each camera at its own phase, and log every picture."""
    began = time.monotonic()
    with log.open("wb", buffering=0) as file:
        async with asyncio.TaskGroup() as tasks:
            for camera in cameras:
                tasks.create_task(camera.run(began + camera.number / len(cameras) / fps, file))


async def play_on(cameras: list[Camera], fps: int = FPS) -> None:
    """Send forever, as ``play`` does, for many cameras: one task writes them in turn and logs nothing."""
    apart = 1 / len(cameras) / fps
    began, number = time.monotonic(), 0
    while True:
        while number * apart <= time.monotonic() - began:
            cameras[number % len(cameras)].write()
            number += 1
            if number % FAIR == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(max(LEAST_SLEEP, began + number * apart - time.monotonic()))


async def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--fps", type=int, default=FPS, help="pictures per second: half as many is half the bit rate")
    parser.add_argument("--port", type=int, default=0, help="RTSP port; 0: any free port")
    parser.add_argument("--log", type=Path, help="log every picture here")
    parser.add_argument(
        "--rtp-port", type=int, help="also send each camera over UDP, to this port and the next even ones"
    )
    options = parser.parse_args()
    units = [nal_units(unit) for unit in film()]
    pictures = [packetize(nals) for nals in units]
    cameras = []
    for number in range(options.cameras):
        mountpoint = None
        if options.rtp_port is not None:
            mountpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            mountpoint.connect(("127.0.0.1", options.rtp_port + 2 * number))
        cameras.append(Camera(number, pictures, number * len(pictures) // options.cameras, mountpoint, options.fps))
    sets = ",".join(b64encode(nal).decode() for nal in units[0] if nal[0] & 0x1F in (7, 8))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: RtspConnection(cameras, sets), "127.0.0.1", options.port)
    film_of = play_on(cameras, options.fps) if options.log is None else play(cameras, options.log, options.fps)
    playing = asyncio.create_task(film_of, name="film")
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    playing.cancel()


if __name__ == "__main__":
    asyncio.run(main())
