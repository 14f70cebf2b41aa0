"""Runs ``sightline demo``: a simulated school and the gateway in one terminal, with a state directory of its own."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from gateway.commands.invite import links
from gateway.commands.serve import with_own_certificate
from gateway.commands.trial import limit_cameras, with_rtsp_port
from gateway.config_loader import Loaded, load
from gateway.errors import ConfigurationError, SightlineError
from gateway.models import Principal, Role, SiteId
from gateway.process.running import until_stopped
from gateway.server import Gateway

SIMULATOR_STARTS_WITHIN = 30.0
SIMULATOR_STOPS_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Holds the demo's ports, its number of cameras, and where it keeps its state."""

    config: Path
    directory: Path
    port: int
    media_port: int
    rtsp_port: int
    cameras: int
    tls: bool


def people(site: SiteId) -> list[Principal]:
    """Return one principal for each role. Their ids are the same at every start, so that sign-ins stay valid."""
    return [
        Principal("demo-dispatcher", "Dispatcher 1", Role.DISPATCHER),
        Principal("demo-headquarters", "Headquarters 1", Role.HEADQUARTERS),
        Principal("demo-patrol", "Patrol car 12", Role.PATROL),
        Principal("demo-coordinator", "School coordinator 1", Role.COORDINATOR, frozenset({site})),
        Principal("demo-district-it", "District IT 1", Role.DISTRICT_IT),
        Principal("demo-auditor", "Auditor 1", Role.AUDITOR),
    ]


def secret(path: Path) -> str:
    """Return the secret in the file ``path``. The first start creates it, readable only by its owner."""
    if not path.is_file():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{secrets.token_urlsafe(24)}\n")
    return path.read_text().strip()


def check_ports(options: DemoOptions) -> None:
    """Check the ports before anything starts. Raises ConfigurationError, which names every port in use."""
    host = "0.0.0.0" if options.tls else "127.0.0.1"  # noqa: S104 - --tls is for other devices
    wanted = [
        ("--port", options.port, socket.SOCK_STREAM, host),
        ("--media-port", options.media_port, socket.SOCK_DGRAM, host),
        ("--rtsp-port", options.rtsp_port, socket.SOCK_STREAM, "127.0.0.1"),
        ("--rtsp-port plus one (fault control)", options.rtsp_port + 1, socket.SOCK_STREAM, "127.0.0.1"),
    ]
    taken = []
    for name, port, kind, address in wanted:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                taken.append(f"port {port} is in use: choose another one with {name}")
    if taken:
        raise ConfigurationError(taken)


def own_address() -> str:
    """Return the address at which other devices on the network reach this machine, or ``localhost`` if unknown."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737). This looks up a route and sends nothing.
        except OSError:
            return "localhost"
        return str(probe.getsockname()[0])


def configuration(options: DemoOptions) -> Loaded:
    """Return the configuration of the example district, with the demo's ports and directory."""
    os.environ["SIGHTLINE_CAMERA_PASSWORD"] = secret(options.directory / "camera-password")
    for school in ("lincoln", "oak"):
        os.environ[f"SIGHTLINE_{school.upper()}_WEBHOOK_SECRET"] = secret(
            options.directory / f"{school}-webhook-secret"
        )
    host = "0.0.0.0" if options.tls else "127.0.0.1"  # noqa: S104 - --tls is for other devices
    overrides: dict[str, Any] = {
        "http.host": host,
        "http.port": options.port,
        "http.public_url": f"http://{own_address() if options.tls else 'localhost'}:{options.port}",
        "media.host": host,
        "media.port": options.media_port,
        "storage.directory": str(options.directory.resolve()),
    }
    loaded = with_rtsp_port(limit_cameras(load(options.config, overrides), options.cameras), options.rtsp_port)
    return with_own_certificate(loaded) if options.tls else loaded


@asynccontextmanager
async def simulator(options: DemoOptions) -> AsyncIterator[None]:
    """Run the simulated school in a separate process, which also ends if this process is killed."""
    command = [sys.executable, "-m", "gateway", "simulate", "--config", str(options.config), "--with-parent"]
    command += ["--port", str(options.rtsp_port), "--control-port", str(options.rtsp_port + 1)]
    command += ["--cameras", str(options.cameras)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("the simulator was started without pipes")
        line = b""
        with suppress(TimeoutError):
            async with asyncio.timeout(SIMULATOR_STARTS_WITHIN):
                line = await process.stdout.readline()
        if b"ready" not in line:
            raise SightlineError("the simulated school did not start; its own error message is above")
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(SIMULATOR_STOPS_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def run(options: DemoOptions, console: Console) -> None:
    """Run the demo until a signal arrives. Raises ConfigurationError for a port in use or a broken configuration."""
    check_ports(options)
    loaded = configuration(options)
    site = loaded.settings.sites[0]

    async def body(stop: asyncio.Event) -> None:
        public_url = loaded.settings.http.public_url
        who = people(SiteId(site.id))
        invitations = await links(loaded, who, public_url)
        async with simulator(options):
            await Gateway(loaded).serve(stop, lambda url: tell(console, options, loaded, url, who, invitations))
        console.print("Stopped.")

    await until_stopped(body, with_terminal=True)


def tell(
    console: Console, options: DemoOptions, loaded: Loaded, url: str, who: list[Principal], invitations: list[str]
) -> None:
    """Print what a newcomer needs: the address, the sign-in links, and how to start a lockdown."""
    site = loaded.settings.sites[0]
    plan = loaded.plans[SiteId(site.id)]
    room = next((room for room in plan.rooms if room.kind.value == "classroom"), plan.rooms[0])
    console.print(f"\n[bold]Sightline is ready: {url}[/bold]\n")
    # A rich Table would cut off the links on a narrow terminal.
    width = max(len(principal.name) for principal in who) + 2
    console.print(f"[bold]{'who':<{width}}sign-in link (works once)[/bold]")
    for principal, link in zip(who, invitations, strict=True):
        console.print(f"{principal.name:<{width}}{link}", markup=False)
    faults = f"http://127.0.0.1:{options.rtsp_port + 1}/cameras/{site.cameras[0].id}/faults"
    command = f"{Path(sys.argv[0])} trigger {url}/hooks/{site.webhooks[0].id}"
    certificate = loaded.settings.http.tls_certificate
    own = f" --ca-file {certificate}" if certificate else ""
    console.print(
        f"\nA browser has one sign-in at a time: open a second role in a private window.\n"
        f"[bold]Lock down {site.name}[/bold], as its panic button would:\n"
        f"  {command} --secret-file {options.directory / f'{site.id}-webhook-secret'} --room {room.id}{own}\n"
        f"There are {len(site.cameras)} simulated cameras, with a time code as bars in the picture. Freeze one, delay "
        "it, and repair it:\n"
        + "".join(f"  curl -X PUT -d '{fault}' {faults}\n" for fault in ('{"freeze":true}', '{"delay":10}', "{}"))
        + f"Open incidents stay open when you stop this. To start afresh: rm -r {options.directory}\n"
        "Ctrl-C stops everything.",
        markup=True,
    )
