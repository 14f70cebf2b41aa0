"""Decides which worker process serves which cameras, and on which ports. Pure."""

from collections.abc import Iterable

from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.webrtc.transport.ice import split_address


def shards(cameras: Iterable[CameraSettings], workers: int) -> list[list[CameraSettings]]:
    """Divide ``cameras`` among at most ``workers`` processes, none of them empty. The same cameras are always divided
    the same way.

    All get the same number, give or take one. Neighbours stay together: cameras are listed school by school, so a
    process that dies interrupts as few schools as possible. All cameras of one recorder go to the same process, however
    many they are, because the recorder's session limit is enforced within one process.
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
    """Return the settings of worker 0, 1, and so on.

    The media port, and the port of each advertised address that has one, is ``worker`` above the configured one.
    Settings that only pages need are left out. Raises ValueError for an invalid advertised address.
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
