import base64
import json
from pathlib import Path

import pytest

from gateway.commands.check import summary
from gateway.config_loader import load, load_without_secrets
from gateway.errors import ConfigurationError
from gateway.models import CameraId, CameraPolicy, SiteId
from tests.small_district import MAIN, SECRET, edit, small_district


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_district(tmp_path)


def problems_of(folder: Path, **overrides: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(folder / "main.yaml", {key.replace("__", "."): value for key, value in overrides.items()}, {})
    assert "hunter2" not in str(caught.value)
    return [line.replace(f"{folder}/", "") for line in caught.value.problems]


def test_a_district_is_loaded_with_its_agreements_and_plans(folder: Path) -> None:
    loaded = load(folder / "main.yaml", environment={})
    assert loaded.settings.district == "Small District"
    assert loaded.settings.sites[0].plan == folder / "small.geojson"
    assert loaded.settings.agreements[0].cameras == {CameraId("gym"): CameraPolicy.ALWAYS}
    assert [placed.id for placed in loaded.plans[SiteId("small")].cameras] == ["gym", "front"]


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        ("main.yaml", "port: 8080", "prot: 8080", "main.yaml:3: http.prot: is not a known key; did you mean 'port'?"),
        ("main.yaml", "port: 8080", "port: eighty", "main.yaml:3: http.port: must be a whole number"),
        ("main.yaml", "port: 8080", "port: 70000", "main.yaml:3: http.port: must be 65535 or less"),
        ("main.yaml", "name: Gym", "name: yes", "main.yaml:16: sites.small.cameras.gym.name: must be text"),
        ("main.yaml", "name: Gym", "nam: Gym", "main.yaml:15: sites.small.cameras.gym.name: is missing"),
        ("main.yaml", "name: Gym", "nam: Gym", "main.yaml:16: sites.small.cameras.gym.nam: is not a known key; did"),
        (
            "main.yaml",
            "url: rtsp://10.0.0.6/main",
            f"url: rtsp://admin:{SECRET}@10.0.0.6/main",
            "main.yaml:23: sites.small.cameras.front.main.url: contains a user or password",
        ),
        (
            "main.yaml",
            f"password: {SECRET}",
            "password: 12345",
            "main.yaml:19: sites.small.cameras.gym.password: must be",
        ),
        (
            "main.yaml",
            f"password: {SECRET}",
            f"password: {{{SECRET}: x}}",
            "main.yaml:19: sites.small.cameras.gym.password",
        ),
        (
            "main.yaml",
            f"password: {SECRET}",
            f"password: *{SECRET}",
            "main.yaml:19: is not YAML: found undefined alias",
        ),
        (
            "main.yaml",
            f"secret: {SECRET}",
            "secret: ${PANIC}",
            "main.yaml:13: sites.small.webhooks.panic.secret: the env",
        ),
        (
            "main.yaml",
            "agreements:",
            f"storage: {{url: 'postgresql+asyncpg://sightline:{SECRET}@db/sightline'}}\nagreements:",
            "main.yaml:4: storage.url: must be sqlite+aiosqlite:/// followed by the path of a file: no other database",
        ),
        (
            "main.yaml",
            "agreements:",
            "storage: {url: sqlite:///s.db}\nagreements:",
            "main.yaml:4: storage.url: must be",
        ),
        ("main.yaml", "id: gym", "id: Gym 1", "main.yaml:15: sites.small.cameras.Gym 1.id: must be lower-case letters"),
        ("main.yaml", "id: front", "id: gym", "main.yaml:20: sites.small.cameras.gym.id: 'gym' is also the id of"),
        ("main.yaml", "id: front", "id: frnt", "main.yaml:20: sites.small.cameras.frnt.id: 'frnt' has no place in the"),
        ("main.yaml", "id: front", "id: frnt", "main.yaml:9: sites.small.plan: has camera 'front', which is not among"),
        (
            "main.yaml",
            "small.geojson",
            "tall.geojson",
            "main.yaml:9: sites.small.plan: tall.geojson: cannot be read: No",
        ),
        (
            "main.yaml",
            "agreement.yaml",
            "treaty.yaml",
            "main.yaml:5: agreements.0: treaty.yaml: cannot be read: No such",
        ),
        ("main.yaml", "http:\n", "http: {}\nhttp:\n", "main.yaml:3: http: is given twice, first in line 2"),
        ("main.yaml", "  port: 8080", "\tport: 8080", "main.yaml:3: is not YAML: "),
        ("main.yaml", MAIN, "- a\n- b\n", "main.yaml:1: must be a group of keys"),
        ("main.yaml", MAIN, "", "main.yaml:1: must be a group of keys"),
        ("main.yaml", MAIN, "district: X\n", "main.yaml:1: sites: is missing"),
        ("main.yaml", MAIN, "district: X\nsites: []\n", "main.yaml:2: sites: must have at least one entry"),
        (
            "agreement.yaml",
            "gym: always",
            "gim: always",
            "agreement.yaml:5: cameras.gim: is not a camera of 'small'; did",
        ),
        (
            "agreement.yaml",
            "gym: always",
            "gym: sometimes",
            "agreement.yaml:5: cameras.gym: must be one of: 'always', ",
        ),
        ("agreement.yaml", "2029-06-30", "soon", "agreement.yaml:3: valid_until: must be a date such as 2027-06-30"),
        ("agreement.yaml", "2029-06-30", "2029-02-30", "agreement.yaml:3: valid_until: looks like a date"),
        ("agreement.yaml", "site: small", "site: smal", "agreement.yaml:1: site: 'smal' is not among the sites; did"),
        ("agreement.yaml", "legal_basis: An agreement\n", "", "agreement.yaml:1: legal_basis: is missing"),
        ("small.geojson", '"Gym doors"', '""', "small.geojson: door-gym: properties.name: must not be empty"),
        ("small.geojson", "{", "{,", "small.geojson:1: is not JSON: "),
    ],
)
def test_a_mistake_is_reported_with_its_file_line_and_key(
    folder: Path, file: str, old: str, new: str, problem: str
) -> None:
    edit(folder / file, (old, new))
    found = problems_of(folder)
    assert any(line.startswith(problem) for line in found), found


