from typing import Any

import aiortc.rtp as rtp
import pytest

from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.relay.history import PacketGroup
from gateway.rtp import feedback
from gateway.webrtc.congestion.probe import TRAIN
from gateway.webrtc.interface import ViewerProfile
from gateway.webrtc.sending.feed import HEADROOM, LOOK_INTERVAL, REFRESH_INTERVAL, REPEATS_IN_TROUBLE, Feed
from gateway.webrtc.sending.sender import MOST_RESENDS
from gateway.webrtc.signalling.formats import Codec
from gateway.webrtc.transport.srtp import GcmSealer
from tests.fakes import FakeClock

LINK = 8e6  # bits a second that a new link is taken to carry: a megabyte
VIEWER = ViewerProfile("desk", unknown_link=LINK)
CODECS = {"H264": Codec("H264", 102, "", 66, 31, (), None)}
TICK = 0.002


class OpenDtls:
    """Keys, and no secrecy for feedback."""

    cipher = "AEAD_AES_128_GCM"

    def sealer(self, ssrc: int) -> GcmSealer:
        return GcmSealer(bytes(16), bytes(12), ssrc)

    def protect_rtcp(self, packet: bytes) -> bytes:
        return packet

    unprotect_rtcp = protect_rtcp


class Way:
    """Where packets go; ``open`` False is a socket or a connection that takes no more. ``answers``: checks can be
    answered, by the test."""

    def __init__(self) -> None:
        self.open = True
        self.answers = False
        self.asked: list[bytes] = []
        self.media: list[bytes] = []
        self.reports: list[bytes] = []

    def send(self, datagram: bytes) -> None:
        self.reports.append(datagram)

    def ask(self) -> bytes | None:
        if self.answers:
            self.asked.append(len(self.asked).to_bytes(12, "big"))
        return self.asked[-1] if self.answers else None

    def send_run(self, packets: bytes, count: int, size: int) -> bool:
        if self.open:
            self.media += [packets[at : at + size] for at in range(0, len(packets), size)]
        return self.open

    @property
    def stamps(self) -> list[int]:
        return list(dict.fromkeys(int.from_bytes(packet[4:8], "big") for packet in self.media))


class Scene:
    def __init__(self) -> None:
        self.clock, self.metrics, self.way = FakeClock(), Metrics(), Way()
        self.stream = CameraStream(CameraId("hall"), StreamName.MAIN, self.clock, self.metrics)
        self.told: list[str] = []
        self.now = self.clock.monotonic()
        dtls: Any = OpenDtls()
        path: Any = self.way
        self.feed = Feed(
            dtls,
            path,
            (7, 8),
            "cname",
            CODECS,
            self.stream,
            (0, 0),
            self.metrics,
            self.now,
            VIEWER,
            on_first_packet=lambda: self.told.append("first"),
            on_picture_lost=lambda: self.told.append("lost"),
            on_change=lambda: self.told.append(self.feed.waiting),
        )

    def group(self, stamp: int, size: int = 1000, keyframe: bool = False) -> PacketGroup:
        payloads = (b"x" * 1000,) * max(1, size // 1000)
        group = PacketGroup(payloads, stamp, keyframe, self.now, self.stream.history.next)
        self.stream.history.add(group)
        return group

    def gop(self, pictures: int) -> tuple[PacketGroup, ...]:
        """So many pictures, ten a second, of 1.6 Mbit/s."""
        for stamp in range(pictures):
            self.now += 0.1
            self.group(stamp, 20_000, keyframe=stamp == 0)
        return self.stream.history.gop()

    def pump(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self.feed.pump(self.now)

    def trouble(self, bps: float) -> None:
        """The link turns out to carry so much."""
        self.feed.estimate._trouble(bps, self.now)
        self.now += LOOK_INTERVAL
        self.feed.report(self.now, 0.0)

    def round_trips(self, seconds: float) -> None:
        """For two seconds the viewer tells a round trip of so long."""
        for _ in range(8):
            self.now += LOOK_INTERVAL
            self.feed.estimate.heard_report(1, 0, seconds, self.now)
            self.feed.report(self.now, 0.0)

    @property
    def dropped(self) -> float:
        labels = {"where": "viewer_groups"}
        return self.metrics.registry.get_sample_value("sightline_dropped_total", labels) or 0.0


def test_a_start_burst_is_paced_and_what_comes_meanwhile_follows_in_order() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, 200_000, keyframe=True), scene.group(2, 200_000)], scene.now)
    scene.pump(0.1)
    assert 90_000 < sum(map(len, scene.way.media)) < 130_000
    assert scene.feed.deliver(scene.group(3), scene.now)
    scene.pump(0.4)
    assert scene.way.stamps == [1, 2, 3]
    assert not scene.feed.deliver(scene.group(4), scene.now)
    assert scene.way.stamps == [1, 2, 3, 4]
    assert scene.told == ["first"]


