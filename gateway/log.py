"""Structured logs. One line an event, machine-readable on request, and a last net that keeps secrets out."""

import json
import logging
import re
import sys
import time

_SECRETS = (
    (re.compile(r"(?i)(\brtsps?://)\S+@"), r"\1***@"),  # to the last @: a password may hold any of :/?#@
    (re.compile(r"(?i)(bearer\s+)[\w.~+/=-]+"), r"\1***"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "***"),
    (re.compile(r"(/whep/sessions/)[\w-]+"), r"\1***"),
    (re.compile(r"(#invite=)[\w-]+"), r"\1***"),
    (re.compile(r"(\bsightline=)[\w-]+"), r"\1***"),
    (re.compile(r"(\bwhsec_)[\w+/=]+"), r"\1***"),
    (re.compile(r"(a=ice-pwd:)\S+"), r"\1***"),
)


def redact(text: str) -> str:
    """``text`` without what looks like a credential: a net under the rule that none is ever logged."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class PlainFormatter(logging.Formatter):
    """``12:00:00.123 WARNING sources: words``, UTC. A ``process`` of several stands before the logger's name."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%H:%M:%S"
    default_msec_format = "%s.%03d"

    def __init__(self, process: str = "") -> None:
        super().__init__(f"%(asctime)s %(levelname)s {process + ': ' if process else ''}%(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, redacted."""
        return redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: ``at`` (wall seconds), ``level``, ``logger``, ``message`` and, if any, ``error`` and, of
    several processes, ``process``."""

    def __init__(self, process: str = "") -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line, redacted."""
        line = {"at": record.created, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if self._process:
            line["process"] = self._process
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return redact(json.dumps(line))


def configuration() -> tuple[int, bool]:
    """Level, and whether as JSON: as ``configure`` was told, for another process."""
    root = logging.getLogger()
    return root.level, any(isinstance(handler.formatter, JsonFormatter) for handler in root.handlers)


def configure(level: str | int = "INFO", *, as_json: bool = False, process: str = "") -> None:
    """Send all logs to standard error in the chosen form. Replaces whatever was configured before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(process) if as_json else PlainFormatter(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What cannot be parsed as HTTP is answered with a 400; strangers shall not fill the log with tracebacks of it.
    # Bugs in our routes are logged by ``api.problem``.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    for noisy in ("aiohttp.access", "aioice", "aiortc", "alembic", "libav"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
