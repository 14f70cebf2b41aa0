import itertools

import pytest

from gateway.errors import IllegalEvent
from gateway.webrtc.states import SILENCE, TRANSITIONS, Event, State, advance
from tests.playbook import perform, read_grid

# The next state for each event in each state; "-" means that the event cannot happen there.
EXPECTED = read_grid("""
          new     ice     dtls     playing  closed
checked   ice     ice     dtls     playing  -
hello     -       dtls    dtls     playing  -
keyed     -       -       playing  -        -
ended     closed  closed  closed   closed   -
""")


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_event_leads_where_it_should_or_is_a_bug(state: State, event: Event) -> None:
    expected = EXPECTED[state, event]
    if expected == "-":
        with pytest.raises(IllegalEvent, match=f"{event} cannot happen in the state {state}"):
            advance(state, event)
    else:
        assert advance(state, event) == expected


def test_a_session_goes_through_its_states_to_its_end() -> None:
    state = State.NEW

    def tell(event: str) -> tuple[tuple[()], State]:
        nonlocal state
        state = advance(state, Event(event))
        return (), state

    script = """
        checked -> | ice
        hello   -> | dtls
        keyed   -> | playing
        checked -> | playing
        ended   -> | closed
    """
    perform(script, tell)


def test_every_living_state_can_end_and_defines_what_silence_means() -> None:
    living = set(State) - {State.CLOSED}
    assert {state for state, event in TRANSITIONS if event is Event.ENDED} == living == set(SILENCE)
