"""Defines the interface of a stream for its viewers, wherever its pictures come from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway.models import CameraId, StreamName, TimelinePoint
from gateway.relay.history import History
from gateway.relay.packet_group import PacketGroup


@dataclass(frozen=True, slots=True)
class Subscription:
    """A viewer's subscription to a stream. ``start_burst`` holds all groups since the last keyframe, oldest first. It
    is empty if there is none; delivery then begins with the next keyframe."""

    start_burst: tuple[PacketGroup, ...]
    close: Callable[[], None]


class RelayStream(Protocol):
    """One stream that viewers subscribe to: a camera's own (``CameraStream``), or the transcode of one."""

    camera_id: CameraId
    stream: StreamName
    codec: str
    history: History

    @property
    def waiting_for_keyframe(self) -> bool:
        """Return True while nothing is delivered: a connection is new, or packets were lost, and no keyframe has
        arrived since."""
        ...

    @property
    def passes(self) -> bool:
        """Return True if viewers may be sent the pictures as the camera sends them."""
        ...

    @property
    def begins(self) -> bool:
        """Return False if no viewer can begin with the pictures as they are, although a transcode can."""
        ...

    def subscribe(self, deliver: Callable[[PacketGroup], None]) -> Subscription:
        """Call ``deliver`` with every group after those of the start burst, until closed."""
        ...

    def gop(self) -> tuple[PacketGroup, ...]:
        """Return all groups since the last keyframe that the map covers, oldest first."""
        ...

    def covers(self, rtp: int) -> bool:
        """Return True if the current map covers a picture with this RTP time, and not an earlier map."""
        ...

    def timeline(self) -> TimelinePoint | None:
        """Return the map between RTP time and capture time at the newest picture, or None before the first."""
        ...

    def start_timeline(self) -> TimelinePoint | None:
        """Return the same map at the first picture of the start burst."""
        ...

    def on_timeline(self, callback: Callable[[TimelinePoint], None]) -> Callable[[], None]:
        """Call ``callback`` at once when the map changes its meaning."""
        ...

    def on_withdrawn(self, callback: Callable[[None], None]) -> Callable[[], None]:
        """Call ``callback`` at once when the last picture turns out to be torn and nothing follows before the next
        keyframe.
        """
        ...
