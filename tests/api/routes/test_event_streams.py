"""A page's channel tells the page how to date the pictures of its streams."""

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from tests.api.routes.event_messages import malformed, of
from tests.in_process import ENTRANCE, HALLWAY, House


async def test_glass_ages_are_counted_by_role_and_state(house: House) -> None:
    channel = await (await house.sign_in("patrol")).events()
    await channel.resume()
    ages = [{"session": "s", "state": "live", "age": 0.4}, {"session": "s", "state": "not_live", "age": None}]
    await channel.say({"type": "glass", "ages": ages})
    await channel.up_to_now()
    labels = {"role": "patrol", "state": "live"}
    assert house.metrics.registry.get_sample_value("sightline_glass_age_seconds_sum", labels) == 0.4
    assert malformed(house) == 0


def play(house: House, camera: str) -> None:
    """Let a camera connect and its first keyframe arrive."""
    stream = house.media.streams[CameraId(camera), StreamName.MAIN]
    assert isinstance(stream, CameraStream)
    now = house.clock.monotonic()
    stream.connected(StreamInfo("H264", 90_000), now)
    stream.access_unit(AccessUnit((b"\x65" + b"\0" * 40,), 1000, True, now))


async def test_a_page_is_told_how_to_date_the_streams_that_it_watches(house: House) -> None:
    play(house, ENTRANCE)
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    session, _ = await patrol.watch(ENTRANCE)
    assert of(await channel.up_to_now(), "timeline") == []

    await channel.say({"type": "watch", "session": session})
    heard = await channel.up_to_now()
    assert of(heard, "timeline")[0].items() >= {"camera": ENTRANCE, "stream": "main", "trusted": False}.items()
    assert of(heard, "picture") == [{"type": "picture", "camera": ENTRANCE, "unchanged_since_gt": None}]

    await house.clock.advance(1.0)
    assert len(of(await channel.up_to_now(), "timeline")) == 1, "once a second"

    before = heard[-1]
    play(house, ENTRANCE)
    [told] = of(await channel.up_to_now(), "timeline")
    assert told["epoch"] != of(heard, "timeline")[0]["epoch"], "at once after a discontinuity"
    assert before["type"] == "picture"


async def test_a_page_is_told_which_stream_a_session_gets_and_how_to_date_it(house: House) -> None:
    play(house, HALLWAY)
    await house.lock_down()
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    session, _ = await patrol.watch(HALLWAY)
    await channel.say({"type": "watch", "session": session})
    heard = await channel.up_to_now()
    [told] = [event for event in of(heard, "session") if event["state"] == "stream"]
    assert (told["session"], told["stream"], told["waiting"]) == (session, "main", "")
    before = of(heard, "timeline")[-1]
    assert before["session"] == session

    house.plane.switched(session, StreamName.MAIN, waiting="link", shift=2**32 - 90)
    heard = await channel.up_to_now()
    [told] = of(heard, "session")
    assert (told["state"], told["stream"], told["waiting"]) == ("stream", "main", "link")
    after = of(heard, "timeline")[-1]
    assert after["rtp"] == (before["rtp"] - 90) % 2**32
    assert after["capture"] == before["capture"]
    assert after["epoch"] != before["epoch"]


async def test_a_page_is_told_nothing_about_another_sign_ins_session(house: House) -> None:
    play(house, ENTRANCE)
    patrol, second = await house.sign_in("patrol"), await house.sign_in("patrol")
    session, _ = await patrol.watch(ENTRANCE)
    channel = await second.events()
    await channel.resume()
    await channel.say({"type": "watch", "session": session})
    await channel.say({"type": "watch", "session": "no such session"})
    await house.clock.advance(1.0)
    heard = await channel.up_to_now()
    assert of(heard, "timeline") + of(heard, "picture") == []


async def test_a_session_that_has_ended_gets_no_more_timeline_events(house: House) -> None:
    play(house, ENTRANCE)
    patrol = await house.sign_in("patrol")
    channel = await patrol.events()
    await channel.resume()
    session, location = await patrol.watch(ENTRANCE)
    await channel.say({"type": "watch", "session": session})
    await channel.up_to_now()
    await patrol.request("DELETE", location)
    await house.clock.advance(1.0)
    assert of(await channel.up_to_now(), "timeline") == []
