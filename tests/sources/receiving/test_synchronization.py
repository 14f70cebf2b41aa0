"""Among several sources on one channel, the camera's stream is found, and so are the reports that give its clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import StreamInfo
from gateway.rtp.time import NTP_EPOCH
from gateway.sources.receiving.reception import Reception
from gateway.sources.receiving.synchronization import MOST_HELD, MOST_OTHERS, SynchronizationSource
from tests.rtp.packets import IDR, NEXT, PPS, SPS, rtp, sender_report
from tests.sources.recording import RecordingSink

TICKS = 3000


class Camera:
    """Sends 30 pictures per second; every tenth is a keyframe."""

    def __init__(self, announced: int | None = None) -> None:
        self.sink = RecordingSink()
        info = StreamInfo("H264", 90_000, (SPS, PPS))
        self.reception = Reception(info, 96, self.sink, 1, announced, reliable=True)
        self.now = 100.0

    def picture(self, at: int, ssrc: int, *, sequence: int = 1, timestamp: int = 0) -> None:
        self.reception.rtp(self.packet(at, ssrc, sequence, timestamp), self.now)

    def packet(self, at: int, ssrc: int, sequence: int = 1, timestamp: int = 0) -> bytes:
        nal = IDR if at % 10 == 0 else NEXT
        return rtp(sequence + at, timestamp + at * TICKS, nal, marker=True, ssrc=ssrc)

    def stamps(self) -> list[int]:
        return [unit.rtp for unit in self.sink.units]


def test_a_stream_that_changes_its_ssrc_at_each_keyframe_keeps_its_map_of_time() -> None:
    camera = Camera()
    for at in range(100):
        camera.picture(at, ssrc=100 + at // 10)
        camera.now += 1 / 30
    assert camera.stamps() == [at * TICKS for at in range(100)]
    assert camera.sink.connections == []
    assert camera.reception.lost == 0


@pytest.mark.parametrize("shared_clock", [False, True])
@pytest.mark.parametrize("announced", [7, None])
def test_an_earlier_session_that_keeps_sending_does_not_disturb_the_stream(
    shared_clock: bool, announced: int | None
) -> None:
    camera = Camera(announced)
    if announced is None:
        camera.picture(0, ssrc=7)
    for at in range(1, 100):
        for burst in range(4):  # more than the stream itself sends
            camera.picture(at * 4 + burst, ssrc=8, sequence=5000, timestamp=0 if shared_clock else 1 << 30)
        camera.picture(at, ssrc=7)
        camera.now += 1 / 30
    first = 1 if announced is None else 10
    assert camera.stamps()[-80:] == [at * TICKS for at in range(20, 100)]
    assert camera.stamps()[0] <= first * TICKS
    assert camera.sink.connections == []


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
    st.lists(st.integers(0, 3), max_size=60),
    st.integers(0, 0xFFFF),
    st.booleans(),
)
def test_whenever_the_stream_takes_another_ssrc_and_whatever_an_ended_session_sends_no_picture_is_lost(
    lasts: list[int], foreign: list[int], first: int, together: bool
) -> None:
    """``lasts`` are the pictures under each SSRC, ``foreign`` the packets of the other session after each picture."""
    camera, at, other = Camera(), 0, 0
    arrived: list[bytes] = []
    for ssrc, pictures in enumerate(lasts, start=100):
        for _ in range(pictures):
            arrived.append(camera.packet(at, ssrc, first))
            for _ in range(foreign[at] if at < len(foreign) else 0):
                arrived.append(camera.packet(other, 7, first + 30_000, 1 << 30))
                other += 1
            at += 1
            if not together:
                camera.reception.rtp_in_order(arrived, camera.now)
                arrived = []
                camera.now += 1 / 30
    following = camera.packet(at, 99 + len(lasts), first)
    camera.reception.rtp_in_order([*arrived, following], camera.now)
    assert camera.stamps()[:at] == [number * TICKS for number in range(at)]
    assert camera.reception.lost == 0
    assert camera.sink.connections == []


def test_two_sources_that_look_like_one_are_told_apart_when_the_first_returns() -> None:
    camera = Camera()
    for at in range(10):
        camera.picture(at, ssrc=7)
    camera.picture(10, ssrc=8)  # mistaken for a new SSRC of the stream
    camera.picture(10, ssrc=7)
    camera.picture(11, ssrc=8)
    for at in range(11, 40):
        camera.picture(at, ssrc=7)
        camera.now += 1 / 30
    assert camera.stamps()[-10:] == [at * TICKS for at in range(30, 40)]


def test_another_source_takes_over_after_a_silence_without_losing_anything() -> None:
    camera = Camera()
    camera.picture(0, ssrc=7)
    arrivals = []
    for at in range(20):
        camera.now += 1 / 30
        arrivals.append(camera.now)
        camera.picture(at, ssrc=9, sequence=30_000, timestamp=1 << 30)
    assert camera.stamps() == [0, *[(1 << 30) + at * TICKS for at in range(20)]]
    assert [unit.arrival for unit in camera.sink.units[1:]] == arrivals
    assert len(camera.sink.connections) == 1


def test_timestamps_that_continue_keep_the_map_of_time_even_if_numbers_restart() -> None:
    camera = Camera()
    camera.picture(0, ssrc=7)
    for at in range(10, 40):
        camera.now += 1 / 30
        camera.picture(at, ssrc=9, sequence=30_000)
    assert camera.stamps() == [0, *[at * TICKS for at in range(10, 40)]]
    assert camera.sink.connections == []


def test_an_announced_ssrc_that_never_arrives_delays_the_stream_but_loses_nothing() -> None:
    camera = Camera(announced=1234)
    for at in range(30):
        camera.picture(at, ssrc=7)
        camera.now += 1 / 30
    assert camera.stamps() == [at * TICKS for at in range(30)]


def test_packets_kept_from_another_source_are_limited() -> None:
    source = SynchronizationSource(7)
    for number in range(MOST_HELD + 100):
        assert source.another(8, number.to_bytes(2), 100.0, 99.9, False) == ()
    taken = tuple(source.another(8, b"last", 101.0, 99.0, False))
    assert len(taken) == MOST_HELD
    assert taken[-1] == (b"last", 101.0)


@pytest.mark.parametrize(("ssrc", "kept"), [(100 + 10 * MOST_OTHERS - 1, True), (100, False)])
def test_packets_of_only_a_few_other_sources_are_kept_the_newest_ones(ssrc: int, kept: bool) -> None:
    source = SynchronizationSource(7)
    for number in range(10 * MOST_OTHERS):
        assert source.another(100 + number, b"first", 100 + number / 1000, 100.0, False) == ()
    assert source.another(ssrc, b"second", 101.0, 100.0, False) == ()
    assert len(tuple(source.another(ssrc, b"third", 101.1, 100.0, False))) == (3 if kept else 0)


def reports(camera: Camera, ssrc: int, timestamps: list[int]) -> list[int]:
    """Send sender reports from a source, between pictures of SSRC 7. Return the RTP times of those that were used."""
    for at, timestamp in enumerate(timestamps):
        camera.picture(at, ssrc=7)
        camera.reception.rtcp(sender_report(ssrc, NTP_EPOCH + 100, 0, timestamp), camera.now)
    return [report.rtp for report in camera.sink.reports]


def test_reports_with_another_ssrc_count_if_two_in_a_row_fit_the_stream() -> None:
    assert reports(Camera(), 0, [0, 3000, 6000]) == [0, 3000, 6000]


def test_a_single_report_of_another_source_or_reports_that_do_not_fit_do_not_count() -> None:
    assert reports(Camera(), 0, [0]) == []
    assert reports(Camera(), 0, [1 << 30, (1 << 30) + 3000, (1 << 30) + 6000]) == []


def test_a_report_with_the_streams_own_ssrc_ends_the_use_of_any_others() -> None:
    camera = Camera()
    assert reports(camera, 0, [0, 3000]) == [0, 3000]
    assert reports(camera, 7, [6000]) == [0, 3000, 6000]
    camera.reception.rtcp(sender_report(0, NTP_EPOCH + 100, 0, 9000), camera.now)
    assert len(camera.sink.reports) == 3
