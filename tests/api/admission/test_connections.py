"""Checks which connection gives way when there is no room left: a table, and rules for any order of arrival."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.admission.connections import FRESH_FOR, ConnectionPlaces, Place, Rank

NOW = 100.0
STATES: dict[Rank, Place] = {
    Rank.IDLE: Place("a", NOW - FRESH_FOR),
    Rank.BUSY: Place("a", NOW, asked=True, busy=True),
    Rank.FRESH: Place("a", NOW - FRESH_FOR + 0.1),
    Rank.HOOK: Place("a", NOW, asked=True, busy=True, hook=True),
    Rank.KNOWN_IDLE: Place("a", NOW - 70, asked=True, known=True),
    Rank.KNOWN: Place("a", NOW - 70, asked=True, known=True, busy=True),
}


@pytest.mark.parametrize("rank", Rank)
def test_each_state_has_its_rank(rank: Rank) -> None:
    assert STATES[rank].rank(NOW) is rank


def test_between_two_requests_even_a_new_stranger_is_idle() -> None:
    assert Place("a", NOW, asked=True).rank(NOW) is Rank.IDLE


def test_an_address_that_opens_more_and_more_loses_only_its_own_connections() -> None:
    places = ConnectionPlaces(100, an_address=10)
    button = Place("school", 0.0)
    assert places.enter(button) == []
    flood = [Place("attacker", 1.0 + number / 100) for number in range(1100)]
    gone = [other for place in flood for other in places.enter(place)]
    assert gone == flood[:1090], "the oldest first"
    assert len(places) == 11


def test_many_addresses_cannot_take_the_places_of_known_callers() -> None:
    places = ConnectionPlaces(64)
    console = Place("station", 0.0)
    places.enter(console)
    places.recognise(console, "sign-in 1", 0.0)
    for number in range(1000):
        newest = Place(f"bot {number}", float(number))
        gone = places.enter(newest)
        assert console not in gone
        assert newest in places.everybody(), "it might have been an alarm"
        assert len(places) <= 64


def test_among_equals_the_address_with_the_most_connections_gives_way_first() -> None:
    places = ConnectionPlaces(16)
    many = [Place("many", 1.0 + number) for number in range(3)]
    for place in (*(Place(f"alone {number}", 0.0) for number in range(13)), *many):
        assert places.enter(place) == []
    assert places.enter(Place("new", 50.0)) == [many[0]], "although another one is older"


def test_one_sign_in_cannot_take_every_place() -> None:
    places = ConnectionPlaces(400, a_sign_in=8)
    for number in range(50):
        place = Place("station", float(number))
        places.enter(place)
        places.recognise(place, "sign-in 1", float(number))
    assert places.known == 8


def test_an_alarm_finds_a_place_even_if_all_others_are_consoles() -> None:
    places = ConnectionPlaces(64)
    for number in range(200):
        place = Place(f"station {number}", float(number))
        places.enter(place)
        places.recognise(place, f"sign-in {number}", float(number))
    assert places.known <= 56
    assert places.enter(Place("school", 300.0)) == []


def test_if_files_run_out_newcomers_alarms_and_consoles_stay_open() -> None:
    places = ConnectionPlaces(64)
    for rank, state in STATES.items():
        places.enter(Place(rank.name, state.since, state.known, state.asked, state.busy, state.hook))
    assert [place.owner for place in places.shed(NOW)] == ["IDLE"]
    assert [place.owner for place in places.shed(NOW)] == ["BUSY"]
    assert places.shed(NOW) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["enter", "leave", "recognise", "busy", "shed"]),
            st.sampled_from("abcde"),
            st.integers(0, 30),
            st.floats(0, 3),
        ),
        max_size=120,
    )
)
def test_places_are_counted_correctly_and_never_exceeded(steps: list[tuple[str, str, int, float]]) -> None:
    places, now = ConnectionPlaces(8, an_address=3, a_sign_in=2), 0.0
    inside: list[Place] = []
    for what, owner, which, passed in steps:
        now += passed
        chosen = inside[which % len(inside)] if inside else None
        gone: list[Place] = []
        if what == "enter":
            place = Place(owner, now)
            inside.append(place)
            gone = places.enter(place)
            assert place not in gone
        elif what == "shed":
            gone = places.shed(now)
        elif chosen is not None and what == "leave":
            places.leave(chosen)
            places.leave(chosen)
            inside.remove(chosen)
        elif chosen is not None and what == "recognise":
            gone = places.recognise(chosen, f"sign-in {owner}", now)
            assert chosen not in gone
        elif chosen is not None:
            chosen.asked, chosen.busy = True, not chosen.busy
        for place in gone:
            inside.remove(place)
        assert set(places.everybody()) == set(inside)
        assert len(places) == len(inside) <= 8
        assert places.known == sum(place.known for place in inside) <= 7
