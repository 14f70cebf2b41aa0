"""Looks up host names in separate threads, so that an unresponsive name server does not delay anything else.

``getaddrinfo`` blocks its thread until the name server answers or the system gives up after 5 to 30 s. asyncio would
run it in the threads that also read files, where a handful of look-ups would block every page. A thread cannot be
stopped from outside, so a stuck thread is abandoned; it does not keep the process from ending.
"""

import asyncio
import functools
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable
from ipaddress import ip_address

AT_ONCE = 8
"""The number of look-ups that run at once, not counting stuck ones."""
STUCK_AFTER = 1.0
"""Seconds after which a look-up counts as stuck, so that a few names on a silent server do not block all others."""
MOST_THREADS = 64
"""Limit for running and stuck threads together. A look-up waits until a thread is free."""
DEADLINE = 3.0
"""Seconds that a caller waits for an answer."""

Answer = tuple[str, ...] | Exception

logger = logging.getLogger(__name__)


def addresses_of(host: str) -> tuple[str, ...]:
    """Return the addresses of a name, best first. Blocks. Raises socket.gaierror, or UnicodeError for an invalid
    name."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Resolver:
    """Runs at most one look-up per name at a time and shares it among all callers.

    Names come from the configuration, which bounds how many can wait. ``look_up`` blocks and is called in threads.
    """

    def __init__(self, look_up: Callable[[str], tuple[str, ...]] = addresses_of, deadline: float = DEADLINE) -> None:
        self._look_up = look_up
        self._deadline = deadline
        self._asked: dict[str, asyncio.Future[Answer]] = {}
        self._waiting: deque[str] = deque()
        self._running: set[str] = set()
        self._stuck: set[str] = set()
        self._last: dict[str, tuple[str, ...]] = {}

    def last(self, host: str) -> tuple[str, ...]:
        """Return the last known addresses of a name without a look-up. An IP address is returned as it is."""
        return (host,) if is_address(host) else self._last.get(host, ())

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Return the addresses of a name, best first. An IP address is returned as it is.

        If the name server does not answer in time, its last answer is used. Raises TimeoutError if there is none, and
        socket.gaierror or UnicodeError if there is no such name.
        """
        if is_address(host):
            return (host,)
        try:
            async with asyncio.timeout(self._deadline):
                answer = await asyncio.shield(self._ask(host))
        except TimeoutError:
            if host not in self._last:
                raise
            logger.warning("%s: the name server does not answer, so its last answer is used", host)
            return self._last[host]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _ask(self, host: str) -> asyncio.Future[Answer]:
        future = self._asked.get(host)
        if future is None:
            future = self._asked[host] = asyncio.get_running_loop().create_future()
            self._waiting.append(host)
            self._start()
        return future

    def _start(self) -> None:
        """Start waiting look-ups while there are free threads."""
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._running) < AT_ONCE and len(self._running) + len(self._stuck) < MOST_THREADS:
            host = self._waiting.popleft()
            self._running.add(host)
            loop.call_later(STUCK_AFTER, self._leave_behind, host, self._asked[host])
            work = functools.partial(self._work, loop, host)
            try:
                threading.Thread(target=work, name="name look-up", daemon=True).start()
            except RuntimeError as error:  # the host has no more threads
                loop.call_soon(self._done, host, OSError(str(error)))

    def _leave_behind(self, host: str, future: asyncio.Future[Answer]) -> None:
        """Count a stuck thread as stuck, and no longer as running."""
        if self._asked.get(host) is future:
            self._running.discard(host)
            self._stuck.add(host)
            self._start()

    def _work(self, loop: asyncio.AbstractEventLoop, host: str) -> None:
        """Look the name up. This runs in a separate thread."""
        answer: Answer
        try:
            answer = self._look_up(host)
        except Exception as error:  # passed on to the callers
            answer = error
        try:
            loop.call_soon_threadsafe(self._done, host, answer)
        except RuntimeError:  # the loop is closed, so nobody waits any more
            logger.debug("a look-up finished after the loop was closed")

    def _done(self, host: str, answer: Answer) -> None:
        self._running.discard(host)
        self._stuck.discard(host)
        if not isinstance(answer, Exception):
            self._last[host] = answer
        self._asked.pop(host).set_result(answer)
        self._start()


def is_address(host: str) -> bool:
    """Return True if ``host`` is an IP address, with or without a zone, and not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
