from itertools import product

import pytest

from gateway.models import SourceReason, SourceState
from gateway.sources.state import IGNORED, TRANSITIONS, SourceEvent, advance, advice


def test_every_event_has_a_meaning_in_every_state() -> None:
    assert set(TRANSITIONS) == set(product(SourceState, SourceEvent))


def test_a_picture_brings_any_source_up_and_a_loss_takes_any_down() -> None:
    for state in SourceState:
        assert advance(state, SourceEvent.PICTURE) is SourceState.UP
        assert advance(state, SourceEvent.LOST) is SourceState.DOWN


def test_silence_tells_nothing_new_of_a_source_that_is_known_to_be_down() -> None:
    ignored = {pair for pair, following in TRANSITIONS.items() if following is IGNORED}
    assert ignored == {(SourceState.DOWN, SourceEvent.SILENCE)}


@pytest.mark.parametrize("reason", SourceReason)
def test_every_reason_has_an_advice(reason: SourceReason) -> None:
    assert bool(advice(reason)) == (reason is not SourceReason.NONE)
