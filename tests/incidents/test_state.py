from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.configuration.settings import IncidentSettings
from gateway.incidents.alarms import KEPT, confirmed
from gateway.incidents.state import (
    TABLE,
    Acknowledge,
    AllClear,
    Effect,
    Event,
    Expire,
    Extend,
    Repeat,
    Resume,
    Supersede,
    Unconfirmed,
    Warn,
    advance,
    due,
)
from gateway.models import Incident, IncidentKind, IncidentState, Origin, Principal, ReceivedTrigger, Role, SiteId

RULES = IncidentSettings()
HOUR = 3600.0
MINUTE = 60.0
ANNA = Principal("anna", "Anna", Role.DISPATCHER)
BEN = Principal("ben", "Ben", Role.COORDINATOR)
BUTTON = Origin("webhook", "Office button", "office")
REAL, DRILL, TEST = IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST
ENDED = [state for state in IncidentState if state is not IncidentState.OPEN]
EVENTS: list[Event] = [
    Repeat(1.0, BUTTON),
    Acknowledge(1.0, ANNA, True),
    Warn(1.0),
    Extend(1.0),
    AllClear(1.0, "Anna"),
    Supersede(1.0, "Anna"),
    Expire(1.0),
    Resume(1.0),
    Unconfirmed(1.0),
]


def opened(kind: IncidentKind = REAL, at: float = 0.0) -> Incident:
    return Incident(
        id="i",
        site_id=SiteId("oak"),
        kind=kind,
        state=IncidentState.OPEN,
        origin=BUTTON,
        opened_at=at,
        ends_at=at + RULES.maximum_duration,
        last_alarm_at=at,
        triggers=(ReceivedTrigger(BUTTON, at, alarm=True),),
    )


def heard(kind: IncidentKind = REAL, at: float = 0.0) -> Incident:
    """An incident that the police have acknowledged."""
    return through(opened(kind, at), Acknowledge(at, ANNA, True))


def through(incident: Incident, *events: Event) -> Incident:
    for event in events:
        incident, _ = advance(incident, event, RULES)
    return incident


class TestTable:
    def test_it_answers_every_event_in_every_state(self) -> None:
        assert set(TABLE) == set(product(IncidentState, get_args(Event)))
        assert {type(event) for event in EVENTS} == set(get_args(Event))

    @pytest.mark.parametrize("state", ENDED)
    @pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
    def test_nothing_changes_an_incident_that_is_over(self, state: IncidentState, event: Event) -> None:
        over = replace(opened(), state=state, closed_at=1.0)
        after, effect = advance(over, event, RULES)
        assert after is over
        assert effect is (Effect.REFUSED if isinstance(event, Repeat | Acknowledge | Extend) else Effect.NOTHING)


