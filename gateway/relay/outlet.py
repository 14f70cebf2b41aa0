"""Sends pictures to many viewers: packetises them once, keeps them since the last keyframe, and passes them to all.

Runs on the event loop, synchronously. An exception in one viewer's callback does not affect the others.
"""

from collections.abc import Callable

from gateway.codecs.access_unit import AccessUnit
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.relay.history import History
from gateway.relay.packet_group import PacketGroup
from gateway.relay.stream import Subscription
from gateway.relay.watchers import Watchers


class Outlet:
    """Holds the viewers of one stream and sends them its pictures. ``covers`` returns True if the map that viewers are
    sent covers a picture's RTP time."""

    def __init__(self, covers: Callable[[int], bool], metrics: Metrics) -> None:
        self.history = History()
        self.waiting = True
        """Nothing is delivered until the next keyframe."""
        self._covers = covers
        self._metrics = metrics
        self.watchers = Watchers(metrics)
        self._viewers: Listeners[PacketGroup] = Listeners("relay_viewer", metrics)
        self.withdrawn: Listeners[None] = Listeners("relay_withdrawn", metrics)

    def subscribe(self, deliver: Callable[[PacketGroup], None]) -> Subscription:
        """Call ``deliver`` with every group after those of the start burst, until closed."""
        burst, leave = self.gop(), self.watchers.add()
        started = bool(burst)

        def from_keyframe(group: PacketGroup) -> None:
            nonlocal started
            started = started or group.keyframe
            if started:
                deliver(group)

        remove = self._viewers.add(deliver if burst else from_keyframe)

        def close() -> None:
            remove()
            leave()

        return Subscription(burst, close)

    def gop(self) -> tuple[PacketGroup, ...]:
        """Return all groups since the last keyframe, oldest first. Return none if time leapt in between: a new viewer
        is sent one map, which would make the first groups look younger, or older, than they are."""
        return () if self.gop_start() is None else self.history.gop()

    def gop_start(self) -> int | None:
        """Return the RTP time of the first group of ``gop``, or None if there is none, without packetising anything."""
        start = self.history.gop_start()
        return start if start is not None and self._covers(start) else None

    def send(self, unit: AccessUnit, rtp: int) -> None:
        """Keep one picture, and send it to all viewers if browsers play its codec."""
        if self._viewers:
            group, given_up = self.history.put(unit, rtp)
            if group is not None:
                self._viewers.tell(group)
        else:
            given_up = self.history.put_unwatched(unit, rtp)
        if given_up:
            self._metrics.dropped.labels("relay_cache").inc(given_up)

    def forget(self) -> None:
        """Let new viewers begin no earlier than with the next keyframe."""
        self.waiting = True
        self.history.forget_gop()

    def withdraw(self) -> None:
        """Make all viewers wait for the next keyframe, and new viewers begin no earlier: the last picture is torn."""
        self.forget()
        self.withdrawn.tell(None)
