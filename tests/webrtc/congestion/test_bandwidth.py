import random
from dataclasses import dataclass

import pytest

from gateway.webrtc.congestion.bandwidth import BandwidthEstimator
from gateway.webrtc.congestion.trouble import PERSISTS

TICK = 0.1


@dataclass
class Link:
    """A link of ``rate`` bit/s with a queue of ``queue`` seconds, and a receiver that estimates like a browser.

    While the queue grows, its REMB is 0.85 of what arrived. Otherwise the REMB grows by 8 % per second, up to 1.5 times
    what arrived.
    """

    rate: float
    queue: float = 0.3
    loss: float = 0.0
    delay: float = 0.05
    waiting: float = 0.0
    remb: float = 300_000.0

    def carry(self, bits: float) -> tuple[float, float]:
        """Send a tick's bits. Return the fraction lost and the bits that arrived."""
        offered = self.waiting + bits
        came = min(offered, self.rate * TICK)
        kept = min(offered - came, self.queue * self.rate)
        lost = offered - came - kept
        grew = kept > self.waiting + 1
        self.waiting = kept
        bps = came / TICK
        self.remb = 0.85 * bps if grew or lost else min(self.remb * 1.08**TICK, max(self.remb, 1.5 * bps + 10_000))
        fraction = lost / bits if bits else 0.0
        return fraction + (1 - fraction) * self.loss, came * (1 - self.loss)

    @property
    def rtt(self) -> float:
        return 2 * self.delay + self.waiting / self.rate


class Scene:
    def __init__(self, link: Link) -> None:
        self.link = link
        self.now = 100.0
        self.estimate = BandwidthEstimator(self.now)
        self._octets = 0.0
        self._packets = 0.0
        self._arrived = 0.0
        self._lost = 0.0
        self.lag = 0.0

    def count_unheard(self, packets: float, lost: float) -> None:
        """Let this many packets arrive and this many be lost, without any report about them."""
        self._packets += packets
        self._arrived += packets
        self._lost += lost
        self.now += TICK

    def stall(self, seconds: float, *, reports_first: bool) -> None:
        """Let our process stop for this long. When it continues, it reads at once the reports that have arrived, before
        or after the next look at what was sent."""
        began = self.now
        self.now += seconds
        if not reports_first:
            self.estimate.resumed(self.now)
        for tick in range(1, round(seconds / TICK)):
            waited = self.now - (began + tick * TICK)
            self.estimate.heard_remb(300_000.0, self.now + 0.01 * tick)
            self.estimate.heard_report(
                round(self._arrived), round(self._lost), self.link.rtt + waited, self.now + 0.01 * tick
            )
        self.now += 0.01 * seconds / TICK
        if reports_first:
            self.estimate.resumed(self.now)

    def run(self, seconds: float, bps: float, keyframe: float = 1.0, later: float = 0.0) -> float | None:
        """Send for this long, and return when trouble was first seen.

        Once a second there is a keyframe, ``keyframe`` times as large as a tick. Pictures arrive ``later`` seconds per
        second later than their timestamps say, which the receiver mistakes for a queue.
        """
        troubled = None
        for tick in range(round(seconds / TICK)):
            bits = bps * TICK * (keyframe if tick % 10 == 0 else (10 - keyframe) / 9)
            lost, came = self.link.carry(bits)
            self.lag += later * TICK
            if later > 0:
                self.link.remb = min(self.link.remb, 0.85 * came / TICK)
            self._packets += bits / 8 / 1000
            self._arrived += (came + lost * bits) / 8 / 1000
            self._lost += lost * bits / 8 / 1000
            self._octets += bits / 8
            self.now += TICK
            self.estimate.sent(round(self._packets), round(self._octets), 0, self.lag, self.now)
            if tick % 2 == 0:
                self.estimate.heard_remb(self.link.remb, self.now)
            self.estimate.heard_report(round(self._arrived), round(self._lost), self.link.rtt, self.now)
            if troubled is None and self.estimate.troubled(self.now, TICK / 2):
                troubled = tick * TICK
        return troubled


@pytest.mark.parametrize("keyframe", [1.0, 5.0])
def test_a_link_that_carries_the_stream_shows_no_trouble(keyframe: float) -> None:
    scene = Scene(Link(10e6, remb=3e6))
    assert scene.run(60, 2e6, keyframe) is None
    assert scene.estimate.ceiling(scene.now) is None


def test_a_link_with_five_percent_loss_and_100_ms_shows_no_trouble() -> None:
    assert Scene(Link(10e6, loss=0.05, remb=3e6)).run(60, 2e6, 4.0) is None


