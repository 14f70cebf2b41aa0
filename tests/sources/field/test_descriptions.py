"""However a camera describes its stream, the real client finds the picture, its parameter sets and its sound."""

import base64
import re
from collections.abc import Callable

import pytest

from gateway.models import SourceReason, SourceState
from gateway.sources.receiving.sound import Sound
from gateway.sources.rtsp.protocol.messages import encode_frame
from tests.codecs.nal.streams import CODECS
from tests.rtp.packets import rtp
from tests.sources.bench import Bench
from tests.sources.field.media import INTERVAL, Numbers, marked, play, playing, shown
from tests.sources.scripted import ScriptedCamera

START = b"\0\0\0\1"


def text(nal: bytes) -> str:
    return base64.b64encode(nal).decode()


def parameters(name: str, sets: list[str]) -> str:
    """Return the format parameters that hold parameter sets."""
    if name == "H264":
        return f"packetization-mode=1;sprop-parameter-sets={','.join(sets)}"
    return ";".join(f"sprop-{kind}={each}" for kind, each in zip(("vps", "sps", "pps"), sets, strict=False))


def video(name: str, fmtp: str) -> str:
    return f"m=video 0 RTP/AVP 96\r\na=rtpmap:96 {name}/90000\r\n{fmtp}a=control:track1\r\n"


AUDIO = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n"
Described = Callable[[str, list[bytes]], str]


def one_value(name: str, sets: list[bytes]) -> str:
    """Return a description that holds all sets, with start codes, in one value."""
    return video(name, f"a=fmtp:96 {parameters(name, [text(b''.join(START + nal for nal in sets))])}\r\n")


def fmtp(name: str, sets: list[bytes]) -> str:
    return f"a=fmtp:96 {parameters(name, list(map(text, sets)))}\r\n"


DESCRIPTIONS: dict[str, Described] = {
    "as usual": lambda name, sets: video(name, fmtp(name, sets)),
    "with start codes": lambda name, sets: video(name, fmtp(name, [START + nal for nal in sets])),
    "with short start codes": lambda name, sets: video(name, fmtp(name, [START[1:] + nal for nal in sets])),
    "all in one value": one_value,
    "with zeros behind them": lambda name, sets: video(name, fmtp(name, [START + nal + bytes(2) for nal in sets])),
    "without the padding of base64": lambda name, sets: video(name, fmtp(name, sets).replace("=\r", "\r")),
    "with blanks": lambda name, sets: video(name, fmtp(name, sets).replace(";", " ; ").replace(",", ", ")),
    "in quotes": lambda name, sets: video(
        name, re.sub(r"([a-z]{3,}=)([^;\r]*)", r'\1"\2"', fmtp(name, sets), flags=re.ASCII)
    ),
    "in capitals": lambda name, sets: video(name, fmtp(name, sets).replace("sprop", "SPROP")),
    "below the sound": lambda name, sets: video(name, "") + AUDIO + fmtp(name, sets),
    "above the picture": lambda name, sets: "a=control:*\r\n" + fmtp(name, sets) + video(name, ""),
    "with their map above the picture": lambda name, sets: (
        f"a=rtpmap:96 {name}/90000\r\n" + video(name, fmtp(name, sets)).replace(f"a=rtpmap:96 {name}/90000\r\n", "")
    ),
    "with a semicolon at the end": lambda name, sets: video(name, fmtp(name, sets).replace("\r\n", ";\r\n")),
    "beside one that cannot be read": lambda name, sets: video(
        name, fmtp(name, sets).replace("sprop-parameter-sets=", "sprop-parameter-sets=!!,")
    ),
}


@pytest.mark.parametrize("kind", DESCRIPTIONS)
@pytest.mark.parametrize("name", CODECS)
async def test_parameter_sets_in_the_description_are_found(
    bench: Bench, camera: ScriptedCamera, name: str, kind: str
) -> None:
    """The stream itself has none, so its keyframes are playable only with the ones in the description."""
    codec = CODECS[name]
    camera.description = ("v=0\r\n" + DESCRIPTIONS[kind](name, list(codec.sets))).encode()
    await playing(bench, camera)
    numbers = Numbers()
    stream = [*codec.pictures, codec.pictures[-1]]
    units = await play(bench, camera, [numbers.picture(marked(nals[-1:])) for nals in stream])
    assert shown(codec, units)[: len(codec.pictures)] == codec.pictures


# Sound


class Heard:
    def __init__(self) -> None:
        self.sounds: list[Sound] = []

    def began(self, codec: str) -> None:
        self.codec = codec

    def heard(self, sound: Sound) -> None:
        self.sounds.append(sound)


MICROPHONE = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:microphone\r\n"
SPEAKER = "m=audio 0 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=control:speaker\r\na=sendonly\r\n"
AAC = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=control:aac\r\n"
OFFERS = "The camera offers no sound with this stream: turn it on at the camera."
IS_AAC = "The camera's sound is MPEG4-GENERIC: set it to G.711 (PCMU or PCMA)."


