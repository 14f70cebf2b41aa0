"""Lets code that cannot wait hand work to a task of the server."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from gateway.metrics import Metrics

logger = logging.getLogger(__name__)

Step = Callable[[], Coroutine[Any, Any, object]]


class Work:
    """Runs steps. The queue has no limit of its own, since every step belongs to a session that was open.

    A step that fails is logged and counted.
    """

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._queue: asyncio.Queue[Step] = asyncio.Queue()

    def put(self, step: Step) -> None:
        """Queue a step."""
        self._queue.put_nowait(step)

    async def run_in_order(self) -> None:
        """Run the steps one after another, until cancelled."""
        while True:
            step = await self._queue.get()
            try:
                await self._do(step)
            finally:
                self._queue.task_done()

    async def run_at_once(self) -> None:
        """Run each step as soon as it is queued, without waiting for earlier ones, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                task = group.create_task(self._do(await self._queue.get()), name=self._name)
                task.add_done_callback(lambda _: self._queue.task_done())

    async def wait_done(self) -> None:
        """Wait until all queued steps are done. This does not run them."""
        await self._queue.join()

    async def drain(self) -> None:
        """Run all queued steps here. Call it after the task that runs them has stopped."""
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
