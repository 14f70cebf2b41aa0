"""Keeps changes that are in effect but not yet in the database, and retries until the database accepts them.

An alarm, and anything that ends somebody's permission, must not depend on a working database. So services pass such
changes to this module. It writes each one to the database together with all changes that are still owed. If that fails,
the change goes into the reserve file, which needs no free space on the disk. Either way it survives a crash. If both
fail, the change is kept in memory only, and the caller is told so.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.storage.change import Change, Key, Within, Writer, write_all
from gateway.storage.reserve import Reserve
from gateway.storage.turns import Urgency

logger = logging.getLogger(__name__)

TICK = 1.0
MOST_THAT_MAY_BE_REFUSED = 200
"""Sign-ins are refused while at least this many changes are owed. Alarms and endings are never refused. A sign-in is
two changes and about 500 bytes, so most of the reserve file stays free."""

COMPANIONS = 1000
"""The number of additions to owed changes (``within``) kept in memory.

Beyond that the oldest is dropped and counted.
"""


class Owed:
    """Holds the changes that the database has not accepted yet.

    Call ``start`` after all services have registered their writers, but before any of them starts. The command line
    does not call ``start``, and so never touches the reserve file, which belongs to the gateway. ``on_dropped`` is
    called for each addition that is dropped.
    """

    def __init__(
        self, session: Callable[[Urgency], AbstractAsyncContextManager[AsyncSession]], reserve: Path | None
    ) -> None:
        self._session = session
        self._reserve = None if reserve is None else Reserve(reserve)
        self._started = False
        self._writers: dict[str, Writer] = {}
        self._owed: dict[Key, Change] = {}
        self._saved: dict[Key, Change] = {}
        self._saving = asyncio.Lock()
        self._within: deque[Within] = deque(maxlen=COMPANIONS)
        self._failing = False
        self.on_dropped: Callable[[], object] = lambda: None

    def writer(self, kind: str, write: Writer) -> None:
        """Register ``write`` for changes of this kind.

        ``write`` may be called for a change that is already in the database.
        """
        self._writers[kind] = write

    async def start(self) -> None:
        """Load the changes that an earlier run left in the reserve file, and try to write them to the database."""
        self._started = True
        if self._reserve is not None:
            try:
                await asyncio.to_thread(self._reserve.prepare)
                rows = await asyncio.to_thread(self._reserve.load) or []
            except OSError as error:
                logger.error("the reserve file cannot be used: %s", error)  # noqa: TRY400  not our bug
                rows = []
            for kind, change_id, values in rows:
                change = Change(kind, change_id, values)
                self._owed[change.key] = self._saved[change.key] = change
        await self.settle()

    async def run(self, clock: Clock) -> None:
        """Retry once a second, until cancelled."""
        while True:
            await clock.sleep(TICK)
            await self.settle()

    @property
    def count(self) -> int:
        """Return the number of changes that are in effect but not in the database."""
        return len(self._owed)

    @property
    def crowded(self) -> bool:
        """True if so many changes are owed that sign-ins must be refused."""
        return len(self._owed) >= MOST_THAT_MAY_BE_REFUSED

    @property
    def failing(self) -> bool:
        """True if the last attempt to write to the database failed. Writes are retried every second."""
        return self._failing

    def get(self, kind: str, change_id: str) -> dict[str, Any] | None:
        """Return the values of an owed change, or None if no such change is owed."""
        change = self._owed.get((kind, change_id))
        return None if change is None else change.values

    def forget(self, change: Change) -> None:
        """Stop owing a change, because it must not take effect after all."""
        if self._owed.get(change.key) is change:
            del self._owed[change.key]

    def waiting(self, kind: str) -> list[dict[str, Any]]:
        """Return the values of all owed changes of a kind, oldest first."""
        return [change.values for change in self._owed.values() if change.kind == kind]

    def on_disk(self, kind: str, change_id: str) -> bool:
        """Return True if the database or the reserve file has the newest change with this kind and id."""
        change = self._owed.get((kind, change_id))
        return change is None or self._saved.get(change.key) is change

    def hold(self, changes: Iterable[Change]) -> None:
        """Owe these changes from now on. The next attempt writes them."""
        self._owed |= {change.key: change for change in changes}

    async def enter(
        self, changes: Iterable[Change], within: Within | None = None, urgency: Urgency = Urgency.ALARM
    ) -> None:
        """Write changes, all owed changes, and whatever ``within`` adds, to the database in one transaction.

        Raises StorageError if that fails. The changes are then owed, but the additions of ``within`` are not.
        """
        self.hold(changes)
        if self._failing and urgency is not Urgency.ALARM:
            raise StorageError("the last attempt to write to the database failed")
        await self._enter(within, urgency)

    async def commit(self, changes: Iterable[Change], within: Within | None = None) -> bool:
        """Write changes to the database, or else to the reserve file. Return False if both fail now.

        If the database does not accept them now, they are owed, and ``within`` is called when it does.
        """
        self.hold(changes)
        try:
            await self._enter(within)
        except StorageError as error:
            if within is not None:
                if len(self._within) == COMPANIONS:
                    self.on_dropped()
                self._within.append(within)
            return await self._save(error)
        return True

    async def commit_or_forget(self, changes: Sequence[Change]) -> None:
        """Write changes that may take effect only once they are on disk. Raises StorageError if they are not."""
        if await self.commit(changes):
            return
        if all(self.on_disk(change.kind, change.id) for change in changes):
            return  # Another attempt has written them meanwhile.
        for change in changes:
            self.forget(change)
        raise StorageError("neither the database nor the reserve file could be written")

    async def settle(self) -> None:
        """Try to write everything that is owed."""
        if not self._owed and not self._within and not self._saved:
            return
        try:
            await self._enter(None)
        except StorageError as error:
            await self._save(error)

    async def _enter(self, within: Within | None, urgency: Urgency = Urgency.ALARM) -> None:
        try:
            taken = await self._write(within, urgency, separately=False)
        except IntegrityError:
            # One of the changes contradicts the database. The others must not wait for it.
            taken = await self._write(within, urgency, separately=True)
        for key, change in taken.items():
            if self._owed.get(key) is change:
                del self._owed[key]
        if self._failing:
            self._failing = False
            logger.info("the database accepts writes again; %d changes are still owed", len(self._owed))
        if self._saved:
            await self._save(None)

    async def _write(self, within: Within | None, urgency: Urgency, *, separately: bool) -> dict[Key, Change]:
        try:
            async with self._session(urgency) as session:
                added = list(self._within)
                additions = [*added, *((within,) if within else ())]
                taken = await write_all(session, self._writers, self._owed, additions, separately=separately)
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise StorageError(f"the database could not write: {error}") from error
        for addition in added:
            if addition in self._within:
                self._within.remove(addition)
        return taken

    async def _save(self, error: StorageError | None) -> bool:
        """Bring the reserve file up to date. Return True if it has all owed changes that are ``lasting``."""
        if error is not None and not self._failing:
            self._failing = True
            logger.error("changes are in effect but are waiting for the database: %s", error)
        if self._reserve is None or not self._started:
            return False
        async with self._saving:
            owed = {key: change for key, change in self._owed.items() if change.lasting}
            if owed == self._saved:
                return True
            try:
                rows = [[change.kind, change.id, change.values] for change in owed.values()]
                await asyncio.to_thread(self._reserve.save, rows)
            except OSError as failure:
                logger.error(  # noqa: TRY400  the disk's fault, not ours
                    "neither the database nor the reserve file accepts changes (%s). They are in effect and are "
                    "retried. A crash would undo them: incidents that ended would be open again, and people who signed "
                    "out would be signed in again",
                    failure,
                )
                return False
            self._saved = owed
            return True
