from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import StreamInfo
from gateway.sources.receiving.sound import Sound, SoundReception
from gateway.sources.rtsp.protocol.sdp import Medium
from tests.rtp.packets import rtp

MEDIUM = Medium(StreamInfo("PCMA", 8000), 8, "rtsp://camera/sound")


class Ear:
    def __init__(self) -> None:
        self.codecs: list[str] = []
        self.sounds: list[Sound] = []

    def began(self, codec: str) -> None:
        self.codecs.append(codec)

    def heard(self, sound: Sound) -> None:
        self.sounds.append(sound)


def test_samples_are_passed_on_and_a_new_source_is_reported() -> None:
    ear = Ear()
    reception = SoundReception(MEDIUM, ear)
    reception.rtp(rtp(1, 160, b"abc", ssrc=7, kind=8), 1.0)
    reception.rtp(rtp(2, 320, b"def", ssrc=7, kind=8), 1.1)
    reception.rtp(rtp(9, 5, b"ghi", ssrc=8, kind=8), 1.2)
    assert ear.sounds == [Sound(b"abc", 160, 1.0), Sound(b"def", 320, 1.1), Sound(b"ghi", 5, 1.2)]
    assert ear.codecs == ["PCMA", "PCMA"]


def test_late_empty_or_malformed_sound_is_not_heard() -> None:
    ear = Ear()
    reception = SoundReception(MEDIUM, ear)
    for sequence, payload, kind in ((5, b"abc", 8), (4, b"late", 8), (6, b"", 8), (7, b"video", 96)):
        reception.rtp(rtp(sequence, 0, payload, kind=kind), 1.0)
    reception.rtp(b"rubbish", 1.0)
    assert [sound.samples for sound in ear.sounds] == [b"abc"]
    assert reception.malformed == 2


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_raise_nothing(packets: list[bytes]) -> None:
    reception = SoundReception(MEDIUM, Ear())
    for packet in packets:
        reception.rtp(packet, 0.0)
