"""Runs GStreamer's RTSP server as a process: a third-party camera for the tests. It needs Debian's own Python.

    /usr/bin/python3 tests/gst/rtsp_server.py [--auth none|basic|digest] [--protocols any|tcp|udp] [--certificate FILE]
        [--port 0] [--width 320 --height 180 --fps 10] [--codec h264|high|b-frames|h265|jpeg] [--audio none|pcmu|pcma]

``--certificate`` names a PEM file with certificate and key; the server then uses TLS.

It prints its port on one line once it listens. It serves ``/test``, which all viewers share, until it is killed or its
standard input ends, so it never outlives the test that started it.
"""

import argparse
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 - versions must be chosen before

USERNAME, PASSWORD = "police", "three words here"


def launch_line(options: argparse.Namespace) -> str:
    caps = f"video/x-raw,width={options.width},height={options.height},framerate={options.fps}/1"
    quick = f"speed-preset=ultrafast key-int-max={options.gop} bitrate={options.kbps}"
    coder = {
        "h264": f"x264enc tune=zerolatency threads=1 {quick} ! rtph264pay",
        "high": f"x264enc tune=zerolatency threads=1 {quick} dct8x8=true ! video/x-h264,profile=high ! rtph264pay",
        "b-frames": f"x264enc threads=1 {quick} bframes=2 b-adapt=false ! video/x-h264,profile=main ! rtph264pay",
        "h265": f"x265enc tune=zerolatency {quick} ! rtph265pay",
        "jpeg": "videoconvert ! video/x-raw,format=I420 ! jpegenc quality=60 ! rtpjpegpay",
    }[options.codec]
    payload_type = 26 if options.codec == "jpeg" else 96
    lines = [f"videotestsrc is-live=true pattern=ball ! {caps} ! {coder} name=pay0 pt={payload_type}"]
    if options.audio != "none":
        sound = {"pcmu": "mulawenc ! rtppcmupay", "pcma": "alawenc ! rtppcmapay"}[options.audio]
        lines.append(f"audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! {sound} name=pay1")
    return f"( {' '.join(lines)} )"


def protect(auth: GstRtspServer.RTSPAuth, factory: GstRtspServer.RTSPMediaFactory, scheme: str) -> None:
    """Admit only USERNAME, or everybody if the scheme is ``none``."""
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if scheme == "none":
        auth.set_default_token(token)
    elif scheme == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(USERNAME, PASSWORD), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USERNAME, PASSWORD, token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--auth", choices=("none", "basic", "digest"), default="none")
    parser.add_argument("--protocols", choices=("any", "tcp", "udp"), default="any")
    parser.add_argument("--certificate")
    parser.add_argument("--codec", choices=("h264", "high", "b-frames", "h265", "jpeg"), default="h264")
    parser.add_argument("--audio", choices=("none", "pcmu", "pcma"), default="none")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=180)
    parser.add_argument("--fps", type=int, default=10)
    parser.add_argument("--gop", type=int, default=20)
    parser.add_argument("--kbps", type=int, default=200)
    options = parser.parse_args()

    Gst.init(None)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(options))
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.port))
    if options.protocols != "any":
        factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP if options.protocols == "tcp" else GstRtsp.RTSPLowerTrans.UDP)
    if options.auth != "none" or options.certificate:
        auth = GstRtspServer.RTSPAuth()
        protect(auth, factory, options.auth)
        if options.certificate:
            auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(options.certificate))
        server.set_auth(auth)
    server.get_mount_points().add_factory("/test", factory)
    server.attach(None)
    loop = GLib.MainLoop()

    def end_with_parent() -> None:
        sys.stdin.read()
        GLib.idle_add(loop.quit)

    threading.Thread(target=end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    loop.run()


if __name__ == "__main__":
    main()
