"""Looks host names up in threads of its own, so that a name server which does not answer delays nothing else.

``getaddrinfo`` blocks its thread for as long as the name server stays silent: some 5 to 30 s, as the host is set.
asyncio runs it in the threads that also read files, and a handful of such look-ups would keep every page waiting. Nor
can a thread be ended from outside: it is left behind, and does not keep the process from ending.
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
"""Look-ups that run at one time, not counting those that are stuck."""
STUCK_AFTER = 1.0
"""Seconds after which a look-up is stuck: a few names of a silent server do not keep all others from being asked."""
MOST_THREADS = 64
"""Threads for both kinds. A look-up without a thread waits for its turn."""
DEADLINE = 3.0
"""Seconds that a caller waits."""

Answer = tuple[str, ...] | Exception

logger = logging.getLogger(__name__)


def addresses_of(host: str) -> tuple[str, ...]:
    """The addresses of a name, best first. Blocks. Raises socket.gaierror, and UnicodeError for what is no name."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Resolver:
    """Looks each name up once at a time, for all who ask for it. Names come from the configuration, which bounds how
    many can wait. ``look_up`` blocks, and is called in threads."""

    def __init__(self, look_up: Callable[[str], tuple[str, ...]] = addresses_of, deadline: float = DEADLINE) -> None:
        self._look_up = look_up
        self._deadline = deadline
        self._asked: dict[str, asyncio.Future[Answer]] = {}
        self._waiting: deque[str] = deque()
        self._running: set[str] = set()
        self._stuck: set[str] = set()
        self._last: dict[str, tuple[str, ...]] = {}

    def last(self, host: str) -> tuple[str, ...]:
        """What is known of a name now: its last answer, an address itself, or nothing. Looks nothing up."""
        return (host,) if is_address(host) else self._last.get(host, ())

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of a name, best first, or an address as it is. Where the name server does not answer in time,
        its last answer.

        Raises TimeoutError where there is none; socket.gaierror, UnicodeError where there is no such name.
        """
        if is_address(host):
            return (host,)
        try:
            async with asyncio.timeout(self._deadline):
                answer = await asyncio.shield(self._ask(host))
        except TimeoutError:
            if host not in self._last:
                raise
            logger.warning("%s: the name server does not answer: its last answer is used", host)
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
        """Look up those who wait, as far as there are threads."""
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._running) < AT_ONCE and len(self._running) + len(self._stuck) < MOST_THREADS:
            host = self._waiting.popleft()
            self._running.add(host)
            loop.call_later(STUCK_AFTER, self._leave_behind, host, self._asked[host])
            work = functools.partial(self._work, loop, host)
            try:
                threading.Thread(target=work, name="name look-up", daemon=True).start()
            except RuntimeError as error:  # the host has no thread left
                loop.call_soon(self._done, host, OSError(str(error)))

    def _leave_behind(self, host: str, future: asyncio.Future[Answer]) -> None:
        """Count a thread no more that has not come back."""
        if self._asked.get(host) is future:
            self._running.discard(host)
            self._stuck.add(host)
            self._start()

    def _work(self, loop: asyncio.AbstractEventLoop, host: str) -> None:
        """In a thread."""
        answer: Answer
        try:
            answer = self._look_up(host)
        except Exception as error:  # told to whoever asked
            answer = error
        try:
            loop.call_soon_threadsafe(self._done, host, answer)
        except RuntimeError:  # the loop is closed: nobody waits any more
            logger.debug("a look-up came back after the end")

    def _done(self, host: str, answer: Answer) -> None:
        self._running.discard(host)
        self._stuck.discard(host)
        if not isinstance(answer, Exception):
            self._last[host] = answer
        self._asked.pop(host).set_result(answer)
        self._start()


def is_address(host: str) -> bool:
    """Whether it is an IP address, with or without a zone, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
