import logging
import stat
from pathlib import Path

import pytest

from gateway.audit.record import AuditEvent, AuditRecord
from gateway.audit.spool import Spool


def record(name: str) -> AuditRecord:
    return AuditRecord(AuditEvent(kind=name), name, 1.0, 0)


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    assert spool.read() == []
    spool.append([record("a"), record("b")])
    spool.append([record("c")])
    assert Spool(spool.path).read() == [record("a"), record("b"), record("c")]
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600


def test_a_line_torn_by_a_crash_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append([record("a"), record("b")])
    spool.path.write_bytes(spool.path.read_bytes()[:-20])
    spool.append([record("c")])
    with caplog.at_level(logging.ERROR):
        assert spool.read() == [record("a"), record("c")]
    assert "spool.jsonl:2" in caplog.text


def test_a_cleared_spool_is_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append([record("a")])
    spool.clear()
    spool.clear()
    assert not spool.path.exists()
