"""The one way to read a state machine's table. Pure.

A table is data: a mapping from (state, event) to what follows, whatever that is for the machine. A pair that the table
does not have cannot happen. Where it happens all the same, that is a bug of ours, and this module says so.
"""

from collections.abc import Mapping
from typing import TypeVar

from gateway.errors import IllegalEvent

State = TypeVar("State")
Event = TypeVar("Event")
Following = TypeVar("Following")


def follow(table: Mapping[tuple[State, Event], Following], state: State, event: Event) -> Following:
    """Return what follows in ``table``. Raises IllegalEvent where it has no such pair."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalEvent(state, event) from None
