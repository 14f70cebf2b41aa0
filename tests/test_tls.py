import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gateway import tls


def test_a_certificate_is_made_once_and_only_the_owner_can_read_its_key(tmp_path: Path) -> None:
    certificate, key = tls.self_signed(tmp_path / "new", "192.0.2.7")
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    before = certificate.read_bytes(), key.read_bytes()

    assert tls.self_signed(tmp_path / "new", "192.0.2.7") == (certificate, key)
    assert (certificate.read_bytes(), key.read_bytes()) == before


def test_a_certificate_names_the_host_and_this_machine(tmp_path: Path) -> None:
    certificate, _ = tls.self_signed(tmp_path, "gateway.example")
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", "gateway.example"} <= set(names.get_values_for_type(x509.DNSName))
    assert {"127.0.0.1", "::1"} == {str(address) for address in names.get_values_for_type(x509.IPAddress)}


def test_a_certificate_that_is_about_to_expire_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(tls, "VALID", tls.RENEW_BEFORE - timedelta(days=1))
        certificate, _ = tls.self_signed(tmp_path, "localhost")
    old = certificate.read_bytes()
    tls.self_signed(tmp_path, "localhost")
    renewed = x509.load_pem_x509_certificate(certificate.read_bytes())
    assert certificate.read_bytes() != old
    assert renewed.not_valid_after_utc - datetime.now(UTC) > timedelta(days=300)


@pytest.mark.parametrize("broken", ["tls-certificate.pem", "tls-key.pem", "pair"])
def test_mismatched_or_broken_files_are_replaced(tmp_path: Path, broken: str) -> None:
    certificate, key = tls.self_signed(tmp_path, "localhost")
    if broken == "pair":
        _, other = tls.self_signed(tmp_path / "other", "localhost")
        key.write_bytes(other.read_bytes())
    else:
        (tmp_path / broken).write_text("cut off")
    tls.self_signed(tmp_path, "localhost")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)


def test_a_key_file_that_others_could_read_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "tls-key.pem").write_text("old")
    (tmp_path / "tls-key.pem").chmod(0o644)
    _, key = tls.self_signed(tmp_path, "localhost")
    assert key.stat().st_mode & 0o777 == 0o600
