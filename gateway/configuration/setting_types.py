"""Defines the types of single settings: durations, ids, paths, URLs, and secrets that may be references."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

SHORTEST_KEY = 24
"""Length in bytes of the shortest key that Standard Webhooks allows."""
SHORTEST_BEARER = 32
"""The shortest secret, in characters, that a device may send with every request. ``openssl rand -hex 32`` makes one."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Says where references are resolved: in the ``directory`` of the configuration file and the process's
    ``environment``.

    It is the validation context. Without one, paths and secrets stay as written. With ``lenient``, a reference that
    cannot be resolved also stays as written.
    """

    directory: Path
    environment: Mapping[str, str]
    lenient: bool = False


def _resolve_path(path: Path, info: ValidationInfo) -> Path:
    return info.context.directory / path if isinstance(info.context, Lookup) else path


def _resolve_secret(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    return _resolved(secret, info.context) if isinstance(info.context, Lookup) else secret


def _resolved(secret: SecretStr, lookup: Lookup) -> SecretStr:
    """Resolve a secret: ``${NAME}`` is an environment variable, ``file:path`` is the first line of a file, and anything
    else is the secret itself.

    Raises ValueError if a reference cannot be resolved.
    """
    value = secret.get_secret_value()
    try:
        if value.startswith("${"):
            value = _from_environment(value, lookup)
        elif value.startswith("file:"):
            value = _from_file(value, lookup)
    except ValueError:
        if not lookup.lenient:
            raise
    if not value:
        raise ValueError("must not be empty")
    return SecretStr(value)


def _from_environment(reference: str, lookup: Lookup) -> str:
    name = reference[2:-1]
    if not reference.endswith("}") or not name.isidentifier():
        raise ValueError("a reference to an environment variable is written ${NAME}")
    if not lookup.environment.get(name):
        raise ValueError(f"the environment variable {name} is not set")
    return lookup.environment[name]


def _from_file(reference: str, lookup: Lookup) -> str:
    path = lookup.directory / reference.removeprefix("file:")
    try:
        value = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, ValueError):
        raise ValueError(f"the file {path} cannot be read") from None
    if not value:
        raise ValueError(f"the first line of {path} is empty")
    return value


def webhook_key(secret: str) -> bytes:
    """Return the key that signs a webhook's messages.

    ``whsec_`` is followed by the key in Base64 (Standard Webhooks); any other text is the key itself. Raises ValueError
    for text that cannot be a key.
    """
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True) if secret[:6] == "whsec_" else secret.encode()
    except binascii.Error:
        raise ValueError("whsec_ must be followed by Base64") from None
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"must be at least {SHORTEST_KEY} bytes long")
    return key


def webhook_key_written(lookup: Lookup | None) -> Callable[[object], bytes | None]:
    """Return a function that maps a webhook's ``secret``, as plain data or as a setting, to its key, or to None if it
    has none.

    With a ``lookup``, references are resolved.
    """

    bytes_of = secret_written(lookup)

    def key_of(written: object) -> bytes | None:
        secret = bytes_of(written)
        try:
            return None if secret is None else webhook_key(secret.decode())
        except ValueError:
            return None

    return key_of


def _webhook_secret(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    if isinstance(info.context, Lookup) and not info.context.lenient:
        webhook_key(secret.get_secret_value())
    return secret


def _bearer_secret(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    """Check that the secret can be sent as a bearer token (RFC 6750 section 2.1)."""
    value = secret.get_secret_value()
    if isinstance(info.context, Lookup) and not info.context.lenient:
        if len(value) < SHORTEST_BEARER:
            raise ValueError(f"must be at least {SHORTEST_BEARER} characters long; openssl rand -hex 32 makes one")
        if not re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", value):
            raise ValueError("may only contain letters, digits and . _ ~ + / -, because it is sent as a bearer token")
    return secret


def secret_written(lookup: Lookup | None) -> Callable[[object], bytes | None]:
    """Return a function that maps a ``secret``, as plain data or as a setting, to its bytes, or to None if it has none.

    With a ``lookup``, references are resolved.
    """

    def bytes_of(written: object) -> bytes | None:
        try:
            secret = SecretStr(written) if isinstance(written, str) else written
            if not isinstance(secret, SecretStr):
                return None
            return (secret if lookup is None else _resolved(secret, lookup)).get_secret_value().encode()
        except ValueError:
            return None

    return bytes_of


def _rtsp_url(url: str) -> str:
    wrong = ValueError("must be a URL such as rtsp://10.0.0.5:554/main or rtsps://10.0.0.5:322/main")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("rtsp", "rtsps") or not parts.hostname or port == 0:
        raise wrong
    if "@" in parts.netloc:
        raise ValueError("contains a user or password: put those under username and password of the camera")
    return url


def _place(text: str) -> str:
    found = re.fullmatch(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})", text)
    if found is None or not 0 < int(found[1]) < 65536:
        raise ValueError("must be a host and a port, such as 10.0.0.5:8554")
    return text


def _fingerprint(text: str) -> str:
    digits = text.replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("must be the SHA-256 of a certificate: 64 hexadecimal digits, with or without colons")
    return digits


def _sqlite_url(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    """Check that the URL names an SQLite file. References are only resolved with a ``Lookup``; without one they stay as
    written."""
    url = secret.get_secret_value()
    if isinstance(info.context, Lookup) and info.context.lenient:
        # every command needs the storage
        url = _resolved(secret, replace(info.context, lenient=False)).get_secret_value()
    if isinstance(info.context, Lookup) and not re.fullmatch(r"sqlite\+aiosqlite:///[^?#]+", url):
        raise ValueError("must be sqlite+aiosqlite:/// followed by the path of a file: no other database is supported")
    return secret


def _web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and "@" not in url
    except ValueError:
        sound = False
    # Links, cookies and tokens contain the address as written here: lower case, nothing after the port.
    if not sound or url.rstrip("/") != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(
            "must be an address such as https://sightline.example.org, with nothing after the name and port"
        )
    return url.rstrip("/")


def _ice_url(url: str) -> str:
    if not re.fullmatch(r"(stuns?|turns?):(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?", url):
        raise ValueError("must be a URL such as turn:turn.example.org:3478?transport=udp")
    return url


Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65535)]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, AfterValidator(_resolve_secret)]
SqliteUrl = Annotated[Secret, AfterValidator(_sqlite_url)]
WebhookSecret = Annotated[Secret, AfterValidator(_webhook_secret)]
BearerSecret = Annotated[Secret, AfterValidator(_bearer_secret)]
ConfiguredPath = Annotated[Path, AfterValidator(_resolve_path)]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
PlaceText = Annotated[str, AfterValidator(_place)]
RtspUrl = Annotated[str, AfterValidator(_rtsp_url)]
IceUrl = Annotated[str, AfterValidator(_ice_url)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
