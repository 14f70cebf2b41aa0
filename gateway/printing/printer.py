"""Prints plans for many people without slowing the gateway down: one at a time, on a thread of its own."""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from gateway.floorplan.model import FloorPlan
from gateway.models import SiteId
from gateway.printing.document import Edition, print_plan
from gateway.printing.paper import Paper

KEPT = 8
"""The number of PDFs that are kept. Each is 30 to 100 kB."""

_Key = tuple[SiteId, int, bytes, Paper, frozenset[tuple[str, str]], datetime]


class Printer:
    """Prints plans on one thread. Each owner, which is a sign-in, may wait for one print at a time.

    Nothing else uses the thread, so prints never delay what is written to disk. The last few PDFs are kept until the
    minute that is printed on them is over: a new print would be the same until then.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="print")
        self._turn = asyncio.Lock()
        self._waiting: set[str] = set()
        self._printed: OrderedDict[_Key, bytes] = OrderedDict()

    async def print(self, owner: str, site_id: SiteId, plan: FloorPlan, edition: Edition, paper: Paper) -> bytes | None:
        """Return the PDF of a school, or None if ``owner`` is waiting for another one."""
        if owner in self._waiting:
            return None
        minute = edition.printed_at.replace(second=0, microsecond=0)
        shown = frozenset(edition.cameras.items())
        key = (site_id, edition.version, edition.sha256, paper, shown, minute)
        self._waiting.add(owner)
        try:
            # Those who want the same PDF at the same time find it here when it is their turn.
            async with self._turn:
                if key not in self._printed:
                    loop = asyncio.get_running_loop()
                    self._printed[key] = await loop.run_in_executor(self._thread, print_plan, plan, edition, paper)
                    if len(self._printed) > KEPT:
                        self._printed.popitem(last=False)
                return self._printed[key]
        finally:
            self._waiting.discard(owner)

    def close(self) -> None:
        """Begin no more prints. This does not wait for the print that is in progress."""
        self._thread.shutdown(wait=False, cancel_futures=True)