@pytest.mark.parametrize(
    ("media", "track", "note"),
    [
        pytest.param(MICROPHONE, "microphone", "", id="a microphone"),
        pytest.param(MICROPHONE + "a=recvonly\r\n" + SPEAKER, "microphone", "", id="a loudspeaker behind it"),
        pytest.param(SPEAKER + MICROPHONE, "microphone", "", id="a loudspeaker before it"),
        pytest.param(SPEAKER.replace("sendonly", "SendOnly") + MICROPHONE, "microphone", "", id="in capitals"),
        pytest.param(SPEAKER, "", OFFERS, id="nothing but a loudspeaker"),
        pytest.param(AAC, "", IS_AAC, id="AAC"),
        pytest.param(AAC + SPEAKER, "", IS_AAC, id="AAC and a loudspeaker of G.711"),
        pytest.param(AAC + MICROPHONE, "microphone", "", id="AAC beside G.711"),
        pytest.param("", "", OFFERS, id="nothing"),
    ],
)
async def test_sound_is_taken_only_from_the_microphone_and_its_absence_is_explained(
    bench: Bench, camera: ScriptedCamera, media: str, track: str, note: str
) -> None:
    camera.description = ("v=0\r\n" + video("H264", "") + media).encode()
    heard = Heard()
    source = bench.source(camera.url, sound=heard)
    bench.start()
    await bench.up(camera)
    assert [url.rpartition("/")[2] for url in camera.order] == ["track1", *([track] if track else [])]
    for number in range(5):
        camera.send(encode_frame(2, rtp(number, 160 * number, b"\xd5" * 160, kind=8, ssrc=5)))
        await bench.clock.advance(INTERVAL)
    assert len(heard.sounds) == (5 if track else 0)
    if note:
        await bench.until(lambda: note in source.status().notes, within=3, each=camera.picture)
    else:
        assert not any("sound" in each for each in source.status().notes)


@pytest.mark.parametrize(
    "change",
    [
        lambda sdp: sdp.replace("RTP/AVP", "RTP/SAVP"),
        lambda sdp: sdp.replace("RTP/AVP", "RTP/SAVPF"),
        lambda sdp: sdp + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n",
        lambda sdp: "a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ\r\n" + sdp,
    ],
)
async def test_an_encrypted_stream_is_never_set_up_and_the_status_says_what_to_do(
    bench: Bench, camera: ScriptedCamera, change: Callable[[str], str]
) -> None:
    camera.description = ("v=0\r\n" + change(video("H264", ""))).encode()
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().state is SourceState.DOWN)
    assert source.status().reason is SourceReason.UNSUPPORTED
    assert "SRTP" in source.status().detail
    assert set(camera.requests) == {"DESCRIBE"}
    assert not bench.sink.units


PLAIN = video("H264", "")
HEAD = "o=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\n"
ODD = {
    "an origin with blanks": "o=RTSP Session 0 0 IN IP4 0.0.0.0\r\ns=x\r\n" + PLAIN,
    "an origin without an address": "o=Channel1 3910280086 3910366486 IN IP4\r\n" + PLAIN,
    "a negative session": "o=- -8959200248001175080 1 IN IP4 10.0.0.1\r\n" + PLAIN,
    "nothing but a medium": PLAIN,
    "a connection that is cut off": HEAD + PLAIN.replace("a=rtpmap", "c=IN\r\na=rtpmap"),
    "a name within the medium": HEAD + PLAIN.replace("a=rtpmap", "s=RtspServer\r\ni=live\r\na=rtpmap"),
    "a medium of the maker's own": HEAD + "m=application/X 0 RTP/AVP smart/1/90000\r\na=rtpmap:95 X/90000\r\n" + PLAIN,
    "an analysis beside it": HEAD + PLAIN + "m=vana 0 RTP/AVP 108\r\na=rtpmap:108 video.analysis/90000/500\r\n",
    "metadata before it": HEAD + "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n" + PLAIN,
    "two formats": HEAD + PLAIN.replace("AVP 96", "AVP 98 96"),
    "a blank behind the clock rate": HEAD + PLAIN.replace("90000", "90000 "),
    "an empty format": HEAD + PLAIN + "a=fmtp:96\r\n",
    "packetization mode 0": HEAD + PLAIN + "a=fmtp:96 profile-level-id=4D0014;packetization-mode=0\r\n",
    "sets that are none": HEAD + PLAIN + "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=6QQAAAE=,AAABzw==\r\n",
    "a picture marked as sent only": HEAD + PLAIN + "a=sendonly\r\n",
    "the codec in small letters": HEAD + PLAIN.replace("H264", "h264"),
    "a profile for feedback": HEAD + PLAIN.replace("RTP/AVP", "RTP/AVPF"),
    "a profile over TCP": HEAD + PLAIN.replace("RTP/AVP", "RTP/AVP/TCP"),
    "a port": HEAD + PLAIN.replace("video 0", "video 49170/2"),
    "no line end at the end": (HEAD + PLAIN)[:-2],
    "line feeds alone": (HEAD + PLAIN).replace("\r\n", "\n"),
    "carriage returns alone": (HEAD + PLAIN).replace("\r\n", "\r"),
    "empty lines": (HEAD + PLAIN).replace("\r\n", "\r\n\r\n"),
    "bytes that are no text": HEAD.replace("s=x", "s=\xe9t\xe9") + PLAIN,
}


@pytest.mark.parametrize("kind", ODD)
async def test_an_oddly_described_stream_plays(bench: Bench, camera: ScriptedCamera, kind: str) -> None:
    camera.description = ("v=0\r\n" + ODD[kind]).encode("latin-1")
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    assert camera.order == [f"{camera.url}/track1"]
