"""Runs ``sightline plan print``: writes the PDF of the plan that is in use at a school."""

import asyncio
from datetime import datetime
from pathlib import Path

from gateway.access.catalogue import Catalogue
from gateway.composition import configured
from gateway.config_loader import load_without_secrets
from gateway.errors import ConfigurationError
from gateway.metrics import Metrics
from gateway.models import CameraPolicy, SiteId
from gateway.plans.in_use import Plans
from gateway.printing.document import Edition, print_plan
from gateway.printing.paper import Paper
from gateway.storage.database import Database
from gateway.storage.location import storage_url


async def run(config: Path, site: SiteId, paper: Paper, out: Path) -> str:
    """Write the PDF to ``out``, and return a sentence about it.

    The plan is the version published last, or else the configuration's file. Raises ConfigurationError and
    StorageError.
    """
    loaded = load_without_secrets(config)
    if site not in loaded.plans:
        raise ConfigurationError([f"there is no school '{site}'; there are: {', '.join(loaded.plans)}"])
    database = Database(storage_url(loaded.settings))
    plans = Plans(database, configured(loaded), Metrics())
    try:
        if database.path.exists():
            await database.open()
            await plans.start()
    finally:
        await database.close()
    cameras = Catalogue(loaded.settings).cameras_of(site)
    names = {camera.id: camera.name for camera in cameras if camera.policy is not CameraPolicy.NEVER}
    version = plans.version(site)
    edition = Edition(version.number, version.sha256, datetime.now().astimezone(), names)
    try:
        await asyncio.to_thread(out.write_bytes, print_plan(plans[site], edition, paper))
    except OSError as error:
        raise ConfigurationError([f"{out}: cannot be written: {error.strerror}"]) from None
    source = f"version {version.number}" if version.number else "the configuration's file"
    return f"{out}: {plans[site].name}, {source}"
