"""Decides whose turn it is to write: one writer at a time, the most urgent first."""

import asyncio
import heapq
import itertools
from enum import IntEnum


class Urgency(IntEnum):
    """The urgency of a write. A lower number goes first."""

    ALARM = 0
    """Incidents: alarms, what is pressed on them, and whatever ends somebody's permission."""
    PERMISSION = 1
    """Sign-ins, invitations and grants."""
    RECORD = 2
    """Records, refusals among them: strangers can cause these."""


class Turns:
    """Hands one turn from writer to writer. Writers of equal urgency take turns in the order of their coming."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._taken = False

    async def take(self, urgency: Urgency) -> None:
        """Wait for the turn. Whoever has it must ``give`` it back."""
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give()  # the turn was handed to us at the moment of our cancellation
            raise

    def give(self) -> None:
        """Hand the turn to whoever comes next, or leave it free."""
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False
