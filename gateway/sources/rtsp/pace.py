"""Decides when a connection is read: each packet as it comes, or many together while nobody watches.

The kernel holds what has arrived until there is as much as ``SO_RCVLOWAT`` (socket(7)) says. Many packets read together
cost much less processor time than as many reads.
"""

import asyncio
import socket

from gateway.sources.rota import next_turn

COLLECTED = 62 * 1024
"""The bytes that the kernel collects of an unwatched stream before it wakes us. At a turn we read even fewer. This is
less than the smallest receive window, so that the camera never waits for us."""
SETTLED_AFTER = 5.0
"""Seconds after PLAY before packets may be collected, because the first pictures date all later ones."""
LONGEST_WAIT = 0.2
"""Seconds between looks at a connection while packets are read as they come."""


class Pace:
    """The pace of one connection over TCP. ``turn`` is one of ``rota``. All times are gateway seconds."""

    def __init__(self, turn: float) -> None:
        self._turn = turn
        self._watched = False
        self._settled = float("inf")
        self._transport: asyncio.BaseTransport | None = None
        self._collected = 1

    def connected(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = transport

    def playing(self, now: float) -> None:
        """Note that the camera plays from now on."""
        self._settled = now + SETTLED_AFTER

    def watch(self, watched: bool) -> None:
        """Note whether anybody watches. Once somebody does, have everything read that was collected."""
        self._watched = watched
        if watched:
            self.release()

    def next_look(self, now: float) -> float:
        """Return the time of the next look at the connection, if nothing else is due."""
        return next_turn(self._turn, now) if self._rests(now) else now + LONGEST_WAIT

    def read(self, now: float, awaits_answer: bool) -> None:
        """Collect what comes next, after a read, if nobody watches and no answer is awaited."""
        if self._rests(now) and not awaits_answer:
            self._collect(COLLECTED)

    def release(self) -> None:
        """Have everything read that was collected, and the next packet as it comes."""
        self._collect(1)

    def _rests(self, now: float) -> bool:
        return not self._watched and now >= self._settled

    def _collect(self, size: int) -> None:
        """Have the loop woken once there are ``size`` bytes to read; if they are there already, at once."""
        if size != self._collected and self._transport is not None and not self._transport.is_closing():
            self._collected = size
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
