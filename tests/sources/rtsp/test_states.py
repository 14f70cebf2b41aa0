import itertools

import pytest

from gateway.errors import IllegalEvent
from gateway.sources.rtsp.states import TRANSITIONS, State, Step, advance

WALK = [
    ("without sound", [Step.START, Step.ANSWERED, Step.ANSWERED, Step.ANSWERED], State.PLAYING),
    ("with sound", [Step.START, Step.ANSWERED, Step.SOUND_FOUND, Step.ANSWERED, Step.ANSWERED], State.PLAYING),
    ("left while sound is set up", [Step.START, Step.ANSWERED, Step.SOUND_FOUND, Step.STOP], State.CLOSED),
    ("left while it plays", [Step.START, *3 * [Step.ANSWERED], Step.STOP, Step.STOP, Step.ANSWERED], State.CLOSED),
]


@pytest.mark.parametrize(("steps", "end"), [pytest.param(steps, end, id=name) for name, steps, end in WALK])
def test_the_way_of_an_rtsp_session(steps: list[Step], end: State) -> None:
    state = State.IDLE
    for step in steps:
        state = advance(state, step)
    assert state is end


def test_a_session_can_be_left_from_every_state_and_ends() -> None:
    for state in State:
        left = advance(state, Step.STOP)
        assert left is State.CLOSED or advance(left, Step.ANSWERED) is State.CLOSED


@pytest.mark.parametrize(("state", "step"), [p for p in itertools.product(State, Step) if p not in TRANSITIONS])
def test_what_the_table_does_not_name_is_a_bug(state: State, step: Step) -> None:
    with pytest.raises(IllegalEvent):
        advance(state, step)
