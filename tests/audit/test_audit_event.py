import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.audit_event import AuditEvent, AuditRecord, format_record, from_dict, hundredths, local_offset
from gateway.audit.kinds import Kind
from gateway.models import Role
from gateway.permission import Action

EVENT = AuditEvent(
    kind=Kind.VIEW_OPENED,
    principal="anna",
    name="Anna Berg",
    role=Role.DISPATCHER,
    site="oak",
    camera="oak-entrance",
    incident="1f",
    origin_address="10.0.0.7",
    detail={"stream": "main"},
)
RECORD = AuditRecord(EVENT, "e1", 1_700_000_000.04, 3600, 7)


def test_the_time_has_hundredths_and_the_utc_offset() -> None:
    assert RECORD.time == "2023-11-14T23:13:20.04+01:00"
    assert AuditRecord(EVENT, "e", 1_700_000_000.0, 0).time == "2023-11-14T22:13:20.00+00:00"
    assert AuditRecord(EVENT, "e", 1_700_000_000.99, -12600).time == "2023-11-14T18:43:20.99-03:30"


@given(st.integers(0, 400_000_000_000))
def test_times_are_cut_to_hundredths_never_rounded_up(cents: int) -> None:
    exact = cents / 100
    assert hundredths(exact) == exact
    assert hundredths(exact + 0.0098) == exact
    assert AuditRecord(EVENT, "e", exact, 0).time[20:22] == f"{cents % 100:02d}"


def test_the_utc_offset_is_that_of_the_day_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert local_offset(1_700_000_000.0) == 3600
        assert local_offset(1_690_000_000.0) == 7200
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_record_is_printed_as_one_line_for_a_terminal() -> None:
    assert format_record(RECORD) == (
        "2023-11-14T23:13:20.04+01:00  view_opened  ok  Anna Berg (dispatcher)  site=oak  camera=oak-entrance"
        '  incident=1f  from=10.0.0.7  stream="main"'
    )


def test_a_record_without_a_person_is_printed_as_one_line() -> None:
    line = format_record(AuditRecord(AuditEvent(kind=Kind.INCIDENT_EXPIRED), "e", 0.0, 0))
    assert line == "1970-01-01T00:00:00.00+00:00  incident_expired  ok  -"


def test_a_name_cannot_move_the_cursor_or_fake_a_line() -> None:
    event = AuditEvent(kind=Kind("x"), name="a\n2023 fake\x1b[2J", reason="b\r", detail={"note": "c\u2028\x9b"})
    line = format_record(AuditRecord(event, "e", 0.0, 0))
    assert line.isprintable()


def test_a_time_in_the_details_is_printed_at_the_records_offset() -> None:
    event = AuditEvent(
        kind=Kind("x"), detail={"ends_at": 1_795_769_442.43674, "was": {"ends_at": 0}, "rows": 3, "old_at": None}
    )
    line = format_record(AuditRecord(event, "e", 0.0, -12600))
    assert 'ends_at="2026-11-27T05:20:42.43-03:30"' in line
    assert 'was={"ends_at": "1969-12-31T20:30:00.00-03:30"}' in line
    assert "rows=3" in line
    assert "old_at=null" in line


@given(st.floats() | st.integers() | st.booleans() | st.text(max_size=5))
def test_no_detail_can_break_a_line(value: object) -> None:
    event = AuditEvent(kind=Kind("x"), detail={"ends_at": value, "times_at": [value]})
    assert format_record(AuditRecord(event, "e", 0.0, 0)).isprintable()


def test_a_record_survives_the_round_trip_through_json() -> None:
    assert from_dict(json.loads(json.dumps(RECORD.as_dict()))) == RECORD
    bare = AuditRecord(AuditEvent(kind=Kind("x")), "e", 0.0, 0)
    assert from_dict(json.loads(json.dumps(bare.as_dict()))) == bare


def test_json_is_flat_and_has_the_readable_time() -> None:
    values = RECORD.as_dict()
    assert (values["id"], values["time"], values["kind"], values["role"]) == (
        7,
        RECORD.time,
        "view_opened",
        "dispatcher",
    )


def test_a_kind_that_this_version_does_not_know_is_read_as_it_is() -> None:
    record = AuditRecord(AuditEvent(kind=Kind.VIEW_OPENED), "e", 0.0, 0)
    other = from_dict(record.as_dict() | {"kind": "of_another_version"})
    assert other.event.kind == "of_another_version"
    assert other.as_dict()["kind"] == "of_another_version"
    assert "of_another_version" not in set(Kind)


def test_everything_that_a_person_may_want_to_do_has_a_kind_for_its_refusal() -> None:
    assert {f"{action}_refused" for action in Action} <= set(Kind)
