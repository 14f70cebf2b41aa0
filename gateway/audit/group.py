"""Commits the items of many waiting callers to disk together (group commit)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class _Place(Generic[T]):
    """Holds one caller's place in the queue.

    ``woken`` is set once its items are written, or when it must commit next.
    """

    def __init__(self, *items: T) -> None:
        self.items = items
        self.written = False
        self.left = False
        self.woken = asyncio.Event()


class Group(Generic[T]):
    """Calls ``commit`` with all waiting items, up to ``most`` per call, and one call at a time.

    One of the callers commits for all who are waiting, so no extra task is needed. ``commit`` must handle its own
    failures. If it is cancelled, it may be given the same items again.
    """

    def __init__(self, commit: Callable[[Sequence[T]], Awaitable[None]], most: int) -> None:
        self._commit = commit
        self._most = most
        self._waiting: deque[_Place[T]] = deque()
        self._committing: _Place[T] | None = None

    async def put(self, item: T) -> None:
        """Wait until ``commit`` has handled the item. If this caller is cancelled, the next one commits its item."""
        await self._wait(_Place(item))

    async def flush(self) -> None:
        """Wait until ``commit`` has handled everything put so far, even if the callers were cancelled meanwhile."""
        if self._waiting:
            await self._wait(_Place())

    async def _wait(self, place: _Place[T]) -> None:
        self._waiting.append(place)
        try:
            if self._committing is None:
                self._committing = place
            else:
                await place.woken.wait()
            while not place.written:
                await self._commit_some()
        finally:
            place.left = True
            if self._committing is place:
                self._hand_over()

    async def _commit_some(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        items = [item for place in batch for item in place.items]
        try:
            if items:
                await self._commit(items)
        except asyncio.CancelledError:
            self._waiting.extendleft(reversed(batch))
            raise
        for place in batch:
            place.written = True
            place.woken.set()

    def _hand_over(self) -> None:
        self._committing = next((place for place in self._waiting if not place.left), None)
        if self._committing is not None:
            self._committing.woken.set()
