"""Turns pydantic's errors into messages for an operator. They never repeat a value, because it might be a secret."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

Key = tuple[str | int, ...]

_WORDS = {
    "missing": "is missing",
    "string_type": "must be text (put numbers and words like yes, no, on, off in quotes)",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "finite_number": "must be a finite number",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be {le:g} or less",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must be lower-case letters, digits and hyphens only, such as lincoln-gym-east",
    "enum": "must be one of: {expected}",
    "literal_error": "must be one of: {expected}",
    "model_type": "must be a group of keys, each on its own indented line",
    "dict_type": "must be a group of keys, each on its own indented line",
    "tuple_type": "must be a list, each entry after a hyphen",
    "list_type": "must be a list, each entry after a hyphen",
    "frozen_set_type": "must be a list, each entry after a hyphen",
    "path_type": "must be the path of a file",
}


def in_words(error: Mapping[str, Any], known_keys: Iterable[str] = ()) -> str:
    """Return one entry of ``ValidationError.errors()`` as a sentence without a subject, which the key before it
    supplies.

    ``known_keys`` are the keys that the operator may have meant.
    """
    kind: str = error["type"]
    if kind == "extra_forbidden":
        return "is not a known key" + did_you_mean(str(error["loc"][-1]), known_keys)
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind.startswith("date_"):
        return "must be a date such as 2027-06-30"
    words = _WORDS.get(kind)
    return "cannot be used here" if words is None else words.format(**error.get("ctx", {}))


MOST_NAMES = 500
LONGEST_NAME = 64


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'port'?"``, or an empty string if no known name is close.

    Nothing is looked for among very many names, or for a very long one, since that would take seconds.
    """
    names = list(known)
    if len(names) > MOST_NAMES or len(written) > LONGEST_NAME:
        return ""
    near = get_close_matches(written, names, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def keys_at(model: type[BaseModel], key: Key) -> list[str]:
    """Return the keys that may stand in place of the last step of ``key``. The models' fields are followed from the
    root."""
    here: type[BaseModel] | None = model
    for step in key[:-1]:
        if isinstance(step, str) and here is not None:
            here = _model_of(here.model_fields[step].annotation) if step in here.model_fields else None
    return list(here.model_fields) if here else []


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_of, get_args(annotation))), None)
