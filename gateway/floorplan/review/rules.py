"""Reads what laws require of a plan: the templates that come with the gateway, or a district's own rules."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from gateway.configuration.wording import did_you_mean, in_words
from gateway.errors import ConfigurationError
from gateway.floorplan.review.needs import NEEDS

Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Strict):
    """Says that a law requires one thing, and in which of its paragraphs."""

    asks: Text
    at: Text

    @field_validator("asks")
    @classmethod
    def _known(cls, asks: str) -> str:
        if asks not in NEEDS:
            raise ValueError(f"must be one of: {', '.join(NEEDS)}{did_you_mean(asks, NEEDS)}")
        return asks


class Law(_Strict):
    """Describes a law or policy by its citation. ``unread`` says which part of its text has not been read for this."""

    name: Text
    cites: Text
    unread: str = ""
    rows: tuple[Row, ...]


_LAWS = TypeAdapter(tuple[Law, ...])


def builtin_laws() -> tuple[Law, ...]:
    """Return the templates that come with the gateway."""
    text = files("gateway.floorplan.review").joinpath("laws.yaml").read_text(encoding="utf-8")
    return _LAWS.validate_python(yaml.safe_load(text))


def read_laws(path: Path) -> tuple[Law, ...]:
    """Return a district's own rules. Raises ConfigurationError with every problem."""
    try:
        return _LAWS.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigurationError([f"{path}: is not readable YAML in UTF-8"]) from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        problems = [f"{path}: {_dotted(fault['loc'])}{in_words(dict(fault), Row.model_fields)}" for fault in faults]
        raise ConfigurationError(problems) from None


def _dotted(location: tuple[int | str, ...]) -> str:
    words = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
    return f"{words}: " if words else ""
