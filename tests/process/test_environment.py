import pytest

from gateway.media.process import INHERITED
from gateway.process.environment import inherited


def test_none_of_our_processes_inherits_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SIGHTLINE_CAMERA_PASSWORD", "PYTHON_TOKEN", "AWS_SECRET_ACCESS_KEY", "https_proxy"):
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("PYTHONPATH", "/opt/sightline")
    monkeypatch.setenv("TZ", "UTC")
    assert inherited()["PYTHONPATH"] == "/opt/sightline"
    assert inherited(*INHERITED)["TZ"] == "UTC"
    assert "a secret" not in (*inherited().values(), *inherited(*INHERITED).values())
