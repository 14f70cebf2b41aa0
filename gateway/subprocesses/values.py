"""Values of one type as MessagePack, and back. Pure.

What does not fit its type is refused on arrival, and never quoted: a value may be a secret, or a picture.
"""

from typing import Any, Generic, TypeVar, cast

from msgspec import MsgspecError
from msgspec.msgpack import Decoder, Encoder
from pydantic import BaseModel, SecretStr

from gateway.errors import Malformed

T = TypeVar("T")


def _written_out(value: object) -> object:
    """Settings as plain values, secrets included: the stream is one that nobody else holds."""
    match value:
        case SecretStr():
            return value.get_secret_value()
        case BaseModel():
            return {name: getattr(value, name) for name in type(value).model_fields}
    raise NotImplementedError(f"{type(value).__name__} does not travel between processes")


def _read(kind: type, value: object) -> object:
    """Settings out of plain values. Raises ValueError."""
    if issubclass(kind, BaseModel):
        return kind.model_validate(value)
    raise NotImplementedError(f"{kind.__name__} does not travel between processes")


_ENCODER = Encoder(enc_hook=_written_out)


def write(value: object) -> bytes:
    """Return a value as bytes. Its type decides how; the reader must know it."""
    return _ENCODER.encode(value)


class Reader(Generic[T]):
    """Reads values of type ``kind``: dataclasses, named tuples, enumerations, settings, and what they hold."""

    def __init__(self, kind: Any, name: str) -> None:
        self._name = name
        self._decoder: Decoder[Any] = Decoder(kind, dec_hook=_read)

    def read(self, body: bytes) -> T:
        """Return the value. Raises Malformed, which says only the name of what was expected."""
        try:
            return cast(T, self._decoder.decode(body))
        except (MsgspecError, ValueError, RecursionError):
            raise Malformed(f"{self._name}: values that do not fit") from None
