"""Runs the command ``sightline`` as a separate process."""

import os
import subprocess
import sys
from pathlib import Path

from rig.example import ENVIRONMENT, ROOT


def sightline(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command until it ends."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def district(directory: Path, **replaced: str) -> Path:
    """Copy the example district, with its state in ``directory`` and other values for the ``replaced`` lines."""
    for source in (ROOT / "config").rglob("*"):
        if source.is_file():
            target = directory / "config" / source.relative_to(ROOT / "config")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    path = directory / "config" / "sightline.yaml"
    text = path.read_text()
    for key, value in replaced.items():
        old = next(line for line in text.splitlines() if line.strip().startswith(f"{key}:"))
        text = text.replace(old, f"{old.partition(':')[0]}: {value}", 1)
    path.write_text(text)
    return path
