"""Arguments and results of the methods that are called between processes, as JSON and back, by their annotations.

A method that is added to one of the protocols of ``messages`` needs nothing here. Bytes travel as Base64; a value that
does not fit its annotation is refused on arrival, in either direction. Pure.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from gateway.errors import ClientError, ConfigurationError, SightlineError
from gateway.media.wire import MalformedMessage

WORDS = TypeAdapter(list[str])
_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")


@dataclass(frozen=True)
class Method:
    """One method of a protocol class: its name, whether it is awaited, and how its values travel."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """As it stands in a message."""
        return self.function.__name__

    @property
    def answers(self) -> bool:
        """Whether the caller awaits a result."""
        return inspect.iscoroutinefunction(self.function)

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function)

    @cached_property
    def _arguments(self) -> TypeAdapter[Any]:
        types = tuple(hint for name, hint in self._hints.items() if name != "return")
        return TypeAdapter(tuple[types] if types else tuple[()], config=_CONFIG)  # type: ignore[valid-type]

    @cached_property
    def _result(self) -> TypeAdapter[Any]:
        result = self._hints["return"]
        return TypeAdapter(tuple[result], config=_CONFIG)  # type: ignore[valid-type]

    def write_arguments(self, *arguments: object) -> bytes:
        """The arguments as JSON."""
        return self._arguments.dump_json(arguments)

    def read_arguments(self, body: bytes) -> tuple[Any, ...]:
        """The arguments. Raises MalformedMessage."""
        return self._read(self._arguments, body)

    def write_result(self, value: object) -> bytes:
        """The result as JSON."""
        return self._result.dump_json((value,))

    def read_result(self, body: bytes) -> Any:
        """The result. Raises MalformedMessage."""
        return self._read(self._result, body)[0]

    def _read(self, adapter: TypeAdapter[Any], body: bytes) -> tuple[Any, ...]:
        try:
            values: tuple[Any, ...] = adapter.validate_json(body)
        except ValidationError as error:
            raise MalformedMessage(f"{self.name}: {error.error_count()} values do not fit") from None
        return values


def methods_of(protocol: type) -> dict[str, Method]:
    """The methods that a protocol class and its bases declare, by name."""
    found = inspect.getmembers(protocol, inspect.isfunction)
    return {name: Method(function) for name, function in found if not name.startswith("_")}


class RemoteFailure(SightlineError):
    """The other process failed by a bug; its log has the traceback."""


def write_error(error: Exception) -> tuple[str, bytes]:
    """Name and body of an error. Of a bug the other process learns no more than that it was one."""
    match error:
        case ClientError():
            return type(error).__name__, WORDS.dump_json([error.code, error.detail])
        case ConfigurationError():
            return ConfigurationError.__name__, WORDS.dump_json(error.problems)
        case _:
            return RemoteFailure.__name__, b"[]"


def read_error(name: str, body: bytes) -> Exception:
    """The error of such a name and body. Raises MalformedMessage."""
    try:
        words = WORDS.validate_json(body)
    except ValidationError:
        raise MalformedMessage("an error that cannot be read") from None
    if name == ConfigurationError.__name__:
        return ConfigurationError(words)
    kind = next((kind for kind in _kinds(ClientError) if kind.__name__ == name), None)
    return RemoteFailure(name) if kind is None or len(words) != 2 else kind(*words)


def _kinds(base: type[ClientError]) -> Iterator[type[ClientError]]:
    yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)