class TestRepeat:
    def test_within_half_an_hour_of_the_alarm_it_is_merged(self) -> None:
        after, effect = advance(heard(), Repeat(30 * MINUTE - 0.1, BUTTON), RULES)
        assert (effect, after.alarms, after.repeats, after.last_alarm_at) == (Effect.MERGED, 1, 1, 0.0)

    def test_later_it_alarms_again(self) -> None:
        after, effect = advance(opened(), Repeat(30 * MINUTE, BUTTON), RULES)
        assert (effect, after.alarms, after.repeats) == (Effect.ALARMED, 2, 1)
        assert after.last_alarm_at == 30 * MINUTE

    def test_repeats_do_not_move_the_window(self) -> None:
        after = through(opened(), Repeat(29 * MINUTE, BUTTON), Repeat(31 * MINUTE, BUTTON))
        assert (after.alarms, after.repeats) == (2, 2)

    def test_after_an_alarm_anew_repeats_merge_into_that_one(self) -> None:
        after = through(opened(), Repeat(31 * MINUTE, BUTTON), Repeat(59 * MINUTE, BUTTON))
        assert (after.alarms, after.repeats) == (2, 2)

    def test_a_second_button_in_another_room_sounds_again(self) -> None:
        gym = Origin("webhook", "Gym button", "gym", "two people")
        after, effect = advance(opened(), Repeat(60.0, gym), RULES)
        assert (effect, after.alarms, after.last_alarm_at, after.origin) == (Effect.ALARMED, 2, 60.0, gym)
        assert [(one.origin, one.at, one.alarm) for one in after.triggers] == [(gym, 60.0, True), (BUTTON, 0.0, True)]

    def test_each_place_has_its_own_window(self) -> None:
        gym = Origin("webhook", "Gym button", "gym")
        after = through(opened(), Repeat(20 * MINUTE, gym), Repeat(29 * MINUTE, BUTTON), Repeat(31 * MINUTE, gym))
        assert (after.alarms, after.repeats) == (2, 3)
        assert advance(after, Repeat(32 * MINUTE, BUTTON), RULES)[1] is Effect.ALARMED
        assert advance(after, Repeat(49 * MINUTE, gym), RULES)[1] is Effect.MERGED
        assert advance(after, Repeat(50 * MINUTE, gym), RULES)[1] is Effect.ALARMED

    def test_a_merged_trigger_puts_no_words_of_its_own_beside_the_room_of_another(self) -> None:
        other = Origin("console", "Ben", "office", "two people")
        after = through(opened(), Repeat(1.0, other, key="k"))
        assert after.origin == BUTTON
        assert after.triggers[0] == ReceivedTrigger(other, 1.0, alarm=False, key="k")

    def test_a_trigger_without_a_place_is_merged_whatever_has_sounded(self) -> None:
        nowhere = Origin("console", "Ben")
        after, effect = advance(opened(), Repeat(60.0, nowhere), RULES)
        assert (effect, after.origin) == (Effect.MERGED, BUTTON)
        assert advance(opened(), Repeat(30 * MINUTE, nowhere), RULES)[1] is Effect.ALARMED

    def test_the_first_place_that_is_told_sounds_again(self) -> None:
        unknown = replace(opened(), triggers=(ReceivedTrigger(Origin("webhook", "Office button"), 0.0, alarm=True),))
        assert advance(unknown, Repeat(1.0, Origin("console", "Ben", "gym")), RULES)[1] is Effect.ALARMED

    def test_another_room_that_the_plan_does_not_know_is_another_place(self) -> None:
        pool, shed = Origin("webhook", "B", place="Pool"), Origin("webhook", "B", place="shed")
        after, effect = advance(opened(), Repeat(1.0, pool), RULES)
        assert effect is Effect.ALARMED
        assert advance(after, Repeat(2.0, replace(pool, place="pool")), RULES)[1] is Effect.MERGED
        assert advance(after, Repeat(2.0, shed), RULES)[1] is Effect.ALARMED

    def test_alarming_it_brings_its_own_origin_whole(self) -> None:
        after = through(opened(), Repeat(HOUR, Origin("console", "Ben", "gym")))
        assert after.origin == Origin("console", "Ben", "gym")
        assert through(after, Repeat(2 * HOUR, Origin("console", "Ben"))).origin == Origin("console", "Ben")

    def test_a_stuck_button_pushes_out_nothing_but_its_own_repeats(self) -> None:
        gym, note = Origin("webhook", "Gym button", "gym"), Origin("console", "Ben", "office", "two people")
        incident = through(opened(), Repeat(1.0, gym), Repeat(2.0, note))
        for second in range(3, 1000):
            incident = through(incident, Repeat(float(second), gym))
        assert (incident.repeats, incident.alarms, len(incident.triggers)) == (999, 2, KEPT)
        assert {BUTTON, gym, note} == {one.origin for one in incident.triggers}
        assert incident.triggers[0] == ReceivedTrigger(gym, 999.0, alarm=False)

    def test_of_more_triggers_than_are_kept_the_oldest_that_did_not_sound_goes_first(self) -> None:
        incident = opened()
        for second in range(1, 2 * KEPT):
            incident = through(incident, Repeat(float(second), Origin("console", f"Person {second}", "office")))
        assert [one.at for one in incident.triggers] == [*range(2 * KEPT - 1, KEPT, -1), 0]
        assert incident.triggers[-1].alarm
        for second in range(1000, 1000 + KEPT):
            incident = through(incident, Repeat(float(second), Origin("console", "Ben", f"room {second}")))
        assert all(one.alarm for one in incident.triggers)

    def test_it_enrols_further_people_in_a_drill(self) -> None:
        drill = replace(opened(DRILL), enrolled=frozenset({"anna"}))
        assert through(drill, Repeat(1.0, BUTTON, frozenset({"ben"}))).enrolled == {"anna", "ben"}

    def test_a_clock_that_was_set_back_does_not_silence_it(self) -> None:
        assert advance(opened(at=HOUR), Repeat(HOUR - 60, BUTTON), RULES)[1] is Effect.MERGED
        assert advance(opened(at=HOUR), Repeat(0.0, BUTTON), RULES)[1] is Effect.ALARMED


