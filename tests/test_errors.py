"""Every error that we raise on purpose is in the tree of gateway/errors.py, and malformed bytes have one root."""

import ast

from rig.example import ROOT


def error_classes() -> dict[str, list[str]]:
    """Yield each class of the gateway that derives from one of Python's own errors, with its module."""
    python_s_own = {name for name in dir(__import__("builtins")) if name.endswith(("Error", "Exception"))}
    found: dict[str, list[str]] = {}
    for path in (ROOT / "gateway").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
                if python_s_own.intersection(bases):
                    found.setdefault(str(path.relative_to(ROOT)), []).append(node.name)
    return found


def test_every_error_is_in_the_tree() -> None:
    assert error_classes() == {"gateway/errors.py": ["SightlineError"]}
