"""The relay in docker/compose.yaml, used by somebody with a credential: Debian's coturn with the file's options."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rig.example import ROOT

pytestmark = [
    pytest.mark.timeout(60),
    pytest.mark.skipif(shutil.which("turnserver") is None, reason="needs Debian's coturn"),
    pytest.mark.skipif(
        subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode != 0,
        reason="needs permission to create a network namespace",
    ),
]

SECRET = "shared-by-gateway-and-relay"
HOST, OTHER = "172.30.81.1", "172.30.81.9"


def attempts(directory: Path, *peers: str) -> dict[str, str]:
    """Try to relay to ``peers`` and to get a relay over TCP, in an isolated network. Return each result."""
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
    relay, gateway = (services[name]["networks"]["default"]["ipv4_address"] for name in ("turn", "gateway"))
    words = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in services["turn"]["command"]]
    options = [word for word in words if not word.startswith("--static-auth-secret")]
    addresses = " && ".join(f"ip addr add {each}/24 dev lo" for each in (relay, gateway, HOST, OTHER))
    script = f'ip link set lo up && {addresses} && exec "$@"'
    command = ["unshare", "-rn", "sh", "-c", script, "sh", sys.executable, "-m", "tests.net.turn_attempts"]
    command += [str(directory), SECRET, relay, f"{gateway}:8189", *peers]
    command += ["--", *options, f"--static-auth-secret={SECRET}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    assert found.pop(f"{gateway}:8189") == "reached", "the gateway is"
    return found


def test_a_credential_of_the_relay_reaches_only_the_gateways_media(tmp_path: Path) -> None:
    found = attempts(tmp_path, f"{HOST}:5353", f"{OTHER}:161", "127.0.0.1:5353", "172.30.81.3:5353")
    assert found.pop("tcp") == "442", "unsupported transport: no TCP connection to anybody"
    assert set(found.values()) == {"403"}, found
