"""Tests the table that decides which stream a viewer has and awaits: every pair, and typical sequences."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import IllegalEvent
from gateway.models import StreamName
from gateway.webrtc.switching import TABLE, Command, Event, Phase, Place, advance, aim, arrive, divert
from tests.playbook import perform, read_grid

MAIN, SUB, TRANSCODED = StreamName.MAIN, StreamName.SUB, StreamName.TRANSCODED

# The next phase for each event in each phase; "-" means that the event cannot happen there.
EXPECTED = read_grid("""
            apart   steady      awaiting    diverted    unplayable
joined      steady  -           -           -           -
aimed       -       awaiting    awaiting    diverted    -
returned    -       -           steady      steady      -
diverted    -       diverted    diverted    diverted    -
stranded    -       -           diverted    -           -
exhausted   -       unplayable  unplayable  unplayable  -
arrived     -       -           steady      steady      -
hurried     -       -           steady      steady      -
renewed     -       steady      awaiting    -           -
lost        -       steady      awaiting    diverted    -
left        apart   apart       apart       apart       apart
""")


@pytest.mark.parametrize(("phase", "event"), list(itertools.product(Phase, Event)))
def test_every_event_leads_where_it_should_or_is_a_bug(phase: Phase, event: Event) -> None:
    place = Place(phase, MAIN, MAIN if phase is Phase.STEADY else SUB)
    expected = EXPECTED[phase, event]
    if expected == "-":
        with pytest.raises(IllegalEvent, match=f"{event} cannot happen in the state {phase}"):
            advance(place, event, TRANSCODED)
    else:
        assert advance(place, event, TRANSCODED)[0].phase == expected


class Viewer:
    """Runs the state machine by itself. An event may name the stream that it brings, as in "aimed sub"."""

    def __init__(self, present: StreamName = MAIN) -> None:
        self.place = Place(Phase.APART, present, present)

    def tell(self, told: str) -> tuple[Iterable[str], str]:
        event, *chosen = told.split()
        self.place, orders = advance(self.place, Event(event), StreamName(chosen[0]) if chosen else None)
        phase, present, awaited = self.place
        stands = f"{phase} {present}" if present is awaited else f"{phase} {present}, {awaited}"
        return [f"{command}({stream})" for command, stream in orders], stands


def test_a_link_in_trouble_is_given_the_substream_at_its_next_keyframe_and_the_main_stream_later() -> None:
    script = """
        joined     -> join(main) begin(main) | steady main
        lost       -> begin(main) | steady main
        aimed sub  -> await(sub) | awaiting main, sub
        lost       -> begin(main) | awaiting main, sub
        arrived    -> leave(main) join(sub) switch(sub) | steady sub
        aimed main -> await(main) | awaiting sub, main
        arrived    -> leave(sub) join(main) switch(main) | steady main
        left       -> leave(main) | apart main
    """
    perform(script, Viewer().tell)


def test_a_viewer_who_changes_back_before_the_keyframe_keeps_their_stream() -> None:
    script = """
        joined    -> join(main) begin(main) | steady main
        aimed sub -> await(sub) | awaiting main, sub
        returned  -> leave(sub) | steady main
    """
    perform(script, Viewer().tell)


def test_a_link_that_is_far_too_slow_is_given_the_substream_from_its_last_keyframe_on() -> None:
    script = """
        joined    -> join(main) begin(main) | steady main
        aimed sub -> await(sub) | awaiting main, sub
        hurried   -> leave(main) join(sub) switch_back(sub) begin(sub) | steady sub
    """
    perform(script, Viewer().tell)


def test_if_a_stream_changes_to_a_codec_that_a_viewer_cannot_decode_they_are_not_sent_it() -> None:
    script = """
        joined              -> join(main) begin(main) | steady main
        diverted transcoded -> leave(main) await(transcoded) blank(main) | diverted main, transcoded
        lost                -> | diverted main, transcoded
        arrived             -> join(transcoded) switch(transcoded) | steady transcoded
    """
    perform(script, Viewer().tell)


def test_a_viewer_already_waiting_for_the_substream_keeps_waiting_if_the_main_stream_changes() -> None:
    script = """
        joined    -> join(main) begin(main) | steady main
        aimed sub -> await(sub) | awaiting main, sub
        stranded  -> leave(main) blank(main) | diverted main, sub
        hurried   -> join(sub) switch_back(sub) begin(sub) | steady sub
    """
    perform(script, Viewer().tell)


def test_a_viewer_who_is_diverted_twice_awaits_one_stream_and_leaves_the_other() -> None:
    script = """
        joined              -> join(main) begin(main) | steady main
        diverted transcoded -> leave(main) await(transcoded) blank(main) | diverted main, transcoded
        aimed sub           -> leave(transcoded) await(sub) | diverted main, sub
        left                -> leave(sub) | apart main
    """
    perform(script, Viewer().tell)


def test_if_a_stream_continues_in_another_codec_viewers_switch_and_keep_waiting_for_the_other() -> None:
    script = """
        joined    -> join(main) begin(main) | steady main
        renewed   -> switch(main) | steady main
        aimed sub -> await(sub) | awaiting main, sub
        renewed   -> switch(main) | awaiting main, sub
    """
    perform(script, Viewer().tell)


def test_if_nothing_can_be_played_the_session_is_closed_and_leaves_all_streams() -> None:
    script = """
        joined    -> join(main) begin(main) | steady main
        aimed sub -> await(sub) | awaiting main, sub
        exhausted -> close(main) | unplayable main, sub
        left      -> leave(main) leave(sub) | apart main
    """
    perform(script, Viewer().tell)


@given(
    st.sampled_from(StreamName),
    st.lists(
        st.tuples(st.sampled_from(["aim", "divert", "arrive", "other"]), st.sampled_from(StreamName)), max_size=30
    ),
    st.lists(st.sampled_from([Event.HURRIED, Event.LOST, Event.STRANDED]), min_size=30, max_size=30),
)
def test_a_viewer_has_at_most_one_stream_waits_for_at_most_one_and_leaves_what_it_joined(
    first: StreamName, told: list[tuple[str, StreamName]], others: list[Event]
) -> None:
    place, joined, awaited = Place(Phase.APART, first, first), set[StreamName](), set[StreamName]()

    def happens(event: Event | None, chosen: StreamName | None = None) -> None:
        nonlocal place
        if event is None or (place.phase, event) not in TABLE:
            return
        place, orders = advance(place, event, chosen)
        for command, stream in orders:
            match command:
                case Command.JOIN:
                    joined.add(stream)
                    awaited.discard(stream)
                case Command.AWAIT:
                    awaited.add(stream)
                case Command.LEAVE:
                    joined.discard(stream)
                    awaited.discard(stream)
                case Command.SWITCH | Command.SWITCH_BACK | Command.BEGIN:
                    assert joined == {stream} == {place.present}
        if place.phase is not Phase.UNPLAYABLE:
            assert joined == ({place.present} if place.phase in (Phase.STEADY, Phase.AWAITING) else set())
            assert awaited == ({place.awaited} if place.phase in (Phase.AWAITING, Phase.DIVERTED) else set())
            assert (place.present is place.awaited) == (place.phase in (Phase.STEADY, Phase.APART))

    happens(Event.JOINED)
    for (kind, stream), other in zip(told, others, strict=False):
        match kind:
            case "aim":
                happens(aim(place, stream), stream)
            case "divert" if stream is not place.present or place.phase is not Phase.STEADY:
                happens(divert(place, stream), stream)
            case "arrive" if stream in joined | awaited:
                happens(arrive(place, stream))
            case "other":
                happens(other)
    happens(Event.LEFT)
    assert joined == awaited == set()
