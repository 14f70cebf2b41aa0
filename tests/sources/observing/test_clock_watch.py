import math

import pytest

from gateway.sources.media import ClockSample
from gateway.sources.observing.clock_watch import REMEMBERED, ClockWatch
from gateway.sources.observing.watch import Watch
from tests.fakes import FakeClock
from tests.sources.recording import RecordingSink

WALL = 1_700_000_000.0


def asked(watch: ClockWatch, at: float, ahead: float, wall: float = WALL) -> None:
    """Answer with a camera clock that is ``ahead`` of ours, which reads ``wall`` more than gateway time."""
    watch.sample(ClockSample(math.floor(at + WALL + ahead), at, at + 0.01), wall)


def test_a_correct_clock_is_not_mentioned() -> None:
    watch = ClockWatch()
    for at in range(0, 3000, 7):
        asked(watch, at + 0.37, 0.9)
    assert watch.notes(3000.0) == ()
    assert watch.jumps == 0


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(10.0, "10 s fast"), (-3000.0, "50 min slow"), (100_000.0, "28 h fast"), (9e8, "10417 days fast")],
)
def test_a_wrong_clock_is_reported_with_its_error(ahead: float, words: str) -> None:
    watch = ClockWatch()
    asked(watch, 5.5, ahead)
    (note,) = watch.notes(6.0)
    assert words in note


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(-5 * 3600.0, "5 h behind UTC"), (3600.5, "1 h ahead of UTC"), (19_803.0, "5:30 h ahead"), (-900.0, "15 min")],
)
def test_local_time_given_as_utc_is_reported_as_a_time_zone_not_a_wrong_clock(ahead: float, words: str) -> None:
    watch = ClockWatch()
    asked(watch, 5.5, ahead)
    (note,) = watch.notes(6.0)
    assert words in note
    assert "time zone" in note
    assert "NTP" not in note


def test_the_wording_stays_the_same_while_the_error_does() -> None:
    watch = ClockWatch()
    said = set()
    for at in range(0, 1000, 3):
        asked(watch, at + 0.1 * (at % 10), 10.0)
        said.add(watch.notes(float(at)))
    assert len(said) == 1


def test_a_clock_that_is_set_while_it_is_watched_is_noted_for_a_while() -> None:
    watch = ClockWatch()
    asked(watch, 0.5, 0.0)
    asked(watch, 10.5, 3600.0)
    assert watch.jumps == 1
    assert any("set ahead by 60 min" in note for note in watch.notes(11.0))
    asked(watch, 20.5, 0.0)
    assert watch.jumps == 2
    assert any("set back" in note for note in watch.notes(21.0))
    assert watch.notes(20.6 + REMEMBERED) == ()


def test_if_our_own_clock_is_set_no_camera_is_said_to_have_jumped() -> None:
    watch = ClockWatch()
    asked(watch, 0.5, 0.0)
    asked(watch, 10.5, 0.0, wall=WALL + 60)
    assert watch.jumps == 0
    assert any("slow" in note for note in watch.notes(11.0))


@pytest.mark.parametrize(
    ("set_by", "camera_ahead", "noted"), [(13 * 3600.0, 0.0, 0), (600.0, 600.0, 0), (600.0, -60.0, 1)]
)
def test_no_camera_is_blamed_for_a_step_of_the_gateways_own_clock(
    set_by: float, camera_ahead: float, noted: int
) -> None:
    """A regression: every camera of a district was told to follow a time server, although only the gateway's clock was
    wrong.
    """
    clock = FakeClock(now=WALL)
    watch = Watch(RecordingSink(), clock)
    clock.jump(set_by)
    now = clock.monotonic()
    watch.clock_sample(ClockSample(int(WALL + camera_ahead), now, now + 0.01))
    assert len(watch.camera_clock.notes(now)) == noted
