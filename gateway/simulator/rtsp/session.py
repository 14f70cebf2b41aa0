"""Sends one client a stream's RTP and sender reports, interleaved, with the camera's faults."""

import os
import secrets
from typing import Protocol

from gateway.clock import Clock
from gateway.models import StreamName
from gateway.simulator.camera import Camera
from gateway.simulator.faults import Rubbish
from gateway.simulator.pictures.encoder import TICKS_PER_SECOND, CodedPicture
from gateway.simulator.rtsp.messages import interleave
from gateway.simulator.rtsp.rtp_out import RtpSender

# bytes that may be waiting for a slow client; beyond this, pictures are dropped until the next keyframe
MOST_UNSENT = 2_000_000
REPORT_INTERVAL = 1.0


class Outlet(Protocol):
    """Sends to the client."""

    def write(self, data: bytes) -> None:
        """Send the data, or keep it until it can be sent."""
        ...

    def unsent(self) -> int:
        """Return how many bytes are kept."""
        ...

    def close(self) -> None:
        """Cut the connection without an answer."""
        ...


class Session:
    """Runs one RTSP session. ``channels`` are the interleaved channels of RTP and RTCP."""

    def __init__(
        self, camera: Camera, stream: StreamName, channels: tuple[int, int], outlet: Outlet, clock: Clock
    ) -> None:
        self.id = secrets.token_hex(8)
        self.camera = camera
        self.sender = RtpSender(secrets.randbits(32), secrets.randbits(16), secrets.randbits(32))
        self._stream = stream
        self._rtp, self._rtcp = channels
        self._outlet = outlet
        self._clock = clock
        self._wait_for_keyframe = True
        self._next_report = float("-inf")

    def timestamp(self) -> int:
        """Return the RTP timestamp of the picture that would leave now."""
        return self.sender.timestamp(round(self.camera.capture_time() * TICKS_PER_SECOND))

    def play(self) -> None:
        """Start sending: first a sender report, then pictures, beginning with a keyframe."""
        if self.camera.faults.drop:
            self._outlet.close()
            return
        self._wait_for_keyframe = True
        self.camera.watch(self._stream, self)
        self._report()

    def pause(self) -> None:
        """Stop sending. Do nothing if nothing is sent."""
        self.camera.unwatch(self._stream, self)

    def picture(self, picture: CodedPicture) -> None:
        """Send a picture, and a report if one is due. The camera calls this."""
        faults = self.camera.faults
        if faults.silent:
            self._wait_for_keyframe = True
            return
        if self._outlet.unsent() > MOST_UNSENT:
            self._wait_for_keyframe = True
        if self._wait_for_keyframe and not picture.keyframe:
            return
        self._wait_for_keyframe = False
        if faults.rubbish is Rubbish.FRAMING:
            self._outlet.write(b"\xff" + os.urandom(999))  # begins as neither a frame nor an answer
            return
        self._send(self._rtp, self.sender.packets(picture.nals, picture.ticks))
        if self._clock.monotonic() >= self._next_report:
            self._report()

    def faults_changed(self) -> None:
        """Cut the connection or send a new report at once, as the faults require. The camera calls this."""
        if self.camera.faults.off or self.camera.faults.drop:
            self._outlet.close()
        else:
            self._report()

    def _report(self) -> None:
        faults = self.camera.faults
        if faults.no_sender_reports or faults.silent or faults.rubbish is Rubbish.FRAMING:
            return
        self._next_report = self._clock.monotonic() + REPORT_INTERVAL
        captured = self.camera.capture_time()
        report = self.sender.sender_report(captured + faults.clock_offset, round(captured * TICKS_PER_SECOND))
        self._send(self._rtcp, [report])

    def _send(self, channel: int, packets: list[bytes]) -> None:
        if self.camera.faults.rubbish is Rubbish.RTP:
            packets = [os.urandom(len(packet)) for packet in packets]
        self._outlet.write(b"".join(interleave(channel, packet) for packet in packets))
