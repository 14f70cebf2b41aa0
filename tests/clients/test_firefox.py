"""Firefox, in its own network, because it neither offers nor uses a loopback address."""

import asyncio
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from rig.example import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

ADDRESS = "198.51.100.1"
"""A documentation address (RFC 5737), here of the loopback interface of a network that contains nothing else."""
SET_UP = f"""set -e
ip link set lo up
ip address add {ADDRESS}/24 dev lo
ip route add default dev lo src {ADDRESS}
exec "$@"
"""
ALONE = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", SET_UP, "sh"]


def alone_is_possible() -> bool:
    return shutil.which("ip") is not None and subprocess.run([*ALONE, "true"], check=False).returncode == 0


@pytest.mark.skipif(shutil.which("firefox-esr") is None, reason="needs Debian's firefox-esr")
@pytest.mark.skipif(not alone_is_possible(), reason="needs iproute2, and permission to create a network namespace")
async def test_firefox_plays_through_switch_restart_and_all_clear_and_is_told_if_it_lacks_h264(tmp_path: Path) -> None:
    command = [*ALONE, sys.executable, "-m", "tests.clients.firefox", str(tmp_path), ADDRESS]
    running = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=STDOUT)
    said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()
