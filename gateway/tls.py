"""Loads the certificate of the pages, and makes a self-signed one for trying Sightline from another device.

In production, use your own certificate or a reverse proxy.
"""

import ipaddress
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.configuration.settings import HttpSettings
from gateway.errors import ConfigurationError

VALID = timedelta(days=365)
RENEW_BEFORE = timedelta(days=30)


def tls_context(http: HttpSettings) -> ssl.SSLContext | None:
    """Return the server's TLS context, or None without a certificate. Raises ConfigurationError if the files are
    unusable."""
    if http.tls_certificate is None or http.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(http.tls_certificate, http.tls_key)
    except OSError as error:
        files = f"{http.tls_certificate} and {http.tls_key}"
        raise ConfigurationError(
            [f"http.tls_certificate, http.tls_key: {files} cannot be used: {error.strerror or error}"]
        ) from None
    return context


def self_signed(directory: Path, host: str) -> tuple[Path, Path]:
    """Return the paths of a certificate for ``host``, this machine's name and localhost, and of its key.

    They are created if they are missing, broken or about to expire. Only the owner can read the key.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate_path, key_path = directory / "tls-certificate.pem", directory / "tls-key.pem"
    now = datetime.now(UTC)
    if _usable(certificate_path, key_path, until=now + RENEW_BEFORE):
        return certificate_path, key_path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sightline")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(_names(host)), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_path.unlink(missing_ok=True)
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def _usable(certificate_path: Path, key_path: Path, until: datetime) -> bool:
    """Return True if there is a certificate that is valid until ``until``, together with its own key."""
    try:
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc > until and certificate.public_key() == key.public_key()


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName(socket.gethostname())]
    addresses = {"127.0.0.1", "::1"}
    try:
        addresses.add(str(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    return names + [x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(addresses)]
