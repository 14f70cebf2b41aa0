"""Decides who may write next: one writer at a time, the most urgent first."""

import asyncio
import heapq
import itertools
from enum import IntEnum


class Urgency(IntEnum):
    """Says how urgent a write is. A lower number goes first."""

    ALARM = 0
    """Alarms, presses on incidents, and anything that ends somebody's permission."""
    PERMISSION = 1
    """Sign-ins, invitations and grants."""
    RECORD = 2
    """Records. They include refusals, which strangers can cause."""


class Turns:
    """Passes the turn to write from writer to writer.

    Writers of equal urgency get it in order of arrival.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._taken = False

    async def take(self, urgency: Urgency) -> None:
        """Wait for the turn. The caller must ``give`` it back."""
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give()  # We got the turn just as we were cancelled.
            raise

    def give(self) -> None:
        """Pass the turn to the next writer, or leave it free if nobody is waiting."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False
