"""Runs GStreamer's webrtcbin as a viewer, in its own process. It needs Debian's own Python.

    /usr/bin/python3 tests/gst/viewer.py [--sound | --sound-first] [--bare]

It prints one JSON object per line. ``{"offer": SDP}`` is printed at once. After an answer arrives as a JSON string on
standard input, it prints ``{"frame": n, "width": w, "height": h, "luma": mean of the picture}`` for each decoded
picture. ``--sound`` asks for G.711 beside the picture and prints ``{"hertz": of the tone, "peak": 0 to 1}`` for each
second of sound. ``--sound-first`` offers the sound first, so that the picture has the port of its bundle. ``--bare``
gives no H.264 parameters, as in many examples. It exits when its standard input ends.
"""

import array
import json
import sys
import threading
from itertools import pairwise

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstVideo", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstVideo, GstWebRTC  # noqa: E402 - versions must be chosen before

CAPS = (
    "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96,packetization-mode=(string)1,"
    "profile-level-id=(string)42e01f,rtcp-fb-nack-pli=true,rtcp-fb-nack=true"
)
BARE_CAPS = "application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=96"
SOUND_CAPS = (
    "application/x-rtp,media=audio,encoding-name=PCMU,clock-rate=8000,payload=0;"
    "application/x-rtp,media=audio,encoding-name=PCMA,clock-rate=8000,payload=8"
)
RATE = 8000
HEAR = (
    "audioconvert ! audio/x-raw,format=S16LE,channels=1 ! appsink name=samples sync=false async=false emit-signals=true"
)
SOUNDS = {"PCMU": f"rtppcmudepay ! mulawdec ! {HEAR}", "PCMA": f"rtppcmadepay ! alawdec ! {HEAR}"}
DECODE = (
    "rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=GRAY8 ! "
    "appsink name=frames sync=false async=false emit-signals=true"
)


def say(**words: object) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


class Viewer:
    """Represents one receiving peer connection."""

    def __init__(self, caps: list[str]) -> None:
        self.frames = 0
        self.samples = array.array("h")
        self.pipeline = Gst.Pipeline.new()
        self.peer = Gst.ElementFactory.make("webrtcbin")
        self.peer.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.pipeline.add(self.peer)
        self.ice = self.peer.get_property("ice-agent")  # keep a reference: webrtcbin's own reference to it is floating
        self.ice.emit("add-local-ip-address", "127.0.0.1")
        direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        self.transceivers = [self.peer.emit("add-transceiver", direction, Gst.Caps.from_string(one)) for one in caps]
        for transceiver in self.transceivers:
            transceiver.set_property("do-nack", True)
        self.peer.connect("pad-added", self.play)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offered, None))

    def offered(self, promise: Gst.Promise, _data: object) -> None:
        reply = promise.get_reply()  # keep a reference: the reply's content lives only as long as the reply
        offer = reply.get_value("offer")
        self.peer.emit("set-local-description", offer, None)
        say(offer=offer.sdp.as_text())  # send no candidates: the gateway learns the address from the checks

    def answered(self, text: str) -> None:
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", answer, None)

    def play(self, _peer: Gst.Element, pad: Gst.Pad) -> None:
        name = pad.get_current_caps().get_structure(0).get_string("encoding-name")
        decoder = Gst.parse_bin_from_description(SOUNDS.get(name, DECODE), True)
        if name in SOUNDS:
            decoder.get_by_name("samples").connect("new-sample", self.heard)
        else:
            decoder.get_by_name("frames").connect("new-sample", self.shown)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def shown(self, sink: Gst.Element) -> Gst.FlowReturn:
        sample = sink.emit("pull-sample")
        shape = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
        buffer = sample.get_buffer()
        picture = buffer.extract_dup(0, buffer.get_size())
        self.frames += 1
        say(frame=self.frames, width=shape.width, height=shape.height, luma=sum(picture) / len(picture))
        return Gst.FlowReturn.OK

    def heard(self, sink: Gst.Element) -> Gst.FlowReturn:
        buffer = sink.emit("pull-sample").get_buffer()
        self.samples.frombytes(buffer.extract_dup(0, buffer.get_size()))
        while len(self.samples) > RATE:
            # One sample more than a second: a rise from one second to the next counts for the second in which it ends.
            second, self.samples = self.samples[: RATE + 1], self.samples[RATE:]
            rises = sum(before < 0 <= after for before, after in pairwise(second))
            say(hertz=rises, peak=max(second) / 32768)
        return Gst.FlowReturn.OK


def main() -> None:
    Gst.init(None)
    picture = [BARE_CAPS if "--bare" in sys.argv else CAPS]
    sound_first = [SOUND_CAPS] if "--sound-first" in sys.argv else []
    sound_after = [SOUND_CAPS] if "--sound" in sys.argv else []
    viewer, loop = Viewer(sound_first + picture + sound_after), GLib.MainLoop()

    def listen() -> None:
        for line in sys.stdin:
            GLib.idle_add(viewer.answered, json.loads(line))
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    loop.run()
    viewer.pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
