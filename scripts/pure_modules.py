"""Import-linter's contract for pure modules. It checks every module whose docstring says that it is pure; nobody has to
keep a list.

A module promises to be pure if its docstring says *pure* or *sans-IO*. A package promises that for everything in it if
its docstring says so with a capital letter ("Pure."). In small letters, the word only describes one of its modules.
"""

import ast
import re
from pathlib import Path
from typing import Any

from grimp import ImportGraph
from importlinter import ContractCheck, fields
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.domain.imports import ModuleExpression

ROOT = Path(__file__).parent.parent
_PROMISE = re.compile(r"\b(pure|sans-io)\b", re.IGNORECASE)
_PROMISE_OF_PACKAGE = re.compile(r"\b(Pure|Sans-IO)\b")


def promises_purity(docstring: str, *, package: bool) -> bool:
    """Return True if a module's docstring promises that the module is pure."""
    return (_PROMISE_OF_PACKAGE if package else _PROMISE).search(docstring) is not None


def pure_modules(root: Path = ROOT, package: str = "gateway") -> list[str]:
    """Return the sorted dotted names of the modules and packages under ``package`` that say they are pure."""
    names = []
    for path in sorted((root / package).rglob("*.py")):
        is_package = path.name == "__init__.py"
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        if promises_purity(docstring, package=is_package):
            names.append(".".join((path.parent if is_package else path.with_suffix("")).relative_to(root).parts))
    return names


class PureModulesContract(ForbiddenContract):
    """Import-linter's *forbidden* contract, applied to the modules whose docstrings say that they are pure."""

    source_modules: Any = fields.SetField(subfield=fields.ModuleExpressionField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Check every module that says it is pure, new ones included."""
        self.source_modules = {ModuleExpression(name) for name in pure_modules()}
        return super().check(graph, verbose)
