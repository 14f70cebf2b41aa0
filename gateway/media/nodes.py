"""Presents the media of several worker processes as one."""

import asyncio
from collections.abc import Sequence

from gateway.errors import NotFound
from gateway.health.picture import Still
from gateway.media.events import MediaEvents, StreamKey
from gateway.media.interface import Figure, Points
from gateway.media.remote import RemoteNode
from gateway.media.tally import total
from gateway.models import CameraId, CloseReason, SourceStatus, StreamName
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest


class MediaNodes:
    """A ``Media`` that forwards each call to the worker of its camera or session. ``nodes`` pairs workers with their
    cameras."""

    def __init__(self, nodes: Sequence[tuple[RemoteNode, Sequence[CameraId]]], events: MediaEvents) -> None:
        self.events = events
        self.nodes = tuple(node for node, _ in nodes)
        self._of_camera = {camera: node for node, cameras in nodes for camera in cameras}

    async def start(self) -> None:
        """Wait until all workers serve. ``run`` must already be running. Raises ConfigurationError."""
        for outcome in await asyncio.gather(*(node.start() for node in self.nodes), return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def run(self) -> None:
        """Keep all workers running until cancelled."""
        async with asyncio.TaskGroup() as group:
            for node in self.nodes:
                group.create_task(node.run(), name=node.name)

    async def stop(self) -> None:
        """Close every session and let the processes end."""
        async with asyncio.TaskGroup() as group:
            for node in self.nodes:
                group.create_task(node.stop(), name=f"stop {node.name}")

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest, NotFound, Unavailable."""
        node = self._of_camera.get(request.camera_id)
        if node is None:
            raise NotFound("unknown_camera", "There is no such camera.")
        return await node.open(request)

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Keep a session open until gateway time ``ends_at``. Return False if it has already ended."""
        node = self._of_session(session_id)
        return node is not None and await node.renew(session_id, ends_at)

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Apply a viewer's ICE information. Raises NotFound, BadRequest, PreconditionFailed, Unavailable."""
        node = self._of_session(session_id)
        if node is None:
            raise NotFound("no_such_session", "There is no such media session, or it has ended.")
        return await node.patch(session_id, request)

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session. Its last packet has been sent on return. Return False if it had already ended."""
        node = self._of_session(session_id)
        return node is not None and await node.close(session_id, reason)

    def streams_of(self, camera: CameraId) -> tuple[StreamName, ...]:
        """Return the names of a camera's streams that are pulled."""
        node = self._of_camera.get(camera)
        return node.streams_of(camera) if node else ()

    def status(self, key: StreamKey) -> SourceStatus:
        """Return the status of a pull. Raises KeyError."""
        return self._of_camera[key[0]].status(key)

    def points(self, key: StreamKey) -> Points:
        """Return the last known map between a stream's RTP time and capture time."""
        node = self._of_camera.get(key[0])
        return node.points(key) if node else Points()

    def unchanged_since(self, camera: CameraId) -> float | None:
        """Return the gateway time since which the picture's content has not changed, or None."""
        node = self._of_camera.get(camera)
        return node.unchanged_since(camera) if node else None

    async def still(self, camera: CameraId) -> Still | None:
        """Return the newest checked picture. Raises Unavailable."""
        node = self._of_camera.get(camera)
        return await node.still(camera) if node else None

    async def figures(self) -> tuple[Figure, ...]:
        """Return what all workers count."""
        return total(*await asyncio.gather(*(node.figures() for node in self.nodes)))

    def _of_session(self, session_id: str) -> RemoteNode | None:
        return next((node for node in self.nodes if node.holds(session_id)), None)
