"""What processes of ours inherit of the environment: what a library needs to be found, and no password."""

import os

_PYTHON = ("PYTHONPATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
_LIBRARIES = ("LD_LIBRARY_PATH", "VIRTUAL_ENV")


def inherited(*more: str) -> dict[str, str]:
    """The environment of a child process: the variables that Python itself needs, and those named in ``more``."""
    return {name: os.environ[name] for name in (*_PYTHON, *_LIBRARIES, *more) if name in os.environ}
