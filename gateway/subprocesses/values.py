"""Writes values of one type as MessagePack and reads them back. Pure.

A value that does not fit its type is refused on arrival, and is never quoted: it may be a secret or a picture.
"""

from typing import Any, Generic, TypeVar, cast

from msgspec import MsgspecError
from msgspec.msgpack import Decoder, Encoder
from pydantic import BaseModel, SecretStr

from gateway.errors import Malformed

T = TypeVar("T")


def _written_out(value: object) -> object:
    """Return settings as plain values. Secrets are included, since only our two processes hold the stream."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case BaseModel():
            return {name: getattr(value, name) for name in type(value).model_fields}
    raise NotImplementedError(f"{type(value).__name__} cannot be sent between processes")


def _read(kind: type, value: object) -> object:
    """Rebuild settings from plain values. Raises ValueError."""
    if issubclass(kind, BaseModel):
        return kind.model_validate(value)
    raise NotImplementedError(f"{kind.__name__} cannot be sent between processes")


_ENCODER = Encoder(enc_hook=_written_out)


def write(value: object) -> bytes:
    """Return a value as bytes. The value's type decides how it is encoded, and the reader must know that type."""
    return _ENCODER.encode(value)


class Reader(Generic[T]):
    """Reads values of type ``kind``: dataclasses, named tuples, enumerations, settings, and their contents."""

    def __init__(self, kind: Any, name: str) -> None:
        self._name = name
        self._decoder: Decoder[Any] = Decoder(kind, dec_hook=_read)

    def read(self, body: bytes) -> T:
        """Return the value. Raises Malformed, whose message only names the kind of value that was expected."""
        try:
            return cast(T, self._decoder.decode(body))
        except (MsgspecError, ValueError, RecursionError):
            raise Malformed(f"{self._name}: the values do not fit") from None
