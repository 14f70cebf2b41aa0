"""A session ends for the right reason, and no media is sent after its end."""

import asyncio

import aiortc.rtp as rtp

from gateway.configuration.media_settings import MediaSettings
from gateway.models import CloseReason
from gateway.webrtc.session import Session
from gateway.webrtc.states import State
from tests.webrtc.one_viewer import one_viewer


async def test_media_stops_with_close_and_the_viewer_is_told() -> None:
    async with one_viewer() as scene:
        opened = await scene.connect()
        await scene.show(5)
        sent = len(scene.media)
        assert await scene.gateway.plane.close(opened.id, CloseReason.INCIDENT_ENDED)
        scene.gateway.camera.show(20)
        await scene.until(lambda: scene.viewer.reports)
        await scene.until(lambda: scene.viewer.told_the_end)
        assert len(scene.media) == sent
        assert scene.closed == [CloseReason.INCIDENT_ENDED]
        assert scene.gateway.plane.sessions() == ()
        assert not await scene.gateway.plane.close(opened.id, CloseReason.REVOKED)
        assert scene.closed == [CloseReason.INCIDENT_ENDED]


async def test_when_the_token_expires_the_session_ends_and_no_packet_follows() -> None:
    async with one_viewer() as scene:
        await scene.connect(lasts=5.0)
        await scene.clock.advance(4.9)
        await scene.show()
        sent = len(scene.media)
        scene.clock.pass_unnoticed(0.2)  # a picture arrives before any timer runs
        scene.gateway.camera.show()
        assert scene.closed == [CloseReason.TOKEN_EXPIRED]
        await scene.until(lambda: scene.viewer.reports)
        assert len(scene.media) == sent


async def test_a_session_that_nobody_renews_ends_within_a_second_without_any_picture() -> None:
    async with one_viewer() as scene:
        await scene.connect(lasts=5.0)
        await scene.clock.advance(4.9)
        assert scene.closed == []
        await scene.clock.advance(0.3)
        assert scene.closed == [CloseReason.TOKEN_EXPIRED]


async def test_a_renewed_session_continues() -> None:
    async with one_viewer() as scene:
        opened = await scene.connect(lasts=5.0)
        assert await scene.gateway.plane.renew(opened.id, scene.clock.monotonic() + 10)
        await scene.clock.advance(8)
        await scene.show()
        assert scene.closed == []
        await scene.clock.advance(2.2)
        assert scene.closed == [CloseReason.TOKEN_EXPIRED]
        assert not await scene.gateway.plane.renew(opened.id, scene.clock.monotonic() + 10)


async def test_a_viewer_who_never_comes_is_given_up() -> None:
    async with one_viewer(MediaSettings(port=0, connect_timeout=3)) as scene:
        await scene.open()
        await scene.clock.advance(3.2)
        assert scene.closed == [CloseReason.NEVER_CONNECTED]


async def test_a_viewer_who_checks_but_never_shakes_hands_is_given_up() -> None:
    async with one_viewer(MediaSettings(port=0, connect_timeout=3)) as scene:
        opened = await scene.open()
        await asyncio.wait_for(scene.viewer.reach(opened.answer), 10)
        assert [view.state for view in scene.gateway.plane.sessions()] == [State.ICE]
        await scene.clock.advance(2.9)
        scene.viewer.check()
        assert scene.closed == []
        await scene.clock.advance(0.3)
        assert scene.closed == [CloseReason.NEVER_CONNECTED]


async def test_a_certificate_that_the_offer_does_not_name_is_refused() -> None:
    async with one_viewer() as scene:
        good = scene.viewer.offer()
        where = good.index("a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
        swapped = "00" if good[where : where + 2] != "00" else "11"
        opened = await scene.gateway.open(good[:where] + swapped + good[where + 2 :])
        await asyncio.wait_for(scene.viewer.connect(opened.answer), 10)
        await scene.until(lambda: scene.closed)
        assert scene.closed == [CloseReason.DTLS_FAILED]
        scene.gateway.camera.show(20)
        assert scene.media == []


async def test_consent_lasts_as_long_as_checks_arrive() -> None:
    async with one_viewer() as scene:
        await scene.connect()
        scene.viewer.stop_checking()
        await scene.clock.advance(13.5)
        heard = scene.session
        scene.viewer.check()
        await scene.until(lambda: heard.path.heard_at == scene.clock.monotonic())
        await scene.clock.advance(13.5)
        assert scene.closed == []
        await scene.clock.advance(1.4)
        assert scene.closed == [CloseReason.VIEWER_GONE], "within 15 s of the last check"


def _report(session: Session) -> bytes:
    block = rtp.RtcpReceiverInfo(session.ssrc, 0, 0, 0, 0, 0, 0)
    return bytes(rtp.RtcpRrPacket(ssrc=1, reports=[block]))


async def test_a_viewer_without_checks_stays_alive_while_it_reports_from_the_address_of_its_media() -> None:
    async with one_viewer() as scene:
        await scene.connect(lasts=300)
        session = scene.session
        scene.viewer.stop_checking()
        for _ in range(15):
            await scene.clock.advance(5)
            scene.viewer.send_rtcp(_report(session))
            await scene.until(lambda: session.path.heard_at == scene.clock.monotonic())
        assert scene.closed == [], "75 s"
        await scene.clock.advance(10)
        scene.viewer.say(b"\x81\xc9" + bytes(60))
        await scene.until(lambda: scene.gateway.figure("malformed_total", protocol="rtcp") == 1)
        scene.viewer.move()
        scene.viewer.send_rtcp(_report(session))
        await scene.until(lambda: scene.gateway.figure("dropped_total", where="stranger") == 1)
        assert scene.closed == []
        await scene.clock.advance(4.9)
        assert scene.closed == [CloseReason.VIEWER_GONE], "forged reports and those from elsewhere prove nothing"


async def test_reports_do_not_keep_a_session_beyond_its_token() -> None:
    async with one_viewer() as scene:
        await scene.connect(lasts=20)
        session = scene.session
        for _ in range(4):
            await scene.clock.advance(4.5)
            scene.viewer.send_rtcp(_report(session))
            await scene.until(lambda: session.path.heard_at == scene.clock.monotonic())
        await scene.clock.advance(3)
        assert scene.closed == [CloseReason.TOKEN_EXPIRED]
