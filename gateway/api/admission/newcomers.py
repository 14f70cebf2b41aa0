"""Decides which of the new connections gets HTTP service next."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gateway.api.admission.buckets import Buckets
from gateway.api.admission.connection import Connection
from gateway.clock import Clock

NEWCOMERS = (60.0, 50.0)
"""Per address: how many connections of strangers begin at once, and per second after that.

Each costs the event loop half a millisecond, during which everybody else waits. All others wait for their turn as bare
sockets. The newest goes first, since older ones will have given up their places by then. Connections whose first bytes
show who they are go ahead of all these: sign-ins, which have as many turns of their own, and messages to panic buttons,
oldest first. Over TLS those bytes cannot be read yet."""

BUTTONS_A_TURN = 16
"""The number of messages to panic buttons that begin in one turn, taken from each address in rotation.

So a flood of them holds up the event loop for only a few milliseconds at a time. A real press from the flood's own
address waits a third of a second if that is the only flood. A press from any other address waits a turn or two."""

TURN_EVERY = 0.02
HEAD = 2048
BUTTON = "button"
"""The owner that ``Whose`` returns for a message to a panic button's address."""

Whose = Callable[[bytes, str], str | None]
"""Tells from the first bytes of a request, and the address they came from, who sent it. Returns None for a stranger."""


@dataclass(eq=False, slots=True)
class Waiting:
    """Holds an accepted connection on which HTTP has not begun. ``address`` is its other end."""

    connection: Connection
    connected: socket.socket
    address: str
    context: ssl.SSLContext | None
    owner: str | None = None
    looked: bool = False

    def look(self, whose: Whose) -> str | None:
        """Return whose connection this is, as soon as its first request shows it."""
        if not self.looked and self.context is None:
            try:
                head = self.connected.recv(HEAD, socket.MSG_PEEK)
            except OSError:
                return None
            self.looked = b"\r\n\r\n" in head or len(head) == HEAD
            if self.looked:
                self.owner = whose(head, self.address)
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
        """Begin a connection if it may begin ``at_once`` or its address has a turn left. If not, let it wait."""
        place = newcomer.connection.place
        if at_once or not self._turns_left.take(place.owner, 1.0, place.since):
            self._begin(newcomer)
            return
        newcomer.connection.bare = newcomer.connected
        self._waiting.setdefault(place.owner, []).append(newcomer)
        self._come.set()

    async def run(self) -> None:
        """Begin as many waiting connections as the limits allow, until cancelled.

        Connections that show who they are come first, then the newest.
        """
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
            # An address that was served comes last in the next turn. Otherwise the first ones would always win.
            order = sorted(told, key=served.__contains__)
            self._waiting = {owner: left for owner in order if (left := [*told[owner][0], *told[owner][1]])}

    def _begin_buttons(self, queues: dict[str, list[Waiting]]) -> set[str]:
        """Begin up to ``BUTTONS_A_TURN`` messages to panic buttons, one from each address in rotation.

        Return the addresses that were served.
        """
        left, served = BUTTONS_A_TURN, set[str]()
        while left and any(queues.values()):
            for owner, queue in queues.items():
                if queue and left:
                    self._begin(queue.pop(0))
                    left -= 1
                    served.add(owner)
        return served

    def _begin_others(self, address: str, waiting: list[Waiting], now: float) -> None:
        """Begin sign-ins that have turns of their own left, then the newest while the address has any turns left."""
        for newcomer in tuple(waiting):
            if newcomer.owner is not None and not self._turns_left.take(newcomer.owner, 1.0, now):
                waiting.remove(newcomer)
                self._begin(newcomer)
        while waiting and not self._turns_left.take(address, 1.0, now):
            self._begin(waiting.pop())

    def _told_apart(self, waiting: Iterable[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        """Return the messages to panic buttons, and all other connections, oldest first. Leave out closed ones."""
        buttons, others = list[Waiting](), list[Waiting]()
        for newcomer in waiting:
            if newcomer.connection.bare is not None:
                (buttons if newcomer.look(self._whose) == BUTTON else others).append(newcomer)
        return buttons, others

    def close(self) -> None:
        """Close all waiting connections."""
        for waiting in self._waiting.values():
            for newcomer in waiting:
                newcomer.connection.cut()
        self._waiting.clear()
