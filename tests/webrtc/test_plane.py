import asyncio
from typing import Any

from gateway.models import CloseReason
from tests.webrtc.peers import aiortc_viewer, play, playing_gateway


async def _picture(viewer: Any) -> Any:
    receiver = viewer.getReceivers()[0]
    return await asyncio.wait_for(receiver.track.recv(), 10)


async def test_aiortc_decodes_what_the_camera_shows() -> None:
    async with playing_gateway() as gateway, aiortc_viewer() as viewer:
        gateway.camera.show(20)
        await play(viewer, gateway)
        pictures = [await _picture(viewer) for _ in range(20)]
        assert {(picture.width, picture.height) for picture in pictures} == {(320, 180)}
        view = gateway.plane.sessions()[0]
        assert view.packets >= 20
    assert gateway.figure("sessions_closed_total", reason=CloseReason.VIEWER_LEFT) == 1
    assert gateway.figure("packets_out_total") > 20
