"""Encodes the messages between the gateway and a worker: requests, replies and notifications. Pure.

The annotations of a method decide how its values are written and read. A method that is added to a protocol in
``messages`` needs no change here.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from msgspec import Raw, Struct

from gateway.errors import ClientError, ConfigurationError, SightlineError
from gateway.subprocesses.values import Reader, write


class Call(Struct, frozen=True, array_like=True, tag=True):
    """Calls ``method``. The reply has the same ``number``."""

    number: int
    method: str
    arguments: Raw


class Tell(Struct, frozen=True, array_like=True, tag=True):
    """Calls ``method``, which has no result. No reply is sent."""

    method: str
    arguments: Raw


class Result(Struct, frozen=True, array_like=True, tag=True):
    """Carries the result of a call."""

    number: int
    value: Raw


class Failure(Struct, frozen=True, array_like=True, tag=True):
    """Carries the error that a call raised: the name of its class, and its arguments."""

    number: int
    error: str
    words: tuple[str, ...]


Message = Call | Tell | Result | Failure
MESSAGES: Reader[Message] = Reader(Message, "a message")


@dataclass(frozen=True)
class Method:
    """Describes one method of a protocol class: its name, whether it is awaited, and how its values are encoded."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """Return the method's name in messages."""
        return self.function.__name__

    @property
    def answers(self) -> bool:
        """Return True if the caller awaits a result."""
        return inspect.iscoroutinefunction(self.function)

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function)

    @cached_property
    def _arguments(self) -> Reader[tuple[Any, ...]]:
        types = tuple(hint for name, hint in self._hints.items() if name != "return")
        return Reader(tuple[types] if types else tuple[()], self.name)  # type: ignore[valid-type]

    @cached_property
    def _result(self) -> Reader[Any]:
        return Reader(self._hints["return"], self.name)

    def write_arguments(self, *arguments: object) -> Raw:
        """Return the arguments as bytes."""
        return Raw(write(arguments))

    def read_arguments(self, body: Raw) -> tuple[Any, ...]:
        """Return the arguments. Raises Malformed."""
        return self._arguments.read(body)

    def write_result(self, value: object) -> Raw:
        """Return the result as bytes."""
        return Raw(write(value))

    def read_result(self, body: Raw) -> Any:
        """Return the result. Raises Malformed."""
        return self._result.read(body)


def methods_of(protocol: type) -> dict[str, Method]:
    """Return the methods that a protocol class and its bases declare, by name."""
    found = inspect.getmembers(protocol, inspect.isfunction)
    return {name: Method(function) for name, function in found if not name.startswith("_")}


class RemoteFailure(SightlineError):
    """The other process has failed because of a bug. Its log has the traceback."""


def write_error(number: int, error: Exception) -> Failure:
    """Return an error as a message. If it is a bug, the message only says that there was one."""
    match error:
        case ClientError():
            return Failure(number, type(error).__name__, (error.code, error.detail))
        case ConfigurationError():
            return Failure(number, ConfigurationError.__name__, tuple(error.problems))
        case _:
            return Failure(number, RemoteFailure.__name__, ())


def read_error(failure: Failure) -> Exception:
    """Return the error that a ``Failure`` describes."""
    if failure.error == ConfigurationError.__name__:
        return ConfigurationError(list(failure.words))
    kind = next((kind for kind in _kinds(ClientError) if kind.__name__ == failure.error), None)
    return RemoteFailure(failure.error) if kind is None or len(failure.words) != 2 else kind(*failure.words)


def _kinds(base: type[ClientError]) -> Iterator[type[ClientError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)
