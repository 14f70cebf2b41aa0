"""Joins the configuration's files into one tree of plain values in which every key knows its file and line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.configuration.wording import Key
from gateway.configuration.yaml_source import MOST_CHARACTERS, parse_yaml

_OVERRIDE = "override"


class ConfigTree:
    """Holds the merged tree of a configuration, with agreement files in place of their paths.

    ``value`` is the tree. ``problems`` lists, as complete lines, what could not be read. ``readable`` is False if there
    is nothing left to check.
    """

    def __init__(self, path: Path) -> None:
        self.problems: list[str] = []
        self._places: dict[Key, tuple[str, int]] = {}
        """Maps the path of a key to (``file:line``, number of steps in the path down to that file's root)."""
        self.value: Any = self._read(path, ())
        self.readable = isinstance(self.value, dict)
        if not self.readable:
            if not self.problems:
                self.problems.append(f"{path}:1: must be a group of keys, such as district and sites")
            return
        agreements = self.value.get("agreements")
        if isinstance(agreements, list):
            for index, named in enumerate(agreements):
                if isinstance(named, str):
                    agreements[index] = self._read(path.parent / named, ("agreements", index))

    def tell(self, key: Key, message: str) -> str:
        """Return ``file:line: key: message`` for a key of the tree, or for its nearest ancestor that the file
        contains."""
        above = next((key[:end] for end in range(len(key), -1, -1) if key[:end] in self._places), None)
        place, root = self._places[above] if above is not None else ("configuration", 0)
        return ": ".join(part for part in (place, self._name(key, root), message) if part)

    def override(self, dotted: str, value: object) -> None:
        """Put ``value`` at ``dotted``. Missing groups on the way are created; list entries must exist."""
        *way, last = dotted.split(".")
        key: Key = ()
        node = self.value
        for step in way:
            at = _step(node, step)
            key = (*key, at)
            if isinstance(node, dict) and at not in node:
                node[at] = {}
                self._places[key] = (_OVERRIDE, 0)
            node = None if at is None else node[at]
        at = _step(node, last)
        if at is None:
            self.problems.append(f"{_OVERRIDE}: {dotted}: there is no such place in the configuration")
            return
        node[at] = value
        self._forget((*key, at))
        self._places[(*key, at)] = (_OVERRIDE, 0)

    def _read(self, path: Path, at: Key) -> Any:
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(MOST_CHARACTERS + 1)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            message = f"{path}: cannot be read: {why}"
            self.problems.append(self.tell(at, message) if at else message)
            return None
        document = parse_yaml(text)
        self._forget(at)
        for key, line in document.lines.items():
            self._places[at + key] = (f"{path}:{line}", len(at))
        for line, key, message in document.problems:
            name = ".".join(map(str, key))
            self.problems.append(": ".join(part for part in (f"{path}:{line}", name, message) if part))
        return document.value

    def _forget(self, key: Key) -> None:
        for below in [other for other in self._places if other[: len(key)] == key]:
            del self._places[below]

    def _name(self, key: Key, root: int) -> str:
        return ".".join(self._steps(key, root))

    def _steps(self, key: Key, root: int) -> Iterator[str]:
        """Yield the steps of a key. List entries are named by their id if they have one, since an id stays right when
        lines move."""
        node = self.value
        for depth, step in enumerate(key):
            node = _child(node, step)
            named = node.get("id") if isinstance(step, int) and isinstance(node, dict) else None
            if depth >= root:
                yield named if isinstance(named, str) and named else str(step)


def _child(node: object, step: str | int) -> object:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int) and step < len(node):
        return node[step]
    return None


def _step(node: object, step: str) -> Any:
    """Return the key in a group, or the index of a list entry given by index or id. Return None if there is none."""
    if isinstance(node, dict):
        return step
    if not isinstance(node, list):
        return None
    for index, item in enumerate(node):
        if isinstance(item, dict) and item.get("id") == step:
            return index
    return int(step) if step.isdecimal() and int(step) < len(node) else None
