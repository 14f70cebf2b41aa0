import io
from collections.abc import Sequence

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codecs.h264.parameter_sets import parse_sps
from gateway.subprocesses.frames import Frames, frame
from gateway.subprocesses.values import write
from gateway.transcoding.coder import KEYFRAME_EVERY, Coder, Limits, fitted
from gateway.transcoding.jobs import RESULTS, Job, Result
from gateway.transcoding.worker import work
from tests.codecs.coded import TICKS, Coded, h264, h265, jpeg

LIMITS = Limits(height=120, fps=10, bitrate=300_000)


def jobs(codec: str, pictures: Sequence[Coded], *, start: int = 0) -> list[Job]:
    return [Job(codec, True, number == 0, start + p.rtp, p.nals) for number, p in enumerate(pictures)]


def run(coder: Coder, work: Sequence[Job]) -> list[Result]:
    return [result for job in work for result in coder.code(job)]


def sizes(results: Sequence[Result]) -> list[tuple[int, int]]:
    decoder = av.CodecContext.create("h264", "r")
    frames = []
    for result in results:
        frames += decoder.decode(av.Packet(b"".join(b"\0\0\0\1" + nal for nal in result.nals)))
    return [(frame.width, frame.height) for frame in [*frames, *decoder.decode(None)]]


@pytest.mark.parametrize("codec", ["H265", "JPEG"])
def test_every_picture_comes_out_at_once_with_its_time_as_h264_for_every_browser(codec: str) -> None:
    pictures = h265(25) if codec == "H265" else jpeg(25)
    coder = Coder(LIMITS)
    for job in jobs(codec, pictures, start=5_000_000_000):
        (result,) = coder.code(job)
        assert result.time == job.time
        assert not result.done
        if result.keyframe:
            assert [nal[0] & 0x1F for nal in result.nals if nal[0] & 0x1F != 6] == [7, 8, 5]
            sps = parse_sps(result.nals[0])
            assert (sps.profile, sps.width, sps.height, sps.may_reorder) == (66, 214, 120, False)


def test_keyframes_come_every_two_seconds() -> None:
    results = run(Coder(LIMITS), jobs("JPEG", jpeg(45)))
    assert [result.time for result in results if result.keyframe] == [0, KEYFRAME_EVERY, 2 * KEYFRAME_EVERY]


def test_b_frames_come_out_in_the_order_in_which_they_are_shown() -> None:
    pictures = h264(20, b_frames=2)
    assert [picture.rtp for picture in pictures] != sorted(picture.rtp for picture in pictures)
    times = [result.time for result in run(Coder(LIMITS), jobs("H264", pictures))]
    assert times == sorted(times)
    assert len(times) >= 15


def test_no_more_pictures_come_out_than_the_limit_allows() -> None:
    results = run(Coder(Limits(120, 5, 300_000)), jobs("JPEG", jpeg(30)))
    assert [result.time for result in results] == list(range(0, 30 * TICKS, 2 * TICKS))


def test_no_more_bits_come_out_than_the_limit_allows() -> None:
    results = run(Coder(Limits(180, 10, 100_000)), jobs("JPEG", jpeg(50)))
    bits = 8 * sum(len(nal) for result in results for nal in result.nals)
    assert bits / 5 < 1.3 * 100_000


def test_pictures_that_are_not_to_be_shown_are_only_decoded() -> None:
    coder = Coder(LIMITS)
    hidden = [job._replace(show=False) for job in jobs("H265", h265(4))]
    assert run(coder, hidden[:3]) == []
    assert len(run(coder, [hidden[3]._replace(show=True)])) == 1


def test_a_change_of_size_begins_with_a_keyframe_of_the_new_size() -> None:
    coder = Coder(Limits(1080, 10, 300_000))
    first = run(coder, jobs("H265", h265(3)))
    other = run(coder, jobs("JPEG", jpeg(3), start=90_000))
    assert other[0].time == 90_000
    assert sizes([*first, *other]) == [(320, 180)] * 6
    coder = Coder(Limits(1080, 10, 300_000))
    wide = list(coder.code(jobs("JPEG", jpeg(1))[0]))
    narrow = list(coder.code(jobs("JPEG", jpeg(1, width=160, height=120), start=90_000)[0]))
    assert narrow[0].keyframe
    assert sizes([*wide, *narrow]) == [(320, 180), (160, 120)]


@pytest.mark.parametrize(
    ("width", "height", "limit", "expected"),
    [
        (1920, 1080, 720, (1280, 720)),
        (640, 360, 720, (640, 360)),
        (2592, 1944, 720, (960, 720)),
        (1080, 1920, 720, (404, 720)),
        (5120, 1440, 720, (1280, 360)),
        (321, 181, 720, (320, 180)),
        (1, 1, 720, (2, 2)),
    ],
)
def test_pictures_keep_their_shape_within_the_limit(
    width: int, height: int, limit: int, expected: tuple[int, int]
) -> None:
    assert fitted(width, height, limit) == expected


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["H264", "H265", "JPEG"]), st.binary(min_size=1, max_size=60)), max_size=6))
def test_undecodable_pictures_give_no_result_and_do_no_harm(steps: list[tuple[str, bytes]]) -> None:
    coder = Coder(LIMITS)
    for codec, data in steps:
        list(coder.code(Job(codec, True, False, 0, (data,))))
    assert len(list(coder.code(jobs("JPEG", jpeg(1), start=90_000)[0]))) == 1


def test_the_process_answers_every_job() -> None:
    asked = jobs("JPEG", jpeg(2))
    answers = io.BytesIO()
    work(Coder(LIMITS), io.BytesIO(b"".join(frame(write(job)) for job in asked)), answers)
    results = [RESULTS.read(body) for body in Frames().feed(answers.getvalue())]
    assert [(result.done, result.time) for result in results] == [(False, 0), (True, 0), (False, TICKS), (True, TICKS)]
