from itertools import product

import pytest

from gateway.models import SourceReason, SourceState
from gateway.sources.state import IGNORED, SourceEvent, advance, advice
from tests.playbook import read_grid

# The next state for each event in each state.
EXPECTED = read_grid("""
         connecting  up       stalled  down
picture  up          up       up       up
silence  stalled     stalled  stalled  ignored
unused   stalled     stalled  stalled  stalled
lost     down        down     down     down
waiting  connecting  down     down     down
""")


@pytest.mark.parametrize(("state", "event"), list(product(SourceState, SourceEvent)))
def test_every_event_has_a_meaning_in_every_state(state: SourceState, event: SourceEvent) -> None:
    following = advance(state, event)
    assert EXPECTED[state, event.name.lower()] == ("ignored" if following is IGNORED else following)


def test_a_picture_brings_any_source_up_and_a_loss_takes_any_down() -> None:
    for state in SourceState:
        assert advance(state, SourceEvent.PICTURE) is SourceState.UP
        assert advance(state, SourceEvent.LOST) is SourceState.DOWN


@pytest.mark.parametrize("reason", SourceReason)
def test_every_reason_has_advice(reason: SourceReason) -> None:
    assert bool(advice(reason)) == (reason is not SourceReason.NONE)
