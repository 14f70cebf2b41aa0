"""Runs ``sightline demo`` as processes, to check what it prints and that it leaves nothing behind."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from rig.example import ROOT
from rig.processes import descendants, free_pair, free_port
from tests.commands.processes import sightline

pytestmark = pytest.mark.e2e

STARTS_WITHIN = 40.0
STOPS_WITHIN = 10.0


class Demo:
    """Runs a demo with one camera."""

    def __init__(self, directory: Path, *, ignoring_interrupts: bool = False) -> None:
        self.directory = directory
        self.port = free_port()
        command = [sys.executable, "-m", "gateway", "demo", "--cameras", "1", "--directory", str(directory)]
        command += ["--port", str(self.port), "--media-port", str(free_port())]
        command += ["--rtsp-port", str(free_pair())]
        if ignoring_interrupts:
            command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "80"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self.processes: set[int] = set()

    def wait_ready(self) -> None:
        assert self.process.stdout is not None
        deadline = time.monotonic() + STARTS_WITHIN
        while "Ctrl-C stops everything." not in self.said:
            line = self.process.stdout.readline()
            self.said += line
            assert line, self.said
            assert time.monotonic() < deadline, self.said
        self.processes = descendants(self.process.pid)
        assert len(self.processes) >= 2, "the simulated school is a process of its own"

    def wait_gone(self) -> None:
        """Wait until all of its processes are gone. The descriptor of a process becomes readable when it ends."""
        deadline = time.monotonic() + STOPS_WITHIN
        self.process.wait(STOPS_WITHIN)
        for pid in self.processes - {self.process.pid}:
            with suppress(ProcessLookupError), pidfd(pid) as ended:
                left = max(0.0, deadline - time.monotonic())
                assert select.select([ended], [], [], left)[0] or not alive(pid), f"left behind: {pid}"

    def end(self) -> None:
        for pid in self.processes | {self.process.pid}:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def pidfd(pid: int) -> Iterator[int]:
    """Return a descriptor of a process. Raises ProcessLookupError if it has already ended."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def alive(pid: int) -> bool:
    """Return True if a process is running. A process that has ended and is waiting to be reaped does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def demo(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Demo]:
    demo = Demo(tmp_path / "demo", ignoring_interrupts=getattr(request, "param", False))
    try:
        demo.wait_ready()
        yield demo
    finally:
        demo.end()


def test_a_demo_prints_its_address_the_sign_in_links_and_how_to_lock_down(demo: Demo) -> None:
    assert f"Sightline is ready: http://localhost:{demo.port}" in demo.said
    links = re.findall(rf"^(.+?)\s+http://localhost:{demo.port}/#invite=[\w-]+$", demo.said, re.MULTILINE)
    for role in ("Dispatcher", "Headquarters", "Patrol", "School coordinator", "District IT"):
        assert any(link.startswith(role) for link in links), demo.said
    trigger = next(line for line in demo.said.splitlines() if " trigger " in line)
    words = trigger.split()[trigger.split().index("trigger") :]

    pressed = sightline(*words)
    assert pressed.returncode == 0, pressed.stderr
    assert "the alarm sounds" in pressed.stdout
    assert "the message was added to the open alarm" in sightline(*words).stdout

    other = demo.directory / "other-secret"
    other.write_text("another-secret-of-a-panic-button")
    words[words.index("--secret-file") + 1] = str(other)
    refused = sightline(*words)
    assert refused.returncode == 1
    assert refused.stderr.startswith("sightline: refused with 401: No signature of this message is right")

    wrong = sightline("trigger", f"http://localhost:{demo.port}/healthz", *words[2:])
    assert wrong.returncode == 1
    assert len(wrong.stderr.splitlines()) == 1
    for name in ("lincoln-webhook-secret", "oak-webhook-secret", "camera-password", "sightline.db"):
        assert (demo.directory / name).stat().st_mode & 0o077 == 0, name

    demo.process.send_signal(signal.SIGTERM)
    demo.wait_gone()
    assert demo.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_whole_demo(demo: Demo, number: signal.Signals) -> None:
    demo.process.send_signal(number)
    demo.wait_gone()
    assert demo.process.returncode == 0
    assert demo.process.stdout is not None
    assert "Traceback" not in demo.process.stdout.read()


@pytest.mark.parametrize("demo", [True], indirect=True)
def test_an_interrupt_stops_it_even_if_the_shell_ignores_interrupts(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGINT)
    demo.wait_gone()
    assert demo.process.returncode == 0


def test_the_simulated_school_does_not_outlive_a_demo_that_is_killed(demo: Demo) -> None:
    demo.process.kill()
    demo.wait_gone()
