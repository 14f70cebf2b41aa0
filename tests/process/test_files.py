import resource

import pytest

from gateway.process import files


def test_the_soft_limit_of_files_is_raised_to_the_hard_one(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = (1024, 20_000)
    asked = []

    def set_to(_: int, wanted: tuple[int, int]) -> None:
        nonlocal limits
        asked.append(wanted)
        limits = wanted

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", set_to)
    assert files.raise_limit() == 20_000
    assert asked == [(20_000, 20_000)]
    assert files.raise_limit() == 20_000
    assert len(asked) == 1, "nothing more to raise"


@pytest.mark.parametrize(("limit", "cameras", "most"), [(1024, 20, 384), (20_000, 100, 4000), (256, 100, 64)])
def test_http_leaves_files_for_cameras_and_viewers(limit: int, cameras: int, most: int) -> None:
    assert files.http_connections(limit, cameras) == most


@pytest.mark.parametrize(("limit", "most"), [(1024, 256), (20_000, 4096), (256, 64)])
def test_viewers_over_tcp_leave_files_for_pages_cameras_and_alarms(limit: int, most: int) -> None:
    assert files.media_connections(limit) == most
