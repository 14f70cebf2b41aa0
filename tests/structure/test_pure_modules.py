"""Import-linter checks every module that says it is pure, without a list that somebody must maintain."""

import configparser
from pathlib import Path

import pytest

from scripts.pure_modules import ROOT, promises_purity, pure_modules


@pytest.mark.parametrize(
    "docstring",
    [
        "A table. Pure.",
        "Pure: bytes in, values out.",
        "Pure but for its counters.",
        "Read, sans-IO: bytes in.",
        "As pure values.",
    ],
)
def test_a_module_that_says_pure_or_sans_io_is_checked(docstring: str) -> None:
    assert promises_purity(docstring, package=False)


def test_a_module_that_says_neither_is_not_checked() -> None:
    assert not promises_purity("One connection to a camera, for a purely local reason.", package=False)


def test_a_package_is_checked_if_it_says_that_it_is_pure_itself() -> None:
    assert promises_purity("What all codecs have in common. Pure.", package=True)
    assert not promises_purity("May you: one pure policy, and the grants that live and die by it.", package=True)


def test_a_new_module_is_checked_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "gateway" / "sources"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text('"""Cameras: a sans-IO core and a thin shell."""\n')
    (folder / "backoff.py").write_text('"""When to try again. Pure."""\n')
    (folder / "shell.py").write_text('"""One connection."""\n')
    assert pure_modules(tmp_path) == ["gateway.sources.backoff"]


def test_the_policy_and_every_parser_of_a_cameras_bytes_are_checked() -> None:
    held = pure_modules()
    for module in ("gateway.access.policy", "gateway.codecs", "gateway.rtp", "gateway.sources.rtsp.protocol"):
        assert module in held


def test_import_linter_takes_its_list_from_the_docstrings() -> None:
    linter = configparser.ConfigParser()
    linter.read(ROOT / ".importlinter")
    assert linter["importlinter"]["contract_types"].strip() == "pure: scripts.pure_modules.PureModulesContract"
    contract = linter["importlinter:contract:pure"]
    assert contract["type"] == "pure"
    assert "source_modules" not in contract
