"""Starts GStreamer's RTSP server as a process, for tests that need a camera that is not our own code."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USERNAME, PASSWORD = "police", "three words here"
SERVER = Path(__file__).with_name("rtsp_server.py")


@dataclass(frozen=True)
class GstCamera:
    """Represents a listening server. ``url`` is its stream; with authentication it requires USERNAME and PASSWORD."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def gst_camera(*options: str, scheme: str = "rtsp") -> Iterator[GstCamera]:
    """Run a GStreamer camera while the block lasts. ``options`` are those of ``rtsp_server.py``."""
    command = ["/usr/bin/python3", str(SERVER), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            yield GstCamera(f"{scheme}://127.0.0.1:{port}/test", process)
        finally:
            process.kill()
