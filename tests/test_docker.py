"""Tests the container files without a container engine, by parsing them and running the image's steps in a folder."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.cli import overrides_of
from gateway.config_loader import load
from rig.example import ENVIRONMENT, ROOT
from tests.in_process import House, house

__all__ = ["house"]


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions and their arguments, with continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "docker" / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def compose() -> Any:
    return yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())


def copied() -> list[str]:
    """Return what the image's stages copy from the repository."""
    arguments = [words.split() for name, words in instructions() if name == "COPY"]
    return [source for words in arguments if not words[0].startswith("--from") for source in words[:-1]]


def test_everything_copied_into_the_image_is_in_the_repository() -> None:
    assert copied()
    for source in copied():
        assert (ROOT / source).exists(), source
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not set(copied()) & set(ignored)
    assert {".git", ".venv", "data"} <= set(ignored), "secrets and state stay out of the image"


def test_the_image_runs_as_an_unprivileged_user_and_has_a_health_check() -> None:
    last_stage = instructions()[max(i for i, (name, _) in enumerate(instructions()) if name == "FROM") :]
    names = [name for name, _ in last_stage]
    [user] = [words for name, words in last_stage if name == "USER"]
    assert user not in {"root", "0"}
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert f"useradd --system --uid 10001 --create-home --home-dir /var/lib/sightline {user}" in last_stage[1][1]
    assert "HEALTHCHECK" in names


async def test_health_check_and_scrape_use_addresses_that_exist(house: House) -> None:
    [check] = [words for name, words in instructions() if name == "HEALTHCHECK"]
    prometheus = yaml.safe_load((ROOT / "docker" / "prometheus.yml").read_text())
    person = await house.stranger()
    paths = re.findall(r"http://127\.0\.0\.1:8080(/\w+)", check)
    assert paths == ["/readyz"]
    for job in prometheus["scrape_configs"]:
        paths.append(job.get("metrics_path", "/metrics"))
        for group in job["static_configs"]:
            for target in group["targets"]:
                name, _, port = target.partition(":")
                assert f"{port}:{port}/tcp" in compose()["services"][name]["ports"]
        assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_token"
        assert compose()["services"]["prometheus"]["secrets"] == ["metrics_token"]
        assert compose()["secrets"]["metrics_token"] == {"environment": "SIGHTLINE_METRICS_TOKEN"}
    for path in paths:
        assert (await person.get(path)).status == 200


def test_the_health_check_runs_python() -> None:
    [check] = [words for name, words in instructions() if name == "HEALTHCHECK"]
    command = json.loads(check[check.index("[") :])
    compile(command[command.index("-c") + 1], "healthcheck", "exec")


def test_the_composed_gateway_gets_a_usable_configuration() -> None:
    gateway = compose()["services"]["gateway"]
    command = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in gateway["command"]]
    assert command[0] == "serve"
    [config] = [word.partition("=")[2] for word in command if word.startswith("--config=")]
    mounts = dict(volume.split(":")[1::-1] for volume in gateway["volumes"])
    path = ROOT / "docker" / mounts[str(Path(config).parent)] / Path(config).name
    settings = [word.removeprefix("--set=").replace("$$", "$") for word in command if word.startswith("--set=")]
    environment = ENVIRONMENT | {"SIGHTLINE_METRICS_TOKEN": "a-token"}
    loaded = load(path, overrides_of(settings), environment).settings
    assert loaded.http.metrics_token is not None
    assert loaded.http.metrics_token.get_secret_value() == "a-token"
    assert (loaded.http.host, loaded.media.host) == ("0.0.0.0", "0.0.0.0")
    assert loaded.media.advertise == ("127.0.0.1", gateway["networks"]["default"]["ipv4_address"])
    assert str(loaded.storage.directory) in mounts, "the state outlives the container"
    assert set(gateway["environment"]) == set(environment)
    served = [f"{loaded.http.port}/tcp", f"{loaded.media.port}/udp", f"{loaded.media.port}/tcp"]
    assert [f"{port.partition('/')[0]}:{port}" for port in served] == gateway["ports"]
    exposed = next(words for name, words in instructions() if name == "EXPOSE")
    assert exposed.split() == served


def test_the_composed_relay_needs_its_profile_and_reaches_only_the_gateway() -> None:
    relay, gateway = compose()["services"]["turn"], compose()["services"]["gateway"]
    assert relay["profiles"] == ["turn"]
    command = relay["command"]
    assert "--use-auth-secret" in command
    denied = [word.partition("=")[2] for word in command if word.startswith("--denied-peer-ip")]
    assert denied == ["0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
    [allowed] = [word.partition("=")[2] for word in command if word.startswith("--allowed-peer-ip")]
    own = gateway["networks"]["default"]["ipv4_address"]
    assert allowed == own, "an address where nothing but the gateway listens"
    assert [port for port in gateway["ports"] if port.endswith("/udp")] == ["8189:8189/udp"]
    assert own in next(word for word in gateway["command"] if "media.advertise" in word)
    assert "--no-tcp-relay" in command
    assert "--allow-loopback-peers" not in command
    assert "network_mode" not in relay


def test_every_mount_exists_or_is_a_volume() -> None:
    for service in compose()["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in compose()["volumes"] or (ROOT / "docker" / source).exists(), volume
    [build] = [service["build"] for service in compose()["services"].values() if "build" in service]
    assert (ROOT / "docker" / build["context"] / build["dockerfile"]).samefile(ROOT / "docker" / "Dockerfile")


@pytest.mark.timeout(120)
def test_building_the_image_makes_a_wheel_with_pages_and_migrations(tmp_path: Path) -> None:
    folder = tmp_path / "src"
    for source in copied():
        if source.startswith("web"):
            continue  # from the first stage, which `make web` replaces
        target = folder / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            ignored = shutil.ignore_patterns("static", "__pycache__")
            shutil.copytree(ROOT / source, target, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / source, target)
    (folder / "gateway" / "static" / "assets").mkdir(parents=True)
    (folder / "gateway" / "static" / "index.html").write_text("<!doctype html>")
    (folder / "gateway" / "static" / "assets" / "page.js").write_text("")

    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(folder)], check=True, timeout=100)

    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"gateway/static/index.html", "gateway/static/assets/page.js", "gateway/__main__.py"} <= names
    ours = {str(path.relative_to(ROOT)) for path in (ROOT / "gateway").rglob("*.py")}
    assert ours <= names
    assert "gateway/floorplan/signs.json" in names
    assert any(name.startswith("gateway/storage/migrations/versions/") for name in names)
    [entry] = [name for name in names if name.endswith("entry_points.txt")]
    assert "sightline = gateway.cli:main" in zipfile.ZipFile(wheel).read(entry).decode()
    assert not [name for name in names if name.startswith(("tests/", "config/", "bench/"))]
