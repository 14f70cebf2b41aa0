"""Runs GStreamer's webrtcbin as a viewer, in a process of its own (``viewer.py``)."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

VIEWER = Path(__file__).parent / "viewer.py"
SAYS_WITHIN = 20.0


@asynccontextmanager
async def viewer(*options: str) -> AsyncIterator[Process]:
    """Run a viewer while the block lasts. Its offer comes first; its answer goes to its standard input."""
    process = await asyncio.create_subprocess_exec("/usr/bin/python3", str(VIEWER), *options, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def said(viewer: Process, word: str) -> Any:
    """Return the next message that the viewer prints about ``word``."""
    assert viewer.stdout is not None
    async with asyncio.timeout(SAYS_WITHIN):
        while line := await viewer.stdout.readline():
            told = json.loads(line)
            if word in told:
                return told
    raise AssertionError(f"webrtcbin ended without a {word}")
