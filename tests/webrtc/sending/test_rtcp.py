"""Tests the reports to a viewer, and the effects of the viewer's own reports."""

import aiortc.rtp as rtp
import pytest

from gateway.rtp import feedback
from gateway.webrtc.sending.repeats import MOST_REPEATS_AT_ONCE, REPEATS_PER_PACKET_IN_TROUBLE
from gateway.webrtc.sending.rtcp import REFRESH_INTERVAL
from tests.webrtc.sending.feeding import Scene


def test_reports_that_measure_the_round_trip_are_sent_more_often_if_there_may_be_trouble() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.round_trips(0.05)
    calm = len(scene.way.reports)
    assert calm <= 3
    scene.round_trips(0.4)
    assert len(scene.way.reports) - calm >= 7


def test_packets_lost_before_a_restart_are_not_repeated() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    last = int.from_bytes(scene.way.media[-1][2:4], "big")
    nack = bytes(rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=[last]))
    scene.feed.rtcp.hear(nack, scene.now, 0.0)
    assert len(scene.way.media) == 2, "repeated"
    scene.feed.begin([scene.group(2, keyframe=True)], scene.now)
    scene.feed.rtcp.hear(nack, scene.now, 0.0)
    assert len(scene.way.media) == 2, "no longer useful"
    scene.pump(0.01)
    assert scene.way.stamps == [1, 2]


def test_repeats_do_not_fill_a_link_in_trouble_any_further() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, 500_000, keyframe=True)], scene.now)
    scene.pump(1)
    scene.trouble(4e6)
    last = int.from_bytes(scene.way.media[-1][2:4], "big")
    lost = [(last - back) & 0xFFFF for back in reversed(range(450))]
    nack = bytes(rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=lost))
    before = len(scene.way.media)
    scene.feed.rtcp.hear(nack, scene.now, 0.0)
    assert len(scene.way.media) - before == REPEATS_PER_PACKET_IN_TROUBLE * MOST_REPEATS_AT_ONCE


@pytest.mark.parametrize("late", [False, True])
def test_a_viewers_low_estimate_is_ignored_while_the_camera_falls_behind(late: bool) -> None:
    scene = Scene()
    remb = rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_APP, ssrc=1, media_ssrc=0)
    for picture in range(60):
        remb.fci = rtp.pack_remb_fci(2_000_000 if picture < 30 else 50_000, [7])
        scene.feed.deliver(scene.group(9000 * picture, 20_000, keyframe=True), scene.now)
        scene.now += 0.15 if late and picture >= 30 else 0.1
        scene.feed.report(scene.now, 0.0)
        scene.feed.rtcp.hear(bytes(remb), scene.now, 0.0)
    assert (scene.feed.link.estimate.ceiling(scene.now) is None) is late


def test_losses_of_one_stream_do_not_count_against_the_next() -> None:
    scene = Scene()
    estimate = scene.feed.link.estimate
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    estimate.heard_report(0, 0, None, scene.now)
    estimate.heard_report(100, 50, None, scene.now + 0.5)
    assert estimate.troubled_at == scene.now + 0.5
    scene.feed.switch(scene.stream, scene.group(2, keyframe=True))
    estimate.heard_report(110, 50, None, scene.now + 0.8)
    estimate.heard_report(160, 50, None, scene.now + 1.2)
    assert estimate.troubled_at == scene.now + 0.5


def test_keyframe_requests_are_handled_once_a_second() -> None:
    scene = Scene()
    pli = bytes(rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=1, media_ssrc=7))
    fir = bytes.fromhex("84ce0004 00000001 00000000 00000007 01000000")
    scene.now += REFRESH_INTERVAL
    for plea in (pli, fir, pli):
        scene.feed.rtcp.hear(plea, scene.now, 0.0)
    assert scene.told == ["lost"]
    scene.feed.rtcp.losses.missed()
    scene.feed.rtcp.hear(fir, scene.now + REFRESH_INTERVAL, 0.0)
    assert scene.told == ["lost", "lost"]


def test_reports_give_the_time_of_what_was_sent_and_their_answers_the_round_trip() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(90_000, keyframe=True)], scene.now)
    scene.pump(0.01)
    sent_at = scene.now = scene.now + 1.0
    assert scene.feed.report(scene.now, 1_700_000_000.25)
    [report] = scene.way.reports
    rtp_time = int.from_bytes(report[16:20], "big")
    assert abs(rtp_time - 90_000 - 90_000 * (sent_at - scene.clock.monotonic())) < 2
    told = feedback.ReceptionReport(7, 0.0, 0, 0, 0, int.from_bytes(report[10:14], "big"), 0.5)
    trip = feedback.round_trip(told, 1_700_000_000.25 + 0.6)
    assert trip is not None
    assert abs(trip - 0.1) < 0.001
    assert feedback.round_trip(told, 1_700_000_000.25 + 3600) is None, "the clock was set"
