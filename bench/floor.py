"""Measures the least that a packet can cost: builds and runs ``floor.c`` if there is a C compiler with OpenSSL's
headers.
"""

import asyncio
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from bench.servers.server import NotHere

BURSTS = (8, 21)
"""Packets per send, for an ordinary picture of the film and for a larger one."""
SECONDS = 3
SOURCE = Path(__file__).with_name("floor.c")


async def measure(seconds: int = SECONDS) -> dict[str, Any]:
    """Return {burst: microseconds per packet}. Raises NotHere."""
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as name:
        program = await built(Path(name))
        found = {}
        for burst in BURSTS:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:  # bound, so that nothing is refused
                sink.bind(("127.0.0.1", 0))
                words = (str(sink.getsockname()[1]), str(burst), str(seconds))
                found[f"{burst} packets per send"] = float(await _output(program, *words))
    return found


async def built(directory: Path) -> str:
    """Compile ``floor.c`` in ``directory``. Return the program's path. Raises NotHere."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NotHere("no C compiler")
    program = str(directory / "floor")
    await _output(compiler, "-O2", "-o", program, str(SOURCE), "-lcrypto")
    return program


async def _output(program: str, *words: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        program, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complained = await process.communicate()
    if process.returncode:
        raise NotHere(f"{Path(program).name}: {complained.decode(errors='replace').strip()[-200:] or 'failed'}")
    return said
