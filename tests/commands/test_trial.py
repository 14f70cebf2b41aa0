from pathlib import Path

import pytest

from gateway.commands.trial import limit_cameras, with_rtsp_port
from gateway.config_loader import load
from gateway.models import SiteId
from tests.small_district import edit, small_district


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_district(tmp_path)


def test_reducing_the_number_of_cameras_reduces_them_everywhere(folder: Path) -> None:
    edit(folder / "agreement.yaml", ("gym: always", "gym: always\n  front: never"))
    fewer = limit_cameras(load(folder / "main.yaml", environment={}), 1)
    assert [c.id for c in fewer.settings.sites[0].cameras] == ["gym"]
    assert [c.id for c in fewer.plans[SiteId("small")].cameras] == ["gym"]
    assert set(fewer.settings.agreements[0].cameras) == {"gym"}


def test_cameras_can_be_moved_to_another_port(folder: Path) -> None:
    gym, lobby = with_rtsp_port(load(folder / "main.yaml", environment={}), 9).settings.sites[0].cameras
    assert gym.sub is not None
    assert [gym.main.url, gym.sub.url] == ["rtsp://10.0.0.5:9/main", "rtsp://[2001:db8::5]:9/sub?x=1"]
    assert (lobby.main.url, lobby.sub) == ("rtsp://10.0.0.6:9/main", None)
