import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.incidents.triggers.message import Content, read_body
from gateway.models import IncidentKind

REAL, DRILL = IncidentKind.REAL, IncidentKind.DRILL
ROOMS = frozenset({"gym", "101"})


def read(body: bytes) -> Content:
    return read_body(body, REAL, ROOMS)


def test_room_note_and_kind_are_read() -> None:
    assert read(b'{"room": "gym", "note": " two people ", "kind": "Drill"}') == Content(DRILL, "gym", "two people")


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b'{"room": null, "note": null, "kind": null, "battery": 80}'])
def test_an_empty_message_triggers_the_buttons_own_kind(body: bytes) -> None:
    assert read(body) == Content(REAL, None, "")


def test_a_room_may_be_a_number() -> None:
    assert read(b'{"room": 101}').room_id == "101"


def test_a_room_that_is_not_on_the_plan_keeps_its_words() -> None:
    assert read(b'{"room": "pool", "note": "help"}') == Content(REAL, None, "help", "pool")


def test_an_unknown_kind_counts_as_the_buttons_own_kind() -> None:
    assert read(b'{"kind": "exercise"}') == Content(REAL, None, "(kind 'exercise' is not known)")


@pytest.mark.parametrize("body", [b"help", b"[1]", b'"gym"', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_cannot_be_read_triggers_anyway(body: bytes) -> None:
    assert read(body) == Content(REAL, None, "(the message could not be read)")


def test_a_note_is_one_printable_line_of_limited_length() -> None:
    assert read(b'{"note": "a\\nb\\u001b[2Jc\\u0000"}').note == "a b [2Jc"
    assert len(read(b'{"note": "' + b"x" * 10_000 + b'"}').note) == 500


@given(st.binary(max_size=60) | st.text(max_size=30).map(lambda text: f'{{"room": "{text}", "kind": 3}}'.encode()))
def test_no_body_is_ever_refused(body: bytes) -> None:
    content = read(body)
    assert content.room_id is None or content.room_id in ROOMS
    assert content.note.isprintable()
    assert content.place.isprintable()
    assert not (content.room_id and content.place)
