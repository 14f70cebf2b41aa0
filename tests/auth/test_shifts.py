from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.shifts import carried_by, carried_until, continued_until, may_continue_at
from gateway.configuration.settings import TokenSettings
from gateway.incident import Incident, Origin
from gateway.models import IncidentKind, IncidentState, SiteId

RULES = TokenSettings()
HOUR = 3600.0
START = 1_700_000_000.0
END = START + 12 * HOUR
INCIDENT = Incident(
    "i", SiteId("lincoln"), IncidentKind.REAL, IncidentState.OPEN, Origin("webhook", "Panic"), START, START + 4 * HOUR
)


def opened(at: float) -> Incident:
    return replace(INCIDENT, opened_at=at)


def test_a_shift_can_be_extended_by_four_hours_from_an_hour_before_its_end() -> None:
    assert may_continue_at(START, END, RULES) == END - HOUR
    assert continued_until(START, END, RULES) == END + 4 * HOUR


def test_no_number_of_presses_makes_a_sign_in_longer_than_two_shifts() -> None:
    end = END
    for _ in range(20):
        end = continued_until(START, end, RULES)
    assert end == START + 24 * HOUR
    assert may_continue_at(START, end, RULES) is None


def test_a_press_does_not_shorten_a_sign_in_that_an_incident_extended_beyond_two_shifts() -> None:
    assert continued_until(START, START + 30 * HOUR, RULES) == START + 30 * HOUR


def test_an_incident_postpones_an_end_that_is_less_than_an_hour_away() -> None:
    incident = opened(END - 3 * HOUR)
    assert carried_by(END, [incident], END - HOUR - 1, RULES) is None
    assert carried_by(END, [incident], END - HOUR, RULES) == incident
    assert carried_by(END, [], END - HOUR, RULES) is None


@pytest.mark.parametrize("later", [0.0, 5 * HOUR])
def test_an_end_that_passed_while_the_gateway_was_down_is_postponed_too(later: float) -> None:
    incident = opened(END - 1)
    assert carried_by(END, [incident], END + later, RULES) == incident
    assert carried_until(END, END + later, RULES) == END + later + HOUR


def test_a_person_signed_out_before_the_incident_stays_signed_out() -> None:
    assert carried_by(END, [opened(END + 1)], END + 2, RULES) is None


@given(st.floats(-HOUR, 20 * HOUR), st.lists(st.floats(0, 600), max_size=200))
def test_while_an_incident_is_open_nobody_has_much_less_than_an_hour_left(left: float, pauses: list[float]) -> None:
    incident, now, end = opened(START), START + HOUR, START + HOUR + left
    for pause in pauses:
        now += pause
        if carried_by(end, [incident], now, RULES):
            moved = carried_until(end, now, RULES)
            assert moved >= end
            end = moved
        assert end - now >= HOUR * 11 / 12
