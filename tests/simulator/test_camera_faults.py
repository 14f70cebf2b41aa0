"""Each fault of docs/age.md does what it says, as the packets that a client gets show."""

from itertools import pairwise

import pytest

from gateway.simulator.faults import Rubbish
from gateway.simulator.pictures.timecode import read
from tests.simulator.player import stage

NEAR = pytest.approx


async def test_a_healthy_camera_reports_the_capture_time_that_the_picture_carries() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        assert len(player.reports) == 1, "a report is sent with PLAY, before any picture"
        await school.pass_time(2, player)
        seen = player.pictures()
        assert len(seen) in (29, 30, 31)
        for picture in seen:
            assert picture.captured is not None
            assert player.camera_time(picture.timestamp) == NEAR(picture.captured, abs=0.001)
            assert 0 <= picture.at - picture.captured < 0.05
        assert len(player.reports) in (2, 3)


async def test_the_substream_has_ten_pictures_per_second_with_the_same_times() -> None:
    async with stage() as school:
        player = school.player("sub")
        player.play()
        await school.pass_time(2, player)
        seen = player.pictures()
        assert len(seen) in (19, 20, 21)
        assert {picture.image.shape for picture in seen} == {(180, 320)}
        assert all(player.camera_time(p.timestamp) == NEAR(p.captured, abs=0.001) for p in seen)


async def test_a_late_client_gets_a_keyframe_at_once() -> None:
    async with stage(gop=60) as school:
        early, late = school.player(), school.player()
        early.play()
        await school.pass_time(1, early)
        late.play()
        await school.pass_time(0.1, late)
        assert len(late.pictures()) in (1, 2)
        assert len(early.pictures()) >= 15


async def test_nothing_is_captured_while_nobody_is_watching() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.2, player)
        player.expect("TEARDOWN")
        player.forget()
        await school.pass_time(0.5, player)
        assert not player.rtp


async def test_silent_sends_no_media_but_answers_requests() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.2, player)
        await school.apply(silent=True)
        player.forget()
        await school.pass_time(3, player)
        assert not player.rtp
        assert not player.reports
        player.expect("GET_PARAMETER")
        await school.apply()
        await school.pass_time(0.1, player)
        assert not player.pictures(), "an encoder that kept running continues in the middle of its GOP"
        await school.pass_time(2, player)
        assert player.pictures()


async def test_drop_disconnects_clients_that_play_or_begin_to() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.apply(drop=True)
        assert player.wire.cut
        again = school.player()
        again.play()
        assert again.wire.cut


async def test_off_closes_without_an_answer() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.apply(off=True)
        assert player.wire.cut
        again = school.player()
        assert again.ask("DESCRIBE") is None
        assert again.wire.cut


async def test_a_refused_password_is_refused_every_time() -> None:
    async with stage() as school:
        await school.apply(refuse_password=True)
        player = school.player()
        player.log_in()
        assert "stale" not in player.expect("DESCRIBE", 401).headers["www-authenticate"]


async def test_the_session_limit_refuses_the_next_session_until_one_ends() -> None:
    async with stage() as school:
        await school.apply(session_limit=1)
        first, second = school.player(), school.player()
        first.play()
        second.log_in()
        transport = "RTP/AVP/TCP;interleaved=0-1"
        second.expect("SETUP", 453, Transport=transport)
        first.expect("TEARDOWN")
        second.expect("SETUP", 200, Transport=transport)


async def test_freeze_repeats_one_picture_with_running_timestamps() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.5, player)
        await school.apply(freeze=True)
        frozen_at = school.clock.now()
        before = len(player.pictures())
        await school.pass_time(3, player)
        seen = player.pictures()[before:]  # the encoder keeps running, so these decode only after the earlier ones
        assert [picture.captured for picture in seen] == [NEAR(frozen_at, abs=0.001)] * len(seen)
        assert {(b.timestamp - a.timestamp) % (1 << 32) for a, b in pairwise(seen)} == {6000}
        assert len(seen) >= 44


@pytest.mark.parametrize("delay", [3.0, 10.0, 1200.0])
async def test_a_delay_delivers_earlier_pictures_and_the_reports_say_so(delay: float) -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.3, player)
        await school.apply(delay=delay)
        player.forget()
        await school.pass_time(1.5, player)
        seen = player.pictures()
        assert len(seen) > 20
        for picture in seen:
            assert picture.captured is not None
            assert picture.at - picture.captured == NEAR(delay, abs=0.05)
            assert player.camera_time(picture.timestamp) == NEAR(picture.captured, abs=0.001)
        assert player.expect("GET_PARAMETER").date() == NEAR(school.clock.now(), abs=1), "Date is not delayed"


async def test_a_growing_delay_grows_at_its_rate_and_then_stays() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.apply(delay=2.0, delay_growth=0.5)
        started = school.clock.now()
        await school.pass_time(6, player)
        for picture in player.pictures():
            assert picture.captured is not None
            expected = min(2.0, 0.5 * (picture.at - started))
            assert picture.at - picture.captured == NEAR(expected, abs=0.08)
        gaps = {(b.timestamp - a.timestamp) % (1 << 32) for a, b in pairwise(player.pictures())}
        assert gaps == {6000}, "nothing is skipped, only delayed"


