from hypothesis import given
from hypothesis import strategies as st

from gateway.metrics import Metrics
from gateway.models import CameraId
from gateway.relay.audio import RATE, AudioPacket, AudioStream
from gateway.rtp.time import WRAP
from gateway.sources.receiving.sound import LONGEST, Sound


def listening() -> tuple[AudioStream, list[AudioPacket]]:
    stream = AudioStream(CameraId("hall"), Metrics())
    heard: list[AudioPacket] = []
    stream.subscribe(heard.append)
    return stream, heard


def test_the_codec_is_known_once_sound_arrives() -> None:
    stream, _ = listening()
    assert stream.codec == ""
    stream.began("PCMU")
    assert stream.codec == "PCMU"


def test_timestamps_count_samples_and_preserve_gaps() -> None:
    stream, heard = listening()
    stream.began("PCMU")
    for rtp in (WRAP - 160, 0, 480):
        stream.heard(Sound(bytes(160), rtp, 10.0))
    assert [packet.rtp - heard[0].rtp for packet in heard] == [0, 160, 640]
    assert heard[0].rtp == 10 * RATE


def test_timestamps_of_a_new_source_continue_by_the_time_that_has_passed() -> None:
    stream, heard = listening()
    for rtp, arrival in ((5000, 10.0), (77, 13.0)):
        stream.began("PCMU")
        stream.heard(Sound(bytes(160), rtp, arrival))
    assert heard[1].rtp - heard[0].rtp == 3 * RATE


def test_a_second_of_sound_in_one_packet_is_split() -> None:
    stream, heard = listening()
    stream.began("PCMU")
    stream.heard(Sound(bytes(RATE), 0, 1.0))
    assert sum(len(packet.payload) for packet in heard) == RATE
    assert all(len(packet.payload) <= LONGEST for packet in heard)
    assert [packet.rtp for packet in heard] == list(range(RATE, 2 * RATE, LONGEST))


def test_listeners_that_have_left_hear_nothing() -> None:
    stream = AudioStream(CameraId("hall"), Metrics())
    heard: list[AudioPacket] = []
    stream.subscribe(heard.append)()
    stream.heard(Sound(b"abc", 0, 1.0))
    assert heard == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, WRAP - 1), st.integers(1, 3000), st.floats(0, 5)), max_size=30))
def test_timestamps_never_go_back_whatever_the_camera_sends(steps: list[tuple[bool, int, int, float]]) -> None:
    stream, heard = listening()
    now, end = 1.0, None
    for new, rtp, size, passed in steps:
        now += passed
        if new:
            stream.began("PCMU")
        heard.clear()
        stream.heard(Sound(bytes(size), rtp, now))
        for packet in heard:
            assert end is None or (packet.rtp - end) % WRAP < WRAP // 2
            end = (packet.rtp + len(packet.payload)) % WRAP
