from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit
from gateway.relay.camera_stream import Picture
from gateway.rtp.time import WRAP
from gateway.transcoding.backlog import SHOWN_EVERY, Backlog
from gateway.transcoding.jobs import Job
from gateway.transcoding.kept import MAX_BYTES, MAX_PICTURES

STEP = 3000


def picture(number: int, *, keyframe: bool = False, size: int = 10) -> Picture:
    unit = AccessUnit((bytes(size),), number, keyframe, float(number), codec="H265")
    return Picture(unit, number * STEP % WRAP)


def all_of(backlog: Backlog) -> list[Job]:
    jobs = []
    while (waiting := backlog.next()) is not None:
        jobs.append(waiting[0])
    return jobs


def numbers(jobs: list[Job]) -> list[int]:
    return [job.time // STEP for job in jobs]


def test_a_transcode_begins_with_the_keyframe_and_shows_only_the_newest_picture() -> None:
    backlog = Backlog()
    for number in range(5):
        backlog.take(picture(number, keyframe=number == 1))
    assert backlog.next() is None
    backlog.begin()
    jobs = all_of(backlog)
    assert numbers(jobs) == [1, 2, 3, 4]
    assert [job.show for job in jobs] == [False, False, False, True]
    assert [job.fresh for job in jobs] == [True, False, False, False]
    assert backlog.dropped == 0


def test_a_process_that_keeps_up_shows_every_picture() -> None:
    backlog = Backlog()
    backlog.begin()
    shown = []
    for number in range(4):
        backlog.take(picture(number, keyframe=number == 0))
        shown += [job.show for job in all_of(backlog)]
    assert shown == [True] * 4


def test_the_time_of_arrival_from_the_camera_is_passed_on() -> None:
    backlog = Backlog()
    backlog.begin()
    backlog.take(picture(7, keyframe=True))
    waiting = backlog.next()
    assert waiting is not None
    assert waiting[1] == 7.0


def test_at_a_keyframe_everything_waiting_is_dropped_and_the_decoder_restarts() -> None:
    backlog = Backlog()
    backlog.begin()
    for number in range(6):
        backlog.take(picture(number, keyframe=number in (0, 4)))
    jobs = all_of(backlog)
    assert numbers(jobs) == [4, 5]
    assert jobs[0].fresh
    assert backlog.dropped == 4


def test_a_process_that_is_always_behind_still_shows_a_picture_now_and_then() -> None:
    backlog = Backlog()
    backlog.begin()
    backlog.take(picture(0, keyframe=True))
    jobs = all_of(backlog)
    backlog.take(picture(1))
    for number in range(2, 100):
        backlog.take(picture(number))
        waiting = backlog.next()
        assert waiting is not None
        jobs.append(waiting[0])
    shown = [job.time for job in jobs if job.show]
    assert len(shown) == 98 * STEP // SHOWN_EVERY + 1


def test_waiting_pictures_are_limited_by_number_and_size() -> None:
    backlog = Backlog()
    backlog.begin()
    backlog.take(picture(0, keyframe=True))
    for number in range(1, MAX_PICTURES + 10):
        backlog.take(picture(number))
    assert all_of(backlog) == []
    assert backlog.dropped == MAX_PICTURES + 10
    backlog.take(picture(2000, keyframe=True, size=MAX_BYTES + 1))
    assert all_of(backlog) == []
    backlog.take(picture(2001, keyframe=True))
    assert numbers(all_of(backlog)) == [2001]


def test_a_gop_of_any_length_does_not_interrupt_a_process_that_keeps_up() -> None:
    backlog = Backlog()
    backlog.begin()
    for number in range(MAX_PICTURES + 10):
        backlog.take(picture(number, keyframe=number == 0))
        assert len(all_of(backlog)) == 1
    assert backlog.dropped == 0
    backlog.begin()
    backlog.take(picture(5000))
    assert all_of(backlog) == []


def test_after_forgetting_no_pictures_are_kept() -> None:
    backlog = Backlog()
    backlog.take(picture(0, keyframe=True))
    backlog.forget()
    backlog.begin()
    assert all_of(backlog) == []


@given(st.lists(st.sampled_from(["key", "delta", "next", "begin", "end"]), max_size=60), st.integers(0, WRAP // STEP))
def test_each_job_follows_the_previous_one_or_restarts_at_a_keyframe(steps: list[str], first: int) -> None:
    backlog, number, before, keyframes = Backlog(), first, -1, set()
    for step in steps:
        if step in ("key", "delta"):
            number += 1
            if step == "key":
                keyframes.add(number)
            backlog.take(picture(number, keyframe=step == "key"))
        elif step == "begin":
            backlog.begin()
        elif step == "end":
            backlog.end()
        elif (waiting := backlog.next()) is not None:
            this = int(waiting[1])
            assert this in keyframes if waiting[0].fresh else this == before + 1
            before = this
