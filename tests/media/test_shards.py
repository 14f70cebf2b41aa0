"""Cameras are divided evenly, a recorder's cameras stay together, and viewers are told each worker's own address."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings, StreamSettings
from gateway.media.shards import settings_of, shards

RECORDERS = st.sampled_from([None, None, "north", "south"])


def camera(number: int, nvr: str | None = None) -> CameraSettings:
    return CameraSettings(
        id=f"camera-{number}", name="A camera", main=StreamSettings(url="rtsp://10.0.0.1/main"), nvr=nvr
    )


@given(st.integers(0, 200), st.integers(1, 64))
def test_every_camera_has_one_worker_and_all_workers_have_about_the_same_number(count: int, workers: int) -> None:
    cameras = [camera(number) for number in range(count)]
    dealt = shards(cameras, workers)
    assert [one for shard in dealt for one in shard] == cameras, "each once, and neighbours together"
    assert len(dealt) == min(count, workers), "none is empty"
    sizes = [len(shard) for shard in dealt]
    assert max(sizes, default=0) - min(sizes, default=0) <= 1


@given(st.lists(RECORDERS, max_size=60), st.integers(1, 8))
def test_the_cameras_of_a_recorder_stay_together(nvrs: list[str | None], workers: int) -> None:
    cameras = [camera(number, nvr) for number, nvr in enumerate(nvrs)]
    dealt = shards(cameras, workers)
    assert Counter(one.id for shard in dealt for one in shard) == Counter(one.id for one in cameras)
    for name in ("north", "south"):
        assert sum(any(one.nvr == name for one in shard) for shard in dealt) <= 1


def test_each_worker_has_its_own_port_and_is_advertised_there() -> None:
    media = MediaSettings(
        port=8189, workers=3, advertise=("203.0.113.7", "gw.example:9000", "[2001:db8::1]:9000", "::1")
    )
    third = settings_of(media, 2)
    assert third.port == 8191
    assert third.advertise == ("203.0.113.7", "gw.example:9002", "[2001:db8::1]:9002", "::1")
    assert settings_of(MediaSettings(port=0, workers=3), 2).port == 0, "chosen by the system"


def test_an_invalid_advertised_address_is_refused() -> None:
    with pytest.raises(ValueError, match="is not an address"):
        settings_of(MediaSettings(advertise=("gateway:99999",)), 1)