@pytest.mark.parametrize("offset", [10.0, -10.0, 3600.0])
async def test_a_clock_offset_shows_in_reports_and_date_but_not_in_the_time_code(offset: float) -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.3, player)
        before = player.reports[-1]
        await school.apply(clock_offset=offset)
        player.collect()
        jumped = player.reports[-1]
        assert jumped.ntp - before.ntp == NEAR(offset + 0.3, abs=0.05), "reported at once, on the same media clock"
        assert ((jumped.timestamp - before.timestamp) % (1 << 32)) / 90_000 == NEAR(0.3, abs=0.05)
        await school.pass_time(0.5, player)
        picture = player.pictures()[-1]
        assert picture.captured == NEAR(picture.at, abs=0.05)
        assert player.camera_time(picture.timestamp) - offset == NEAR(picture.captured, abs=0.001)
        assert player.expect("GET_PARAMETER").date() == NEAR(school.clock.now() + offset, abs=1)


async def test_sender_reports_and_date_can_be_left_out() -> None:
    async with stage() as school:
        await school.apply(no_sender_reports=True, no_date=True)
        player = school.player()
        assert "date" not in player.play().headers
        await school.pass_time(2, player)
        assert player.rtp
        assert not player.reports


async def test_b_frames_come_out_of_presentation_order() -> None:
    async with stage() as school:
        await school.apply(b_frames=2)
        player = school.player()
        player.play()
        await school.pass_time(2, player)
        seen = player.pictures()
        timestamps = [timestamp for timestamp, _, _ in player.access_units()]
        assert any((after - before) % (1 << 32) > 1 << 31 for before, after in pairwise(timestamps))
        assert all(player.camera_time(p.timestamp) == NEAR(p.captured, abs=0.001) for p in seen)


async def test_a_long_gop_has_one_keyframe_in_it() -> None:
    async with stage() as school:
        await school.apply(gop=10.0)
        player = school.player()
        player.play()
        await school.pass_time(9.5, player)
        keyframes = [t for t, _, nals in player.access_units() if any(nal[0] & 0x1F == 5 for nal in nals)]
        assert len(keyframes) == 1


async def test_a_noisy_main_stream_uses_its_full_bitrate_and_the_substream_is_unchanged() -> None:
    async with stage() as school:
        sent = {}
        for stream in ("main", "sub"):
            player = school.player(stream)
            player.play()
            await school.apply()
            await school.pass_time(4, player)
            before = sum(len(nal) for _, _, nals in player.access_units() for nal in nals)
            player.forget()
            await school.apply(bitrate=1_500_000, noise=8)
            await school.pass_time(4, player)
            sent[stream] = before, sum(len(nal) for _, _, nals in player.access_units() for nal in nals)
            assert all(read(picture.image) is not None for picture in player.pictures())
        assert sent["main"][1] * 8 / 4 == pytest.approx(1_500_000, rel=0.15), sent
        assert sent["sub"][1] < 1.5 * sent["sub"][0], sent


async def test_the_resolution_changes_while_playing() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.5, player)
        await school.apply(scale=0.75)
        await school.pass_time(0.5, player)
        seen = player.pictures()
        assert [p.image.shape for p in (seen[0], seen[-1])] == [(360, 640), (270, 480)]
        assert all(read(picture.image) is not None for picture in seen)


@pytest.mark.parametrize("rubbish", [Rubbish.RTP, Rubbish.FRAMING])
async def test_garbage_replaces_media(rubbish: Rubbish) -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.3, player)
        await school.apply(rubbish=rubbish)
        player.forget()
        player.junk = 0
        await school.clock.advance(0.2)
        assert len(player.wire.written) > 1000
        player.collect()
        assert player.junk > 500


async def test_faults_can_be_combined() -> None:
    async with stage() as school:
        await school.apply(clock_offset=10.0, delay=10.0)
        player = school.player()
        player.play()
        await school.pass_time(0.5, player)
        picture = player.pictures()[-1]
        assert picture.at - (picture.captured or 0) == NEAR(10, abs=0.05)
        assert player.camera_time(picture.timestamp) == NEAR(picture.at, abs=0.05), "it looks live"


async def test_a_slow_client_loses_pictures_until_a_keyframe_and_nothing_is_queued_for_it() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.pass_time(0.3, player)
        player.wire.stuck = 3_000_000
        player.forget()
        await school.pass_time(0.3, player)
        assert not player.rtp
        player.wire.stuck = 0
        await school.pass_time(2, player)
        _, _, nals = next(player.access_units())
        assert any(nal[0] & 0x1F == 5 for nal in nals)


async def test_a_loop_continues_in_time_without_a_time_code_and_says_that_it_is_a_loop() -> None:
    async with stage(loop=True) as school:
        player = school.player("sub")
        player.play()
        assert b"i=Drawn film, repeated" in player.expect("DESCRIBE").body
        await school.pass_time(8, player)
        seen = player.pictures()
        assert 60 <= len(seen) <= 80
        assert {picture.captured for picture in seen} == {None}
        assert {(b.timestamp - a.timestamp) % (1 << 32) for a, b in pairwise(seen)} == {6000, 12000}
        assert player.camera_time(seen[-1].timestamp) == NEAR(seen[-1].at, abs=0.05)
        with pytest.raises(ValueError, match="freeze"):
            await school.apply(freeze=True)
