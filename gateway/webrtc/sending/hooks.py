"""Names the functions that are called when something happens in the delivery to one viewer."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedHooks:
    """Holds the functions that are called when the first packet has gone out, when the viewer needs the last keyframe
    and everything after it, and when what the viewer gets has changed."""

    first_packet: Callable[[], None]
    picture_lost: Callable[[], None]
    changed: Callable[[], None]
