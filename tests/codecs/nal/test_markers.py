"""One timestamp is one access unit, whatever a camera's RTP markers say: no torn picture is sent as a whole one."""

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.nal.markers import Markers
from gateway.sources.receiving.reception import Reception
from tests.rtp.packets import IDR, NEXT, PPS, SPS, aggregated, fragments, rtp
from tests.sources.recording import RecordingSink

H265_SETS = (
    bytes.fromhex("40010c01ffff01600000030090000003000003003c959809"),
    bytes.fromhex("420101016000000300900000030000030078a00280802d165959a4932b9a020000030002000003003210"),
    bytes.fromhex("4401c172b46240"),
)
Mark = Callable[[int, int], bool]
"""Takes the index of a NAL unit and the number of units. Returns True if that unit has the marker."""
EACH: Mark = lambda at, of: True  # noqa: E731
NEVER: Mark = lambda at, of: False  # noqa: E731
FIRST: Mark = lambda at, of: at == 0  # noqa: E731
LAST: Mark = lambda at, of: at == of - 1  # noqa: E731


def slices(codec: str, key: bool, count: int) -> list[bytes]:
    """Return the slices of one picture; only the first of them begins it."""
    if codec == "H264":
        head = b"\x65" if key else b"\x41"
        return [head + (b"\x0d" if at else b"\x88") + bytes((at + 1,)) * 20 for at in range(count)]
    head = b"\x26\x01" if key else b"\x02\x01"
    return [head + (b"\x28" if at else b"\xa8") + bytes((at + 1,)) * 20 for at in range(count)]


class Camera:
    """Sends pictures to a reception, packet by packet."""

    def __init__(self, codec: str = "H264") -> None:
        self.codec = codec
        self.sink = RecordingSink()
        self.sets = (SPS, PPS) if codec == "H264" else H265_SETS
        self.reception = Reception(StreamInfo(codec, 90_000, self.sets), 96, self.sink, own_ssrc=1)
        self.timestamp = 0
        self._numbers = itertools.count(1)
        self.now = 0.0

    def picture(self, nals: Sequence[bytes], mark: Mark, *, lost: Sequence[int] = (), ssrc: int = 7) -> None:
        self.timestamp += 3000
        self.more(nals, mark, lost=lost, ssrc=ssrc)

    def more(self, nals: Sequence[bytes], mark: Mark, *, lost: Sequence[int] = (), ssrc: int = 7) -> None:
        """Send more packets of the same timestamp."""
        for at, nal in enumerate(nals):
            number = next(self._numbers)
            self.now += 0.01
            if at not in lost:
                packet = rtp(number, self.timestamp, nal, marker=mark(at, len(nals)), ssrc=ssrc)
                self.reception.rtp_in_order([packet], self.now)

    def at_once(self, nals: Sequence[bytes], mark: Mark) -> None:
        """Send a picture whose packets are all read at once, as happens when the camera sends them at once."""
        self.timestamp += 3000
        self.now += 0.01
        packets = [
            rtp(next(self._numbers), self.timestamp, nal, marker=mark(at, len(nals))) for at, nal in enumerate(nals)
        ]
        self.reception.rtp_in_order(packets, self.now)

    @property
    def units(self) -> list[AccessUnit]:
        return self.sink.units


def whole(units: Sequence[AccessUnit], count: int) -> bool:
    """Return True if every unit has as many slices as its picture, and a timestamp of its own."""
    apart = len({unit.rtp for unit in units}) == len(units)
    return apart and all(sum(unit.nals[-1][:1] == nal[:1] for nal in unit.nals) == count for unit in units)


@pytest.mark.parametrize("codec", ["H264", "H265"])
@pytest.mark.parametrize("mark", [EACH, NEVER, FIRST, LAST], ids=["each", "never", "first", "last"])
@pytest.mark.parametrize("count", [2, 4])
def test_no_picture_of_several_slices_is_torn_wherever_the_markers_are(codec: str, mark: Mark, count: int) -> None:
    camera = Camera(codec)
    for number in range(20):
        camera.picture(slices(codec, number % 5 == 0, count), mark)
    assert len(camera.units) >= 19
    assert whole(camera.units, count)
    assert (mark in (EACH, FIRST)) == any("too early" in note for note in camera.reception.notes())


