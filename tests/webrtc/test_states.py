import itertools

import pytest

from gateway.errors import IllegalEvent
from gateway.webrtc.states import SILENCE, TRANSITIONS, Event, State, advance


def test_the_way_of_a_session() -> None:
    state = State.NEW
    for event in (Event.CHECKED, Event.HELLO, Event.KEYED, Event.CHECKED, Event.ENDED):
        state = advance(state, event)
    assert state is State.CLOSED


def test_every_living_state_can_end_and_knows_what_silence_means() -> None:
    living = set(State) - {State.CLOSED}
    assert {state for state, event in TRANSITIONS if event is Event.ENDED} == living == set(SILENCE)


@pytest.mark.parametrize(("state", "event"), sorted(set(itertools.product(State, Event)) - set(TRANSITIONS)))
def test_what_the_table_does_not_name_is_a_bug(state: State, event: Event) -> None:
    with pytest.raises(IllegalEvent, match=f"{event} cannot happen in the state {state}"):
        advance(state, event)
