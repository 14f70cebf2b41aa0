"""A slow or lossy link in user space: a UDP forwarder that a gateway advertises as its own address."""

import asyncio
import random
import socket
from collections import deque
from dataclasses import dataclass
from types import TracebackType
from typing import Self

Address = tuple[str, int]
_LOOK_EVERY = 0.01  # seconds after which conditions that have changed are noticed
_CATCH_UP = 0.02  # seconds of sending that a late timer may make up for


@dataclass
class Conditions:
    """The way to the viewer: ``delay`` in seconds, ``rate`` in bit/s (None: no limit), ``loss`` as a share."""

    delay: float = 0.0
    rate: float | None = None
    loss: float = 0.0


class Link:
    """Forwards between viewers and ``gateway``. ``conditions`` hold for what goes to viewers and may be changed while
    it runs; what waits for its turn goes on under the new ones. Which packets are lost follows from ``seed``."""

    def __init__(self, gateway: Address, seed: int = 0) -> None:
        self.conditions = Conditions()
        self.gateway = gateway
        self.bytes = 0
        self._dice = random.Random(seed)
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes, Address]] = deque()
        self._free_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._inside: dict[Address, socket.socket] = {}
        self._outside = _open()
        self._outside.bind(("127.0.0.1", 0))
        self.port = int(self._outside.getsockname()[1])

    async def __aenter__(self) -> Self:
        self._loop.add_reader(self._outside, self._from_viewers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for opened in (self._outside, *self._inside.values()):
            self._loop.remove_reader(opened)
            opened.close()

    def _from_viewers(self) -> None:
        data, viewer = self._outside.recvfrom(2048)
        inside = self._inside.get(viewer)
        if inside is None:
            inside = self._inside[viewer] = _open()
            inside.connect(self.gateway)
            self._loop.add_reader(inside, self._to_viewer, inside, viewer)
        _send(inside, data)

    def _to_viewer(self, inside: socket.socket, viewer: Address) -> None:
        try:
            data = inside.recv(2048)
        except OSError:  # the gateway is not there at the moment
            return
        if self._dice.random() >= self.conditions.loss:
            self._queue.append((self._loop.time(), data, viewer))
            if self._timer is None:
                self._serve()

    def _serve(self) -> None:
        """Let go what has waited long enough."""
        self._timer = None
        while self._queue:
            arrived, data, viewer = self._queue[0]
            now, rate = self._loop.time(), self.conditions.rate
            wait = max(self._free_at if rate else 0.0, arrived + self.conditions.delay) - now
            if wait > 0:
                self._timer = self._loop.call_later(min(wait, _LOOK_EVERY), self._serve)
                return
            self._queue.popleft()
            _send(self._outside, data, viewer)
            self.bytes += len(data)
            self._free_at = max(self._free_at, now - _CATCH_UP) + 8 * len(data) / rate if rate else 0.0


def _open() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return opened


def _send(where: socket.socket, data: bytes, to: Address | None = None) -> None:
    try:
        if to is None:
            where.send(data)
        else:
            where.sendto(data, to)
    except OSError:  # nobody there, or no room: a network loses it
        return
