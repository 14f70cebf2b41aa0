"""A viewer that asks for a keyframe goes back to the last one only if its reports show a loss or it has just joined."""

import aiortc.rtp as rtp
import pytest

from gateway.webrtc.sending.phases import TABLE, Command, Event, Phase, plea
from gateway.webrtc.sending.picture_requests import JOINED, PENDING, Losses
from tests.webrtc.sending.feeding import Scene

GOP, FPS, SIZE = 10, 10, 20_000
"""A keyframe every ten seconds."""
PLI = bytes(rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=1, media_ssrc=7))


class Watched:
    """A camera, and a viewer that asks for new pictures. ``picture_lost`` answers as the distribution would."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.scene.feed.begin((), self.scene.now)
        self.shown = 0
        self.rewinds = 0

    def show(self, seconds: float) -> None:
        for _ in range(round(seconds * FPS)):
            group = self.scene.group(9000 * self.shown, SIZE, keyframe=self.shown % (GOP * FPS) == 0)
            self.shown += 1
            self.scene.feed.deliver(group, self.scene.now)
            self.scene.pump(1 / FPS)

    def ask(self, packet: bytes = PLI) -> None:
        told = len(self.scene.told)
        self.scene.feed.rtcp.hear(packet, self.scene.now, 0.0)
        if "lost" in self.scene.told[told:]:
            self.rewinds += 1
            self.scene.feed.begin(self.scene.stream.history.gop(), self.scene.now)

    def nack(self) -> bytes:
        last = int.from_bytes(self.scene.way.media[-1][2:4], "big")
        return bytes(rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=[last]))

    def report(self, lost: int) -> bytes:
        last = int.from_bytes(self.scene.way.media[-1][2:4], "big")
        return bytes(rtp.RtcpRrPacket(ssrc=1, reports=[rtp.RtcpReceiverInfo(7, 0, lost, last, 0, 0, 0)]))


def test_keyframe_requests_without_any_loss_have_no_effect() -> None:
    """There is a keyframe every 10 s, and the viewer asks every 2 s, for 40 s."""
    viewer = Watched()
    viewer.show(JOINED + 1)
    for _ in range(18):
        viewer.ask()
        viewer.ask(viewer.report(0))
        viewer.show(2)
    stamps = [int.from_bytes(packet[4:8], "big") for packet in viewer.scene.way.media]
    assert viewer.rewinds == 0
    assert stamps == sorted(stamps)
    assert len(viewer.scene.way.media) == viewer.shown * SIZE // 1000


@pytest.mark.parametrize("shown_by", ["nack", "report", "report that follows"])
def test_a_viewer_whose_reports_show_a_loss_restarts_once_at_the_last_keyframe(shown_by: str) -> None:
    viewer = Watched()
    viewer.show(JOINED + 1)
    loss = viewer.nack() if shown_by == "nack" else viewer.report(3)
    packets = [PLI, loss] if shown_by.endswith("follows") else [loss, PLI]
    for packet in packets:
        viewer.ask(packet)
    assert viewer.rewinds == 1
    for _ in range(3):
        viewer.show(2)
        viewer.ask()
        viewer.ask(loss)
    assert viewer.rewinds == 1, "the same loss counts once"


def test_while_the_camera_is_gone_the_old_group_is_not_sent_again_and_again() -> None:
    viewer = Watched()
    viewer.show(JOINED + 1)
    loss = viewer.nack()
    viewer.ask(loss)
    for _ in range(20):
        viewer.ask()
        viewer.ask(loss)
        viewer.scene.pump(2)
    assert viewer.rewinds == 1


def test_a_viewer_who_has_just_joined_may_ask_once() -> None:
    viewer = Watched()
    viewer.show(1.5)
    viewer.ask()
    viewer.show(1.2)
    viewer.ask()
    assert viewer.rewinds == 1


def test_a_keyframe_request_waits_for_the_report_that_explains_it_but_not_for_ever() -> None:
    for waits, shown in ((PENDING - 0.1, True), (PENDING + 0.1, False)):
        losses = Losses(0.0)
        losses.begun()
        assert not losses.asked(10.0)
        assert losses.reported(1, 10.0 + waits) is shown


def test_a_viewer_waiting_for_a_keyframe_is_sent_only_newer_pictures() -> None:
    assert plea(lost=True, newer=False) is plea(lost=True, newer=True) is Event.LOST
    assert (plea(lost=False, newer=True), plea(lost=False, newer=False)) == (Event.BEHIND, Event.UNSHOWN)
    refreshed = {phase for phase in Phase if Command.REFRESH in TABLE[phase, Event.BEHIND][1]}
    assert refreshed == {Phase.AWAITING_KEYFRAME, Phase.GIVEN_UP}
    assert not [phase for phase in Phase if TABLE[phase, Event.UNSHOWN][1]]
