"""Presents the media of a worker process to the gateway. ``keeper`` keeps the process running."""

import logging
from collections.abc import Sequence
from contextlib import suppress

from gateway.clock import Clock, uptime
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.errors import Unavailable
from gateway.health.picture import Still
from gateway.media.events import MediaEvents
from gateway.media.interface import Figure
from gateway.media.keeper import Spawn, WorkerKeeper
from gateway.media.known import Known
from gateway.media.link import LinkLost
from gateway.media.messages import Setup, ToWorker
from gateway.media.tally import lasting, total
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason
from gateway.process import log
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest

logger = logging.getLogger(__name__)

ANSWERS_WITHIN = 5.0
ENDS_WITHIN = 0.8
"""A session whose grant has ended must be closed within a second, if necessary by killing its whole process."""


class RemoteNode(Known):
    """Implements ``Media`` for a worker process. Reads return what the worker has reported; everything else is a call
    to the worker."""

    def __init__(
        self,
        name: str,
        cameras: Sequence[CameraSettings],
        settings: MediaSettings,
        events: MediaEvents,
        clock: Clock,
        metrics: Metrics,
        spawn: Spawn,
    ) -> None:
        super().__init__(cameras, events, clock, metrics)
        self.name = name
        self._cameras = tuple(cameras)
        self._settings = settings
        self._keeper = WorkerKeeper(name, self, self._setup, self._lost, spawn, clock, metrics)
        self._figures: tuple[Figure, ...] = ()
        self._departed: tuple[Figure, ...] = ()

    async def start(self) -> None:
        """Wait until the worker serves for the first time. ``run`` must already be running.

        Raises ConfigurationError, or another SightlineError if the worker could not start.
        """
        await self._keeper.start()

    async def run(self) -> None:
        """Keep a worker running until cancelled or stopped."""
        await self._keeper.run()

    async def stop(self) -> None:
        """Close every session and let the process end."""
        await self._keeper.stop()

    @property
    def pid(self) -> int | None:
        """Return the process id of the current worker, or None."""
        return self._keeper.pid

    # Sessions

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest, NotFound, Unavailable."""
        with self.opening() as opened:
            try:
                session = await self._keeper.ask(ANSWERS_WITHIN, ToWorker.open, request)
                opened(session)
            except LinkLost:
                raise _starting() from None
        return session

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Keep a session open until gateway time ``ends_at``. Return False if it has already ended."""
        try:
            return await self._keeper.ask(ANSWERS_WITHIN, ToWorker.renew, session_id, ends_at)
        except LinkLost:
            return False

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Apply a viewer's ICE information. Raises NotFound, BadRequest, PreconditionFailed, Unavailable."""
        try:
            return await self._keeper.ask(ANSWERS_WITHIN, ToWorker.patch, session_id, request)
        except LinkLost:
            raise _starting() from None

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session. Its last packet has been sent on return. Return False if it had already ended."""
        within = ANSWERS_WITHIN if reason is CloseReason.VIEWER_LEFT else ENDS_WITHIN
        try:
            return await self._keeper.ask(within, ToWorker.close, session_id, reason)
        except LinkLost:
            return False

    # Other calls

    async def still(self, camera: CameraId) -> Still | None:
        """Return the newest checked picture. Raises Unavailable."""
        try:
            return await self._keeper.ask(ANSWERS_WITHIN, ToWorker.still, camera)
        except LinkLost:
            raise _starting() from None

    async def figures(self) -> tuple[Figure, ...]:
        """Return what this worker and its predecessors have counted. For one that just died, that is its last known
        count."""
        with suppress(LinkLost):
            self._figures = await self._keeper.ask(ANSWERS_WITHIN, ToWorker.figures)
        return total(self._departed, self._figures)

    def _lost(self) -> None:
        """Tell everyone who was watching that the pictures have ended. Their pages reconnect by themselves."""
        if self._keeper.started and not self._keeper.stopping:
            logger.error("%s has ended, and %d sessions with it; it is being restarted", self.name, self.living)
        self._departed, self._figures = total(self._departed, lasting(self._figures)), ()
        self.forget(CloseReason.SHUTDOWN if self._keeper.stopping else CloseReason.WORKER_LOST)

    def _setup(self) -> Setup:
        level, as_json = log.configuration()
        return Setup(self._settings, self._cameras, self._clock.now() - uptime(), level, as_json)


def _starting() -> Unavailable:
    return Unavailable("starting_again", "The pictures of this camera are starting: try again in a moment.")
