"""Starts GStreamer's RTSP server as a process, for tests that want a camera that nobody here wrote."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USERNAME, PASSWORD = "police", "three words here"
SERVER = Path(__file__).with_name("gst_rtsp_server.py")


@dataclass(frozen=True)
class GstCamera:
    """A server that listens. Its stream is ``url``; with authentication it wants USERNAME and PASSWORD."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def gst_camera(*options: str, scheme: str = "rtsp") -> Iterator[GstCamera]:
    """A GStreamer camera for as long as the block lasts; ``options`` are those of ``gst_rtsp_server.py``."""
    command = ["/usr/bin/python3", str(SERVER), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield GstCamera(f"{scheme}://127.0.0.1:{port}/test", process)
        finally:
            process.kill()