def test_all_mistakes_in_all_files_are_reported_together_and_only_once(folder: Path) -> None:
    edit(
        folder / "main.yaml", ("port: 8080", "port: x"), ("id: front", "id: gym"), ("secret: hunter2", "secrt: hunter2")
    )
    edit(folder / "agreement.yaml", ("gym: always", "gym: sometimes"), ("site: small", "site: tall"))
    edit(folder / "small.geojson", ('"kind": "gym"', '"kind": "gim"'))
    found = problems_of(folder)
    assert sorted(": ".join(line.split(": ")[:2]) for line in found) == [
        "agreement.yaml:1: site",
        "agreement.yaml:5: cameras.gym",
        "main.yaml:11: sites.small.webhooks.panic.secret",
        "main.yaml:13: sites.small.webhooks.panic.secrt",
        "main.yaml:20: sites.small.cameras.gym.id",
        "main.yaml:3: http.port",
        "small.geojson: room-gym",
    ]


def test_a_missing_configuration_is_reported(tmp_path: Path) -> None:
    assert problems_of(tmp_path) == ["main.yaml: cannot be read: No such file or directory"]


def test_a_configuration_that_is_not_text_is_reported(folder: Path) -> None:
    (folder / "main.yaml").write_bytes(b"\xff\xff")
    assert problems_of(folder) == ["main.yaml: cannot be read: it is not UTF-8 text"]


def test_overrides_replace_values_of_the_file(folder: Path) -> None:
    overrides = {
        "http.port": 0,
        "media.port": 1234,
        "sites.small.cameras.gym.name": "Hall",
        "sites.0.cameras.1.name": "L",
    }
    loaded = load(folder / "main.yaml", overrides, {})
    assert (loaded.settings.http.port, loaded.settings.media.port) == (0, 1234)
    assert [c.name for c in loaded.settings.sites[0].cameras] == ["Hall", "L"]