@pytest.mark.parametrize("codec", ["H264", "H265"])
def test_markers_on_parameter_sets_and_sei_do_not_end_a_picture(codec: str) -> None:
    camera = Camera(codec)
    sei = b"\x06\x05\x02ab\x80" if codec == "H264" else b"\x4e\x01\x05\x02ab\x80"
    for _ in range(4):
        camera.picture([*camera.sets, sei, *slices(codec, True, 2)], lambda at, of: at != of - 2)
    assert [unit.nals[:-2] for unit in camera.units] == [(*camera.sets, sei)] * 4
    assert camera.reception.units == 4


def test_pictures_of_a_camera_with_correct_markers_are_soon_passed_on_without_waiting() -> None:
    camera = Camera()
    camera.picture(slices("H264", True, 3), LAST)
    assert camera.units == []
    for number in range(1, 30):
        camera.picture(slices("H264", number % 5 == 0, 3), LAST)
        assert len(camera.units) == number + 1
        assert camera.units[-1].arrival == camera.now


def test_of_single_slice_pictures_only_the_largest_so_far_waits() -> None:
    camera, waited = Camera(), 0
    for number in range(300):
        camera.picture([b"\x65\x88" + bytes(40 + number * 37 % 100)], LAST)
        waited += len(camera.units) == number
    assert waited < 8
    assert len(camera.units) == 300


@pytest.mark.parametrize("key", [True, False])
def test_a_picture_that_grows_beyond_one_slice_is_held_until_its_end_is_known(key: bool) -> None:
    camera = Camera()
    for _ in range(20):
        camera.picture([b"\x65\x88" + bytes(10)], EACH)
        camera.picture([b"\x41\x88" + bytes(8)], EACH)
    for _ in range(3):
        camera.picture(slices("H264", key, 3), EACH)
    camera.picture([NEXT], EACH)
    assert len(camera.units) == 43
    assert [len([nal for nal in unit.nals if nal[0] & 31 in (1, 5)]) for unit in camera.units[-3:]] == [3, 3, 3]


def torn(key: bool) -> Camera:
    """Return a camera whose markers were right for pictures as large as the first slice of this one."""
    camera = Camera()
    for size in (50, 50):
        camera.picture([b"\x65\x88" + bytes(size)], EACH)
        camera.picture([b"\x41\x88" + bytes(size)], EACH)
    camera.picture(slices("H264", key, 2), EACH)
    return camera


@pytest.mark.parametrize("key", [True, False])
def test_a_small_picture_that_is_suddenly_sliced_is_not_torn_if_its_slices_arrive_together(key: bool) -> None:
    camera = Camera()
    for _ in range(2):
        camera.at_once([b"\x65\x88" + bytes(50)], LAST)
        camera.at_once([b"\x41\x88" + bytes(50)], LAST)
    assert len(camera.units) == 4, "none of them waits for the next"
    for _ in range(3):
        camera.at_once(slices("H264", key, 3), EACH)
    camera.at_once([NEXT], LAST)
    assert whole(camera.units[4:], 3)
    assert len(camera.units) == 7
    assert camera.sink.withdrawals == 0


def test_a_keyframe_that_was_sent_torn_is_sent_again_whole_at_once() -> None:
    camera = torn(key=True)
    camera.picture([NEXT], LAST)
    half, full = camera.units[-2:]
    assert (half.rtp, full.rtp) == (camera.timestamp - 3000, camera.timestamp - 2999)
    assert full.keyframe
    assert full.nals == (SPS, PPS, *slices("H264", True, 2))
    assert camera.sink.withdrawals == 0


def test_any_other_picture_that_was_sent_torn_is_withdrawn_and_nothing_follows_until_a_keyframe() -> None:
    camera = torn(key=False)
    assert camera.sink.withdrawals == 1, "at the first packet of what was cut off"
    sent = len(camera.units)
    for _ in range(5):
        camera.picture(slices("H264", False, 2), EACH)
    assert len(camera.units) == sent
    camera.picture(slices("H264", True, 2), EACH)
    camera.picture(slices("H264", False, 2), EACH)
    assert len(camera.units) == sent + 1
    assert whole(camera.units[sent:], 2)
    assert camera.sink.withdrawals == 1


def test_a_new_sps_may_mean_more_slices_than_before() -> None:
    camera = Camera()
    for _ in range(4):
        camera.picture([IDR], LAST)
    other = bytes.fromhex("6742c01eda0140bfe5")
    camera.picture([aggregated(other, PPS), *[nal[:6] for nal in slices("H264", True, 2)]], EACH)
    camera.picture([NEXT], EACH)
    assert len(camera.units) == 5
    assert sum(nal[0] == 0x65 for nal in camera.units[-1].nals) == 2


