"""Defines the command ``sightline``. Each subcommand only parses its options and calls a module in ``commands``.

``commands.outcome`` says how a subcommand ends.

Each subcommand imports what it runs only when it is called, so that a short one does not load the whole gateway.
"""

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import yaml

from gateway.commands.outcome import console, fail, reported, run, say
from gateway.errors import ConfigurationError
from gateway.models import IncidentKind, Role, SiteId
from gateway.printing.paper import Paper
from gateway.process import log
from gateway.process.running import limit_whole_process

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Video-sharing gateway between school cameras and the police.",
)
plan = typer.Typer(no_args_is_help=True, help="Check, measure and draw floor plans.")
app.add_typer(plan, name="plan")

ConfigPath = Annotated[Path, typer.Option("--config", "-c", help="The district's configuration.")]
CONFIG = Path("config/sightline.yaml")


def overrides_of(settings: list[str]) -> dict[str, object]:
    """Parse ``key=value`` words into overrides. Values are YAML, so they can be numbers and lists."""
    found: dict[str, object] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator:
            fail(ConfigurationError([f"--set {setting}: write it as KEY=VALUE"]))
        try:
            found[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            fail(ConfigurationError([f"--set {key}: the value is not YAML"]))
    return found


@app.command()
def serve(
    config: ConfigPath = CONFIG,
    tls: Annotated[bool, typer.Option(help="Serve HTTPS with a certificate of its own, for trying it out.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Replace a value of the file: http.port=80"),
    ] = None,
    json_logs: Annotated[bool, typer.Option(help="Write each log line as a JSON object.")] = False,
) -> None:
    """Run the gateway."""
    from gateway.commands.serve import serve_until_stopped

    log.configure(as_json=json_logs)
    run(serve_until_stopped(config, overrides_of(settings or []), tls=tls, say=say))


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port for the pages.")] = 8080,
    media_port: Annotated[int, typer.Option(min=1, max=65535, help="UDP port for media.")] = 8189,
    rtsp_port: Annotated[
        int, typer.Option(min=1, max=65534, help="Port of the simulated cameras. The next port is for their faults.")
    ] = 8554,
    cameras: Annotated[int, typer.Option(min=1, help="Number of simulated cameras.")] = 6,
    tls: Annotated[bool, typer.Option(help="Serve HTTPS, and let other devices connect.")] = False,
    directory: Annotated[Path, typer.Option(help="Where the demo keeps its database and secrets.")] = Path(".demo"),
    config: ConfigPath = CONFIG,
) -> None:
    """Run a simulated school and the gateway, and print a sign-in link for each role."""
    from gateway.commands import demo as demo_command

    log.configure(level="WARNING")
    options = demo_command.DemoOptions(config, directory, port, media_port, rtsp_port, cameras, tls)
    run(demo_command.run(options, console))


@app.command()
def simulate(
    config: ConfigPath = CONFIG,
    port: Annotated[int, typer.Option(help="RTSP port.")] = 8554,
    control_port: Annotated[int, typer.Option(help="Port of the fault control API, loopback only.")] = 8555,
    gop: Annotated[float, typer.Option(min=0.1, help="Seconds between keyframes.")] = 2.0,
    cameras: Annotated[int | None, typer.Option(min=1, help="Serve only this many of the configured cameras.")] = None,
    loop: Annotated[int, typer.Option(min=0, help="Add this many cameras that repeat one encoded clip.")] = 0,
    with_parent: Annotated[bool, typer.Option(hidden=True, help="Stop when standard input ends.")] = False,
) -> None:
    """Run the simulated school: RTSP cameras with drawn pictures, and faults on demand."""
    from gateway.commands.simulate import simulate_until_stopped

    log.configure(level="WARNING")
    run(simulate_until_stopped(config, port, control_port, cameras, loop, gop, with_parent=with_parent, say=say))


@app.command()
def check(config: Annotated[Path, typer.Argument(help="The district's configuration.")] = CONFIG) -> None:
    """Check a configuration, and print every fault with its file, line and key."""
    from gateway.commands import check as check_command

    with reported():
        check_command.check(config, date.today(), console)


