"""Defines changes of rows, and writes them within a transaction. ``owed`` decides when, and keeps those that fail."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

logger = logging.getLogger(__name__)

Within = Callable[[AsyncSession], Awaitable[None]]
Writer = Callable[[AsyncSession, dict[str, Any]], Awaitable[None]]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """Describes the new values of a row. A newer change with the same ``kind`` and ``id`` replaces an older one.

    ``values`` are JSON. A change that is not ``lasting`` may be lost in a crash, so it is not kept in the reserve.
    """

    kind: str
    id: str
    values: dict[str, Any] = field(repr=False)
    lasting: bool = True

    @property
    def key(self) -> Key:
        """Return the kind and id of the row."""
        return self.kind, self.id


async def write_all(
    session: AsyncSession,
    writers: Mapping[str, Writer],
    changes: Mapping[Key, Change],
    additions: Iterable[Within],
    *,
    separately: bool,
) -> dict[Key, Change]:
    """Write changes and additions, and return the changes that the database has accepted.

    With ``separately``, each of them can fail alone. Without it, raises IntegrityError if one contradicts the database.
    """
    taken: dict[Key, Change] = {}
    for key, change in tuple(changes.items()):
        writer = writers.get(change.kind)
        if writer is None:
            logger.error("the reserve file has a change of an unknown kind, %r", change.kind)
        elif await _written(session, partial(writer, session, change.values), separately, str(key)):
            taken[key] = change
    for addition in additions:
        await _written(session, partial(addition, session), separately, "an addition to a change")
    return taken


async def _written(session: AsyncSession, write: Callable[[], Awaitable[None]], separately: bool, what: str) -> bool:
    """Run ``write``. If it contradicts the database, return False, or raise IntegrityError if not ``separately``."""
    if not separately:
        await write()
        return True
    try:
        async with session.begin_nested():
            await write()
    except IntegrityError as error:
        logger.error("%s contradicts what is in the database: %s", what, error.orig)  # noqa: TRY400
        return False
    return True
