"""Decides when a connection is read: packet by packet as they arrive, or many together while nobody is watching.

The kernel holds arriving data until there is as much as ``SO_RCVLOWAT`` (socket(7)) demands. Reading many packets
together costs much less processor time than reading them one by one.
"""

import asyncio
import socket

from gateway.sources.rota import next_turn

COLLECTED = 62 * 1024
"""The bytes that the kernel collects of an unwatched stream before it wakes the gateway. At a turn, even fewer are
read. This is less than the smallest receive window, so that the camera never has to wait."""
SETTLED_AFTER = 5.0
"""Seconds after PLAY before packets may be collected, because the first pictures date all later ones."""
LONGEST_WAIT = 0.2
"""Seconds between checks of a connection until then. Later checks have their turns (``rota``), watched or not."""


class Pace:
    """The pace of one connection over TCP. ``turn`` is one of ``rota``. All times are gateway seconds.

    ``watched``: somebody is watching, so each packet is read as it arrives.
    """

    def __init__(self, turn: float) -> None:
        self._turn = turn
        self.watched = False
        self._settled = float("inf")
        self._transport: asyncio.BaseTransport | None = None
        self._collected = 1

    def connected(self, transport: asyncio.BaseTransport) -> None:
        """Begin with the connection."""
        self._transport = transport

    def playing(self, now: float) -> None:
        """Note that the camera is playing from now on."""
        self._settled = now + SETTLED_AFTER

    def watch(self, watched: bool) -> None:
        """Note whether anybody is watching. When somebody begins to watch, have all collected data read."""
        self.watched = watched
        if watched:
            self.release()

    def next_look(self, now: float) -> float:
        """Return the time of the next check of the connection, if nothing else is due."""
        return next_turn(self._turn, now) if now >= self._settled else now + LONGEST_WAIT

    def read(self, now: float, awaits_answer: bool) -> None:
        """After a read, collect what comes next if nobody is watching and no answer is awaited."""
        if self.rests(now) and not awaits_answer:
            self._collect(COLLECTED)

    def release(self) -> None:
        """Have all collected data read, and the next packet as it arrives."""
        self._collect(1)

    def rests(self, now: float) -> bool:
        """Return True if what arrives may be collected: nobody is watching, and the first pictures have been read."""
        return not self.watched and now >= self._settled

    def _collect(self, size: int) -> None:
        """Have the loop woken once there are ``size`` bytes to read, or at once if they are already there."""
        if size != self._collected and self._transport is not None and not self._transport.is_closing():
            self._collected = size
            connection: socket.socket = self._transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, size)
