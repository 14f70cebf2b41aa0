"""A viewer can change its credentials and its address while its session continues."""

import os
import re

import pytest

from gateway.errors import BadRequest, NotFound, PreconditionFailed
from gateway.models import CloseReason
from gateway.webrtc.interface import PatchRequest
from gateway.webrtc.transport import stun
from rig.viewer import LightViewer
from tests.webrtc.paths.ways import passes, play, running, until


def _restart(viewer: LightViewer, if_match: str = "*") -> PatchRequest:
    """Make the viewer create new credentials."""
    viewer.credentials = type(viewer.credentials).fresh()
    lines = [f"a=ice-ufrag:{viewer.credentials.ufrag}", f"a=ice-pwd:{viewer.credentials.password}"]
    return PatchRequest("\r\n".join([*lines, "m=video 9 UDP/TLS/RTP/SAVPF 102", "a=mid:0", ""]), if_match)


def _adopt(viewer: LightViewer, fragment: str | None) -> None:
    assert fragment is not None
    ufrag, password = (re.search(f"a=ice-{name}:(\\S+)", fragment) for name in ("ufrag", "pwd"))
    assert ufrag is not None
    assert password is not None
    viewer.username, viewer.password = f"{ufrag[1]}:{viewer.credentials.ufrag}", password[1]


async def test_after_an_ice_restart_the_same_session_continues_at_another_address() -> None:
    async with running() as gateway:
        packets: list[bytes] = []
        viewer = LightViewer(packets.append)
        opened, session = await play(gateway, viewer)
        cipher, before = session.feed, len(packets)
        viewer.stop_checking()
        answer = await gateway.plane.patch(opened.id, _restart(viewer))
        assert answer.etag != opened.etag
        viewer.move()
        _adopt(viewer, answer.fragment)
        viewer.check()
        await until(lambda: session.path.route and session.path.route.address == viewer.socket.getsockname())
        gateway.camera.show(20)
        await until(lambda: len(packets) > before)
        assert session.feed is cipher
        assert [view.id for view in gateway.plane.sessions()] == [opened.id]
        sequences = [int.from_bytes(packet[2:4], "big") for packet in packets]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert gateway.figure("ice_restarts_total") == 1
        await viewer.close()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_is_known_about_the_old_path_applies_to_another_port_but_not_to_another_host(
    elsewhere: bool,
) -> None:
    async with running() as gateway:
        viewer = LightViewer()
        _, session = await play(gateway, viewer)
        assert session.feed is not None
        session.feed.link.estimate.refused(gateway.clock.monotonic())
        await passes(gateway, 0.1)
        viewer.check()
        await until(lambda: session.path.heard_at == gateway.clock.monotonic())
        assert session.feed.link.estimate.ceiling(gateway.clock.monotonic()) is not None
        viewer.move("127.0.0.9" if elsewhere else None)
        viewer.check()
        await until(lambda: session.path.route and session.path.route.address == viewer.socket.getsockname())
        assert (session.feed.link.estimate.ceiling(gateway.clock.monotonic()) is None) == elsewhere
        await viewer.close()


async def test_the_old_credentials_are_valid_only_until_the_new_ones_are_used() -> None:
    async with running() as gateway:
        viewer = LightViewer()
        opened, session = await play(gateway, viewer)
        viewer.stop_checking()
        former = viewer.username, viewer.password
        await gateway.plane.patch(opened.id, _restart(viewer))  # the answer is lost
        answer = await gateway.plane.patch(opened.id, _restart(viewer))
        new_username = viewer.credentials.ufrag
        await passes(gateway, 1)
        viewer.check()
        await until(lambda: session.path.heard_at == gateway.clock.monotonic())
        _adopt(viewer, answer.fragment)
        assert viewer.username.endswith(new_username)
        await passes(gateway, 1)
        viewer.check()
        await until(lambda: session.path.heard_at == gateway.clock.monotonic())
        viewer.username, viewer.password = former
        viewer.check()
        await until(lambda: gateway.figure("dropped_total", where="unsigned") == 1)
        assert len(session.path.ufrags) <= 2
        await gateway.plane.close(opened.id, CloseReason.VIEWER_LEFT)
        strangers = gateway.figure("dropped_total", where="stranger")
        for ufrag in session.path.ufrags:
            viewer.username = f"{ufrag}:{new_username}"
            viewer.check()
        await until(lambda: gateway.figure("dropped_total", where="stranger") == strangers + len(session.path.ufrags))
        await viewer.close()


async def test_a_patch_says_which_agreement_it_is_about() -> None:
    async with running() as gateway:
        viewer = LightViewer()
        opened, _ = await play(gateway, viewer)
        lines = [f"a=ice-ufrag:{viewer.credentials.ufrag}", f"a=ice-pwd:{viewer.credentials.password}", ""]
        trickle = PatchRequest("\r\n".join(lines), f'"{opened.etag}"')
        answer = await gateway.plane.patch(opened.id, trickle)
        assert (answer.fragment, answer.etag) == (None, opened.etag)
        restarted = await gateway.plane.patch(opened.id, _restart(viewer, f'"{opened.etag}"'))
        assert restarted.fragment is not None
        with pytest.raises(PreconditionFailed):
            await gateway.plane.patch(opened.id, trickle)
        with pytest.raises(BadRequest):
            await gateway.plane.patch(opened.id, PatchRequest("nonsense", "*"))
        with pytest.raises(NotFound):
            await gateway.plane.patch("nobody", _restart(viewer))
        await viewer.close()


async def test_a_viewer_who_nominates_only_once_is_followed_when_the_old_path_has_been_silent() -> None:
    async with running() as gateway:
        viewer = LightViewer()
        _, session = await play(gateway, viewer)
        viewer.stop_checking()
        old = session.path.route
        viewer.move()
        check = stun.message(
            stun.BINDING_REQUEST,
            os.urandom(12),
            [(stun.USERNAME, viewer.username.encode()), (stun.PRIORITY, bytes(4)), (stun.ICE_CONTROLLING, bytes(8))],
            viewer.password,
        )
        await passes(gateway, 1)
        viewer.say(check)
        await until(lambda: session.path.heard_at == gateway.clock.monotonic())
        assert session.path.route == old
        await passes(gateway, 8)
        viewer.say(check)
        await until(lambda: session.path.route != old)
        await viewer.close()