@pytest.mark.parametrize("queue", [0.1, 0.3, 5.0])
def test_a_link_that_becomes_slow_is_noticed_within_three_seconds_and_its_rate_is_known(queue: float) -> None:
    scene = Scene(Link(10e6, queue, remb=3e6))
    scene.run(20, 2e6, 4.0)
    scene.link.rate = 400_000
    seen = scene.run(5, 2e6, 4.0)
    assert seen is not None
    assert seen <= 3.0
    ceiling = scene.estimate.ceiling(scene.now)
    assert ceiling is not None
    assert 200_000 < ceiling < 1_200_000


def test_trouble_ends_when_the_link_carries_the_stream_and_its_limit_is_forgotten_in_time() -> None:
    scene = Scene(Link(400_000, 0.3))
    scene.run(5, 2e6)
    scene.run(5, 200_000)
    assert not scene.estimate.troubled(scene.now)
    assert scene.run(70, 200_000) is None
    assert scene.estimate.ceiling(scene.now) is None


@pytest.mark.parametrize("later", [0.2, 0.5, 0.8])
def test_a_camera_that_falls_behind_says_nothing_about_the_link(later: float) -> None:
    """The camera's pictures arrive spread out. Browsers rely on timestamps, so they estimate as if the link were
    filling up.
    """
    scene = Scene(Link(10e6, remb=3e6))
    scene.run(20, 2e6)
    assert scene.run(20, (1 - later) * 2e6, later=later) is None
    assert scene.link.remb < 0.85 * 2e6
    assert scene.run(20, 2e6) is None


def test_a_link_that_becomes_slow_after_its_camera_fell_behind_is_still_noticed() -> None:
    scene = Scene(Link(10e6, remb=3e6))
    scene.run(10, 2e6)
    scene.run(5, 1e6, later=0.5)
    scene.run(3, 2e6)
    scene.link.rate = 400_000
    seen = scene.run(5, 2e6)
    assert seen is not None
    assert seen <= 3.0


def test_loss_while_packets_are_queueing_means_a_full_queue_and_is_noticed_at_once() -> None:
    estimate = BandwidthEstimator(0.0)
    for report in range(10):
        estimate.sent(100 * report, 100_000 * report, 0, 0.0, report / 4)
        estimate.heard_report(100 * report, 0, 0.05, report / 4)
    estimate.sent(1_000, 1_000_000, 0, 0.0, 2.5)
    estimate.heard_report(1_000, 0, 0.4, 2.5)
    assert estimate.uneasy
    assert not estimate.troubled(2.5)
    estimate.sent(1_100, 1_100_000, 0, 0.0, 2.75)
    estimate.heard_report(1_100, 150, 0.4, 2.75)
    assert estimate.troubled(2.75), f"before the {PERSISTS} s that a long round trip alone has to last"
    ceiling = estimate.ceiling(2.75)
    assert ceiling is not None
    assert ceiling < 8 * 100_000 * 4


@pytest.mark.parametrize(("loss", "trip"), [(0.07, 0.05), (0.0, 0.4)])
def test_some_loss_or_one_long_round_trip_is_not_trouble_yet_but_is_watched(loss: float, trip: float) -> None:
    estimate = BandwidthEstimator(0.0)
    estimate.heard_report(0, 0, 0.05, 0.0)
    estimate.heard_report(1_000, 0, 0.05, 1.0)
    assert not estimate.uneasy
    estimate.heard_report(2_000, round(2_000 * loss), trip, 2.0)
    assert estimate.uneasy
    assert not estimate.troubled(2.0)


def test_while_a_queue_drains_the_sending_rate_is_not_taken_as_the_links_capacity() -> None:
    scene = Scene(Link(10e6, queue=5.0, remb=3e6))
    scene.run(20, 2e6)
    scene.link.rate = 1e6
    scene.link.remb = float("nan")
    scene.run(4, 2e6)
    first = scene.estimate.ceiling(scene.now)
    scene.run(3, 100_000)
    after = scene.estimate.ceiling(scene.now)
    assert first == pytest.approx(1e6, rel=0.1)
    assert after == pytest.approx(1e6, rel=0.1)
    scene.run(3, 0)
    assert scene.estimate.queued(scene.now) == 0
    drained = scene.estimate.ceiling(scene.now)
    assert drained is not None
    assert drained > 0.9e6


