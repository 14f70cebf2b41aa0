"""Connections that wait for HTTP to begin on them, and whose turn it is."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.api.admission.buckets import Buckets
from gateway.api.admission.connection import Connection
from gateway.clock import Clock

NEWCOMERS = (60.0, 50.0)
"""Connections of strangers that HTTP begins on at once, and a second after that, of one address. What each costs the
one loop (half a millisecond) is what everybody else waits. Those beyond wait as bare sockets for their turn, the newest
first: the oldest have lost theirs to newer ones by then, or soon will. Before them go those whose first bytes show who
they are: sign-ins, each with as many of its own, and messages to panic buttons, the oldest first. Over TLS no such
bytes can be read yet."""

BUTTONS_A_TURN = 16
"""Messages to panic buttons that begin in a turn, one of each address and again: a flood of them holds the loop for
some milliseconds at a time. A true press behind the address of a flood waits for a third of a second, where that is the
only one; behind any other address for a turn or two."""

TURN_EVERY = 0.02
HEAD = 2048
BUTTON = "button"
"""The answer of ``Whose`` for a message to a panic button's address."""

Whose = Callable[[bytes], str | None]
"""Says of the first bytes of a request whose it is; None: nobody's whom we know."""


@dataclass(eq=False, slots=True)
class Waiting:
    """An accepted connection that HTTP has not begun on."""

    connection: Connection
    connected: socket.socket
    context: ssl.SSLContext | None
    owner: str | None = None
    looked: bool = False

    def look(self, whose: Whose) -> str | None:
        """Return whose this is, as soon as its first request can tell."""
        if not self.looked and self.context is None:
            try:
                head = self.connected.recv(HEAD, socket.MSG_PEEK)
            except OSError:
                return None
            self.looked = b"\r\n\r\n" in head or len(head) == HEAD
            if self.looked:
                self.owner = whose(head)
        return self.owner


class Newcomers:
    """Calls ``begin`` with each connection whose turn has come. ``run`` belongs to the doors' TaskGroup."""

    def __init__(self, whose: Whose, clock: Clock, begin: Callable[[Waiting], None]) -> None:
        self._whose = whose
        self._clock = clock
        self._begin = begin
        self._turns_left = Buckets(*NEWCOMERS)
        self._waiting: dict[str, list[Waiting]] = {}
        self._come = asyncio.Event()

    def come(self, newcomer: Waiting, at_once: bool) -> None:
        """Begin with a connection, if it may begin ``at_once`` or its address has a turn left; else it waits."""
        place = newcomer.connection.place
        if at_once or not self._turns_left.take(place.owner, 1.0, place.since):
            self._begin(newcomer)
            return
        newcomer.connection.bare = newcomer.connected
        self._waiting.setdefault(place.owner, []).append(newcomer)
        self._come.set()

    async def run(self) -> None:
        """Begin with those that wait, as many as may: first those who show who they are, then the newest."""
        while True:
            if not self._waiting:
                self._come.clear()
                await self._come.wait()
            await self._clock.sleep(TURN_EVERY)
            now = self._clock.monotonic()
            told = {owner: self._told_apart(waiting) for owner, waiting in self._waiting.items()}
            served = self._begin_buttons({owner: buttons for owner, (buttons, _) in told.items() if buttons})
            for owner, (_, others) in told.items():
                self._begin_others(owner, others, now)
            # Whoever was served is last in the next turn, or else the first addresses would be so for ever.
            order = sorted(told, key=served.__contains__)
            self._waiting = {owner: left for owner in order if (left := [*told[owner][0], *told[owner][1]])}

    def _begin_buttons(self, queues: dict[str, list[Waiting]]) -> set[str]:
        """Begin with ``BUTTONS_A_TURN`` messages to panic buttons, one of each address and again. Return of which."""
        left, served = BUTTONS_A_TURN, set[str]()
        while left and any(queues.values()):
            for owner, queue in queues.items():
                if queue and left:
                    self._begin(queue.pop(0))
                    left -= 1
                    served.add(owner)
        return served

    def _begin_others(self, address: str, waiting: list[Waiting], now: float) -> None:
        """Begin with sign-ins that have turns of their own left, then with the newest while the address has any."""
        for newcomer in tuple(waiting):
            if newcomer.owner is not None and not self._turns_left.take(newcomer.owner, 1.0, now):
                waiting.remove(newcomer)
                self._begin(newcomer)
        while waiting and not self._turns_left.take(address, 1.0, now):
            self._begin(waiting.pop())

    def _told_apart(self, waiting: Iterable[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        """Return messages to panic buttons, and all others, that are still there: the oldest first."""
        buttons, others = list[Waiting](), list[Waiting]()
        for newcomer in waiting:
            if newcomer.connection.bare is not None:
                (buttons if newcomer.look(self._whose) == BUTTON else others).append(newcomer)
        return buttons, others

    def close(self) -> None:
        """Close whatever waits."""
        for waiting in self._waiting.values():
            for newcomer in waiting:
                newcomer.connection.cut()
        self._waiting.clear()
