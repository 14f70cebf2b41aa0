"""Finds the words for the place of a trigger, and the cameras that pages open for it."""

from collections.abc import Callable, Sequence

from gateway.floorplan.words import place_words
from gateway.incident import Origin
from gateway.incidents.alarms import OPENED_BY_ALARM
from gateway.models import Camera, CameraId, CameraPolicy, SiteId
from gateway.plans.in_use import Plans


class Places:
    """Looks places up in the plans. It ranks cameras once per room, since an incident may have many triggers."""

    def __init__(self, plans: Plans, cameras_of: Callable[[SiteId], Sequence[Camera]]) -> None:
        self._plans = plans
        self._cameras_of = cameras_of
        self._ranked: dict[tuple[SiteId, str | None], list[CameraId]] = {}
        plans.on_published(lambda _: self._ranked.clear())

    def knows(self, site_id: SiteId, room_id: str) -> bool:
        """Return True if the site's plan has this room."""
        return any(room.id == room_id for room in self._plans[site_id].rooms)

    def words(self, site_id: SiteId, origin: Origin) -> str | None:
        """Return the name that people use for the place, or None if the trigger named no place."""
        return place_words(self._plans[site_id], origin.room_id, origin.place)

    def cameras(self, site_id: SiteId, room_id: str | None) -> list[CameraId]:
        """Return the cameras that open by themselves at an alarm, which are those nearest to its room.

        Without a known room they are the ``always`` cameras, which are usually the entrances.
        """
        known = room_id if room_id is not None and self.knows(site_id, room_id) else None
        key = (site_id, known)
        if key not in self._ranked:
            self._ranked[key] = self._rank(site_id, known)[:OPENED_BY_ALARM]
        return self._ranked[key]

    def _rank(self, site_id: SiteId, room_id: str | None) -> list[CameraId]:
        allowed = [camera for camera in self._cameras_of(site_id) if camera.policy is not CameraPolicy.NEVER]
        if room_id is None:
            return [camera.id for camera in sorted(allowed, key=lambda one: one.policy is not CameraPolicy.ALWAYS)]
        ids = frozenset(camera.id for camera in allowed)
        return [near.id for near in self._plans.geometry(site_id).nearest_cameras(room_id, OPENED_BY_ALARM, ids)]
