"""Runs ``sightline trigger``, which sends what a panic button sends."""

import json
import secrets
import ssl
import time
from pathlib import Path

import aiohttp
from rich.console import Console

from gateway.errors import ConfigurationError, SightlineError
from gateway.incidents.triggers.signature import sign
from gateway.models import IncidentKind


def read_secret(path: Path) -> str:
    """Return the first line of a file. Raises ConfigurationError."""
    try:
        return path.read_text().splitlines()[0].strip()
    except (OSError, IndexError, UnicodeDecodeError):
        raise ConfigurationError([f"--secret-file: {path} cannot be read, or is empty"]) from None


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Return a TLS context that trusts the authorities of this host, or only those in ``ca_file`` if it is given.

    Raises ConfigurationError.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError:
        raise ConfigurationError([f"--ca-file: {ca_file} cannot be read, or contains no PEM certificate"]) from None


async def run(
    url: str,
    secret: str,
    room: str | None,
    kind: IncidentKind,
    note: str,
    console: Console,
    context: ssl.SSLContext,
) -> None:
    """Send one signed message, and print the gateway's answer.

    Raises SightlineError if the message is refused, if the gateway's certificate is not trusted, or if the secret is
    malformed.
    """
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
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session,
            session.post(url, data=body, headers=headers, ssl=context) as response,
        ):
            answer = await response.json(content_type=None)
    except aiohttp.ClientConnectorCertificateError as error:
        words = "give its certificate, or its authority's, with --ca-file"
        raise SightlineError(f"the certificate of {url} is not trusted ({error.certificate_error}): {words}") from None
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise SightlineError(f"no answer from {url}: {error or type(error).__name__}") from None
    match answer:
        case {"incident": str(incident), "alarm": bool(alarm)}:
            sounded = "the alarm sounds" if alarm else "the message was added to the open alarm"
            console.print(f"Incident {incident}: {sounded}.", markup=False)
        case {"detail": str(detail)}:
            raise SightlineError(f"refused with {response.status}: {detail}")
        case _:
            raise SightlineError(f"{url} is not the webhook of a gateway (status {response.status})")
