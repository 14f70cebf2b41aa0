"""Tests the phases of a delivery: every pair in the table, and typical sequences as a viewer sees them."""

import itertools
from collections.abc import Iterable

import pytest

from gateway.errors import IllegalEvent
from gateway.webrtc.sending.phases import TABLE, WAITING, Command, Event, Phase, advance, burst, picture
from tests.playbook import perform, read_grid

BACKLOGGED = {Phase.PACED, Phase.CUT}
SENDING = {Phase.FLOWING, Phase.PACED}
NOTHING_MISSING = {Event.KEYFRAME, Event.LARGE_KEYFRAME, Event.BURST}

# The next phase for each event in each phase, where "awaiting" means awaiting a keyframe; "-" means that the event
# cannot happen there.
EXPECTED = read_grid("""
               awaiting  flowing   paced     cut       given_up  draining
picture        awaiting  flowing   -         -         given_up  draining
keyframe       flowing   flowing   -         -         flowing   draining
large_picture  awaiting  paced     paced     cut       given_up  draining
large_keyframe paced     paced     paced     paced     paced     draining
late_picture   -         -         cut       cut       -         -
late_keyframe  -         -         cut       cut       -         -
burst          paced     paced     paced     paced     paced     draining
late_burst     given_up  given_up  given_up  given_up  given_up  draining
no_burst       awaiting  awaiting  awaiting  awaiting  awaiting  draining
switched       awaiting  awaiting  awaiting  awaiting  awaiting  draining
emptied        -         -         flowing   given_up  -         -
refused        -         awaiting  awaiting  awaiting  -         -
too_slow       -         -         given_up  given_up  -         -
queued         draining  draining  draining  draining  draining  -
through        -         -         -         -         -         awaiting
lost           awaiting  flowing   paced     cut       given_up  draining
behind         awaiting  flowing   paced     cut       given_up  draining
unshown        awaiting  flowing   paced     cut       given_up  draining
""")


@pytest.mark.parametrize(("phase", "event"), list(itertools.product(Phase, Event)))
def test_every_event_leads_where_it_should_or_is_a_bug(phase: Phase, event: Event) -> None:
    expected = EXPECTED[phase.removesuffix("_keyframe"), event]
    if expected == "-":
        with pytest.raises(IllegalEvent, match=f"{event} cannot happen in the state {phase}"):
            advance(phase, event)
    else:
        assert advance(phase, event)[0].removesuffix("_keyframe") == expected


class Viewer:
    """Runs the state machine by itself."""

    def __init__(self, phase: Phase = Phase.AWAITING_KEYFRAME) -> None:
        self.phase = phase

    def tell(self, event: str) -> tuple[Iterable[Command], Phase]:
        self.phase, commands = advance(self.phase, Event(event))
        return commands, self.phase


def test_a_start_burst_is_sent_in_order_and_then_pictures_as_they_arrive() -> None:
    script = """
        burst         -> clear forget line_up tell | paced
        large_picture -> line_up tell | paced
        emptied       -> | flowing
        picture       -> send | flowing
        large_picture -> line_up tell | paced
        emptied       -> | flowing
    """
    perform(script, Viewer().tell)


def test_without_a_burst_the_first_keyframe_begins() -> None:
    script = """
        no_burst -> clear forget tell | awaiting_keyframe
        picture  -> tell | awaiting_keyframe
        keyframe -> send tell | flowing
    """
    perform(script, Viewer().tell)


def test_if_pictures_pile_up_the_waiting_ones_are_sent_until_a_keyframe_replaces_the_rest() -> None:
    script = """
        late_picture   -> count tell | cut
        large_picture  -> tell | cut
        late_keyframe  -> keep_begun count tell | cut
        large_keyframe -> keep_begun line_up tell | paced
        late_picture   -> count tell | cut
        emptied        -> | given_up
        picture        -> tell | given_up
        keyframe       -> send tell | flowing
    """
    perform(script, Viewer(Phase.PACED).tell)


def test_a_burst_that_the_link_cannot_carry_is_given_up_as_soon_as_that_is_known() -> None:
    script = """
        late_burst -> clear forget tell | given_up
        burst      -> clear forget line_up tell | paced
        too_slow   -> clear tell | given_up
        large_keyframe -> line_up tell | paced
    """
    perform(script, Viewer().tell)


def test_while_packets_on_the_way_are_late_nothing_is_sent_and_then_everything_starts_again() -> None:
    script = """
        queued         -> clear tell | draining
        keyframe       -> tell | draining
        large_picture  -> tell | draining
        burst          -> forget tell | draining
        switched       -> forget | draining
        through        -> tell refresh | awaiting_keyframe
        burst          -> clear forget line_up tell | paced
    """
    perform(script, Viewer(Phase.PACED).tell)


def test_after_the_socket_refuses_a_picture_nothing_is_sent_until_a_keyframe() -> None:
    script = """
        refused        -> count tell | awaiting_keyframe
        picture        -> tell | awaiting_keyframe
        large_keyframe -> line_up tell | paced
        refused        -> count clear tell | awaiting_keyframe
    """
    perform(script, Viewer(Phase.FLOWING).tell)


def test_another_stream_begins_with_its_keyframe_and_torn_packets_are_not_repeated() -> None:
    script = """
        switched       -> | awaiting_keyframe
        keyframe       -> send tell | flowing
        large_picture  -> line_up tell | paced
        switched       -> clear | awaiting_keyframe
        large_keyframe -> line_up tell | paced
        late_picture   -> count tell | cut
        switched       -> forget clear | awaiting_keyframe
    """
    perform(script, Viewer(Phase.FLOWING).tell)


def test_a_viewer_who_misses_pictures_is_sent_more_only_from_a_keyframe_on() -> None:
    for (phase, event), (following, commands) in TABLE.items():
        if phase not in SENDING and (following in SENDING or {Command.SEND, Command.LINE_UP} & set(commands)):
            assert event in NOTHING_MISSING, (phase, event)


def test_a_viewer_who_misses_a_picture_is_told_why_at_once() -> None:
    assert {phase for phase in Phase if not WAITING[phase]} == SENDING
    for (phase, event), (following, commands) in TABLE.items():
        # The first picture of the other stream, which follows at once, tells the viewer both.
        if WAITING[phase] != WAITING[following] and event is not Event.SWITCHED:
            assert Command.TELL in commands, (phase, event)


def test_packets_are_waiting_in_exactly_the_phases_that_say_so() -> None:
    for (phase, event), (following, commands) in TABLE.items():
        if following in BACKLOGGED and phase not in BACKLOGGED:
            assert Command.LINE_UP in commands, (phase, event)
        if phase in BACKLOGGED and following not in BACKLOGGED:
            assert Command.CLEAR in commands or event is Event.EMPTIED, (phase, event)


@pytest.mark.parametrize(("keyframe", "at_once", "in_time"), list(itertools.product([True, False], repeat=3)))
def test_a_picture_that_may_be_sent_at_once_is_never_late(keyframe: bool, at_once: bool, in_time: bool) -> None:
    event = picture(keyframe=keyframe, at_once=at_once, in_time=in_time)
    assert event.value.startswith("" if at_once else "large" if in_time else "late")
    assert event.value.endswith("keyframe" if keyframe else "picture")
    assert ("_" in event.value) is not at_once


def test_a_burst_needs_a_stored_keyframe() -> None:
    assert burst(kept=False, in_time=True) is burst(kept=False, in_time=False) is Event.NO_BURST
    assert burst(kept=True, in_time=True) is Event.BURST
    assert burst(kept=True, in_time=False) is Event.LATE_BURST