class TestAcknowledge:
    def test_it_is_by_name_and_once_a_person(self) -> None:
        after = through(opened(), Acknowledge(1.0, ANNA, True), Acknowledge(2.0, BEN, False))
        assert [(ack.name, ack.role, ack.at) for ack in after.acknowledgements] == [
            ("Anna", Role.DISPATCHER, 1.0),
            ("Ben", Role.COORDINATOR, 2.0),
        ]
        assert advance(after, Acknowledge(3.0, ANNA, True), RULES) == (after, Effect.NOTHING)

    def test_a_press_that_crosses_a_second_alarm_leaves_that_one_sounding(self) -> None:
        second = through(opened(), Repeat(1.0, replace(BUTTON, room_id="gym")), Acknowledge(2.0, ANNA, True, alarm=1))
        assert (second.alarms, confirmed(second)) == (2, False)
        again, effect = advance(second, Acknowledge(3.0, ANNA, True, alarm=1), RULES)
        assert (again, effect) == (second, Effect.NOTHING)
        assert confirmed(through(second, Acknowledge(4.0, ANNA, True, alarm=2)))

    def test_a_press_never_counts_for_alarms_to_come(self) -> None:
        early = through(opened(), Acknowledge(1.0, ANNA, True, alarm=9), Repeat(2.0, replace(BUTTON, room_id="gym")))
        assert not confirmed(early)

    def test_an_alarm_anew_is_acknowledged_anew(self) -> None:
        alarmed = through(opened(), Acknowledge(1.0, ANNA, True), Acknowledge(2.0, BEN, False), Repeat(HOUR, BUTTON))
        after, effect = advance(alarmed, Acknowledge(HOUR + 1, ANNA, True), RULES)
        assert effect is Effect.ACKNOWLEDGED
        assert [(ack.name, ack.at) for ack in after.acknowledgements] == [("Ben", 2.0), ("Anna", HOUR + 1)]

    def test_it_is_asked_again_after_an_alarm_though_the_clock_was_set_back(self) -> None:
        after = through(heard(at=HOUR), Repeat(0.0, BUTTON))
        assert not confirmed(after)
        after, effect = advance(after, Acknowledge(1.0, ANNA, True), RULES)
        assert (effect, confirmed(after)) == (Effect.ACKNOWLEDGED, True)


class TestConfirmation:
    def test_an_alarm_that_no_police_acknowledge_is_said_to_be_unconfirmed_once(self) -> None:
        incident = through(opened(), Acknowledge(1.0, BEN, False))
        assert not confirmed(incident), "Ben is of the school"
        assert due(incident, 14.9, RULES) is None
        assert advance(incident, Unconfirmed(14.9), RULES) == (incident, Effect.NOTHING)
        assert due(incident, 15.0, RULES) == Unconfirmed(15.0)
        after, effect = advance(incident, Unconfirmed(15.0), RULES)
        assert effect is Effect.UNCONFIRMED
        assert (after.state, after.ends_at) == (IncidentState.OPEN, incident.ends_at)
        assert due(after, 60.0, RULES) is None

    def test_an_alarm_that_was_acknowledged_in_time_is_not(self) -> None:
        assert confirmed(heard())
        assert due(heard(), 60.0, RULES) is None

    def test_an_alarm_anew_is_to_be_confirmed_anew(self) -> None:
        again = through(heard(), Repeat(60.0, Origin("webhook", "Gym button", "gym")))
        assert not confirmed(again)
        assert due(again, 74.0, RULES) is None
        assert due(again, 75.0, RULES) == Unconfirmed(75.0)

    def test_a_clock_that_was_set_back_does_not_keep_it_from_being_said(self) -> None:
        assert due(opened(at=HOUR), 0.0, RULES) == Unconfirmed(0.0)

    def test_warnings_and_the_end_go_before_it(self) -> None:
        assert due(opened(), 4 * HOUR - 60, RULES) == Warn(4 * HOUR - 60)
        assert due(opened(DRILL), 4 * HOUR, RULES) == Expire(4 * HOUR)


