import logging
import stat
from pathlib import Path

import pytest

from gateway.audit.audit_event import AuditEvent, AuditRecord
from gateway.audit.kinds import Kind
from gateway.audit.spool import Spool


def record(name: str) -> AuditRecord:
    return AuditRecord(AuditEvent(kind=Kind(name)), name, 1.0, 0)


def kinds(spool: Spool) -> list[str]:
    return [record.event.kind for record in spool.read()[0]]


def test_what_is_appended_is_read_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    assert spool.read() == ([], 0)
    assert spool.empty
    spool.append([record("a"), record("b")])
    spool.append([record("c")])
    assert not spool.empty
    assert Spool(spool.path).read()[0] == [record("a"), record("b"), record("c")]
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600


def test_a_spool_of_its_full_size_is_overwritten_in_place(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl", 100_000)
    spool.append([record("before")])
    spool.prepare()
    spool.append([record("a"), record("b")])
    assert kinds(spool) == ["before", "a", "b"]
    assert spool.clear(spool.read()[1])
    assert spool.empty
    spool.append([record("c")])
    assert kinds(Spool(spool.path)) == kinds(spool) == ["c"]
    assert spool.path.stat().st_size == 100_000


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl", 2000)
    spool.prepare()
    with pytest.raises(OSError, match="full"):
        spool.append([record("x")], limit=100)
    spool.append([record(str(number)) for number in range(5)])
    with pytest.raises(OSError, match="full"):
        spool.append([record(str(number)) for number in range(5, 10)])
    assert kinds(spool) == ["0", "1", "2", "3", "4"]


def test_many_records_are_read_in_pieces(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    names = [str(number) for number in range(1000)]
    spool.append([record(name) for name in names])
    found, offset = list[str](), 0
    while piece := spool.read(offset, 7)[0]:
        assert len(piece) <= 7
        offset = spool.read(offset, 7)[1]
        found += [one.event.kind for one in piece]
    assert found == names


def test_records_appended_while_the_spool_is_read_are_not_cleared(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append([record("a")])
    _, offset = spool.read()
    Spool(spool.path).append([record("of another process")])
    assert not spool.clear(offset)
    assert kinds(spool) == ["a", "of another process"]


def test_a_line_torn_by_a_crash_does_not_affect_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    spool = Spool(tmp_path / "spool.jsonl")
    spool.append([record("a"), record("b")])
    spool.path.write_bytes(spool.path.read_bytes()[:-20])
    after = Spool(spool.path)
    after.append([record("c")])
    with caplog.at_level(logging.ERROR):
        assert after.read()[0] == [record("a"), record("c")]
    assert "spool.jsonl: byte" in caplog.text
