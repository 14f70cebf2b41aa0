"""Checks imports outside the gateway: tests and bench share the rig and do not import each other."""

import ast
from collections.abc import Iterator

import pytest

from rig.example import ROOT

MAY_IMPORT = {"gateway": set[str](), "rig": {"gateway"}, "tests": {"gateway", "rig"}, "bench": {"gateway", "rig"}}


def imports(package: str) -> Iterator[tuple[str, str]]:
    """Yield each of our packages that a module of ``package`` imports, with that module."""
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                yield str(path.relative_to(ROOT)), name.partition(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_outside_the_gateway_keep_to_their_layers(package: str) -> None:
    others = MAY_IMPORT.keys() - MAY_IMPORT[package] - {package}
    assert [(module, name) for module, name in imports(package) if name in others] == []


def test_all_calls_to_listeners_follow_one_rule() -> None:
    own = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "gateway").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.For) and "callback" in ast.unparse(node.target)
    ]
    assert own == ["gateway/listeners.py"]
