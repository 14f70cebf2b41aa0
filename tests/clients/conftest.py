"""The gateway from which viewers play, and the viewers that are built for it."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rig.example import ROOT
from tests.clients.house import House, playing_house

NOT_HERE = 3
"""The build's exit code if the viewer's language is missing."""


OURS = Path(sys.executable).parent
"""The place of Node if the system has none."""


def _built(viewer: str) -> Path:
    """Build the viewer if that has not been done, and return its place. Skips the test if its language is missing."""
    command = [str(ROOT / "scripts" / "test-clients"), viewer]
    found = {"PATH": f"{OURS}:{os.environ['PATH']}"}
    run = subprocess.run(command, env=os.environ | found, capture_output=True, text=True, check=False)
    if run.returncode == NOT_HERE:
        pytest.skip(run.stdout.strip())
    assert run.returncode == 0, run.stdout + run.stderr
    return ROOT / ".clients" / viewer


@pytest.fixture(scope="session")
def pion() -> str:
    return str(_built("pion"))


@pytest.fixture(scope="session")
def mediamtx() -> str:
    return str(_built("mediamtx"))


@pytest.fixture(scope="session")
def werift() -> list[str]:
    """Return the command, without the address and the token."""
    _built("werift")
    node = shutil.which("node", path=f"{OURS}:{os.environ['PATH']}")
    assert node is not None
    return [node, str(ROOT / "tests" / "clients" / "werift" / "viewer.mjs")]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with playing_house(tmp_path) as house:
        yield house


@pytest.fixture
async def silent_house(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose camera has no sound: the gateway rejects the sound section of an offer."""
    async with playing_house(tmp_path, sound=False) as house:
        yield house
