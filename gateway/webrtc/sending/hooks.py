"""Names those who are told of what happens in the delivery to one viewer."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedHooks:
    """Called from within: when the first packet has gone out; when the viewer needs the last keyframe and what followed
    it; when what the viewer gets has changed."""

    first_packet: Callable[[], None]
    picture_lost: Callable[[], None]
    changed: Callable[[], None]
