"""Chooses which environment variables our child processes inherit: those needed to find libraries, and no passwords."""

import os

_PYTHON = ("PYTHONPATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
_LIBRARIES = ("LD_LIBRARY_PATH", "VIRTUAL_ENV")


def inherited(*more: str) -> dict[str, str]:
    """Return the environment for a child process: the variables that Python itself needs, and those named in
    ``more``."""
    return {name: os.environ[name] for name in (*_PYTHON, *_LIBRARIES, *more) if name in os.environ}
