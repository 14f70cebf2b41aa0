"""Runs ``sightline serve``, which is the gateway itself."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from gateway.commands.check import warnings
from gateway.config_loader import Loaded, load
from gateway.configuration.settings import HttpSettings
from gateway.process.running import keep_for_good, until_stopped
from gateway.server import Gateway
from gateway.tls import self_signed

logger = logging.getLogger(__name__)


def with_own_certificate(loaded: Loaded) -> Loaded:
    """Return the same configuration, but with HTTPS and a certificate that is created in the storage directory."""
    settings = loaded.settings
    certificate, key = self_signed(
        settings.storage.directory, urlsplit(settings.http.public_url).hostname or "localhost"
    )
    public = settings.http.public_url.replace("http://", "https://", 1)
    values = settings.http.model_dump() | {"tls_certificate": certificate, "tls_key": key, "public_url": public}
    return replace(loaded, settings=settings.model_copy(update={"http": HttpSettings.model_validate(values)}))


async def serve_until_stopped(
    config: Path, overrides: Mapping[str, object], *, tls: bool, say: Callable[[str], object]
) -> None:
    """Run the gateway until a signal arrives. Raises ConfigurationError."""
    loaded = load(config, overrides)
    if tls:
        loaded = with_own_certificate(loaded)

    async def body(stop: asyncio.Event) -> None:
        def ready(url: str) -> None:
            keep_for_good()
            for warning in warnings(loaded, date.today()):
                logger.warning("%s", warning)
            say(f"Sightline is ready: {url}")

        await Gateway(loaded).serve(stop, ready)

    await until_stopped(body)