class TestTime:
    def test_warnings_come_thirty_and_ten_minutes_before_the_end(self) -> None:
        incident = heard()
        assert due(incident, 3.5 * HOUR - 1, RULES) is None
        assert due(incident, 3.5 * HOUR, RULES) == Warn(3.5 * HOUR)
        incident, effect = advance(incident, Warn(3.5 * HOUR), RULES)
        assert (effect, incident.warnings_sent, incident.ends_at) == (Effect.WARNED, frozenset({1800}), 4 * HOUR)
        assert due(incident, 4 * HOUR - 601, RULES) is None
        incident, effect = advance(incident, Warn(4 * HOUR - 600), RULES)
        assert (effect, incident.warnings_sent, incident.ends_at) == (Effect.WARNED, frozenset({1800, 600}), 4 * HOUR)

    def test_a_warning_that_is_not_due_does_nothing(self) -> None:
        incident = heard()
        assert advance(incident, Warn(HOUR), RULES) == (incident, Effect.NOTHING)

    def test_a_warned_incident_ends_in_time(self) -> None:
        incident = through(heard(), Warn(3.5 * HOUR), Warn(4 * HOUR - 600))
        assert due(incident, 4 * HOUR - 1, RULES) is None
        assert advance(incident, Expire(4 * HOUR - 1), RULES) == (incident, Effect.NOTHING)
        assert due(incident, 4 * HOUR, RULES) == Expire(4 * HOUR)
        after, effect = advance(incident, Expire(4 * HOUR), RULES)
        assert (effect, after.state, after.closed_at) == (Effect.EXPIRED, IncidentState.EXPIRED, 4 * HOUR)
        assert due(after, 5 * HOUR, RULES) is None

    def test_a_real_one_that_was_slept_through_is_warned_first_and_then_given_ten_minutes(self) -> None:
        incident = heard()
        assert advance(incident, Expire(9 * HOUR), RULES) == (incident, Effect.NOTHING)
        assert due(incident, 9 * HOUR, RULES) == Warn(9 * HOUR)
        warned = through(incident, Warn(9 * HOUR))
        assert (warned.warnings_sent, warned.ends_at) == (frozenset({1800, 600}), 9 * HOUR + 600)
        assert due(warned, 9 * HOUR + 599, RULES) is None
        assert due(warned, 9 * HOUR + 600, RULES) == Expire(9 * HOUR + 600)

    @pytest.mark.parametrize("kind", [DRILL, TEST])
    def test_drill_and_test_that_were_slept_through_end_at_once(self, kind: IncidentKind) -> None:
        assert due(heard(kind), 9 * HOUR, RULES) == Expire(9 * HOUR)
        assert through(heard(kind), Expire(9 * HOUR)).state is IncidentState.EXPIRED

    def test_a_late_warning_does_not_prolong_a_drill(self) -> None:
        assert through(heard(DRILL), Warn(4 * HOUR - 60)).ends_at == 4 * HOUR

    def test_a_warned_real_one_whose_end_passed_while_the_gateway_was_down_is_warned_anew(self) -> None:
        warned = through(heard(), Warn(4 * HOUR - 600))
        after, effect = advance(warned, Resume(9 * HOUR), RULES)
        assert (effect, after.warnings_sent, after.ends_at) == (Effect.WARNED, frozenset({1800, 600}), 9 * HOUR + 600)

    def test_a_short_absence_changes_nothing(self) -> None:
        warned = through(heard(), Warn(4 * HOUR - 600))
        assert advance(warned, Resume(4 * HOUR - 300), RULES) == (warned, Effect.NOTHING)
        drill = heard(DRILL)
        assert advance(drill, Resume(9 * HOUR), RULES) == (drill, Effect.NOTHING)

    def test_without_warnings_configured_the_end_is_the_end(self) -> None:
        rules = IncidentSettings(warn_before=())
        assert due(heard(), 4 * HOUR, rules) == Expire(4 * HOUR)
        assert advance(heard(), Resume(9 * HOUR), rules)[1] is Effect.NOTHING


