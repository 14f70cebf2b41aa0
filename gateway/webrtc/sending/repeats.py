"""Decides which packets are sent to one viewer again, and finds them in the histories of its streams. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gateway.relay.packet_group import PacketGroup
from gateway.webrtc.sending.outlet import Outlet

MOST_REPEATS_AT_ONCE = 512
"""The most repeats that a viewer may be sent at once. Sent packets earn more."""
REPEATS_PER_PACKET = 1.0
"""The number of repeats that each sent packet earns."""
REPEATS_PER_PACKET_IN_TROUBLE = 0.5
"""The same while the link is in trouble, because repeats fill it further."""
STRETCHES = 64


class _Stretch(NamedTuple):
    """Describes a run of indexes beginning at ``first``. They advance together with positions in the outlet's history,
    from ``position`` on."""

    first: int
    position: int
    outlet: Outlet


class Repeats:
    """Knows what one viewer may be sent again. ``first`` is the index of its first packet. In every call, ``upcoming``
    is the index of its next one."""

    def __init__(self, first: int) -> None:
        self._stretches: list[_Stretch] = []
        self._left = float(MOST_REPEATS_AT_ONCE)
        self._earned_at = self._oldest = first

    def begin_stretch(self, first: int, position: int, outlet: Outlet) -> None:
        """Note that the packets from index ``first`` on are those from ``position`` on of the outlet's history."""
        stretches = self._stretches
        stretches.append(_Stretch(first, position, outlet))
        if len(stretches) > STRETCHES:
            del stretches[0]

    def owes(self, sequences: Iterable[int], upcoming: int) -> bool:
        """Return True if any of these packets was sent since the last ``forget``."""
        return any(self._oldest <= upcoming - ((upcoming - one) & 0xFFFF) < upcoming for one in sequences)

    def allowed(self, sequences: Iterable[int], upcoming: int) -> Iterator[int]:
        """Yield the indexes of those packets that were sent, as long as repeats are allowed.

        Every request uses up an allowed repeat, even if the packet is not found, because a look-up costs time too.
        """
        for sequence in sequences:
            if self._left < 1:
                return
            self._left -= 1
            index = upcoming - ((upcoming - sequence) & 0xFFFF)
            if self._oldest <= index < upcoming:
                yield index

    def find(self, index: int) -> tuple[PacketGroup, int, Outlet] | None:
        """Return the group of a packet that was sent, the packet's place in it, and how it was sent, or None if it is
        no longer kept."""
        at = bisect_right(self._stretches, index, key=_first) - 1
        if at < 0:
            return None
        first, position, outlet = self._stretches[at]
        found = outlet.history.find(position + index - first)
        return None if found is None else (*found, outlet)

    def earn(self, share: float, upcoming: int) -> None:
        """Allow more repeats: ``share`` of the packets sent since the last call.

        At most ``share`` of ``MOST_REPEATS_AT_ONCE`` are left then. The limit exists because repeats would only fill a
        full link further.
        """
        earned, self._earned_at = share * (upcoming - self._earned_at), upcoming
        self._left = min(self._left + earned, share * MOST_REPEATS_AT_ONCE)

    def forget(self, upcoming: int) -> None:
        """Never repeat what was sent so far. It is no longer needed."""
        self._oldest = upcoming


def _first(stretch: _Stretch) -> int:
    return stretch.first
