"""Whatever happens to a feed, in any order, its viewer can decode everything that it is sent."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.relay.packet_group import PacketGroup
from gateway.webrtc.sending.phases import Phase
from tests.webrtc.sending.feeding import Scene

SLOW, FAST = 600_000, 50_000_000
"""Bits per second. Over the slow link, 1.8 kB are sent at once, and 135 kB before they are too old."""


class Delivery:
    """A camera, a viewer that checks what it receives, and everything that may happen between them."""

    def __init__(self, answers: bool) -> None:
        self.scene = Scene()
        self.scene.way.answers = answers
        self.pictures: dict[int, PacketGroup] = {}
        self.read = 0
        self.stamp, self.packets = 0, 0  # the picture that was sent last, and the number of its packets that were sent

    def show(self, count: int, size: int, keyframe: bool) -> None:
        """Let this many pictures of this size arrive at once. The first may be a keyframe."""
        for place in range(count):
            stamp = len(self.pictures) + 1
            group = self.scene.group(stamp, size, keyframe=keyframe and place == 0)
            self.pictures[stamp] = group
            self.scene.feed.deliver(group, self.scene.now)

    def begin(self, torn: bool) -> None:
        """Lose the picture at the viewer, or let the camera's own picture turn out to be torn."""
        if torn:
            self.scene.stream.history.forget_gop()
        self.forget_part()
        self.scene.feed.begin(self.scene.stream.history.gop(), self.scene.now)

    def switch(self, size: int) -> None:
        """Send the stream in another way from the next keyframe on, as after a change of codec."""
        stamp = len(self.pictures) + 1
        group = self.pictures[stamp] = self.scene.group(stamp, size, keyframe=True)
        self.forget_part()
        self.scene.feed.switch(self.scene.stream, group)
        self.scene.feed.deliver(group, self.scene.now)

    def socket(self, opened: bool) -> None:
        self.scene.way.open = opened

    def answer(self, seconds: float) -> None:
        self.scene.now += seconds
        for transaction in self.scene.way.asked:
            self.scene.feed.answered(transaction, self.scene.now)

    def move(self, elsewhere: bool) -> None:
        self.scene.feed.moved(self.scene.now, elsewhere=elsewhere)

    def check(self) -> None:
        """Check that everything received can be decoded, and that what the viewer was told is true."""
        for packet in self.scene.way.media[self.read :]:
            stamp = (int.from_bytes(packet[4:8], "big") - self.scene.feed.shift) % 2**32
            if stamp != self.stamp or self.whole():
                follows = stamp == self.stamp + 1 and self.whole()
                assert self.pictures[stamp].keyframe or follows, (
                    f"{stamp} follows {self.packets} packets of {self.stamp}"
                )
                self.stamp, self.packets = stamp, 0
            self.packets += 1
            assert bool(packet[1] & 0x80) == self.whole(), "the marker is on the last packet of a picture"
        self.read = len(self.scene.way.media)
        feed = self.scene.feed
        assert bool(feed.pacer) == bool(feed.pacer.bytes) == (feed.phase in (Phase.PACED, Phase.CUT))
        told = [word for word in self.scene.told if word not in ("first", "lost")]
        assert (told[-1] if told else "") == feed.waiting

    def forget_part(self) -> None:
        """Check that a partly sent picture is never completed later. It may be sent again from its start."""
        if not self.whole():
            self.stamp, self.packets = -1, 0

    def whole(self) -> bool:
        return not self.packets or self.packets == len(self.pictures[self.stamp].payloads)


Step = tuple[str, Callable[[Delivery], None]]


def steps_of(name: str, *choices: tuple[object, ...]) -> list[Step]:
    def step(arguments: tuple[object, ...]) -> Step:
        return f"{name}{arguments}", lambda delivery: getattr(delivery, name)(*arguments)

    return [step(arguments) for arguments in choices]


STEPS = [
    *steps_of("show", (1, 1_000, False), (1, 10_000, False), (14, 10_000, False)),
    *steps_of("show", (1, 1_000, True), (1, 60_000, True), (12, 10_000, True), (1, 200_000, True)),
    *steps_of("begin", (False,), (True,)),
    *steps_of("switch", (1_000,), (60_000,)),
    *steps_of("socket", (True,), (True,), (False,)),
    *steps_of("answer", (0.0,), (0.7,)),
    *steps_of("move", (True,)),
    *[(f"pump {seconds}", lambda d, s=seconds: d.scene.pump(s)) for seconds in (0.002, 0.05, 0.5)],
    *[(f"round trips of {seconds}", lambda d, s=seconds: d.scene.round_trips(s)) for seconds in (0.05, 2.0)],
    *[(f"trouble {bps}", lambda d, b=bps: d.scene.trouble(b)) for bps in (SLOW, SLOW, FAST)],
]


@given(st.booleans(), st.lists(st.sampled_from(STEPS), min_size=30, max_size=40))
@settings(max_examples=300, deadline=None)
def test_everything_sent_can_be_decoded_and_everything_reported_is_true(answers: bool, steps: list[Step]) -> None:
    delivery = Delivery(answers)
    delivery.begin(False)
    for _, step in steps:
        step(delivery)
        delivery.check()
