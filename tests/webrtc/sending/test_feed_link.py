"""Tests what a feed learns about its viewer's link, and how it adapts to it."""

import aiortc.rtp as rtp
import pytest

from gateway.webrtc.congestion.probe import TRAIN
from gateway.webrtc.sending.feed import LOOK_INTERVAL
from tests.webrtc.sending.feeding import LINK, VIEWER, Scene


def test_nothing_follows_the_start_of_a_burst_until_the_links_capacity_is_known() -> None:
    scene = Scene()
    scene.way.answers = True
    gop = [scene.group(1, 100_000, keyframe=True), scene.group(2, 100_000)]
    scene.feed.begin(gop, scene.now)
    scene.pump(0.05)
    assert TRAIN - 1000 < sum(map(len, scene.way.media)) < TRAIN + 2000
    before, behind = scene.way.asked
    scene.feed.deliver(scene.group(3), scene.now)
    scene.feed.answered(before, scene.now)
    scene.pump(0.02)
    assert scene.way.stamps == [1]
    scene.feed.answered(behind, scene.now)
    scene.pump(0.4)
    assert scene.way.stamps == [1, 2, 3]
    assert scene.told == ["first"]


def test_a_burst_that_the_link_would_carry_too_late_is_given_up_early_and_reported() -> None:
    scene = Scene()
    scene.way.answers = True
    gop = scene.gop(30)
    scene.feed.begin(gop, scene.now)
    scene.feed.pump(scene.now)
    before, behind = scene.way.asked
    scene.feed.answered(before, scene.now + 0.05)
    scene.feed.answered(behind, scene.now + 0.7)  # 400 kbit/s
    assert scene.told[-1] == "link"
    assert scene.feed.link.estimate.troubled(scene.now + 0.7)
    assert scene.feed.link.estimate.ceiling(scene.now + 0.7) == pytest.approx(400_000, rel=0.1)
    sent = len(scene.way.media)
    scene.now += 0.7
    scene.pump(0.5)
    assert len(scene.way.media) == sent


def test_a_burst_sent_again_keeps_to_the_known_capacity_of_the_link() -> None:
    scene = Scene()
    scene.way.answers = True
    gop = scene.gop(40)
    scene.feed.begin(gop, scene.now)
    scene.feed.pump(scene.now)
    before, behind = scene.way.asked
    scene.feed.answered(before, scene.now + 0.02)
    scene.now += 0.02 + 8 * TRAIN / 2e6  # 2 Mbit/s
    scene.feed.answered(behind, scene.now)
    assert not scene.feed.link.estimate.troubled(scene.now)
    assert scene.told[-1] == "link"
    scene.pump(0.1)
    sent = len(scene.way.media)
    scene.feed.begin(gop, scene.now)  # the viewer asks for a picture
    scene.pump(0.5)
    assert len(scene.way.media) == sent
    assert scene.told[-1] == "link"
    scene.feed.deliver(scene.group(100, 60_000, keyframe=True), scene.now)
    scene.pump(0.1)
    assert 8 * 1000 * (len(scene.way.media) - sent) / 0.1 < 3e6, "at the known pace"
    scene.pump(0.5)
    assert scene.way.stamps[-1] == 100


def test_the_first_picture_is_measured_even_if_none_was_kept_and_time_has_passed() -> None:
    scene = Scene()
    scene.way.answers = True
    scene.feed.begin([], scene.now)
    for _ in range(4):
        scene.now += LOOK_INTERVAL
        scene.feed.report(scene.now, 0.0)
    scene.feed.deliver(scene.group(1, 100_000, keyframe=True), scene.now)
    scene.pump(0.1)
    assert len(scene.way.asked) == 2
    assert TRAIN - 1000 < sum(map(len, scene.way.media)) < TRAIN + 2000


def test_an_answer_before_the_burst_and_none_after_it_means_a_slow_link() -> None:
    scene = Scene()
    scene.way.answers = True
    gop = scene.gop(30)
    scene.feed.begin(gop, scene.now)
    scene.feed.pump(scene.now)
    scene.feed.answered(scene.way.asked[0], scene.now + 0.05)
    scene.pump(2.0)
    assert len(scene.way.media) < 40
    assert scene.told[-1] == "link"
    assert scene.feed.link.estimate.troubled(scene.now)


