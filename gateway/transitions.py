"""Reads a state machine's table; all state machines use it. Pure.

A table is data: it maps (state, event) to whatever follows in that machine. A pair that is missing from the table
cannot happen. If it does happen, that is a bug of ours, and this module raises IllegalEvent.
"""

from collections.abc import Mapping
from typing import TypeVar

from gateway.errors import IllegalEvent

State = TypeVar("State")
Event = TypeVar("Event")
Following = TypeVar("Following")


def follow(table: Mapping[tuple[State, Event], Following], state: State, event: Event) -> Following:
    """Return what follows in ``table``. Raises IllegalEvent if the table has no such pair."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalEvent(state, event) from None
