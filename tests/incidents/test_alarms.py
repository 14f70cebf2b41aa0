"""Checks which triggers sound, and when the police count as knowing about them."""

from dataclasses import replace

from gateway.incident import Origin, ReceivedTrigger
from gateway.incidents.alarms import KEPT, confirmed
from gateway.incidents.incident_events import Acknowledge, Effect, Expire, Repeat, Unconfirmed, Warn
from gateway.incidents.state import advance, due
from gateway.models import IncidentState, Role
from tests.incidents.script import (
    ANNA,
    BEN,
    BUTTON,
    DRILL,
    HOUR,
    MINUTE,
    RULES,
    heard,
    opened,
    through,
)


class TestRepeat:
    def test_within_half_an_hour_of_the_alarm_it_is_merged(self) -> None:
        after, effect = advance(heard(), Repeat(30 * MINUTE - 0.1, BUTTON), RULES)
        assert (effect, after.alarms, after.repeats, after.last_alarm_at) == (Effect.MERGED, 1, 1, 0.0)

    def test_later_it_sounds_again(self) -> None:
        after, effect = advance(opened(), Repeat(30 * MINUTE, BUTTON), RULES)
        assert (effect, after.alarms, after.repeats) == (Effect.ALARMED, 2, 1)
        assert after.last_alarm_at == 30 * MINUTE

    def test_repeats_do_not_move_the_window(self) -> None:
        after = through(opened(), Repeat(29 * MINUTE, BUTTON), Repeat(31 * MINUTE, BUTTON))
        assert (after.alarms, after.repeats) == (2, 2)

    def test_after_another_alarm_repeats_merge_into_that_one(self) -> None:
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

    def test_a_merged_trigger_does_not_show_its_note_beside_another_room(self) -> None:
        other = Origin("console", "Ben", "office", "two people")
        after = through(opened(), Repeat(1.0, other, key="k"))
        assert after.origin == BUTTON
        assert after.triggers[0] == ReceivedTrigger(other, 1.0, alarm=False, key="k")

    def test_a_trigger_without_a_place_is_merged_whatever_has_sounded(self) -> None:
        nowhere = Origin("console", "Ben")
        after, effect = advance(opened(), Repeat(60.0, nowhere), RULES)
        assert (effect, after.origin) == (Effect.MERGED, BUTTON)
        assert advance(opened(), Repeat(30 * MINUTE, nowhere), RULES)[1] is Effect.ALARMED

    def test_the_first_place_that_is_named_sounds_again(self) -> None:
        unknown = replace(opened(), triggers=(ReceivedTrigger(Origin("webhook", "Office button"), 0.0, alarm=True),))
        assert advance(unknown, Repeat(1.0, Origin("console", "Ben", "gym")), RULES)[1] is Effect.ALARMED

    def test_another_room_that_the_plan_does_not_know_is_another_place(self) -> None:
        pool, shed = Origin("webhook", "B", place="Pool"), Origin("webhook", "B", place="shed")
        after, effect = advance(opened(), Repeat(1.0, pool), RULES)
        assert effect is Effect.ALARMED
        assert advance(after, Repeat(2.0, replace(pool, place="pool")), RULES)[1] is Effect.MERGED
        assert advance(after, Repeat(2.0, shed), RULES)[1] is Effect.ALARMED

    def test_a_trigger_that_sounds_replaces_the_whole_origin(self) -> None:
        after = through(opened(), Repeat(HOUR, Origin("console", "Ben", "gym")))
        assert after.origin == Origin("console", "Ben", "gym")
        assert through(after, Repeat(2 * HOUR, Origin("console", "Ben"))).origin == Origin("console", "Ben")

    def test_a_stuck_button_displaces_only_its_own_repeats(self) -> None:
        gym, note = Origin("webhook", "Gym button", "gym"), Origin("console", "Ben", "office", "two people")
        incident = through(opened(), Repeat(1.0, gym), Repeat(2.0, note))
        for second in range(3, 1000):
            incident = through(incident, Repeat(float(second), gym))
        assert (incident.repeats, incident.alarms, len(incident.triggers)) == (999, 2, KEPT)
        assert {BUTTON, gym, note} == {one.origin for one in incident.triggers}
        assert incident.triggers[0] == ReceivedTrigger(gym, 999.0, alarm=False)

    def test_if_there_are_too_many_triggers_the_oldest_that_did_not_sound_is_dropped_first(self) -> None:
        incident = opened()
        for second in range(1, 2 * KEPT):
            incident = through(incident, Repeat(float(second), Origin("console", f"Person {second}", "office")))
        assert [one.at for one in incident.triggers] == [*range(2 * KEPT - 1, KEPT, -1), 0]
        assert incident.triggers[-1].alarm
        for second in range(1000, 1000 + KEPT):
            incident = through(incident, Repeat(float(second), Origin("console", "Ben", f"room {second}")))
        assert all(one.alarm for one in incident.triggers)

    def test_it_enrols_more_people_in_a_drill(self) -> None:
        drill = replace(opened(DRILL), enrolled=frozenset({"anna"}))
        assert through(drill, Repeat(1.0, BUTTON, frozenset({"ben"}))).enrolled == {"anna", "ben"}

    def test_a_clock_that_was_set_back_does_not_silence_it(self) -> None:
        assert advance(opened(at=HOUR), Repeat(HOUR - 60, BUTTON), RULES)[1] is Effect.MERGED
        assert advance(opened(at=HOUR), Repeat(0.0, BUTTON), RULES)[1] is Effect.ALARMED


