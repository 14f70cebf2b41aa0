"""One end of the socket pair between the gateway and a worker: it sends requests, replies and notifications."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from gateway.errors import ClientError, ConfigurationError, Malformed, SightlineError
from gateway.media.codec import (
    MESSAGES,
    Call,
    Failure,
    Message,
    Method,
    Result,
    Tell,
    methods_of,
    read_error,
    write_error,
)
from gateway.subprocesses.frames import Frames, frame
from gateway.subprocesses.values import write

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

WAITING_BYTES = 32 * 1024 * 1024
"""The most unread bytes that may wait for the other end. Beyond this it is considered dead."""


class LinkLost(SightlineError):
    """The other process is gone, or is considered dead."""


class Link(asyncio.Protocol):
    """One end of the connection. ``local`` serves the methods of the protocol class ``serves``.

    ``start`` creates a named task for each call to be answered. Calls without an answer run at once. ``lost`` is done
    when the other end is gone.
    """

    def __init__(
        self,
        local: object,
        serves: type,
        start: Callable[[Coroutine[Any, Any, None], str], object] | None = None,
    ) -> None:
        self._local = local
        self._serves = methods_of(serves)
        self._asked: dict[Callable[..., Any], Method] = {}
        self._start = start
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._awaited: dict[int, tuple[Method, asyncio.Future[Any]]] = {}
        self._number = 0
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # Outgoing calls

    async def ask(
        self, method: Callable[Concatenate[Any, P], Awaitable[R]], /, *arguments: P.args, **named: P.kwargs
    ) -> R:
        """Call a method of the other process and return its result.

        Raises LinkLost, RemoteFailure if the other process failed because of a bug, and whatever the method raises for
        mistakes of the client or operator.
        """
        known = self._method(method)
        self._number = self._number % 0xFFFF_FFFF + 1
        number = self._number
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._awaited[number] = known, future
        try:
            self._send(Call(number, known.name, known.write_arguments(*arguments, **named)))
            return cast(R, await future)
        finally:
            self._awaited.pop(number, None)

    def tell(self, method: Callable[Concatenate[Any, P], None], /, *arguments: P.args, **named: P.kwargs) -> None:
        """Call a method of the other process that has no result. Do nothing if that process is gone."""
        if not self.lost.done():
            known = self._method(method)
            self._send(Tell(known.name, known.write_arguments(*arguments, **named)))

    @property
    def waiting(self) -> int:
        """Return how many bytes the other end has not read yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def close(self) -> None:
        """Close the connection after everything that is waiting has been sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once. The other end is considered dead."""
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport. asyncio calls this when the socket is connected."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Act on each complete message. Bytes that are not messages end the connection."""
        try:
            for body in self._frames.feed(data):
                self._hear(MESSAGES.read(body))
        except Malformed as error:
            logger.warning("cannot read a message from another gateway process: %s", error)
            self.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        """Fail all pending calls, since nobody will answer them."""
        for _, future in self._awaited.values():
            if not future.done():
                future.set_exception(LinkLost)
        if not self.lost.done():
            self.lost.set_result(None)

    # Incoming calls

    def _method(self, function: Callable[..., Any]) -> Method:
        if function not in self._asked:
            self._asked[function] = Method(function)
        return self._asked[function]

    def _send(self, message: Message) -> None:
        if self._transport is None or self.lost.done():
            raise LinkLost
        self._transport.write(frame(write(message)))
        if self.waiting > WAITING_BYTES:
            logger.error("another gateway process has stopped reading")
            self.abort()

    def _hear(self, message: Message) -> None:
        match message:
            case Result() | Failure():
                method, future = self._awaited.get(message.number, (None, None))
                if method is None or future is None or future.done():
                    return  # the caller no longer waits for it
                if isinstance(message, Result):
                    future.set_result(method.read_result(message.value))
                else:
                    future.set_exception(read_error(message))
            case Tell():
                served = self._served(message.method, answers=False)
                getattr(self._local, served.name)(*served.read_arguments(message.arguments))
            case Call() if self._start is not None:
                served = self._served(message.method, answers=True)
                arguments = served.read_arguments(message.arguments)
                self._start(self._answer(message.number, served, arguments), f"media call {served.name}")
            case Call():
                raise Malformed("this end answers no calls")

    def _served(self, name: str, *, answers: bool) -> Method:
        served = self._serves.get(name)
        if served is None or served.answers is not answers:
            raise Malformed(f"there is no method {name[:40]!r}")
        return served

    async def _answer(self, number: int, method: Method, arguments: tuple[Any, ...]) -> None:
        answer: Message
        try:
            value = await getattr(self._local, method.name)(*arguments)
            answer = Result(number, method.write_result(value))
        except Exception as error:
            if not isinstance(error, ClientError | ConfigurationError):
                logger.exception("media call %s failed", method.name)
            answer = write_error(number, error)
        if not self.lost.done():
            self._send(answer)
