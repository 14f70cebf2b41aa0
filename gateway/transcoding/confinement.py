"""Takes away from a process all rights that converting pictures does not need.

If hostile bytes take over a decoder, they find a process without secrets that can open no file or socket, start no
program and reach no other process. On Linux, Landlock enforces this if the kernel has it
(https://docs.kernel.org/userspace-api/landlock.html). Resource limits apply everywhere.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

MEMORY = 2 * 1024**3
"""Limit of the address space in bytes."""
OPEN_FILES = 3
"""Standard input, output and error. Anything else that needs a file descriptor is refused."""

_LIMITS = {
    resource.RLIMIT_AS: MEMORY,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: OPEN_FILES,
    resource.RLIMIT_NPROC: 0,
}
"""Processor time is not limited: a transcode may run for hours, and the gateway kills one that hangs."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the numbers are the same on every architecture
_VERSION = 1
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""The rights to files that each version of Landlock introduced or extended, as a bit mask."""
_TCP = {4: 0b11}
"""The same for binding and connecting TCP sockets."""
_SCOPES = {6: 0b11}
"""The same for abstract Unix sockets and for signals to other processes. No rule grants any of these rights back."""


class _Ruleset(ctypes.Structure):
    """Mirrors ``struct landlock_ruleset_attr`` of the kernel."""

    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


def confine() -> None:
    """Permanently give up all rights that are no longer needed.

    Call it after everything is imported and before the process has a second thread. Anything that this system does not
    support is skipped.
    """
    os.chdir("/")
    os.umask(0o077)
    with contextlib.suppress(OSError):  # if memory runs out, the kernel kills this process and not the gateway
        Path("/proc/self/oom_score_adj").write_text("1000")
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        _restrict(libc)
    for limit, value in _LIMITS.items():
        resource.setrlimit(limit, (value, value))


def _restrict(libc: ctypes.CDLL) -> None:
    """Forbid all use of files, TCP and other processes, as far as this kernel's Landlock can."""
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    if version < 1:
        return
    ruleset = _Ruleset(*(_known(rights, version) for rights in (_FILES, _TCP, _SCOPES)))
    descriptor = libc.syscall(
        _CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(_size(version)), ctypes.c_uint32(0)
    )
    if descriptor >= 0:
        libc.syscall(_RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint32(0))
        os.close(descriptor)


def _known(rights: dict[int, int], version: int) -> int:
    return rights[max(known)] if (known := [since for since in rights if since <= version]) else 0


def _size(version: int) -> int:
    """Return how many bytes of the structure this version knows."""
    return 24 if version >= min(_SCOPES) else 16 if version >= min(_TCP) else 8
