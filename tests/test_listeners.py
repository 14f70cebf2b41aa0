"""A listener that fails is logged, counted and kept, and does not affect the others."""

import logging

import pytest

from gateway.listeners import Listeners
from gateway.metrics import Metrics


def failures(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("sightline_task_failures_total", {"task": "doorbell"})


def test_a_listener_that_fails_is_counted_and_called_again_and_so_are_the_others() -> None:
    metrics = Metrics()
    doorbell: Listeners[str, int] = Listeners("doorbell", metrics)
    heard: list[str] = []

    def fail(who: str, times: int) -> None:
        heard.append(f"failing: {who} {times}")
        raise ValueError(who)

    doorbell.add(fail)
    remove = doorbell.add(lambda who, times: heard.append(f"{who} {times}"))
    doorbell.tell("one", 1)
    doorbell.tell("two", 2)
    remove()
    remove()
    doorbell.tell("three", 3)
    assert heard == ["failing: one 1", "one 1", "failing: two 2", "two 2", "failing: three 3"]
    assert failures(metrics) == 3
    assert len(doorbell) == 1


def test_only_the_first_of_several_failures_in_a_row_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics()
    doorbell: Listeners[bool] = Listeners("doorbell", metrics)

    def fail_if(bad: bool) -> None:
        if bad:
            raise ValueError

    doorbell.add(fail_if)
    with caplog.at_level(logging.ERROR):
        for bad in (True, True, True, False, True):
            doorbell.tell(bad)
    assert [record.getMessage() for record in caplog.records] == ["a listener failed: doorbell"] * 2
    assert failures(metrics) == 4


def test_a_listener_removed_by_another_one_is_not_called() -> None:
    doorbell: Listeners[str] = Listeners("doorbell", Metrics())
    heard: list[str] = []
    doorbell.add(lambda _: remove())
    remove = doorbell.add(heard.append)
    doorbell.tell("one")
    assert heard == []


def test_a_listener_that_fails_and_removes_itself_leaves_nothing_behind() -> None:
    doorbell: Listeners[str] = Listeners("doorbell", Metrics())

    def fail(_who: str) -> None:
        remove()
        raise ValueError

    remove = doorbell.add(fail)
    doorbell.tell("one")
    assert len(doorbell) == 0
