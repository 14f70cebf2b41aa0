"""Checks that the links, headings, files and commands in the documents exist, and that lines fit a terminal."""

import re
from pathlib import Path

import pytest
import typer.main

from gateway.cli import app
from rig.example import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("config/**/*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
WIDTH = 120

MADE = {"web/node_modules/", "gateway/static/"}
"""Folders that `make` creates: they are not in the repository."""

FOLDERS = ("gateway", "web/src", "tests", "rig", "bench", "scripts")
SOURCES = {path.name for folder in FOLDERS for path in ROOT.glob(f"{folder}/**/*")}


def anchors(document: Path) -> set[str]:
    """Return the anchors that a Markdown viewer generates for the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def prose(document: Path) -> str:
    """Return the text of a document without its code blocks."""
    return re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(name: str) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)]+)\)", prose(ROOT / name)):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_a_document_names_exists(name: str) -> None:
    text = prose(ROOT / name)
    paths = set(re.findall(r"`((?:[a-z_.-]+/)+(?:[a-z0-9_.-]+\.(?:py|ts|js|md|yaml|yml))?)(?:::\w+)?`", text))
    places = [ROOT, ROOT / "gateway", ROOT / "tests"]
    assert {path for path in paths if not any((place / path).exists() for place in places)} - MADE == set()
    files = set(re.findall(r"`([a-z0-9_-]+\.(?:py|ts))`", text))
    assert files - SOURCES == set()


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_a_document_names_exists(name: str) -> None:
    text = (ROOT / name).read_text()
    code = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {word for part in code for word in re.findall(r"\bmake ([a-z0-9-]+)", part)}
    assert called - targets == set()
    commands = set(typer.main.get_group(app).commands)
    called = {word for part in code for word in re.findall(r"\bsightline ([a-z][a-z-]*)\b", part)}
    assert called - commands == set()


@pytest.mark.parametrize("name", NAMES)
def test_no_line_of_prose_is_longer_than_a_terminal(name: str) -> None:
    lines = [re.sub(r"`[^`]+`|\]\([^)]+\)", "", line) for line in prose(ROOT / name).splitlines() if line[:1] != "|"]
    assert not [line for line in lines if len(line) > WIDTH]
