"""An independent TURN server (coturn) between Chromium and the gateway."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from rig.district import District, running
from rig.processes import free_port
from tests.net.watch import watching

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
    pytest.mark.skipif(shutil.which("turnserver") is None, reason="needs Debian's coturn"),
]

SECRET = "shared-by-gateway-and-relay"

# The browser reaches others only through a relay.
RELAY_ONLY = """
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(given) { super({ ...given, iceTransportPolicy: "relay" }); }
};
"""


@pytest.fixture(scope="module")
def relay(directory: Path) -> Iterator[int]:
    """Run coturn on loopback with passwords made from SECRET, and yield its port."""
    port = free_port()
    command = ["turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "--allow-loopback-peers", "--fingerprint"]
    command += ["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", str(port)]
    command += ["--use-auth-secret", "--static-auth-secret", SECRET, "--realm", "sightline.test"]
    command += [
        "--userdb",
        str(directory / "turn.db"),
        "--pidfile",
        str(directory / "turn.pid"),
        "--log-file",
        "stdout",
    ]
    with (directory / "turn.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield port
        finally:
            process.kill()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def relayed(directory: Path, relay: int) -> AsyncIterator[District]:
    """Run a district with a real incident that tells its pages about the relay."""
    settings: dict[str, object] = {
        "media.ice_servers": [{"url": f"turn:127.0.0.1:{relay}?transport=udp", "secret": SECRET}]
    }
    district = District(directory, settings=settings, live=frozenset())
    async with running(district):
        await district.lock_down()
        yield district


async def test_a_browser_that_can_reach_only_a_relay_plays(browser: Browser, relayed: District) -> None:
    async with watching(browser, relayed, RELAY_ONLY) as watch:
        assert (await watch.received())["candidateType"] == "relay"