def test_the_delay_in_the_queue_is_known_once_it_has_lasted() -> None:
    scene = Scene(Link(10e6, queue=5.0))
    scene.run(5, 1e6)
    assert scene.estimate.queued(scene.now) == 0
    scene.link.rate = 1e6
    scene.run(4, 1.5e6)
    assert scene.estimate.queued(scene.now) == pytest.approx(2.0, abs=0.2)
    scene.run(2.5, 0)
    assert scene.estimate.queued(scene.now) == 0


def test_delivered_packets_are_counted_without_repeats() -> None:
    estimate = BandwidthEstimator(0.0)
    estimate.heard_report(0, 0, 0.05, 0.0)
    for tick in range(1, 25):
        now = tick / 4
        estimate.sent(25 * tick, 25_000 * tick, 50_000 * tick, 0.0, now)
        estimate.heard_report(25 * tick, 0, 2.0, now)
    assert estimate.ceiling(6.0) == pytest.approx(8 * 25_000 * 4, rel=0.01)


def test_once_a_limit_is_known_the_viewers_own_estimate_is_ignored() -> None:
    """Sending is then spread over time, which receivers mistake for a link that is filling up."""
    scene = Scene(Link(10e6, queue=5.0, remb=3e6))
    scene.run(20, 2e6)
    scene.link.rate = 1e6
    scene.run(4, 2e6)
    scene.run(5, 200_000)
    known = scene.estimate.ceiling(scene.now)
    scene.link.remb = 20_000
    scene.run(3, 200_000)
    later = scene.estimate.ceiling(scene.now)
    assert known is not None
    assert later is not None
    assert later >= known


def test_losses_on_an_earlier_path_or_stream_do_not_count_against_the_present_one() -> None:
    scene = Scene(Link(10e6))
    scene.run(20, 2e6)
    scene.link.loss = 1.0
    for _ in range(10):  # nothing is reported in the meantime
        lost, _ = scene.link.carry(0.2e6)
        scene.count_unheard(25, lost * 25)
    scene.link.loss = 0.0
    scene.estimate.forget_losses()
    assert scene.run(10, 2e6) is None


def test_the_burst_at_the_start_is_not_taken_as_the_rate() -> None:
    scene = Scene(Link(100e6, remb=2.5e6))
    scene.run(0.3, 27e6)
    assert scene.run(20, 1e6) is None


def test_a_full_socket_is_trouble() -> None:
    scene = Scene(Link(10e6, remb=3e6))
    scene.run(5, 2e6)
    scene.estimate.refused(scene.now)
    assert scene.estimate.troubled(scene.now)
    ceiling = scene.estimate.ceiling(scene.now)
    assert ceiling is not None
    assert ceiling <= 2.1e6


def test_a_moment_when_either_end_is_busy_is_not_trouble() -> None:
    estimate = BandwidthEstimator(0.0)
    for report in range(600):
        late = 1.5 if report % 50 in {0, 1, 2} else 0.0
        estimate.heard_report(10 * report, 0, 0.05 + late, report / 10)
        assert not estimate.troubled(report / 10)


def test_a_viewer_who_reports_no_round_trip_is_judged_by_everything_else() -> None:
    estimate = BandwidthEstimator(0.0)
    estimate.heard_report(1000, 0, None, 0.0)
    estimate.sent(100, 100_000, 0, 0.0, 1.0)
    estimate.heard_report(1100, 30, None, 1.0)
    assert estimate.troubled(1.0)
    assert estimate.loss == 0.3


def test_five_percent_loss_of_few_packets_is_not_trouble_however_it_is_distributed() -> None:
    """Forty packets per second are reported every tenth of a second, for an hour."""
    dice = random.Random(7)
    estimate, lost = BandwidthEstimator(0.0), 0
    for report in range(36_000):
        lost += sum(dice.random() < 0.05 for _ in range(4))
        estimate.heard_report(4 * report, lost, 0.1, report / 10)
        assert not estimate.troubled(report / 10)


@pytest.mark.parametrize("stall", [1.0, 2.5, 6.0])
@pytest.mark.parametrize("reports_first", [True, False])
def test_a_stall_of_our_own_process_says_nothing_about_the_link(stall: float, *, reports_first: bool) -> None:
    scene = Scene(Link(10_000_000.0))
    assert scene.run(5.0, 2_000_000.0) is None
    scene.stall(stall, reports_first=reports_first)
    assert scene.estimate.ceiling(scene.now) is None
    assert scene.run(10.0, 2_000_000.0) is None
    assert scene.estimate.ceiling(scene.now) is None
