"""District IT reads the right notes about a stream that is playing."""

import pytest

from gateway.codecs.access_unit import StreamInfo
from gateway.sources.observing import notes
from gateway.sources.rtsp.protocol.events import Playing
from gateway.sources.rtsp.protocol.sdp import Description, Medium
from gateway.sources.rtsp.protocol.transport import Interleaved, Transport, Unicast

SOUND = Medium(StreamInfo("PCMA", 8000), 8, "rtsp://camera/sound")


def playing(audio: Medium | None, other: str, transport: Transport, sound: Medium | None = None) -> Playing:
    description = Description(StreamInfo("H264", 90_000), 96, "rtsp://camera/1", "rtsp://camera/", audio, other)
    return Playing(description, transport, sound)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (playing(None, "MPEG4-GENERIC", Interleaved()), "sound is MPEG4-GENERIC: set it to G.711"),
        (playing(None, "", Interleaved()), "offers no sound"),
        (playing(SOUND, "", Unicast(6000, 6001)), "only supported over TCP"),
        (playing(SOUND, "", Interleaved()), "refuses to send its sound"),
    ],
)
def test_sound_that_is_wanted_but_missing_is_reported(what: Playing, words: str) -> None:
    [note] = notes.silent(what)
    assert words in note


def test_sound_that_arrives_is_not_reported() -> None:
    assert notes.silent(playing(SOUND, "", Interleaved(), SOUND)) == ()
    assert notes.silent(None) == ()
