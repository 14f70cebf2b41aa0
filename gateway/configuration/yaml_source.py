"""Reads YAML into plain values and remembers the line of each. Pure. Messages never repeat values from a file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from gateway.configuration.wording import Key
from gateway.errors import SightlineError

MOST_CHARACTERS = 2 * 1024**2
"""The size limit of one file, which is enough for about ten thousand cameras."""
DEEPEST = 32
SPARE_VALUES = 10_000
"""The number of values allowed beyond one per character. Only a file with aliases can exceed that."""


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """Holds a parsed file.

    ``lines`` maps the path of every key and list entry to its line, counted from 1; the root's path is ``()``.
    ``problems`` lists what cannot be used as (line, path, message).
    """

    value: object
    lines: dict[Key, int]
    problems: tuple[tuple[int, Key, str], ...]


class _Refused(SightlineError):
    """The document would take more time and memory than a configuration may. The error carries the
    line and a message."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(words)
        self.line = line
        self.words = words


class _Loader(yaml.SafeLoader):
    """Refuses deeply nested documents before other code recurses into them."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node as the base class does. Raises _Refused."""
        self.depth += 1
        try:
            if self.depth > DEEPEST and parent is not None:
                raise _Refused(parent.start_mark.line + 1, f"is nested too deeply: {DEEPEST} levels at most")
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def parse_yaml(text: str) -> YamlDocument:
    """Parse one YAML document with the safe schema. The text's length bounds the time. Never raises: errors are in
    ``problems``."""
    if len(text) > MOST_CHARACTERS:
        return YamlDocument(None, {}, ((1, (), f"is too large: {MOST_CHARACTERS} characters at most"),))
    reader: _Reader | None = None
    try:
        reader = _Reader(text)
        return reader.read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        return YamlDocument(None, {}, ((line, (), f"is not YAML: {_without_quotes(error)}"),))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return YamlDocument(None, {}, ((line, (), "is not YAML: contains a character that YAML does not allow"),))
    except _Refused as error:
        return YamlDocument(None, {}, ((error.line, (), error.words),))
    finally:
        if reader is not None:
            reader.loader.dispose()


_HARMLESS = re.compile(r".|<[a-z ]+>")


class _Reader:
    def __init__(self, text: str) -> None:
        self.loader = _Loader(text)
        self._values_left = len(text) + SPARE_VALUES
        self._line = 1
        self.lines: dict[Key, int] = {}
        self.problems: list[tuple[int, Key, str]] = []

    def read(self) -> YamlDocument:
        root = self.loader.get_single_node()
        value = None if root is None else self._value(root, (), ())
        return YamlDocument(value, self.lines, tuple(self.problems))

    def _value(self, node: yaml.Node, path: Key, above: tuple[yaml.Node, ...]) -> object:
        self._values_left -= 1
        if self._values_left < 0:
            raise _Refused(self._line, "expands to too many values: its aliases (*) refer to each other")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if any(node is ancestor for ancestor in above):
            self._problem(node, path, "refers to itself")
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, path, (*above, node)))
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index), (*above, node)) for index, item in enumerate(node.value)]
        try:
            value: object = self.loader.construct_object(node)
        except (ValueError, yaml.constructor.ConstructorError):
            self._problem(node, path, "looks like a date, a number or a tag but is not one: put text in quotes")
            return None
        return value

    def _entries(self, node: yaml.MappingNode, path: Key, above: tuple[yaml.Node, ...]) -> Iterator[tuple[str, object]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(key_node, path, "has a key that is not text")
                continue
            key = str(key_node.value)
            if key in seen:
                self._problem(key_node, (*path, key), f"is given twice, first in line {seen[key]}")
                continue
            seen[key] = self._line = line
            self.lines[(*path, key)] = line
            yield key, self._value(value_node, (*path, key), above)

    def _problem(self, node: yaml.Node, path: Key, message: str) -> None:
        self.problems.append((node.start_mark.line + 1, path, message))


def _without_quotes(error: yaml.MarkedYAMLError) -> str:
    """Return the parser's words without the pieces of the file that it quotes, which may be part of a password.

    Names of the parser's own tokens, such as '<block end>', and single characters stay.
    """
    said = ", ".join(part for part in (error.context, error.problem) if part)
    return re.sub(r"""(['"])(.+?)\1""", lambda quoted: quoted[0] if _HARMLESS.fullmatch(quoted[2]) else "'…'", said)