@app.command()
def invite(
    role: Role,
    name: Annotated[str, typer.Option(help="The person's name, as the record and pages will show it.")],
    site: Annotated[list[str] | None, typer.Option(help="Bind them to these schools, in any role.")] = None,
    config: ConfigPath = CONFIG,
) -> None:
    """Make a single-use sign-in link, and its QR code."""
    from gateway.commands import invite as invite_command

    operator = os.environ.get("USER", "operator")
    run(invite_command.run(config, role, name, frozenset(site or ()), operator, console))


@app.command()
def sign_out(
    who: Annotated[str, typer.Argument(help="Their name or id, as the record shows it.")],
    config: ConfigPath = CONFIG,
) -> None:
    """Sign a person or device out everywhere, for example if a laptop was stolen or somebody has left.

    A running gateway closes their pictures within a second, and this command says so. The exit code is 1 if nobody was
    signed out, and 3 if they were but the gateway has not confirmed it.
    """
    from gateway.commands import sign_out as sign_out_command

    run(sign_out_command.run(config, who, os.environ.get("USER", "operator"), say))


@app.command()
def trigger(
    url: Annotated[str, typer.Argument(help="The webhook: https://gateway/hooks/{id}")],
    secret_file: Annotated[Path, typer.Option(help="File whose first line is the webhook's secret.")],
    room: Annotated[str | None, typer.Option(help="Room of the floor plan.")] = None,
    kind: Annotated[
        IncidentKind, typer.Option(help="It cannot be higher than what the webhook may trigger.")
    ] = IncidentKind.REAL,
    note: Annotated[str, typer.Option(help="Text that is shown with the alarm.")] = "",
    ca_file: Annotated[
        Path | None,
        typer.Option(help="PEM file of the gateway's certificate or its authority's, if this host trusts neither."),
    ] = None,
) -> None:
    """Send a panic button's signed message, from a test or a script."""
    from gateway.commands import trigger as trigger_command

    async def work() -> None:
        secret, context = trigger_command.read_secret(secret_file), trigger_command.trust(ca_file)
        await trigger_command.run(url, secret, room, kind, note, console, context)

    run(work())


@app.command()
def audit(
    config: ConfigPath = CONFIG,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Print this many of the newest records.")] = 100,
) -> None:
    """Print the record of accesses, refusals, triggers and closings. Reading it is recorded."""
    from gateway.audit.audit_event import format_record
    from gateway.commands.read_record import read_records

    async def work() -> None:
        for record in await read_records(config, limit, os.environ.get("USER", "operator")):
            console.print(format_record(record), markup=False)

    run(work())


PlanSite = Annotated[str | None, typer.Argument(metavar="[SITE]", help="The school's id; without it, all schools.")]


@plan.command("check")
def plan_check(
    site: PlanSite = None,
    rules: Annotated[
        Path | None,
        typer.Option(help="Your own rules, in the form of floorplan/review/laws.yaml, instead of the states'."),
    ] = None,
    config: ConfigPath = CONFIG,
) -> None:
    """Say what is missing or doubtful in the floor plans, and what state laws require of them."""
    from gateway.commands import plan as plan_command

    with reported():
        plan_command.check(config, site, rules, date.today(), console)


@plan.command("coverage")
def plan_coverage(
    site: PlanSite = None,
    svg: Annotated[Path | None, typer.Option(help="Draw it as SVG in this folder.")] = None,
    config: ConfigPath = CONFIG,
) -> None:
    """Say which rooms the cameras see, see twice, or do not see, and draw it."""
    from gateway.commands import plan as plan_command

    with reported():
        plan_command.cover(config, site, svg, console)


@plan.command("print")
def plan_print(
    site: Annotated[str, typer.Argument(help="The school's id.")],
    paper: Annotated[Paper, typer.Option(help="The size of the sheets.")] = Paper.LETTER,
    out: Annotated[Path | None, typer.Option(help="Where to write it; by default SITE.pdf in this folder.")] = None,
    config: ConfigPath = CONFIG,
) -> None:
    """Print a school's floor plan as PDF: the site, every floor, and an index of rooms, cameras and lockers."""
    from gateway.commands import print_plan

    async def work() -> None:
        say(await print_plan.run(config, SiteId(site), paper, out or Path(f"{site}.pdf")))

    run(work())


def main() -> None:
    """Run the command line. ``sightline`` and ``python -m gateway`` start here."""
    limit_whole_process()
    app()
