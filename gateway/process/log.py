"""Formats logs: one line per event, as JSON on request. As a last safeguard it removes secrets."""

import json
import logging
import re
import sys
import time

_SECRETS = (
    (re.compile(r"(?i)(\brtsps?://)\S+@"), r"\1***@"),  # up to the last @, since a password may contain any of :/?#@
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "***"),
    (re.compile(r"(/whep/sessions/)[\w-]+"), r"\1***"),
    (re.compile(r"(#invite=)[\w-]+"), r"\1***"),
    (re.compile(r"(\bsightline=)[\w-]+"), r"\1***"),
    (re.compile(r"(\bwhsec_)[\w+/=]+"), r"\1***"),
    (re.compile(r"(a=ice-pwd:)\S+"), r"\1***"),
)


def redact(text: str) -> str:
    """Return ``text`` without anything that looks like a credential. This is a safety net: no code should log one at
    all."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class PlainFormatter(logging.Formatter):
    """Formats a line as ``12:00:00.123 WARNING sources: words``, in UTC.

    With several processes, the name of the ``process`` comes before the logger's name.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self, process: str = "") -> None:
        super().__init__(f"%(asctime)s %(levelname)s {process + ': ' if process else ''}%(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line."""
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """Formats one JSON object per line.

    The keys are ``at`` (wall-clock seconds), ``level``, ``logger``, ``message``, ``error`` if there is one, and
    ``process`` if there are several.
    """

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line."""
        line = {"at": record.created, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if self._process:
            line["process"] = self._process
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return redact(json.dumps(line))


def configuration() -> tuple[int, bool]:
    """Return the level and whether logs are JSON, so that another process can be configured the same way."""
    root = logging.getLogger()
    return root.level, any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers)


def configure(level: str | int = "INFO", *, as_json: bool = False, process: str = "") -> None:
    """Send all logs to standard error in the chosen form. This replaces any earlier configuration."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(process) if as_json else PlainFormatter(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Requests that are not valid HTTP are answered with 400. Strangers must not fill the log with their tracebacks.
    # ``api.problem`` logs bugs in our routes.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    for noisy in ("aiohttp.access", "aioice", "aiortc", "alembic", "libav"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
