"""The answers to checks sent after the first burst show what a link can carry."""

import math
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webrtc.congestion.probe import AGAIN, NOISE, PATIENCE, TRAIN, Probe

TRIP = 0.05


class Link:
    """Simulates a link of ``bps`` with an unlimited queue. Answers arrive ``TRIP`` after a check has got through."""

    def __init__(self, bps: float, probe: Probe) -> None:
        self.bps = bps
        self.probe = probe
        self.free_at = 0.0
        self.answers: list[tuple[float, bytes]] = []
        self._numbers = count()

    def ask(self, now: float, lost: bool = False) -> None:
        transaction = next(self._numbers).to_bytes(12, "big")
        self.probe.asked(transaction, now)
        if not lost:
            self.answers.append((max(now, self.free_at) + TRIP, transaction))

    def train(self, now: float, size: int = TRAIN) -> None:
        self.free_at = max(now, self.free_at) + 8 * size / self.bps
        self.probe.sent(size, now)

    def learnt(self) -> float | None:
        for at, transaction in sorted(self.answers):
            found = self.probe.answered(transaction, at)
            if found is not None:
                return found
        return None


@given(st.floats(100_000, 15e6), st.floats(0, 1000))
def test_a_slow_link_is_recognised_by_the_time_that_the_train_takes(bps: float, now: float) -> None:
    link = Link(bps, Probe())
    link.ask(now)
    link.train(now)
    link.ask(now)
    assert link.learnt() == pytest.approx(bps, rel=0.01)


@pytest.mark.parametrize("bps", [100e6, 1e9])
def test_a_link_that_carries_the_train_at_once_shows_no_limit(bps: float) -> None:
    link = Link(bps, Probe())
    link.ask(5.0)
    link.train(5.0)
    link.ask(5.0)
    assert link.learnt() == math.inf


def test_the_next_check_makes_up_for_a_lost_one() -> None:
    link = Link(400_000, Probe())
    link.ask(5.0)
    link.train(5.0)
    link.ask(5.0, lost=True)
    assert not link.probe.asks_again(5.0 + AGAIN / 2)
    assert link.probe.asks_again(5.0 + AGAIN)
    link.ask(5.0 + AGAIN)
    assert link.learnt() == pytest.approx(400_000, rel=0.01)


def test_a_check_sent_after_the_train_has_arrived_shows_no_limit() -> None:
    link = Link(10e6, Probe())
    link.ask(5.0)
    link.train(5.0)
    link.ask(5.0, lost=True)
    link.ask(5.2)
    assert link.learnt() == math.inf


def test_without_anything_to_compare_a_late_answer_shows_no_limit() -> None:
    link = Link(400_000, Probe())
    link.ask(5.0, lost=True)
    link.train(5.0)
    link.ask(5.0)
    assert link.learnt() == math.inf


def test_a_short_train_measures_nothing() -> None:
    link = Link(400_000, Probe())
    link.ask(5.0)
    link.train(5.0, TRAIN // 2 - 1)
    link.ask(5.0)
    assert link.learnt() == math.inf


def test_nothing_follows_the_train_until_the_rate_is_known_or_no_answer_is_expected() -> None:
    probe = Probe()
    assert probe.fresh
    probe.asked(b"before", 5.0)
    assert not probe.waits(5.0)
    probe.sent(TRAIN, 5.0)
    assert not probe.fresh
    assert probe.waits(5.0 + PATIENCE - 0.01)
    assert not probe.waits(5.0 + PATIENCE)


def test_if_no_answer_arrives_in_time_the_link_carries_no_more_than_was_sent() -> None:
    probe = Probe()
    probe.asked(b"before", 5.0)
    probe.sent(TRAIN, 5.0)
    probe.asked(b"behind", 5.0)
    assert probe.answered(b"before", 5.0 + TRIP) is None
    assert probe.lapsed(5.0 + PATIENCE - 0.01) is None
    assert probe.lapsed(5.0 + PATIENCE) == pytest.approx(8 * TRAIN / (PATIENCE - TRIP))
    assert probe.lapsed(6.0 + PATIENCE) is None
    assert probe.answered(b"behind", 8.0) is None


def test_a_round_trip_as_long_as_the_wait_does_not_divide_by_zero() -> None:
    probe = Probe()
    probe.asked(b"before", 5.0)
    probe.sent(TRAIN, 5.0)
    assert probe.answered(b"before", 5.0 + PATIENCE) is None
    assert (probe.lapsed(5.0 + PATIENCE) or 0) > 1e6


def test_a_viewer_who_never_answers_shows_no_limit() -> None:
    probe = Probe()
    assert probe.lapsed(5.0) is None
    probe.sent(TRAIN, 5.0)
    assert probe.lapsed(5.0 + PATIENCE) == math.inf


@pytest.mark.parametrize("jitter", [0.0, 0.02, 0.05, 0.09])
def test_a_repeated_check_is_not_late_because_an_earlier_one_was_lost(jitter: float) -> None:
    link = Link(50e6, Probe())
    link.ask(5.0)
    link.train(5.0)
    link.ask(5.0, lost=True)
    link.ask(5.1)
    (first, again) = link.answers
    link.answers = [first, (again[0] + jitter, again[1])]
    assert link.learnt() == math.inf


def test_after_a_short_train_the_next_one_is_measured() -> None:
    link = Link(400_000, Probe())
    link.ask(5.0)
    link.train(5.0, 5_000)
    link.ask(5.0)
    assert link.learnt() == math.inf
    assert link.probe.fresh
    link.answers.clear()
    link.ask(9.0)
    link.train(9.0)
    link.ask(9.0)
    assert link.learnt() == pytest.approx(400_000, rel=0.01)


def test_the_gateway_does_not_wait_for_a_viewer_that_cannot_be_asked() -> None:
    probe = Probe()
    probe.give_up()
    assert not probe.fresh
    assert not probe.waits(5.0)


def test_unexpected_and_repeated_answers_are_ignored() -> None:
    probe = Probe()
    probe.asked(b"before", 5.0)
    probe.sent(TRAIN, 5.0)
    probe.asked(b"behind", 5.0)
    assert probe.answered(b"guessed", 5.1) is None
    assert probe.answered(b"before", 5.1) is None
    assert probe.answered(b"before", 5.1) is None
    assert probe.answered(b"behind", 5.1 + NOISE / 2) == math.inf
    assert probe.answered(b"behind", 5.2) is None
    assert not probe.waits(5.2)