class TestExtend:
    def test_one_press_adds_an_hour_and_makes_the_warnings_due_again(self) -> None:
        warned = through(opened(), Warn(3.5 * HOUR), Warn(4 * HOUR - 600))
        after, effect = advance(warned, Extend(4 * HOUR - 300), RULES)
        assert (effect, after.ends_at, after.warnings_sent) == (Effect.EXTENDED, 5 * HOUR, frozenset())
        assert due(after, 4.5 * HOUR, RULES) == Warn(4.5 * HOUR)

    def test_a_warning_whose_time_is_past_after_a_short_extension_is_not_repeated(self) -> None:
        rules = IncidentSettings(extension=15 * MINUTE)
        warned = through(opened(), Warn(3.5 * HOUR), Warn(4 * HOUR - 600))
        after, _ = advance(warned, Extend(4 * HOUR - 300), rules)
        assert after.warnings_sent == {1800}

    def test_presses_never_leave_more_than_the_maximum_duration(self) -> None:
        after = through(opened(), *(Extend(HOUR) for _ in range(10)))
        assert after.ends_at == 5 * HOUR

    def test_a_press_that_adds_nothing_says_so(self) -> None:
        incident = opened()
        assert advance(incident, Extend(0.0), RULES) == (incident, Effect.NOTHING)

    def test_it_never_shortens(self) -> None:
        assert through(opened(at=HOUR), Extend(0.0)).ends_at == 5 * HOUR


class TestEnd:
    def test_all_clear_names_who_gave_it(self) -> None:
        after, effect = advance(opened(), AllClear(60.0, "Ben"), RULES)
        assert (effect, after.state) == (Effect.ALL_CLEAR, IncidentState.ALL_CLEAR)
        assert (after.closed_at, after.closed_by) == (60.0, "Ben")

    def test_superseded_names_the_sender_of_the_real_alarm(self) -> None:
        after, effect = advance(opened(DRILL), Supersede(60.0, "Office button"), RULES)
        assert (effect, after.state) == (Effect.SUPERSEDED, IncidentState.SUPERSEDED)
        assert (after.closed_at, after.closed_by) == (60.0, "Office button")


moments = st.floats(0, 12 * HOUR)
people = st.sampled_from([ANNA, BEN])
steps = st.lists(
    st.tuples(
        st.floats(0, HOUR),
        st.one_of(
            st.builds(Repeat, st.just(0.0), st.sampled_from([BUTTON, Origin("console", "Ben")])),
            st.builds(Unconfirmed, st.just(0.0)),
            st.builds(Acknowledge, st.just(0.0), people),
            st.builds(Warn, st.just(0.0)),
            st.builds(Extend, st.just(0.0)),
            st.builds(Expire, st.just(0.0)),
            st.builds(Resume, st.just(0.0)),
            st.builds(AllClear, st.just(0.0), st.just("Ben")) | st.builds(Expire, st.just(0.0)),
        ),
    ),
    max_size=40,
)


@given(st.sampled_from(IncidentKind), steps)
def test_no_sequence_of_events_breaks_the_contract(kind: IncidentKind, sequence: list[tuple[float, Event]]) -> None:
    incident, now, last_warned = opened(kind), 0.0, None
    for wait, template in sequence:
        now += wait
        event = replace(template, at=now)
        before, (incident, effect) = incident, advance(incident, event, RULES)

        if effect in {Effect.NOTHING, Effect.REFUSED}:
            assert incident == before
            continue
        assert before.state is IncidentState.OPEN
        assert incident != before
        assert (incident.id, incident.kind, incident.opened_at) == (before.id, before.kind, before.opened_at)
        assert (incident.closed_at is None) == (incident.state is IncidentState.OPEN)
        assert incident.ends_at >= before.ends_at
        assert incident.ends_at <= now + RULES.maximum_duration or incident.ends_at == before.ends_at
        assert incident.alarms <= 1 + now / RULES.merge_window
        names = [ack.principal_id for ack in incident.acknowledgements]
        assert len(names) == len(set(names))
        if 600 in incident.warnings_sent - before.warnings_sent:
            last_warned = now
        if effect is Effect.EXPIRED:
            assert now >= incident.ends_at
            if kind is REAL:
                assert incident.warnings_sent >= {1800, 600}
                assert last_warned is not None
                assert now >= last_warned + 600
    if incident.state is IncidentState.OPEN and kind is REAL and due(incident, now, RULES) is None:
        assert now < incident.ends_at


@given(moments)
def test_time_alone_ends_every_incident_with_its_warnings(wakes_at: float) -> None:
    incident, now, effects = opened(), wakes_at, []
    while incident.state is IncidentState.OPEN:
        event = due(incident, now, RULES)
        if event is None:
            now += 60
        else:
            incident, effect = advance(incident, event, RULES)
            effects.append(effect)
    assert effects[-1] is Effect.EXPIRED
    assert set(effects[:-1]) - {Effect.UNCONFIRMED} == {Effect.WARNED}
    assert effects.count(Effect.UNCONFIRMED) <= 1
