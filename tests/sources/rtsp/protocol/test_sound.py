"""The second SETUP, for sound, is sent only if sound is wanted, and never at the picture's expense."""

from collections.abc import Callable

import pytest

from gateway.sources.rtsp.protocol.address import parse_address
from gateway.sources.rtsp.protocol.events import Event, Media, Playing, SoundPacket, Unusable
from gateway.sources.rtsp.protocol.messages import encode_frame
from gateway.sources.rtsp.protocol.requests import ANSWER_TIMEOUT
from gateway.sources.rtsp.protocol.session import RtspSession
from gateway.sources.rtsp.protocol.states import State
from gateway.sources.rtsp.protocol.transport import Carrier

SDP = (
    b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
    b"m=audio 0 RTP/AVP 8\r\na=control:track2\r\n"
)


class Dialogue:
    def __init__(self, sdp: bytes = SDP, *, sound: bool = True, carrier: Carrier = Carrier.TCP) -> None:
        address = parse_address("rtsp://camera/live", None, None)
        self.session = RtspSession(address, lambda: "", (carrier,), lambda: (5000, 5001), sound)
        self.session.start(0.0)
        self.answer(body=sdp)
        chosen = "RTP/AVP/TCP;interleaved=0-1" if carrier is Carrier.TCP else "RTP/AVP;client_port=5000-5001"
        self.answer("Session: 42", f"Transport: {chosen}")
        self.request = self.session.take_output().decode()

    def answer(self, *headers: str, status: int = 200, body: bytes = b"") -> list[Event]:
        self.session.take_output()
        lines = [f"RTSP/1.0 {status} Words", *headers, f"Content-Length: {len(body)}", "", ""]
        return self.session.receive("\r\n".join(lines).encode() + body, 0.0)


def test_sound_is_set_up_beside_the_picture() -> None:
    dialogue = Dialogue()
    assert dialogue.request.startswith("SETUP rtsp://camera/live/track2 RTSP/1.0")
    assert "Session: 42" in dialogue.request
    assert "Transport: RTP/AVP/TCP;unicast;interleaved=2-3" in dialogue.request
    assert dialogue.answer("Session: 42", "Transport: RTP/AVP/TCP;unicast;interleaved=2-3") == []
    assert dialogue.session.state is State.STARTING
    (playing,) = dialogue.answer()
    assert isinstance(playing, Playing)
    assert playing.sound is not None
    assert playing.sound.info.codec == "PCMA"
    frames = encode_frame(0, b"picture") + encode_frame(2, b"sound") + encode_frame(3, b"report")
    assert dialogue.session.receive(frames, 0.0) == [Media(False, [b"picture"]), SoundPacket(b"sound")]


@pytest.mark.parametrize(
    "dialogue",
    [
        pytest.param(lambda: Dialogue(sound=False), id="not wanted"),
        pytest.param(lambda: Dialogue(SDP[: SDP.index(b"m=audio")]), id="none there"),
        pytest.param(lambda: Dialogue(carrier=Carrier.UDP), id="media comes beside the connection"),
    ],
)
def test_sound_is_not_requested(dialogue: Callable[[], Dialogue]) -> None:
    begun = dialogue()
    assert begun.request.startswith("PLAY ")
    (playing,) = begun.answer()
    assert isinstance(playing, Playing)
    assert playing.sound is None


@pytest.mark.parametrize("status", [400, 404, 454, 461, 500])
def test_a_camera_that_refuses_sound_plays_without(status: int) -> None:
    dialogue = Dialogue()
    dialogue.answer(status=status)
    assert dialogue.session.state is State.STARTING
    (playing,) = dialogue.answer()
    assert isinstance(playing, Playing)
    assert playing.sound is None


@pytest.mark.parametrize("transport", ["", "Transport: RTP/AVP;server_port=6000-6001", "Transport: x;interleaved=7-7"])
def test_impossible_channels_mean_no_sound(transport: str) -> None:
    dialogue = Dialogue()
    dialogue.answer("Session: 42", *filter(None, [transport]))
    (playing,) = dialogue.answer()
    assert isinstance(playing, Playing)
    assert playing.sound is None
    assert dialogue.session.receive(encode_frame(2, b"sound"), 0.0) == [Unusable()]


def test_a_camera_that_does_not_answer_about_sound_plays_without() -> None:
    dialogue = Dialogue()
    dialogue.session.tick(ANSWER_TIMEOUT + 1)
    assert dialogue.session.state is State.STARTING
    assert b"PLAY " in dialogue.session.take_output()
