"""Which camera is served by which worker process, and where each worker is reached. Pure."""

from collections.abc import Iterable

from gateway.configuration.settings import CameraSettings, MediaSettings
from gateway.webrtc.transport.ice import split_address


def shards(cameras: Iterable[CameraSettings], workers: int) -> list[list[CameraSettings]]:
    """``cameras`` dealt to at most ``workers`` processes, none of them empty: the same for the same cameras.

    Each gets as many as the others, give or take one. Neighbours stay together: cameras come school by school, and so
    a process that dies takes pictures from as few schools as can be. Cameras of one recorder are never parted, however
    many they are: its limit of sessions is kept within one process.
    """
    units: dict[str, list[CameraSettings]] = {}
    for camera in cameras:
        units.setdefault(f"camera {camera.id}" if camera.nvr is None else f"nvr {camera.nvr}", []).append(camera)
    count, dealt = sum(map(len, units.values())), 0
    found: list[list[CameraSettings]] = [[] for _ in range(workers)]
    for unit in units.values():
        found[dealt * workers // count].extend(unit)
        dealt += len(unit)
    return [shard for shard in found if shard]


def settings_of(media: MediaSettings, worker: int) -> MediaSettings:
    """The settings of worker 0, 1, …: each has a port of its own, ``worker`` above the configured one, and advertised
    addresses with a port likewise. What only pages are told stays behind.

    Raises ValueError for an advertised address that is none.
    """
    return media.model_copy(
        update={
            "port": media.port + worker if media.port else 0,
            "advertise": tuple(_advertised(text, worker) for text in media.advertise),
            "ice_servers": (),
        }
    )


def _advertised(text: str, worker: int) -> str:
    host, port = split_address(text, 0)
    if not port:
        return text
    return f"[{host}]:{port + worker}" if ":" in host else f"{host}:{port + worker}"