def test_a_burst_that_would_be_old_before_it_is_sent_is_not_begun_and_that_is_said() -> None:
    scene = Scene()
    scene.trouble(400_000)
    size = int(HEADROOM * 400_000 / 8 * VIEWER.patience * 1.3)
    scene.feed.begin([scene.group(1, size, keyframe=True)], scene.now)
    assert scene.told == ["link"]
    scene.feed.deliver(scene.group(2), scene.now)
    assert scene.way.media == []
    scene.feed.deliver(scene.group(3, keyframe=True), scene.now)
    assert scene.way.stamps == [3]
    assert scene.told == ["link", "first", ""]


def test_without_a_keyframe_it_waits_and_says_so() -> None:
    scene = Scene()
    scene.feed.begin([], scene.now)
    scene.feed.deliver(scene.group(1), scene.now)
    assert scene.told == ["keyframe"]
    assert scene.way.media == []


def test_nothing_follows_the_first_of_a_burst_until_it_is_known_what_the_link_carries() -> None:
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


def test_what_a_link_would_carry_too_late_is_given_up_after_the_first_of_it_and_said() -> None:
    scene = Scene()
    scene.way.answers = True
    gop = scene.gop(30)
    scene.feed.begin(gop, scene.now)
    scene.feed.pump(scene.now)
    before, behind = scene.way.asked
    scene.feed.answered(before, scene.now + 0.05)
    scene.feed.answered(behind, scene.now + 0.7)  # 400 kbit/s
    assert scene.told[-1] == "link"
    assert scene.feed.estimate.troubled(scene.now + 0.7)
    assert scene.feed.estimate.ceiling(scene.now + 0.7) == pytest.approx(400_000, rel=0.1)
    sent = len(scene.way.media)
    scene.now += 0.7
    scene.pump(0.5)
    assert len(scene.way.media) == sent


def test_what_was_given_up_on_a_link_that_carries_the_stream_is_not_sent_anew_as_if_nothing_were_known() -> None:
    scene = Scene()
    scene.way.answers = True
    gop = scene.gop(40)
    scene.feed.begin(gop, scene.now)
    scene.feed.pump(scene.now)
    before, behind = scene.way.asked
    scene.feed.answered(before, scene.now + 0.02)
    scene.now += 0.02 + 8 * TRAIN / 2e6  # 2 Mbit/s
    scene.feed.answered(behind, scene.now)
    assert not scene.feed.estimate.troubled(scene.now)
    assert scene.told[-1] == "link"
    scene.pump(0.1)
    sent = len(scene.way.media)
    scene.feed.begin(gop, scene.now)  # since the viewer asks for a picture
    scene.pump(0.5)
    assert len(scene.way.media) == sent
    assert scene.told[-1] == "link"
    scene.feed.deliver(scene.group(100, 60_000, keyframe=True), scene.now)
    scene.pump(0.1)
    assert 8 * 1000 * (len(scene.way.media) - sent) / 0.1 < 3e6, "at the pace that is known"
    scene.pump(0.5)
    assert scene.way.stamps[-1] == 100


def test_the_first_picture_is_asked_about_also_where_none_was_kept_and_time_has_passed() -> None:
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


