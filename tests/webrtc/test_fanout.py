"""Viewers are sent what a stream sends, and waiting viewers are told about its next keyframe."""

from types import SimpleNamespace
from typing import Any

from gateway.metrics import Metrics
from gateway.models import StreamName
from gateway.relay.packet_group import PacketGroup
from gateway.webrtc.fanout import Fanout
from tests.fakes import FakeClock
from tests.webrtc.two_streams import GOP, Camera


class Scene:
    """A stream, its fan-out, and a record of what happens to its sessions."""

    def __init__(self) -> None:
        clock = FakeClock()
        self.camera = Camera(StreamName.MAIN, clock, 1000, 0)
        self.arrived: list[str] = []
        self.failed: list[str] = []
        told = (lambda _: None), (lambda s: self.failed.append(s.id)), self._arrived, (lambda _: None)
        self.fanout = Fanout(self.camera.stream, clock, Metrics(), *told)

    def _arrived(self, session: Any, group: PacketGroup) -> None:
        self.arrived.append(session.id)

    def show(self, pictures: int) -> None:
        for _ in range(pictures):
            self.camera.show()


def viewer(name: str, fails: bool = False) -> Any:
    """Return a session that records what it is sent."""
    handed: list[PacketGroup] = []

    def deliver(group: PacketGroup, now: float) -> bool:
        if fails:
            raise RuntimeError("a bug")
        handed.append(group)
        return False

    return SimpleNamespace(id=name, ends_at=1e9, handed=handed, feed=SimpleNamespace(deliver=deliver))


def test_a_waiting_viewer_is_told_about_the_keyframe_once_and_sent_nothing() -> None:
    scene, one = Scene(), viewer("one")
    scene.show(1)
    scene.fanout.await_keyframe(one)
    scene.show(2 * GOP)
    assert scene.arrived == ["one"]
    assert one.handed == []


def test_a_viewer_who_joins_is_no_longer_waiting() -> None:
    scene, one = Scene(), viewer("one")
    scene.show(1)
    scene.fanout.await_keyframe(one)
    scene.fanout.add(one)
    scene.show(2 * GOP)
    assert scene.arrived == []
    assert len(one.handed) == 2 * GOP


def test_everybody_is_told_about_the_first_keyframe_in_another_codec() -> None:
    scene, one, two = Scene(), viewer("one"), viewer("two")
    scene.fanout.add(one)
    scene.show(1)
    scene.fanout.await_keyframe(two)
    scene.camera.becomes("H265")
    scene.show(2 * GOP)
    assert sorted(scene.arrived) == ["one", "two"]


def test_a_bug_in_one_viewers_session_does_not_affect_other_viewers() -> None:
    scene, one, two = Scene(), viewer("one", fails=True), viewer("two")
    scene.fanout.add(one)
    scene.fanout.add(two)
    scene.show(3)
    assert scene.failed == ["one"] * 3
    assert len(two.handed) == 3


def test_a_removed_viewer_gets_nothing_more_and_leaves_the_fan_out_empty() -> None:
    scene, one, two = Scene(), viewer("one"), viewer("two")
    scene.fanout.add(one)
    scene.fanout.await_keyframe(two)
    scene.fanout.remove(one)
    assert not scene.fanout.empty
    scene.fanout.remove(two)
    assert scene.fanout.empty
    scene.show(2 * GOP)
    assert (scene.arrived, one.handed) == ([], [])
