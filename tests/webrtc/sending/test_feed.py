"""Tests which pictures of a stream are sent and when, which are dropped, and what the viewer is told."""

from gateway.webrtc.congestion.link import HEADROOM
from tests.webrtc.sending.feeding import VIEWER, Scene


def test_a_start_burst_is_paced_and_later_pictures_follow_in_order() -> None:
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


def test_a_burst_that_would_be_old_before_it_is_sent_is_not_started_and_the_viewer_is_told() -> None:
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
    waited = scene.feed.pacer.bytes
    assert waited * 8 <= VIEWER.patience * HEADROOM * 400_000 * 1.1
    scene.feed.deliver(scene.group(100, keyframe=True), scene.now)
    assert scene.told[-1] == ""
    assert scene.feed.pacer.bytes <= 21_000, "pictures before a fresh keyframe are not worth sending"
    scene.pump(2.0)
    assert scene.way.stamps[-1] == 100


def test_after_a_group_that_the_socket_refuses_nothing_is_sent_until_a_keyframe() -> None:
    scene = Scene()
    scene.feed.begin([scene.group(1, keyframe=True)], scene.now)
    scene.pump(0.01)
    scene.way.open = False
    scene.feed.deliver(scene.group(2), scene.now)
    scene.way.open = True
    scene.feed.deliver(scene.group(3), scene.now)
    assert scene.told[-1] == "keyframe"
    assert scene.dropped == 1
    assert scene.feed.link.estimate.troubled(scene.now)
    scene.feed.deliver(scene.group(4, keyframe=True), scene.now)
    scene.pump(0.1)
    assert scene.way.stamps == [1, 4]
