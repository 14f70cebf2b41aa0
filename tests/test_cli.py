"""Tests the command line as a person uses it."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rig.example import ROOT, SECRET
from tests.commands.processes import district, sightline

pytestmark = pytest.mark.e2e


def test_a_usable_configuration_is_reported_as_usable(tmp_path: Path) -> None:
    done = sightline("check", district(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Lincoln Middle School" in done.stdout
    assert "The configuration is usable." in done.stdout
    assert SECRET not in done.stdout


def test_pages_without_tls_cause_a_warning_but_are_usable(tmp_path: Path) -> None:
    path = district(tmp_path)
    path.write_text(path.read_text().replace("host: 127.0.0.1", "host: 0.0.0.0", 1))
    done = sightline("check", path)
    assert done.returncode == 0, done.stderr
    assert "Warning: http.public_url: pages are served to the network (0.0.0.0) without TLS" in done.stdout


def test_every_fault_of_a_broken_configuration_is_reported_with_its_line(tmp_path: Path) -> None:
    path = district(tmp_path, live_below="9.0", lifetime="301", clock="wrong")
    text = path.read_text().replace("    webhooks:", "    cammeras: []\n    webhooks:", 1)
    path.write_text(text)
    done = sightline("check", path)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 4
    assert all(re.match(rf"{re.escape(str(path))}:\d+: [\w.\[\]-]+: .+", line) for line in lines), lines
    for key in ("age", "tokens.lifetime", "clock", "cammeras"):
        assert any(key in line for line in lines), (key, lines)
    assert "Traceback" not in done.stderr

    served = sightline("serve", "--config", path)
    assert (served.returncode, served.stderr.splitlines()) == (1, lines)


def test_a_missing_configuration_is_reported_in_one_line(tmp_path: Path) -> None:
    done = sightline("check", tmp_path / "nothing.yaml")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "nothing.yaml" in done.stderr


def test_an_invitation_is_a_link_and_a_qr_code(tmp_path: Path) -> None:
    path = district(tmp_path)
    done = sightline("invite", "--config", path, "patrol", "--name", "Car 7")
    assert done.returncode == 0, done.stderr
    assert re.search(r"^http://localhost:8080/#invite=[\w-]{32,}$", done.stdout, re.MULTILINE)
    assert "█" in done.stdout or "▀" in done.stdout or "▄" in done.stdout
    assert "Car 7 (patrol). It works once, within 24 hours" in done.stdout


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["coordinator", "--name", "C"], "bound to a school"),
        (["coordinator", "--name", "C", "--site", "nowhere"], "no such school: nowhere"),
    ],
)
def test_an_invitation_without_a_valid_school_is_refused_in_one_line(
    tmp_path: Path, more: list[str], words: str
) -> None:
    done = sightline("invite", "--config", district(tmp_path), *more)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_the_record_is_printed_and_reading_it_is_recorded(tmp_path: Path) -> None:
    path = district(tmp_path)
    first = sightline("audit", "--config", path, USER="anna")
    assert (first.returncode, first.stdout) == (0, ""), first.stderr
    second = sightline("audit", "--config", path, USER="bert")
    [line] = second.stdout.splitlines()
    assert "record_read" in line
    assert "anna" in line


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (None, "cannot be read, or is empty"),
        (b"", "cannot be read, or is empty"),
        (b"\xff\xfe", "cannot be read, or is empty"),
        (b"short", "must be at least 24 bytes long"),
        (SECRET.encode(), "no answer from http://127.0.0.1:1/hooks/x"),
    ],
)
def test_a_trigger_that_cannot_be_sent_is_reported_in_one_line(
    tmp_path: Path, secret: bytes | None, words: str
) -> None:
    path = tmp_path / "secret"
    if secret is not None:
        path.write_bytes(secret)
    done = sightline("trigger", "http://127.0.0.1:1/hooks/x", "--secret-file", path)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert SECRET not in done.stderr


@pytest.mark.parametrize("kind", ["http.port", "media.port"])
def test_a_port_in_use_is_named_in_one_line(tmp_path: Path, kind: str) -> None:
    path = district(tmp_path)
    with socket.socket(type=socket.SOCK_STREAM if kind == "http.port" else socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        if kind == "http.port":
            taken.listen()
        ports = {"http.port": 0, "media.port": 0} | {kind: port}
        done = sightline("serve", "--config", path, *[f"--set={key}={value}" for key, value in ports.items()])
    faults = [line for line in done.stderr.splitlines() if not re.match(r"\d\d:\d\d:\d\d", line)]
    assert done.returncode == 1
    assert len(faults) == 1, done.stderr
    assert faults[0].startswith(f"{kind}: ")
    assert str(port) in faults[0]


@pytest.mark.parametrize("option", ["--port", "--control-port"])
def test_for_a_simulated_school_a_port_in_use_is_named_in_one_line(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = {"--port": 0, "--control-port": 0} | {option: port}
        words = [str(word) for pair in ports.items() for word in pair]
        done = sightline("simulate", "--cameras", 1, *words)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert str(port) in done.stderr


def test_a_demo_names_every_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        ports = [one.getsockname()[1], other.getsockname()[1]]
        done = sightline("demo", "--directory", tmp_path, "--port", ports[0], "--media-port", ports[1])
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert [line for line in lines if "in use" in line] == lines
    assert [str(port) in line for port, line in zip(ports, lines[:2], strict=True)] == [True, True]
    assert "--port" in lines[0]
    assert "--media-port" in lines[1]


@pytest.mark.parametrize("word", ["http.port", "http.port=[", "http.prt=1"])
def test_a_setting_that_cannot_be_set_is_reported_in_one_line(tmp_path: Path, word: str) -> None:
    done = sightline("serve", "--config", district(tmp_path), "--set", word)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "http.p" in done.stderr


@pytest.mark.parametrize(
    "more",
    [
        ["--set=http.tls_certificate=/nothing.pem", "--set=http.tls_key=/nothing.pem"],
        ["--set=storage.directory=/dev/null/x"],
    ],
)
def test_files_that_cannot_be_used_are_reported_in_one_line(tmp_path: Path, more: list[str]) -> None:
    done = sightline("serve", "--config", district(tmp_path), "--set=http.port=0", "--set=media.port=0", *more)
    faults = [line for line in done.stderr.splitlines() if not re.match(r"\d\d:\d\d:\d\d", line)]
    assert done.returncode == 1
    assert len(faults) == 1, done.stderr
    assert faults[0].startswith(more[0].removeprefix("--set=").partition("=")[0])


def test_commands_do_not_load_what_only_other_commands_need() -> None:
    heavy = {"aiohttp", "aiortc", "alembic", "av", "cv2", "numpy", "pydantic", "shapely", "sqlalchemy"}
    script = f"import sys, gateway.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
