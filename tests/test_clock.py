"""Tests the machine's own clocks: one that anybody may set, and one that nobody can set."""

import time

import pytest

from gateway.clock import SystemClock


def test_setting_the_machines_clock_does_not_change_steady_time(monkeypatch: pytest.MonkeyPatch) -> None:
    true_time, clock = time.time, SystemClock()
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: true_time() - 20 * 3600)
    assert 0 <= clock.now() - before < 5
    assert clock.wall() - before == pytest.approx(-20 * 3600, abs=5)
    other = SystemClock(clock.began_at)
    assert other.now() == pytest.approx(clock.now(), abs=1), "another process of the same run"
