"""Tests what must follow when a trigger arrives, depending on what is known at that moment."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.configuration.incident_settings import IncidentSettings
from gateway.incident import Incident, Origin, ReceivedTrigger
from gateway.incidents.arbitration import Arbitration, Decision, RealIncidentOpen, arbitrate, decide, supersedes
from gateway.incidents.changes import IncidentChange, Trigger, TriggerOutcome
from gateway.incidents.incident_events import Effect
from gateway.models import IncidentKind, IncidentState, SiteId

RULES = IncidentSettings()
NOW = 10_000.0
OAK, ELM = SiteId("oak"), SiteId("elm")
REAL, DRILL, TEST = IncidentKind.REAL, IncidentKind.DRILL, IncidentKind.TEST
BUTTON = Origin("webhook", "Office button", "office")
PRESS = Trigger(OAK, REAL, BUTTON, frozenset({"anna"}), key="button/msg_1")


def incident(kind: IncidentKind = REAL, site: SiteId = OAK, opened_at: float = 0.0, key: str | None = None) -> Incident:
    return Incident(
        id=f"{site}-{kind}",
        site_id=site,
        kind=kind,
        state=IncidentState.OPEN,
        origin=BUTTON,
        opened_at=opened_at,
        ends_at=opened_at + 4 * 3600.0,
        last_alarm_at=opened_at,
        triggers=(ReceivedTrigger(BUTTON, opened_at, alarm=True, key=key),),
    )


def decided(trigger: Trigger, *known: Incident) -> Decision:
    decision = decide(trigger, known, NOW, RULES, "new", "Real lockdown at Oak")
    assert isinstance(decision, Decision)
    return decision


def effects(decision: Decision) -> list[tuple[str, Effect]]:
    return [(change.incident.id, change.effect) for change in decision.changes]


@pytest.mark.parametrize("kind", IncidentKind)
def test_without_an_incident_every_kind_opens(kind: IncidentKind) -> None:
    assert arbitrate(kind, set()) is Arbitration.OPEN


@pytest.mark.parametrize("kind", IncidentKind)
def test_the_same_kind_joins(kind: IncidentKind) -> None:
    assert arbitrate(kind, {kind}) is Arbitration.JOIN


@pytest.mark.parametrize("kind", [DRILL, TEST])
def test_a_drill_or_test_cannot_begin_while_a_real_incident_is_open(kind: IncidentKind) -> None:
    assert arbitrate(kind, {REAL}) is Arbitration.REFUSE


def test_a_real_incident_opens_during_a_drill_or_test_and_ends_it() -> None:
    assert arbitrate(REAL, {DRILL, TEST}) is Arbitration.OPEN
    assert supersedes(REAL, DRILL)
    assert supersedes(REAL, TEST)


def test_a_drill_and_a_test_can_be_open_at_the_same_time() -> None:
    assert arbitrate(DRILL, {TEST}) is Arbitration.OPEN
    assert not supersedes(DRILL, TEST)
    assert not supersedes(TEST, DRILL)
    assert not supersedes(REAL, REAL)


def test_a_first_trigger_opens_an_incident_with_its_details() -> None:
    opened = decided(PRESS, incident(REAL, ELM))
    [change] = opened.changes
    assert change == IncidentChange(change.incident, None, True, Effect.OPENED)
    assert opened.outcome == TriggerOutcome(change.incident, opened=True, alarm=True)
    new = change.incident
    assert (new.id, new.site_id, new.kind, new.state) == ("new", OAK, REAL, IncidentState.OPEN)
    assert (new.opened_at, new.last_alarm_at, new.ends_at) == (NOW, NOW, NOW + RULES.maximum_duration)
    assert (new.origin, new.threat, new.enrolled) == (BUTTON, "Real lockdown at Oak", PRESS.enrolled)
    assert new.triggers == (ReceivedTrigger(BUTTON, NOW, alarm=True, key="button/msg_1"),)


def test_a_trigger_joins_the_open_incident_of_its_kind_and_sounds_unless_its_place_has_recently() -> None:
    merged = decided(PRESS, incident(opened_at=NOW - 60))
    assert effects(merged) == [("oak-real", Effect.MERGED)]
    assert (merged.outcome.opened, merged.outcome.alarm) == (False, False)
    elsewhere = replace(PRESS, origin=replace(BUTTON, room_id="gym"))
    assert effects(decided(elsewhere, incident(opened_at=NOW - 60))) == [("oak-real", Effect.ALARMED)]


def test_a_real_trigger_opens_first_and_then_ends_drill_and_test_of_its_school() -> None:
    decision = decided(PRESS, incident(TEST), incident(DRILL), incident(DRILL, ELM))
    assert effects(decision) == [
        ("new", Effect.OPENED),
        ("oak-test", Effect.SUPERSEDED),
        ("oak-drill", Effect.SUPERSEDED),
    ]
    assert [change.incident.closed_by for change in decision.changes[1:]] == ["Office button"] * 2


@pytest.mark.parametrize("kind", [DRILL, TEST])
def test_a_drill_in_a_real_incident_is_a_refusal_in_words(kind: IncidentKind) -> None:
    refusal = decide(replace(PRESS, kind=kind), [incident()], NOW, RULES, "new", "")
    assert isinstance(refusal, RealIncidentOpen)
    assert (refusal.status, refusal.code) == (409, "real_incident_open")
    assert refusal.detail == f"A real incident is open at this school: no {kind} can begin before all clear."


def test_an_ended_incident_is_not_joined_and_does_not_cause_refusals() -> None:
    over = replace(incident(), state=IncidentState.ALL_CLEAR, closed_at=1.0)
    assert decided(replace(PRESS, kind=DRILL), over).outcome.opened
    assert decided(replace(PRESS, key="button/msg_2"), over).outcome.opened


def test_a_trigger_received_twice_changes_nothing_and_gets_the_first_outcome() -> None:
    first = incident(key="button/msg_1")
    assert decided(PRESS, first) == Decision(TriggerOutcome(first, opened=True, alarm=True), ())
    merged = ReceivedTrigger(BUTTON, 5.0, alarm=False, key="button/msg_2")
    later = replace(first, triggers=(merged, *first.triggers))
    again = decided(replace(PRESS, key="button/msg_2"), later)
    assert again == Decision(TriggerOutcome(later, opened=False, alarm=False), ())
    over = replace(later, state=IncidentState.ALL_CLEAR, closed_at=9.0)
    assert decided(PRESS, over).changes == (), "also after its end"


@pytest.mark.parametrize(
    "other",
    [
        replace(PRESS, key=None),
        replace(PRESS, site_id=ELM),
        replace(PRESS, origin=replace(BUTTON, by="Another button")),
    ],
)
def test_a_trigger_without_a_key_or_from_another_sender_or_school_is_a_new_one(other: Trigger) -> None:
    known = incident(key=None if other.key is None else "button/msg_1")
    assert decided(other, known).changes


@given(st.lists(st.sampled_from(IncidentKind) | st.none(), max_size=30))
def test_no_sequence_of_triggers_breaks_the_rules_of_a_site(triggers: list[IncidentKind | None]) -> None:
    """A real incident is never open beside another, and a real trigger is never refused. None means all clear."""
    here: dict[IncidentKind, Incident] = {}
    for at, kind in enumerate(triggers):
        if kind is None:
            here = {}
            continue
        before, decision = dict(here), arbitrate(kind, here)
        if decision is Arbitration.OPEN:
            assert kind not in here
            here = {other: incident for other, incident in here.items() if not supersedes(kind, other)}
            here[kind] = incident(kind, opened_at=float(at))
        if decision is Arbitration.REFUSE:
            assert kind is not REAL
            assert REAL in before
        if kind is REAL:
            assert REAL in here
        assert REAL not in here or set(here) == {REAL}
