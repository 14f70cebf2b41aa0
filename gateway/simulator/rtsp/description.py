"""Writes the session description of a simulated stream (RFC 4566, RFC 6184 8.2.1)."""

from base64 import b64encode

from gateway.models import StreamName
from gateway.simulator.camera import Camera
from gateway.simulator.rtsp.rtp_out import PAYLOAD_TYPE


def describe(camera: Camera, stream: StreamName) -> str:
    """Return the SDP of one stream as it is encoded now."""
    settings = camera.settings(stream)
    sps, pps = camera.sets[stream]
    sets = ",".join(b64encode(nal).decode() for nal in (sps, pps))
    information = "Drawn film, repeated" if camera.loop else "Drawn live"
    format_parameters = f"packetization-mode=1;profile-level-id={sps[1:4].hex().upper()};sprop-parameter-sets={sets}"
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        f"s={camera.view.name}",
        f"i={information}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"b=AS:{settings.bitrate // 1000}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/90000",
        f"a=fmtp:{PAYLOAD_TYPE} {format_parameters}",
        f"a=framerate:{settings.fps}",
        "a=control:trackID=0",
    ]
    return "\r\n".join([*lines, ""])
