from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.configuration.incident_settings import IncidentSettings
from gateway.incident import Origin
from gateway.incidents.incident_events import (
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
)
from gateway.incidents.state import TABLE, advance, due
from gateway.models import IncidentKind, IncidentState
from tests.incidents.script import (
    ANNA,
    BEN,
    BUTTON,
    DRILL,
    ENDED,
    EVENTS,
    HOUR,
    MINUTE,
    REAL,
    RULES,
    TEST,
    heard,
    opened,
    through,
)


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


class TestTime:
    def test_warnings_are_sent_thirty_and_ten_minutes_before_the_end(self) -> None:
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

    def test_after_its_warnings_an_incident_ends_on_time(self) -> None:
        incident = through(heard(), Warn(3.5 * HOUR), Warn(4 * HOUR - 600))
        assert due(incident, 4 * HOUR - 1, RULES) is None
        assert advance(incident, Expire(4 * HOUR - 1), RULES) == (incident, Effect.NOTHING)
        assert due(incident, 4 * HOUR, RULES) == Expire(4 * HOUR)
        after, effect = advance(incident, Expire(4 * HOUR), RULES)
        assert (effect, after.state, after.closed_at) == (Effect.EXPIRED, IncidentState.EXPIRED, 4 * HOUR)
        assert due(after, 5 * HOUR, RULES) is None

    def test_a_real_one_that_expired_during_sleep_is_warned_about_and_given_ten_minutes(self) -> None:
        incident = heard()
        assert advance(incident, Expire(9 * HOUR), RULES) == (incident, Effect.NOTHING)
        assert due(incident, 9 * HOUR, RULES) == Warn(9 * HOUR)
        warned = through(incident, Warn(9 * HOUR))
        assert (warned.warnings_sent, warned.ends_at) == (frozenset({1800, 600}), 9 * HOUR + 600)
        assert due(warned, 9 * HOUR + 599, RULES) is None
        assert due(warned, 9 * HOUR + 600, RULES) == Expire(9 * HOUR + 600)

    @pytest.mark.parametrize("kind", [DRILL, TEST])
    def test_drills_and_tests_that_expired_during_sleep_end_at_once(self, kind: IncidentKind) -> None:
        assert due(heard(kind), 9 * HOUR, RULES) == Expire(9 * HOUR)
        assert through(heard(kind), Expire(9 * HOUR)).state is IncidentState.EXPIRED

    def test_a_late_warning_does_not_lengthen_a_drill(self) -> None:
        assert through(heard(DRILL), Warn(4 * HOUR - 60)).ends_at == 4 * HOUR

    def test_a_real_one_that_expired_while_the_gateway_was_down_is_warned_about_again(self) -> None:
        warned = through(heard(), Warn(4 * HOUR - 600))
        after, effect = advance(warned, Resume(9 * HOUR), RULES)
        assert (effect, after.warnings_sent, after.ends_at) == (Effect.WARNED, frozenset({1800, 600}), 9 * HOUR + 600)

    def test_a_short_absence_changes_nothing(self) -> None:
        warned = through(heard(), Warn(4 * HOUR - 600))
        assert advance(warned, Resume(4 * HOUR - 300), RULES) == (warned, Effect.NOTHING)
        drill = heard(DRILL)
        assert advance(drill, Resume(9 * HOUR), RULES) == (drill, Effect.NOTHING)

    def test_without_configured_warnings_the_incident_simply_ends(self) -> None:
        rules = IncidentSettings(warn_before=())
        assert due(heard(), 4 * HOUR, rules) == Expire(4 * HOUR)
        assert advance(heard(), Resume(9 * HOUR), rules)[1] is Effect.NOTHING


class TestExtend:
    def test_one_press_adds_an_hour_and_the_warnings_become_due_again(self) -> None:
        warned = through(opened(), Warn(3.5 * HOUR), Warn(4 * HOUR - 600))
        after, effect = advance(warned, Extend(4 * HOUR - 300), RULES)
        assert (effect, after.ends_at, after.warnings_sent) == (Effect.EXTENDED, 5 * HOUR, frozenset())
        assert due(after, 4.5 * HOUR, RULES) == Warn(4.5 * HOUR)

    def test_a_warning_that_is_already_past_after_a_short_extension_is_not_repeated(self) -> None:
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

    def test_it_never_shortens_an_incident(self) -> None:
        assert through(opened(at=HOUR), Extend(0.0)).ends_at == 5 * HOUR


class TestEnd:
    def test_all_clear_names_who_gave_it(self) -> None:
        after, effect = advance(opened(), AllClear(60.0, "Ben"), RULES)
        assert (effect, after.state) == (Effect.ALL_CLEAR, IncidentState.ALL_CLEAR)
        assert (after.closed_at, after.closed_by) == (60.0, "Ben")

    def test_all_clear_by_a_person_who_has_not_seen_the_newest_alarm_ends_nothing(self) -> None:
        incident = through(opened(), Repeat(1.0, Origin("console", "Ben", "gym")))
        assert incident.alarms == 2
        assert advance(incident, AllClear(60.0, "Ben", alarm=1), RULES) == (incident, Effect.OVERTAKEN)
        assert advance(incident, AllClear(60.0, "Ben", alarm=2), RULES)[1] is Effect.ALL_CLEAR

    def test_a_superseded_incident_names_the_sender_of_the_real_alarm(self) -> None:
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
