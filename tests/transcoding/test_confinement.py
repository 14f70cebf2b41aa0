"""Tries what an attacker could do after taking over the decoding process with hostile bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codecs.coded import jpeg
from tests.transcoding.test_transcoder import house, workers

SECRET = "the cameras' password"


def of_process(pid: int, what: str) -> str:
    return Path(f"/proc/{pid}/{what}").read_text()


def open_files(pid: int) -> set[str]:
    return set(os.listdir(f"/proc/{pid}/fd"))


async def test_a_decoder_that_is_taken_over_finds_no_secrets_and_no_further_access(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SIGHTLINE_CAMERA_PASSWORD", SECRET)
    monkeypatch.setenv("PYTHON_PASSWORD", SECRET)
    async with house() as home:
        home.connect("JPEG")
        home.stream.subscribe(home.deliver)
        await home.play(jpeg(30), "JPEG")
        await home.wait_until(lambda: bool(home.got))
        (worker,) = workers()
        assert SECRET not in of_process(worker, "environ")
        assert SECRET not in of_process(worker, "cmdline")
        status = dict(line.split(":\t", 1) for line in of_process(worker, "status").splitlines())
        assert status["NoNewPrivs"] == "1"
        assert status["Threads"] == "1", "every thread must confine itself"
        assert status["Umask"] == "0077"
        limits = {line[:26].strip(): line[26:].split()[:2] for line in of_process(worker, "limits").splitlines()}
        for name in ("Max core file size", "Max file size", "Max processes"):
            assert limits[name] == ["0", "0"], name
        assert limits["Max open files"] == ["3", "3"]
        assert limits["Max address space"] == [str(2 * 1024**3)] * 2
        assert open_files(worker) == {"0", "1", "2"}
        assert os.readlink(f"/proc/{worker}/cwd") == "/"
        assert of_process(worker, "oom_score_adj").strip() == "1000"


ATTEMPTS = """
import os, signal, socket, sys, resource
from gateway.transcoding import confinement
if "without limits" in sys.argv:  # Landlock must be enough on its own: root can lift its own limits
    confinement._LIMITS.clear()
listening = socket.create_server(("127.0.0.1", 0))
confinement.confine()
def attempt(name, what):
    try:
        what()
    except OSError as error:
        print(name, error.strerror)
    else:
        print(name, "done")
def connect():
    with socket.socket() as one:
        one.connect(("127.0.0.1", int(sys.argv[1])))
attempt("read", lambda: open("/etc/hostname").close())
attempt("list", lambda: os.listdir("/tmp"))
attempt("write", lambda: open("/tmp/taken-over", "w").close())
attempt("environ", lambda: open(f"/proc/{os.getppid()}/environ").close())
attempt("program", lambda: os.execv("/bin/true", ["true"]))
attempt("connect", connect)
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close())
attempt("signal", lambda: os.kill(os.getppid(), 0))
"""


def attempts(*arguments: str) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS, *arguments], capture_output=True, text=True, timeout=60, check=True
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_limits_alone_prevent_opening_files_and_sockets() -> None:
    found = attempts("9")
    refused = {"Too many open files", "Permission denied"}
    assert {found[name] for name in ("read", "list", "write", "environ", "connect", "udp")} <= refused
    assert found["program"] == "Permission denied"


@pytest.mark.skipif(
    "landlock" not in Path("/proc/kallsyms").read_text(errors="replace"), reason="this kernel has no Landlock"
)
def test_landlock_alone_prevents_reading_files_starting_programs_and_sending_signals() -> None:
    found = attempts("9", "without limits")
    for name in ("read", "list", "write", "environ", "program", "connect"):
        assert found[name] == "Permission denied", name
    assert found["signal"] == "Operation not permitted"
    assert not os.path.exists("/tmp/taken-over")