def test_a_viewer_who_never_answers_is_still_sent_pictures_after_a_while() -> None:
    scene = Scene()
    scene.way.answers = True
    scene.feed.begin([scene.group(1, 200_000, keyframe=True)], scene.now)
    scene.pump(1.4)
    assert len(scene.way.asked) >= 10
    assert len(scene.way.media) < 40
    scene.pump(0.6)
    assert len(scene.way.media) == 200


def test_after_a_change_of_network_the_next_burst_is_measured_again() -> None:
    scene = Scene()
    scene.way.answers = True
    scene.feed.begin([scene.group(1, 50_000, keyframe=True)], scene.now)
    scene.pump(0.01)
    for transaction in list(scene.way.asked):
        scene.feed.answered(transaction, scene.now)
    scene.pump(0.2)
    asked = len(scene.way.asked)
    scene.feed.moved(scene.now, elsewhere=True)
    scene.feed.begin([scene.group(2, 50_000, keyframe=True)], scene.now)
    scene.pump(0.01)
    assert len(scene.way.asked) == asked + 2


def test_a_link_that_carries_only_keyframes_gets_only_keyframes() -> None:
    scene = Scene()
    scene.trouble(100_000)
    scene.feed.begin([], scene.now)
    for second in range(30):
        scene.feed.deliver(scene.group(10 * second, 60_000, keyframe=second % 2 == 0), scene.now)
        scene.pump(1.0)
        scene.feed.link.estimate.found(100_000, scene.now)
    complete = [packet for packet in scene.way.media if packet[1] & 0x80]
    assert len(complete) >= 4


def test_while_packets_are_late_on_their_way_nothing_follows_and_then_a_keyframe_does() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.round_trips(0.05)
    scene.round_trips(VIEWER.patience - 0.1)
    assert scene.told[-1] == "first"
    scene.round_trips(VIEWER.patience + 0.2)
    assert scene.told[-1] == "link"
    scene.feed.deliver(scene.group(3), scene.now)
    scene.feed.deliver(scene.group(4, keyframe=True), scene.now)
    scene.feed.begin([scene.group(5, keyframe=True)], scene.now)
    scene.feed.switch(scene.stream, scene.group(6, keyframe=True))
    scene.feed.deliver(scene.group(7, 500_000, keyframe=True), scene.now)
    sent = len(scene.way.media)
    last = int.from_bytes(scene.way.media[-1][2:4], "big")
    nack = rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=[last])
    scene.feed.rtcp.hear(bytes(nack), scene.now, 0.0)
    scene.pump(0.5)
    assert scene.told[-1] == "link"
    assert len(scene.way.media) == sent, "no repeats either"
    reports = len(scene.way.reports)
    scene.round_trips(VIEWER.patience - 0.1)
    assert len(scene.way.reports) > reports, "which show when everything has got through"
    assert scene.told[-1] == "link"
    assert "lost" not in scene.told
    scene.round_trips(0.05)
    assert scene.told[-2:] == ["keyframe", "lost"], "it asks for the last keyframe and everything after it"
    scene.feed.begin([scene.group(8, keyframe=True)], scene.now)
    scene.pump(1)
    assert len(scene.way.stamps) == 2
    assert scene.told[-1] == ""


def test_a_slow_link_stays_slow_after_a_nat_rebinding_but_not_from_another_host() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.round_trips(0.05)
    scene.round_trips(VIEWER.patience + 0.2)
    scene.feed.moved(scene.now, elsewhere=False)
    scene.round_trips(VIEWER.patience + 0.2)
    assert scene.told[-1] == "link"
    scene.feed.moved(scene.now, elsewhere=True)
    scene.round_trips(VIEWER.patience + 0.2)
    assert scene.told[-1] == "lost"


def test_whatever_a_viewer_reports_it_is_sent_nothing_faster_than_over_an_unknown_link() -> None:
    scene = Scene()
    assert scene.feed.link.pace(scene.now) == LINK
    scene.trouble(1e15)
    assert scene.feed.link.pace(scene.now) == LINK
    scene.trouble(1e6)
    assert scene.feed.link.pace(scene.now) < 2e6


def test_after_a_stall_of_our_own_process_the_link_is_measured_afresh() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.round_trips(0.05)
    scene.pump(5.0)
    scene.feed.report(scene.now, 0.0)
    for waited in range(50):
        scene.now += 0.02
        scene.feed.link.estimate.heard_report(1, 0, 5.0 - waited / 10, scene.now)
    scene.round_trips(0.05)
    assert scene.feed.link.estimate.ceiling(scene.now) is None
    assert "link" not in scene.told
