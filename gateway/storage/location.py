"""Says where a gateway's database is. Commands that need nothing else from the gateway start faster by loading only
this.
"""

from gateway.configuration.settings import Settings
from gateway.errors import ConfigurationError
from gateway.storage.database import sqlite_url


def storage_url(settings: Settings) -> str:
    """Return the URL of the SQLite file, by default in the storage directory, which is created if missing.

    Raises ConfigurationError.
    """
    if settings.storage.url is not None:
        return settings.storage.url.get_secret_value()
    directory = settings.storage.directory
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError([f"storage.directory: {directory} cannot be created: {error.strerror}"]) from None
    return sqlite_url(directory / "sightline.db")
