from base64 import b64encode

import pytest

from gateway.simulator.rtsp.digest import Algorithm
from tests.simulator.player import PASSWORD, stage

TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"


@pytest.mark.parametrize("algorithm", list(Algorithm))
async def test_a_whole_dialogue_from_options_to_teardown_works(algorithm: Algorithm) -> None:
    async with stage(algorithm=algorithm) as school:
        player = school.player()
        assert "DESCRIBE" in player.expect("OPTIONS").headers["public"]
        played = player.play()
        await school.pass_time(0.2, player)
        info = dict(part.split("=", 1) for part in played.headers["rtp-info"].split(";"))
        assert int(info["seq"]) == player.rtp[0].sequence
        assert (player.rtp[0].timestamp - int(info["rtptime"])) % (1 << 32) <= 6000
        player.expect("PAUSE")
        player.forget()
        await school.pass_time(0.2, player)
        assert not player.rtp
        player.expect("PLAY")
        await school.pass_time(0.2, player)
        assert player.rtp
        player.expect("TEARDOWN")
        player.expect("PLAY", 455)


async def test_every_answer_carries_the_date_and_the_sequence_number() -> None:
    async with stage() as school:
        player = school.player()
        for method, status in (("OPTIONS", 200), ("DESCRIBE", 401), ("DANCE", 501)):
            answer = player.expect(method, status)
            assert answer.date() == int(school.clock.now())
            assert int(answer.headers["cseq"]) > 0


async def test_the_description_has_the_parameter_sets_that_are_sent() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        body = player.expect("DESCRIBE").body.decode()
        await school.pass_time(0.1, player)
        _, _, nals = next(player.access_units())
        sps, pps = (next(nal for nal in nals if nal[0] & 0x1F == kind) for kind in (7, 8))
        assert f"sprop-parameter-sets={b64encode(sps).decode()},{b64encode(pps).decode()}" in body
        assert "profile-level-id=42C0" in body, "constrained baseline"
        assert "s=Hall" in body


async def test_a_wrong_password_or_name_is_refused() -> None:
    async with stage() as school:
        for username, password in (("sightline", "wrong"), ("somebody", PASSWORD)):
            player = school.player()
            player.username, player.password = username, password
            player.log_in()
            player.expect("DESCRIBE", 401)


async def test_an_old_nonce_is_stale_and_a_fresh_one_works() -> None:
    async with stage(nonce_lifetime=30.0) as school:
        player = school.player()
        player.log_in()
        player.expect("DESCRIBE")
        await school.clock.advance(31)
        challenge = player.expect("DESCRIBE", 401).headers["www-authenticate"]
        assert "stale=true" in challenge
        player.challenge = challenge
        player.expect("DESCRIBE")


async def test_a_session_that_sends_no_requests_is_cut_off() -> None:
    async with stage(session_timeout=10.0) as school:
        idle, busy = school.player(), school.player()
        idle.play()
        busy.play()
        await school.clock.advance(8)
        busy.expect("GET_PARAMETER")
        await school.clock.advance(4)
        assert idle.wire.cut
        assert not busy.wire.cut
        assert school.server.sessions(school.camera) == 1


async def test_refusals_say_what_is_wrong() -> None:
    async with stage() as school:
        player = school.player()
        player.log_in()
        player.expect("DESCRIBE", 404, url="rtsp://school/nowhere/main")
        player.expect("DESCRIBE", 404, url="rtsp://school/hall/third")
        player.expect("PLAY", 455)
        player.expect("SETUP", 461, Transport="RTP/AVP;unicast;client_port=5000-5001")
        player.expect("SETUP", Transport=TCP)
        player.expect("SETUP", 455, Transport=TCP)
        player.expect("PLAY", 454)
        player.session = "0123456789abcdef"
        player.expect("GET_PARAMETER", 454)


async def test_noise_is_answered_once_and_closes_the_connection() -> None:
    async with stage() as school:
        player = school.player()
        player.connection.data_received(b"GET / HTTP/1.1 and more\r\n\r\n")
        assert [answer.status for answer in player.collect()] == [400]
        assert player.wire.cut


async def test_the_clients_own_reports_are_accepted_silently() -> None:
    async with stage() as school:
        player = school.player()
        player.connection.data_received(b"$\x01\x00\x02ab")
        player.expect("OPTIONS")


async def test_a_lost_connection_ends_its_session() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        player.connection.connection_lost(None)
        assert not school.server.connections
        await school.pass_time(0.2)
        assert not player.wire.written.count(b"$") or player.collect() == []


async def test_on_a_slow_network_pictures_arrive_later_and_later_until_it_recovers() -> None:
    async with stage() as school:
        player = school.player()
        player.play()
        await school.apply(passes=0.5)
        await school.pass_time(4, player)
        ages = [picture.at - picture.captured for picture in player.pictures() if picture.captured is not None]
        assert 20 <= len(ages) <= 45, "about half of sixty"
        assert ages[-1] > 1.5 > 0.5 > ages[0]
        await school.apply()
        late = school.player()
        late.play()
        await school.pass_time(0.5, late)
        first = late.pictures()[0]
        assert first.captured is not None
        assert first.at - first.captured < 0.5
