"""Tests may only look at what is public: return values, events, and what crosses the gateway's boundaries.

A test that uses a private member checks how something is done, not that it is done. If something is not visible from
outside, return a value, pass in a clock or a random source, or fake the boundary (a socket, a file, a library).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from rig.example import ROOT

MAY = {
    "tests/net/turn_attempts.py": "aioice does not tell why a TURN server refused to relay something",
    "tests/e2e/viewer.py": "aiortc does not report when a packet arrives",
    "tests/in_process.py": "aiohttp does not let go of an application that it has served",
    "tests/fakes.py": "asyncio does not say whether its loop has anything left to do",
}
"""The exceptions and their reasons: a module, or a folder with everything in it."""

OWN = {"self", "cls"}
PUBLIC = {"_replace", "_asdict", "_fields", "_make"}
"""Public methods of named tuples. The underscore only distinguishes them from fields."""
BY_NAME = {"setattr", "getattr", "delattr", "hasattr", "patch", "object", "attrgetter"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLIC


def private_members(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of each private member of another object that a module touches."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id=owner)) if owner in OWN:
                continue
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                continue
            case ast.Attribute(attr=name) if is_private(name):
                yield node.lineno, name
            case ast.ImportFrom(names=names):
                yield from ((node.lineno, alias.name) for alias in names if is_private(alias.name))
            case ast.Call(func=ast.Attribute(attr=how) | ast.Name(id=how), args=arguments) if how in BY_NAME:
                texts = (one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str))
                yield from ((node.lineno, text) for text in texts if is_private(text.rpartition(".")[2]))


def modules() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


def test_only_tests_with_a_reason_touch_private_members() -> None:
    found = {str(path.relative_to(ROOT)): list(private_members(path.read_text())) for path in modules()}
    assert {path: lines for path, lines in found.items() if lines and not path.startswith(tuple(MAY))} == {}
    needless = [one for one in MAY if not any(lines for path, lines in found.items() if path.startswith(one))]
    assert needless == [], "remove these from the list: they no longer touch anything private"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("house.access._living", "_living"),
        ("scene.links[-1]._transport.write(b'')", "_transport"),
        ("doors._open = {}", "_open"),
        ("monkeypatch.setattr(owed, '_session', full)", "_session"),
        (
            "monkeypatch.setattr('gateway.api.admission.connection._bytes', more)",
            "gateway.api.admission.connection._bytes",
        ),
        ("getattr(owed, '_session')", "_session"),
        ("from gateway.server import _unowned", "_unowned"),
    ],
)
def test_a_private_member_is_found_however_it_is_used(source: str, name: str) -> None:
    assert list(private_members(source)) == [(1, name)]


@pytest.mark.parametrize(
    "source",
    [
        "class Fake:\n    def __init__(self):\n        self._sent = 0",
        "super()._open()",
        "job._replace(show=False)",
        "vars(house).__class__",
        "for _ in range(3): pass",
        "monkeypatch.setattr(events, 'FIRST', 0.01)",
    ],
)
def test_own_and_public_members_are_not_found(source: str) -> None:
    assert list(private_members(source)) == []