def test_where_an_answer_came_before_and_none_behind_the_link_is_slow_and_not_unknown() -> None:
    scene = Scene()
    scene.way.answers = True
    gop = scene.gop(30)
    scene.feed.begin(gop, scene.now)
    scene.feed.pump(scene.now)
    scene.feed.answered(scene.way.asked[0], scene.now + 0.05)
    scene.pump(2.0)
    assert len(scene.way.media) < 40
    assert scene.told[-1] == "link"
    assert scene.feed.estimate.troubled(scene.now)


def test_a_viewer_who_gives_no_answers_is_sent_to_all_the_same_after_a_while() -> None:
    scene = Scene()
    scene.way.answers = True
    scene.feed.begin([scene.group(1, 200_000, keyframe=True)], scene.now)
    scene.pump(1.4)
    assert len(scene.way.asked) >= 10
    assert len(scene.way.media) < 40
    scene.pump(0.6)
    assert len(scene.way.media) == 200


def test_after_a_change_of_network_the_next_burst_is_asked_about_anew() -> None:
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


def test_a_large_picture_is_paced_and_not_torn() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    assert scene.feed.deliver(scene.group(2, 100_000), scene.now)
    assert scene.way.stamps == [1]
    scene.pump(0.2)
    assert len(scene.way.media) == 101


def test_pictures_that_pile_up_are_given_up_until_the_next_keyframe() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.trouble(400_000)
    for stamp in range(2, 40):
        scene.feed.deliver(scene.group(stamp, 20_000), scene.now)
    assert scene.feed.waiting == "link"
    assert scene.dropped > 0
    waited = scene.feed.backlog.bytes
    assert waited * 8 <= VIEWER.patience * HEADROOM * 400_000 * 1.1
    scene.feed.deliver(scene.group(100, keyframe=True), scene.now)
    assert scene.told[-1] == ""
    assert scene.feed.backlog.bytes <= 21_000, "nothing before a fresh keyframe is worth catching up with"
    scene.pump(2.0)
    assert scene.way.stamps[-1] == 100


def test_keyframes_alone_get_through_a_link_that_carries_no_more() -> None:
    scene = Scene()
    scene.trouble(100_000)
    scene.feed.begin([], scene.now)
    for second in range(30):
        scene.feed.deliver(scene.group(10 * second, 60_000, keyframe=second % 2 == 0), scene.now)
        scene.pump(1.0)
        scene.feed.estimate._trouble(100_000, scene.now)
    complete = [packet for packet in scene.way.media if packet[1] & 0x80]
    assert len(complete) >= 4


def test_while_what_was_sent_is_late_on_its_way_nothing_follows_and_then_a_keyframe_does() -> None:
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
    scene.feed.hear(bytes(nack), scene.now, 0.0)
    scene.pump(1)
    assert scene.told[-1] == "link"
    assert len(scene.way.media) == sent, "no repeats either"
    reports = len(scene.way.reports)
    scene.round_trips(VIEWER.patience - 0.1)
    assert len(scene.way.reports) > reports, "by which is known when it has come through"
    assert scene.told[-1] == "link"
    assert "lost" not in scene.told
    scene.round_trips(0.05)
    assert scene.told[-2:] == ["keyframe", "lost"], "asks for the last keyframe and what follows"
    scene.feed.begin([scene.group(8, keyframe=True)], scene.now)
    scene.pump(1)
    assert len(scene.way.stamps) == 2
    assert scene.told[-1] == ""


def test_a_link_that_is_too_slow_still_is_when_its_nat_binds_anew_but_from_another_host_it_is_another() -> None:
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


def test_reports_by_which_the_round_trip_is_told_come_more_often_once_there_may_be_trouble() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.round_trips(0.05)
    calm = len(scene.way.reports)
    assert calm <= 3
    scene.round_trips(0.4)
    assert len(scene.way.reports) - calm >= 7


