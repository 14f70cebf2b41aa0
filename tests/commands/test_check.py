from datetime import date
from pathlib import Path

import pytest

from gateway.commands.check import summary, warnings
from gateway.config_loader import load
from tests.small_district import edit, small_district

TODAY = date(2026, 11, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_district(tmp_path)


def test_the_summary_has_a_row_for_each_site(folder: Path) -> None:
    assert summary(load(folder / "main.yaml", environment={})) == [
        ("District", "Small District, at http://localhost:8080"),
        (
            "Small School",
            "2 cameras, 2 floors, 5 rooms, plan verified 2026-08-01, 1 panic button webhook, "
            "agreement until 2029-06-30 (legal_basis states no ground for: drill, standing)",
        ),
    ]


def test_the_summary_names_grounds_that_the_agreement_uses_without_stating_them(folder: Path) -> None:
    grounds = "legal_basis: {incident: An agreement, standing: Entrances}\nkinds: [real]"
    edit(folder / "agreement.yaml", ("legal_basis: An agreement", grounds))
    assert "legal_basis" not in summary(load(folder / "main.yaml", environment={}))[1][1]


def test_the_summary_says_that_a_site_without_an_agreement_shows_nothing(folder: Path) -> None:
    edit(folder / "main.yaml", ("agreements:\n  - agreement.yaml\n", ""))
    assert "no agreement: the police see nothing" in summary(load(folder / "main.yaml", environment={}))[1][1]


@pytest.mark.parametrize(
    ("host", "url", "warned"),
    [
        ("0.0.0.0", "http://10.0.0.9:8080", True),
        ("::", "http://localhost:8080", True),
        ("gateway.example", "http://gateway.example", True),
        ("0.0.0.0", "https://gateway.example", False),
        ("127.0.0.1", "http://localhost:8080", False),
        ("::1", "http://localhost:8080", False),
        ("localhost", "http://localhost:8080", False),
    ],
)
def test_pages_served_to_the_network_without_tls_cause_a_warning(
    folder: Path, host: str, url: str, warned: bool
) -> None:
    overrides = {"http.host": host, "http.public_url": url}
    told = warnings(load(folder / "main.yaml", overrides, environment={}), TODAY)
    assert [warning.startswith("http.public_url: ") for warning in told] == [True] * warned


@pytest.mark.parametrize(
    ("host", "more", "warned"),
    [
        ("0.0.0.0", {}, True),
        ("0.0.0.0", {"http.alarm_port": 8081}, False),
        ("127.0.0.1", {}, False),
    ],
)
def test_buttons_that_a_flood_from_their_address_could_block_over_tls_cause_a_warning(
    folder: Path, host: str, more: dict[str, object], warned: bool
) -> None:
    for name in ("certificate.pem", "key.pem"):
        (folder / name).touch()
    tls = {"http.tls_certificate": "certificate.pem", "http.tls_key": "key.pem", "http.public_url": "https://small"}
    told = warnings(load(folder / "main.yaml", {"http.host": host, **tls, **more}, environment={}), TODAY)
    assert [warning.startswith("http.alarm_port: ") for warning in told] == [True] * warned


def test_a_plan_that_was_verified_more_than_a_year_ago_causes_a_warning(folder: Path) -> None:
    loaded = load(folder / "main.yaml", environment={})
    assert warnings(loaded, date(2027, 7, 31)) == []
    [warning] = warnings(loaded, date(2027, 11, 2))
    assert warning.startswith("sites.small.plan: The plan was last verified on 2026-08-01, 15 months ago.")
