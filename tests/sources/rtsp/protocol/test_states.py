import itertools

import pytest

from gateway.errors import IllegalEvent
from gateway.sources.rtsp.protocol.states import State, Step, advance
from tests.playbook import read_grid

# The next state for each step in each state; "-" means that the step cannot happen there.
EXPECTED = read_grid("""
             idle        describing  setting_up        setting_up_sound  starting  playing   stopping  closed
start        describing  -           -                 -                 -         -         -         -
answered     -           setting_up  starting          starting          playing   playing   closed    closed
sound_found  -           -           setting_up_sound  -                 -         -         -         -
stop         closed      closed      closed            closed            stopping  stopping  stopping  closed
""")


@pytest.mark.parametrize(("state", "step"), list(itertools.product(State, Step)))
def test_every_step_leads_where_it_should_or_is_a_bug(state: State, step: Step) -> None:
    expected = EXPECTED[state.name.lower(), step.name.lower()]
    if expected == "-":
        with pytest.raises(IllegalEvent):
            advance(state, step)
    else:
        assert advance(state, step).name.lower() == expected


def test_a_session_can_be_ended_from_every_state() -> None:
    for state in State:
        left = advance(state, Step.STOP)
        assert left is State.CLOSED or advance(left, Step.ANSWERED) is State.CLOSED