def test_what_was_lost_before_a_picture_is_begun_anew_is_not_repeated() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    last = int.from_bytes(scene.way.media[-1][2:4], "big")
    nack = bytes(rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=[last]))
    scene.feed.hear(nack, scene.now, 0.0)
    assert len(scene.way.media) == 2, "repeated"
    scene.feed.begin([scene.group(2, keyframe=True)], scene.now)
    scene.feed.hear(nack, scene.now, 0.0)
    assert len(scene.way.media) == 2, "of no use any more"
    scene.pump(0.01)
    assert scene.way.stamps == [1, 2]


def test_a_link_in_trouble_is_not_filled_further_by_repeats() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, 500_000, keyframe=True)], scene.now)
    scene.pump(1)
    scene.trouble(4e6)
    last = int.from_bytes(scene.way.media[-1][2:4], "big")
    lost = [(last - back) & 0xFFFF for back in reversed(range(450))]
    nack = bytes(rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=lost))
    before = len(scene.way.media)
    scene.feed.hear(nack, scene.now, 0.0)
    assert len(scene.way.media) - before == REPEATS_IN_TROUBLE * MOST_RESENDS


def test_whatever_a_viewer_tells_it_gets_nothing_faster_than_an_unknown_link_would() -> None:
    scene = Scene()
    assert scene.feed.pace(scene.now) == LINK
    scene.trouble(1e15)
    assert scene.feed.pace(scene.now) == LINK
    scene.trouble(1e6)
    assert scene.feed.pace(scene.now) < 2e6


@pytest.mark.parametrize("late", [False, True])
def test_a_low_estimate_of_the_viewers_is_no_word_on_the_link_while_the_camera_falls_behind(late: bool) -> None:
    scene = Scene()
    remb = rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_APP, ssrc=1, media_ssrc=0)
    for picture in range(60):
        remb.fci = rtp.pack_remb_fci(2_000_000 if picture < 30 else 50_000, [7])
        scene.feed.deliver(scene.group(9000 * picture, 20_000, keyframe=True), scene.now)
        scene.now += 0.15 if late and picture >= 30 else 0.1
        scene.feed.report(scene.now, 0.0)
        scene.feed.hear(bytes(remb), scene.now, 0.0)
    assert (scene.feed.estimate.ceiling(scene.now) is None) is late


def test_what_was_lost_of_one_stream_is_not_held_against_the_next() -> None:
    scene = Scene()
    estimate = scene.feed.estimate
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    estimate.heard_report(0, 0, None, scene.now)
    estimate.heard_report(100, 50, None, scene.now + 0.5)
    assert estimate.troubled_at == scene.now + 0.5
    scene.feed.switch(scene.stream, scene.group(2, keyframe=True))
    estimate.heard_report(110, 50, None, scene.now + 0.8)
    estimate.heard_report(160, 50, None, scene.now + 1.2)
    assert estimate.troubled_at == scene.now + 0.5


def test_a_group_that_the_socket_refuses_costs_all_until_the_next_keyframe() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.way.open = False
    scene.feed.deliver(scene.group(2), scene.now)
    scene.way.open = True
    scene.feed.deliver(scene.group(3), scene.now)
    assert scene.told[-1] == "keyframe"
    assert scene.dropped == 1
    assert scene.feed.estimate.troubled(scene.now)
    scene.feed.deliver(scene.group(4, keyframe=True), scene.now)
    scene.pump(0.1)
    assert scene.way.stamps == [1, 4]


def test_pleas_for_a_new_picture_are_heard_once_a_second() -> None:
    scene = Scene()
    pli = bytes(rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=1, media_ssrc=7))
    fir = bytes.fromhex("84ce0004 00000001 00000000 00000007 01000000")
    scene.now += REFRESH_INTERVAL
    for plea in (pli, fir, pli):
        scene.feed.hear(plea, scene.now, 0.0)
    assert scene.told == ["lost"]
    scene.feed.hear(fir, scene.now + REFRESH_INTERVAL, 0.0)
    assert scene.told == ["lost", "lost"]


def test_reports_tell_the_time_of_what_was_sent_and_answers_to_them_the_round_trip() -> None:
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
