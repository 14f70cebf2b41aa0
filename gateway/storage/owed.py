"""Changes that hold already and that the database has still to take: kept in a reserve file, tried until they are in.

An alarm, and whatever ends somebody's permission, must not depend on a database that writes. Such a change is handed in
as a row to be. It goes into the database, together with all that was owed before; where that fails, into the reserve
file, which needs no room on the disk. Either way it survives a crash. Only where both fail is it in memory alone, and
whoever handed it in is told so.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.clock import Clock
from gateway.errors import StorageError
from gateway.storage.reserve import Reserve
from gateway.storage.turns import Urgency

logger = logging.getLogger(__name__)

Within = Callable[[AsyncSession], Awaitable[None]]
Writer = Callable[[AsyncSession, dict[str, Any]], Awaitable[None]]
Key = tuple[str, str]

TICK = 1.0
MOST_THAT_MAY_BE_REFUSED = 200
"""Changes owed, beyond which the reserve takes only what must not be refused: alarms, and whatever ends something.
A sign-in is two changes and some 500 bytes, so that most of the reserve stays free."""

COMPANIONS = 1000
"""Additions to owed changes (``within``) that are kept in memory; beyond these the oldest are dropped, and counted."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row as it is to be. A newer change of the same ``kind`` and ``id`` replaces an older one.

    ``values`` are JSON. A change that is not ``lasting`` may be lost by a crash, and does not use up the reserve.
    """

    kind: str
    id: str
    values: dict[str, Any] = field(repr=False)
    lasting: bool = True

    @property
    def key(self) -> Key:
        """The kind and id of the row that is changed."""
        return self.kind, self.id


class Owed:
    """Holds the changes that the database has still to take. ``start`` before all services, after they have named their
    writers.

    Without ``start`` (the command line) the reserve, which is the gateway's, is not touched. ``on_dropped`` is called
    for each addition that is dropped.
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
        """Have changes of this kind written by ``write``, which may be given one that is in the database already."""
        self._writers[kind] = write

    async def start(self) -> None:
        """Take up what an earlier run was owed, and try to enter it."""
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
        """Try again and again, until cancelled."""
        while True:
            await clock.sleep(TICK)
            await self.settle()

    @property
    def count(self) -> int:
        """Changes that hold and are not in the database."""
        return len(self._owed)

    @property
    def crowded(self) -> bool:
        """Return True if nothing may be begun by the reserve that may as well be refused."""
        return len(self._owed) >= MOST_THAT_MAY_BE_REFUSED

    @property
    def failing(self) -> bool:
        """Return True if the database took nothing when it was last tried, a second ago at most."""
        return self._failing

    def get(self, kind: str, change_id: str) -> dict[str, Any] | None:
        """The values of what holds already of this, if the database has still to take it."""
        change = self._owed.get((kind, change_id))
        return None if change is None else change.values

    def forget(self, change: Change) -> None:
        """Owe this no longer: it is not to hold after all."""
        if self._owed.get(change.key) is change:
            del self._owed[change.key]

    def waiting(self, kind: str) -> list[dict[str, Any]]:
        """The values of all changes of a kind that are not in the database, oldest first."""
        return [change.values for change in self._owed.values() if change.kind == kind]

    def on_disk(self, kind: str, change_id: str) -> bool:
        """Return True if nothing of this is in memory alone."""
        change = self._owed.get((kind, change_id))
        return change is None or self._saved.get(change.key) is change

    def hold(self, changes: Iterable[Change]) -> None:
        """Owe these from now on. They are entered with the next attempt."""
        self._owed |= {change.key: change for change in changes}

    async def enter(
        self, changes: Iterable[Change], within: Within | None = None, urgency: Urgency = Urgency.ALARM
    ) -> None:
        """Write changes, and all that is owed, with what ``within`` adds, into the database in one transaction.

        Raises StorageError: then the changes are owed, and what ``within`` adds is not.
        """
        self.hold(changes)
        if self._failing and urgency is not Urgency.ALARM:
            raise StorageError("the database has taken nothing lately")
        await self._enter(within, urgency)

    async def commit(self, changes: Iterable[Change], within: Within | None = None) -> bool:
        """Put changes on disk: in the database, else in the reserve. Return False if neither takes them now.

        They are owed in any case, and ``within`` is called when they are entered, then or later.
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
        """Put changes on disk that are to hold only if they are there. Raises StorageError: they do not hold."""
        if await self.commit(changes):
            return
        if all(self.on_disk(change.kind, change.id) for change in changes):
            return  # the next attempt, beside this one, has had it taken
        for change in changes:
            self.forget(change)
        raise StorageError("neither the database nor the reserve file takes anything")

    async def settle(self) -> None:
        """Enter what is owed, if anything is."""
        if not self._owed and not self._within and not self._saved:
            return
        try:
            await self._enter(None)
        except StorageError as error:
            await self._save(error)

    async def _enter(self, within: Within | None, urgency: Urgency = Urgency.ALARM) -> None:
        try:
            taken = await self._write(within, urgency, apart=False)
        except IntegrityError:
            # One of them contradicts what is in the database. The others must not wait for it.
            taken = await self._write(within, urgency, apart=True)
        for key, change in taken.items():
            if self._owed.get(key) is change:
                del self._owed[key]
        if self._failing:
            self._failing = False
            logger.info("the database takes writes again; still owed to it: %d", len(self._owed))
        if self._saved:
            await self._save(None)

    async def _write(self, within: Within | None, urgency: Urgency, apart: bool) -> dict[Key, Change]:
        """Write all that is owed; ``apart``: each so that it can fail alone. Return what is in the database."""
        taken: dict[Key, Change] = {}
        try:
            async with self._session(urgency) as session:
                added = list(self._within)
                for key, change in tuple(self._owed.items()):
                    writer = self._writers.get(change.kind)
                    if writer is None:
                        logger.error("nobody knows how to enter a %r of the reserve file", change.kind)
                    elif await _tried(session, partial(writer, session, change.values), apart, str(key)):
                        taken[key] = change
                for addition in (*added, *((within,) if within else ())):
                    await _tried(session, partial(addition, session), apart, "what was to be added")
        except IntegrityError:
            raise
        except SQLAlchemyError as error:
            raise StorageError(f"the database could not write: {error}") from error
        for addition in added:
            if addition in self._within:
                self._within.remove(addition)
        return taken

    async def _save(self, error: StorageError | None) -> bool:
        """Bring the reserve up to date. Return True if all that is owed, and lasts, is in it."""
        if error is not None and not self._failing:
            self._failing = True
            logger.error("what has changed holds, and waits for the database: %s", error)
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
                    "neither the database nor the reserve file takes what has changed (%s). It holds, and is tried "
                    "again; after a crash it would be as before: ended incidents open, signed-out people signed in",
                    failure,
                )
                return False
            self._saved = owed
            return True


async def _tried(session: AsyncSession, write: Callable[[], Awaitable[None]], apart: bool, what: str) -> bool:
    """Write; return False if ``apart`` and it contradicts the database. Raises IntegrityError if not ``apart``."""
    if not apart:
        await write()
        return True
    try:
        async with session.begin_nested():
            await write()
    except IntegrityError as error:
        logger.error("%s contradicts what is in the database: %s", what, error.orig)  # noqa: TRY400
        return False
    return True
