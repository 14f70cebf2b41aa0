from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from gateway.configuration.agreement_settings import AgreementSettings
from gateway.configuration.media_settings import IceServer
from gateway.configuration.setting_types import Lookup
from gateway.configuration.settings import HttpSettings, Settings, StorageSettings
from gateway.configuration.site_settings import CameraSettings, StreamSettings

SITE = {"id": "oak", "name": "Oak", "plan": "oak.geojson", "cameras": []}


@pytest.mark.parametrize(
    "url",
    ["rtsp://10.0.0.5/main", "rtsps://10.0.0.5/main", "rtsp://camera.school:8554/a?b=c", "rtsp://[2001:db8::1]:554/"],
)
def test_an_rtsp_url_without_a_password_is_accepted(url: str) -> None:
    assert StreamSettings(url=url).url == url


@pytest.mark.parametrize(
    "url", ["http://10.0.0.5/", "rtsp:///main", "10.0.0.5", "rtsp://h:99999/", "rtsp://h:0/", "rtsp://[::1/"]
)
def test_anything_but_an_rtsp_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must be a URL such as rtsp://"):
        StreamSettings(url=url)


def test_for_a_password_in_a_url_the_error_says_where_it_belongs() -> None:
    with pytest.raises(ValidationError, match="username and password of the camera"):
        StreamSettings(url="rtsp://user:hunter2@10.0.0.5/main")


def camera(password: str, directory: Path, **environment: str) -> CameraSettings:
    raw = {"id": "gym", "name": "Gym", "main": {"url": "rtsp://h/1"}, "password": password}
    return CameraSettings.model_validate(raw, context=Lookup(directory, environment))


def test_a_secret_may_be_given_directly_or_as_an_environment_variable_or_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("from file\nsecond line\n")
    for written in ("literal", "${CAMERA}", "file:secret.txt"):
        password = camera(written, tmp_path, CAMERA="from environment").password
        assert password is not None
        expected = {"l": "literal", "$": "from environment", "f": "from file"}[written[0]]
        assert password.get_secret_value() == expected


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("${CAMERA}", "the environment variable CAMERA is not set"),
        ("${CAMERA", "a reference to an environment variable is written"),
        ("${a b}", "a reference to an environment variable is written"),
        ("file:none.txt", "none.txt cannot be read"),
        ("file:empty.txt", "empty.txt is empty"),
        ("", "must not be empty"),
    ],
)
def test_a_secret_whose_reference_leads_nowhere_is_refused(tmp_path: Path, written: str, problem: str) -> None:
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(ValidationError, match=problem):
        camera(written, tmp_path)


def test_a_secret_is_never_printed(tmp_path: Path) -> None:
    assert "hunter2" not in repr(camera("hunter2", tmp_path))


def test_paths_even_default_ones_are_relative_to_the_configuration() -> None:
    lookup = Lookup(Path("/etc/sightline"), {})
    assert StorageSettings.model_validate({}, context=lookup).directory == Path("/etc/sightline/data")
    absolute = StorageSettings.model_validate({"directory": "/var/lib/x"}, context=lookup)
    assert absolute.directory == Path("/var/lib/x")
    assert StorageSettings().directory == Path("data")


def test_the_end_of_an_agreement_is_a_date() -> None:
    raw = {"site": "oak", "legal_basis": "x", "valid_until": "2027-06-30"}
    assert AgreementSettings.model_validate(raw).valid_until == date(2027, 6, 30)
    with pytest.raises(ValidationError):
        AgreementSettings.model_validate({**raw, "valid_until": "next year"})


@pytest.mark.parametrize(
    ("group", "values", "problem"),
    [
        ("http", {"tls_key": "key.pem"}, "tls_certificate and tls_key"),
        ("age", {"live_below": 5}, "live_below must be less than delayed_below"),
        ("incidents", {"maximum_duration": 60}, "warn_before must be less than maximum_duration"),
        ("tokens", {"lifetime": 301}, "less than or equal to 300"),
        ("media", {"port": 65536}, "less than or equal to 65535"),
        ("media", {"port": 65534, "workers": 3}, "port and workers: the last worker's port"),
        ("media", {"connect_timeout": float("inf")}, "finite number"),
        ("agreements", [{"site": "elm", "legal_basis": "x"}], "'elm' is not among the sites"),
    ],
)
def test_errors_name_the_keys_that_break_a_rule(group: str, values: object, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Settings.model_validate({"district": "D", "sites": [SITE], group: values})


@pytest.mark.parametrize("url", ["http://localhost:8080", "https://sightline.example.org/", "https://[::1]:8443"])
def test_the_public_address_is_a_web_address(url: str) -> None:
    assert HttpSettings(public_url=url).public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "sightline.example.org",
        "ftp://x",
        "HTTPS://x",
        "https://",
        "https://x/path",
        "https://x?a",
        "http://x:y",
        "https://a@x",
    ],
)
def test_anything_but_a_public_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must be an address such as https://"):
        HttpSettings(public_url=url)


