"""``sightline trigger``: what a panic button sends."""

import json
import secrets
import time
from pathlib import Path

import aiohttp
from rich.console import Console

from gateway.errors import ConfigurationError, SightlineError
from gateway.incidents.triggers.signature import sign
from gateway.models import IncidentKind


def read_secret(path: Path) -> str:
    """The first line of a file. Raises ConfigurationError."""
    try:
        return path.read_text().splitlines()[0].strip()
    except (OSError, IndexError, UnicodeDecodeError):
        raise ConfigurationError([f"--secret-file: {path} cannot be read, or is empty"]) from None


async def run(url: str, secret: str, room: str | None, kind: IncidentKind, note: str, console: Console) -> None:
    """Send one signed message and print what the gateway answered. Raises SightlineError when it was refused, or when
    the secret cannot be one."""
    body = json.dumps({"kind": kind, "note": note} | ({"room": room} if room else {})).encode()
    message_id, timestamp = f"msg_{secrets.token_hex(12)}", str(int(time.time()))
    try:
        signature = sign(secret, message_id, timestamp, body)
    except ValueError as error:
        raise ConfigurationError([f"--secret-file: the secret {error}"]) from None
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }
    try:
        # The certificate of `--tls` is our own; this command is for trying, the signature carries the trust.
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session,
            session.post(url, data=body, headers=headers, ssl=False) as response,
        ):
            answer = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise SightlineError(f"no answer from {url}: {error or type(error).__name__}") from None
    match answer:
        case {"incident": str(incident), "alarm": bool(alarm)}:
            sounded = "an alarm has been raised" if alarm else "it joined the alarm that is open"
            console.print(f"Incident {incident}: {sounded}.", markup=False)
        case {"detail": str(detail)}:
            raise SightlineError(f"refused with {response.status}: {detail}")
        case _:
            raise SightlineError(f"what answers at {url} is no gateway's webhook (status {response.status})")