class TestAcknowledge:
    def test_it_is_by_name_and_once_per_person(self) -> None:
        after = through(opened(), Acknowledge(1.0, ANNA, True), Acknowledge(2.0, BEN, False))
        assert [(ack.name, ack.role, ack.at) for ack in after.acknowledgements] == [
            ("Anna", Role.DISPATCHER, 1.0),
            ("Ben", Role.COORDINATOR, 2.0),
        ]
        assert advance(after, Acknowledge(3.0, ANNA, True), RULES) == (after, Effect.NOTHING)

    def test_a_press_made_before_a_second_alarm_arrives_does_not_silence_that_one(self) -> None:
        second = through(opened(), Repeat(1.0, replace(BUTTON, room_id="gym")), Acknowledge(2.0, ANNA, True, alarm=1))
        assert (second.alarms, confirmed(second)) == (2, False)
        again, effect = advance(second, Acknowledge(3.0, ANNA, True, alarm=1), RULES)
        assert (again, effect) == (second, Effect.NOTHING)
        assert confirmed(through(second, Acknowledge(4.0, ANNA, True, alarm=2)))

    def test_a_press_never_counts_for_alarms_to_come(self) -> None:
        early = through(opened(), Acknowledge(1.0, ANNA, True, alarm=9), Repeat(2.0, replace(BUTTON, room_id="gym")))
        assert not confirmed(early)

    def test_another_alarm_must_be_acknowledged_again(self) -> None:
        alarmed = through(opened(), Acknowledge(1.0, ANNA, True), Acknowledge(2.0, BEN, False), Repeat(HOUR, BUTTON))
        after, effect = advance(alarmed, Acknowledge(HOUR + 1, ANNA, True), RULES)
        assert effect is Effect.ACKNOWLEDGED
        assert [(ack.name, ack.at) for ack in after.acknowledgements] == [("Ben", 2.0), ("Anna", HOUR + 1)]

    def test_it_is_requested_again_after_an_alarm_even_if_the_clock_was_set_back(self) -> None:
        after = through(heard(at=HOUR), Repeat(0.0, BUTTON))
        assert not confirmed(after)
        after, effect = advance(after, Acknowledge(1.0, ANNA, True), RULES)
        assert (effect, confirmed(after)) == (Effect.ACKNOWLEDGED, True)


class TestConfirmation:
    def test_an_alarm_that_no_police_acknowledge_is_reported_unconfirmed_once(self) -> None:
        incident = through(opened(), Acknowledge(1.0, BEN, False))
        assert not confirmed(incident), "Ben belongs to the school"
        assert due(incident, 14.9, RULES) is None
        assert advance(incident, Unconfirmed(14.9), RULES) == (incident, Effect.NOTHING)
        assert due(incident, 15.0, RULES) == Unconfirmed(15.0)
        after, effect = advance(incident, Unconfirmed(15.0), RULES)
        assert effect is Effect.UNCONFIRMED
        assert (after.state, after.ends_at) == (IncidentState.OPEN, incident.ends_at)
        assert due(after, 60.0, RULES) is None

    def test_an_alarm_acknowledged_in_time_is_not_reported_unconfirmed(self) -> None:
        assert confirmed(heard())
        assert due(heard(), 60.0, RULES) is None

    def test_another_alarm_must_be_confirmed_again(self) -> None:
        again = through(heard(), Repeat(60.0, Origin("webhook", "Gym button", "gym")))
        assert not confirmed(again)
        assert due(again, 74.0, RULES) is None
        assert due(again, 75.0, RULES) == Unconfirmed(75.0)

    def test_setting_the_clock_back_does_not_prevent_the_report(self) -> None:
        assert due(opened(at=HOUR), 0.0, RULES) == Unconfirmed(0.0)

    def test_warnings_and_the_end_take_precedence_over_the_report(self) -> None:
        assert due(opened(), 4 * HOUR - 60, RULES) == Warn(4 * HOUR - 60)
        assert due(opened(DRILL), 4 * HOUR, RULES) == Expire(4 * HOUR)