def test_settings_store_secrets_as_secret_values() -> None:
    secret = SecretStr("hunter2")
    assert "hunter2" not in repr(
        CameraSettings(id="a", name="A", main=StreamSettings(url="rtsp://h/"), password=secret)
    )


def reached(url: str = "rtsp://h/1", **more: object) -> CameraSettings:
    return CameraSettings.model_validate({"id": "gym", "name": "Gym", "main": {"url": url}, **more})


def test_a_fingerprint_is_accepted_as_openssl_writes_it() -> None:
    written = ":".join(["AB"] * 32)
    assert reached("rtsps://h/1", tls_fingerprint=written).tls_fingerprint == "ab" * 32
    with pytest.raises(ValidationError, match="64 hexadecimal digits"):
        reached("rtsps://h/1", tls_fingerprint="abc")


def test_settings_that_do_not_fit_the_address_are_refused() -> None:
    with pytest.raises(ValidationError, match="tls_fingerprint is only useful"):
        reached(tls_fingerprint="ab" * 32)
    with pytest.raises(ValidationError, match="tls_legacy is only useful"):
        reached(tls_legacy=True)
    with pytest.raises(ValidationError, match="unencrypted"):
        reached("rtsps://h/1", transport="udp")


def test_a_recorder_must_be_listed_with_its_number_of_sessions() -> None:
    raw = {
        "district": "D",
        "media": {"nvrs": {"north": 8, "old": None}},
        "sites": [{**SITE, "cameras": [{"id": "gym", "name": "Gym", "main": {"url": "rtsp://h/1"}, "nvr": "north"}]}],
    }
    assert Settings.model_validate(raw).media.nvrs == {"north": 8, "old": None}
    raw["media"] = {"nvrs": {"nord": 8}}
    with pytest.raises(ValidationError, match=r"'north' is not among media\.nvrs; did you mean 'nord'"):
        Settings.model_validate(raw)


def recorded(*hosts: str) -> Settings:
    """Return settings with one site per host, each with one camera that the recorder ``north`` serves at that host."""
    sites = [
        {**SITE, "id": f"site-{n}", "cameras": [{"id": f"c{n}", "name": "C", "nvr": "north", "main": {"url": host}}]}
        for n, host in enumerate(hosts)
    ]
    return Settings.model_validate({"district": "D", "media": {"nvrs": {"north": 8}}, "sites": sites})


def test_two_schools_may_share_a_recorder_but_two_recorders_may_not_share_a_name() -> None:
    recorded("rtsp://10.0.0.5/1", "rtsp://10.0.0.5:8554/2")
    with pytest.raises(ValidationError, match=r"'north' is at 10\.0\.0\.5 for another site but at 10\.1\.0\.5 here"):
        recorded("rtsp://10.0.0.5/1", "rtsp://10.1.0.5/1")


@pytest.mark.parametrize(
    "url", ["stun:stun.example.org", "turn:10.0.0.5:3478?transport=tcp", "turns:[2001:db8::1]:443"]
)
def test_a_stun_or_turn_server_is_written_as_browsers_write_it(url: str) -> None:
    assert IceServer(url=url, **({} if url.startswith("stun") else {"secret": SecretStr("shared")})).url == url


@pytest.mark.parametrize(
    "url", ["turn.example.org", "turn:", "http://turn", 'turn:a>; rel="x', "turn:a?transport=sctp"]
)
def test_anything_but_a_stun_or_turn_server_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must be a URL such as turn:"):
        IceServer(url=url)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"url": "turn:a"}, "needs either username and credential or secret"),
        ({"url": "turn:a", "username": "u"}, "set together"),
        ({"url": "turn:a", "username": "u", "credential": "c", "secret": "s"}, "needs either"),
        ({"url": "stun:a", "secret": "s"}, "takes neither"),
    ],
)
def test_a_turn_server_has_one_kind_of_credential(values: dict[str, str], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        IceServer.model_validate(values)