def test_two_pictures_with_one_timestamp_are_sent_one_tick_apart() -> None:
    camera = Camera()
    for _ in range(3):
        camera.picture([aggregated(SPS, PPS), IDR], LAST)
        camera.more([NEXT], LAST)
    camera.picture([NEXT], LAST)
    assert [(unit.rtp, unit.keyframe) for unit in camera.units[:4]] == [
        (3000, True), (3001, False), (6000, True), (6001, False)
    ]  # fmt: skip
    assert not any("too early" in note for note in camera.reception.notes())


def test_two_fields_with_one_timestamp_are_one_access_unit() -> None:
    sps = b"\x67\x4d\x40\x1e" + bits("1 1 1 1 010 0 000010100 0001010 0 0 1 0 0")
    camera = Camera()
    for number in range(4):
        key = number % 2 == 0
        camera.picture([sps, PPS, *slices("H264", key, 1)] if key else slices("H264", key, 1), LAST)
        camera.more(slices("H264", False, 1), LAST)
    assert camera.reception.picture is not None
    assert camera.reception.picture.fields
    assert [sum(nal[0] & 31 in (1, 5) for nal in unit.nals) for unit in camera.units] == [2, 2, 2]


def bits(text: str) -> bytes:
    """Return bits as bytes, with a stop bit."""
    text = text.replace(" ", "") + "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def test_parameter_sets_of_the_next_picture_are_not_sent_with_the_previous_one() -> None:
    camera = Camera()
    camera.picture([*slices("H264", True, 2), SPS, PPS], EACH)
    camera.picture(slices("H264", True, 2), EACH)
    camera.picture([NEXT], EACH)
    assert [unit.nals for unit in camera.units] == [(SPS, PPS, *slices("H264", True, 2))] * 2


def test_the_last_picture_before_a_new_ssrc_is_not_lost_and_nothing_is_unlearned() -> None:
    camera = Camera()
    for gop in range(3):
        for number in range(3):
            camera.picture(slices("H264", number == 0, 2), EACH, ssrc=100 + gop)
    assert len(camera.units) == 8
    assert whole(camera.units, 2)
    assert any("too early" in note for note in camera.reception.notes())


def test_a_marked_slice_whose_successor_is_lost_does_not_count_as_the_picture() -> None:
    camera = Camera()
    camera.picture(slices("H264", True, 2), EACH, lost=[1])
    camera.picture(slices("H264", True, 2), EACH)
    camera.picture([NEXT], EACH)
    assert [unit.rtp for unit in camera.units] == [6000]
    assert whole(camera.units, 2)


@given(
    codec=st.sampled_from(["H264", "H265"]),
    pictures=st.lists(st.tuples(st.booleans(), st.integers(1, 4)), min_size=1, max_size=30),
    mark=st.sampled_from([EACH, FIRST]),
    size=st.integers(8, 40),
)
def test_however_slices_are_cut_a_torn_picture_is_followed_by_the_whole_one_or_a_keyframe(
    codec: str, pictures: list[tuple[bool, int]], mark: Mark, size: int
) -> None:
    camera = Camera(codec)
    sent: dict[int, tuple[bytes, ...]] = {}
    for key, count in pictures:
        parts = slices(codec, key, count)
        pieces = [fragments(nal, size) if codec == "H264" else [nal] for nal in parts]
        ends = list(itertools.accumulate(map(len, pieces)))
        marked = {end - 1 for end in ends if mark is EACH or end == ends[0]}
        camera.picture([piece for nal in pieces for piece in nal], lambda at, _, where=marked: at in where)  # type: ignore[misc]
        sent[camera.timestamp] = tuple(parts)
    half = False
    for unit in camera.units:
        of = sent[unit.rtp - unit.rtp % 3000]
        complete = unit.nals[-len(of) :] == of
        assert complete or not half
        if half:
            assert unit.keyframe
        half = not complete
    assert camera.reception.malformed_payloads == 0


def test_a_marker_is_believed_only_where_markers_have_been_right() -> None:
    markers = Markers()
    assert not markers.believed(keyframe=True, size=1)
    markers.right(keyframe=True, size=500, selective=False)
    assert markers.believed(keyframe=True, size=500)
    assert not markers.believed(keyframe=True, size=501)
    assert not markers.believed(keyframe=False, size=10)
    markers.right(keyframe=False, size=10, selective=True)
    assert markers.believed(keyframe=True, size=10_000)
    markers.forget()
    assert not markers.believed(keyframe=True, size=500)
    markers.right(keyframe=True, size=500, selective=True)
    markers.wrong()
    assert not markers.believed(keyframe=True, size=1)