def test_a_wrong_override_is_reported_as_an_override(folder: Path) -> None:
    found = problems_of(folder, http__port="x", sites__tall__name="T", district__x=1, htp__port=1)
    assert found == [
        "override: sites.tall.name: there is no such place in the configuration",
        "override: district.x: there is no such place in the configuration",
        "override: http.port: must be a whole number",
        "override: htp: is not a known key; did you mean 'http'?",
    ]


def test_a_secret_comes_from_the_environment(folder: Path) -> None:
    edit(folder / "main.yaml", (f"password: {SECRET}", "password: ${CAMERA_PASSWORD}"))
    password = load(folder / "main.yaml", environment={"CAMERA_PASSWORD": "p"}).settings.sites[0].cameras[0].password
    assert password is not None
    assert password.get_secret_value() == "p"


def test_printing_the_loaded_configuration_shows_no_secret(folder: Path) -> None:
    loaded = load(folder / "main.yaml", environment={})
    assert "hunter2" not in repr(loaded) + str(summary(loaded)) + loaded.settings.model_dump_json()


BASE64 = base64.b64encode(SECRET.encode()).decode()


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        "${PANIC}",
        "file:panic.txt",
        f"whsec_{BASE64}",
        f"whsec_{base64.b64encode(SECRET.encode() + bytes(3)).decode()}",
    ],
)
def test_a_secret_shared_by_two_panic_buttons_is_refused_however_it_is_written(folder: Path, written: str) -> None:
    (folder / "panic.txt").write_text(f"{SECRET}\n")
    second = f"      - {{id: gym-bell, name: Gym, secret: {json.dumps(written)}, kind: drill}}\n    cameras:\n"
    edit(folder / "main.yaml", ("    cameras:\n", second))
    with pytest.raises(ConfigurationError) as caught:
        load(folder / "main.yaml", {}, {"PANIC": SECRET})
    lines = [line.replace(f"{folder}/", "") for line in caught.value.problems]
    why = "a message for one would sound the alarm of the other; give each webhook its own"
    assert lines == [
        f"main.yaml:13: sites.small.webhooks.panic.secret: is also the secret of 'gym-bell': {why}",
        f"main.yaml:14: sites.small.webhooks.gym-bell.secret: is also the secret of 'panic': {why}",
    ]


def test_a_shared_secret_is_reported_with_other_faults(folder: Path) -> None:
    second = (
        f"      - {{id: bell, name: Gym, secret: {SECRET}}}\n      - {{id: bad, name: B, secret: 7}}\n    cameras:\n"
    )
    edit(folder / "main.yaml", ("    cameras:\n", second), ("port: 8080", "port: eighty"))
    problems = problems_of(folder)
    assert len(problems) == 4
    assert sum("is also the secret of" in problem for problem in problems) == 2


def test_an_administrator_can_sign_a_thief_out_without_the_gateways_secrets(folder: Path) -> None:
    """A regression: `sightline sign-out` in a new shell failed with one line for each secret that was not set."""
    path = folder / "sightline.yaml"
    path.write_text(
        MAIN.replace(f"secret: {SECRET}", "secret: ${B}").replace(f"password: {SECRET}", "password: file:no")
    )
    with pytest.raises(ConfigurationError):
        load(path, environment={})
    assert load_without_secrets(path).settings.sites[0].id == "small"


def test_a_missing_database_address_is_reported_and_not_tried(folder: Path) -> None:
    path = folder / "sightline.yaml"
    path.write_text(MAIN + "storage: {url: '${NOT_SET_HERE}'}\n")
    with pytest.raises(ConfigurationError, match=r"storage\.url: the environment variable NOT_SET_HERE is not set"):
        load_without_secrets(path)
