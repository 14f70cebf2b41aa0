"""Steps that are asked for where nobody can wait, and done by a task of the server."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.metrics import Metrics

logger = logging.getLogger(__name__)

Step = Callable[[], Coroutine[Any, Any, object]]


class Work:
    """Runs steps. Any number may wait, since each stands for a session that was open. One that fails is logged and
    counted."""

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._queue: asyncio.Queue[Step] = asyncio.Queue()

    def put(self, step: Step) -> None:
        """Have it done."""
        self._queue.put_nowait(step)

    async def run_in_order(self) -> None:
        """Run the steps one after the other, until cancelled."""
        while True:
            step = await self._queue.get()
            try:
                await self._do(step)
            finally:
                self._queue.task_done()

    async def run_at_once(self) -> None:
        """Run each step as soon as it is put, without waiting for those before it, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                task = group.create_task(self._do(await self._queue.get()), name=self._name)
                task.add_done_callback(lambda _: self._queue.task_done())

    async def wait_done(self) -> None:
        """Wait until all that was put is done, by whoever runs it."""
        await self._queue.join()

    async def drain(self) -> None:
        """Do what waits, also where nobody runs it any more."""
        while not self._queue.empty():
            await self._do(self._queue.get_nowait())
            self._queue.task_done()
        await self.wait_done()

    async def _do(self, step: Step) -> None:
        try:
            await step()
        except Exception:
            logger.exception("%s: could not finish one step", self._name)
            self._metrics.task_failures.labels("viewing").inc()
