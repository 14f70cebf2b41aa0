"""When a camera changes what it sends, its viewers get something that they can decode without a new offer."""

from itertools import pairwise

import pytest

from gateway.errors import Unplayable
from gateway.models import CloseReason, StreamName
from gateway.webrtc.distribution import FRESH
from tests.webrtc.two_streams import CAMERA, GOP, STEP, Camera, ModernViewer, NewestViewer, Scene, steps_of, two_streams


async def watch_h265(scene: Scene) -> None:
    """Let a viewer that decodes H.265 open the main stream while the camera sends it in H.265."""
    await scene.viewer.close()
    scene.viewer = ModernViewer(scene.media.append)
    scene.main.becomes("H265")
    await scene.play(1.5)
    await scene.open(StreamName.MAIN)


async def test_a_substream_in_another_codec_starts_with_a_later_time_because_browsers_discard_older_pictures() -> None:
    async with two_streams() as scene:
        await watch_h265(scene)
        await scene.play(2.3)
        await scene.far_too_slow()
        assert {packet[1] & 0x7F for packet in scene.media} == {102, 103}
        stamps = [int.from_bytes(packet[4:8], "big") for packet in scene.media]
        assert all(after >= before for before, after in pairwise(stamps))
        assert scene.dates_rightly()


async def test_if_a_camera_begins_to_send_h265_its_viewers_get_the_substream() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        scene.main.becomes("H265")
        before = len(scene.pictures())
        await scene.play(2.0)
        assert [stream for stream, waiting in scene.changes if not waiting] == [StreamName.SUB]
        assert max(size for _, size in scene.pictures()[before:]) < 5_000, (
            "not one packet that the viewer cannot decode"
        )


async def test_if_a_camera_begins_to_send_b_frames_its_viewers_get_the_substream() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        scene.main.refers_back = True
        await scene.play(2.0)
        assert scene.plane.sessions()[0].stream is StreamName.SUB
        assert scene.pictures()[-1][1] < 5_000


async def test_a_viewer_diverted_twice_no_longer_waits_for_the_first_stream() -> None:
    async with two_streams() as scene:
        transcode = Camera(StreamName.TRANSCODED, scene.clock, 5_000, 900)
        scene.streams[StreamName.TRANSCODED] = transcode.stream
        await scene.play(1.5)
        opened = await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        for _ in range(round((FRESH + 0.5) / STEP)):  # the substream sends nothing
            scene.main.show()
            await scene.clock.advance(STEP)
        scene.main.becomes("H265")
        for _ in range(GOP):
            scene.main.show()
            await scene.clock.advance(STEP)
        assert scene.plane.watched == {(CAMERA, StreamName.TRANSCODED)}
        scene.carries(800_000)
        for _ in range(4):  # the substream is back, but its next keyframe is still to come
            scene.sub.show()
            await scene.clock.advance(STEP)
        assert scene.plane.watched == {(CAMERA, StreamName.SUB)}
        await scene.plane.close(opened.id, CloseReason.VIEWER_LEFT)
        assert scene.plane.watched == frozenset()


async def test_if_nothing_agreed_on_is_sent_any_more_sessions_are_closed_so_that_viewers_offer_again() -> None:
    async with two_streams() as scene:
        scene.streams.pop(StreamName.SUB)
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        scene.main.becomes("H265")
        await scene.play(1.5)
        assert scene.events[-1].reason is CloseReason.CODEC_CHANGED
        assert scene.plane.watched == frozenset()


async def test_if_a_camera_returns_with_the_same_codec_its_viewers_stay_on_the_stream() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.3)
        before = len(scene.pictures())
        scene.main.becomes("H264", stamp=77)
        await scene.play(1.5)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert scene.pictures()[-1][1] > 20_000
        assert len(scene.pictures()) > before
        assert steps_of(scene) <= set(range(1, GOP + 1)), "whatever the camera's own numbers are now"


async def test_a_camera_that_changes_to_h264_is_sent_with_the_payload_type_agreed_on_for_h264() -> None:
    async with two_streams() as scene:
        await watch_h265(scene)
        await scene.play(1.0)
        assert {packet[1] & 0x7F for packet in scene.media} == {103}
        before = len(scene.media)
        scene.main.becomes("H264")
        await scene.play(2.0)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert {packet[1] & 0x7F for packet in scene.media[before:]} == {102}
        sequences = [int.from_bytes(packet[2:4], "big") for packet in scene.media]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


@pytest.mark.parametrize("codec", ["H265", "JPEG"])
async def test_a_running_session_changes_to_the_transcode_without_a_new_offer_and_without_a_gap(codec: str) -> None:
    async with two_streams() as scene:
        scene.streams.pop(StreamName.SUB)
        transcode = Camera(StreamName.TRANSCODED, scene.clock, 5_000, 900, phase=3)
        scene.streams[StreamName.TRANSCODED] = transcode.stream
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        scene.main.becomes(codec)
        before = len(scene.pictures())
        await scene.play(1.5)
        assert scene.plane.watched == {(CAMERA, StreamName.TRANSCODED)}, "it runs only while it has viewers"
        for _ in range(2 * GOP):
            transcode.show()
            await scene.play(STEP)
        assert scene.changes[-1] == (StreamName.TRANSCODED, "")
        assert scene.plane.sessions()[0].stream is StreamName.TRANSCODED
        assert len(scene.pictures()) > before + GOP
        assert {size // 1000 for _, size in scene.pictures()[before:]} == {5}, "not a packet of another codec"
        steps_of(scene)


async def test_a_viewer_without_h264_is_never_offered_a_transcode() -> None:
    async with two_streams() as scene:
        await scene.viewer.close()
        scene.viewer = NewestViewer(scene.media.append)
        scene.streams[StreamName.TRANSCODED] = Camera(StreamName.TRANSCODED, scene.clock, 5_000, 900).stream
        with pytest.raises(Unplayable):
            await scene.open(StreamName.MAIN)
        scene.main.becomes("H265")
        await scene.play(1.5)
        opened = await scene.open(StreamName.MAIN)
        assert opened.stream is StreamName.MAIN
        assert "H264" not in opened.answer
        scene.main.becomes("H264")
        await scene.play(1.5)
        assert scene.events[-1].reason is CloseReason.CODEC_CHANGED
        assert scene.plane.watched == frozenset()
