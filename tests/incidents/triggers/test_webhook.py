import pytest

from gateway.errors import ConfigurationError
from gateway.incident import Origin
from gateway.incidents.changes import Trigger
from gateway.incidents.triggers.webhook import WebhookTrigger
from gateway.models import IncidentKind, IncidentState
from tests.incidents.house import House
from tests.incidents.triggers.post import BODY, OAK, Post, site, webhook


async def test_a_signed_message_opens_an_incident_with_its_origin(house: House, post: Post) -> None:
    status, answer = await post.send()
    [incident] = house.incidents.open()
    assert (status, answer) == (200, {"incident": incident.id, "alarm": True})
    assert (incident.site_id, incident.kind) == (OAK, IncidentKind.REAL)
    assert incident.origin == Origin("webhook", "The button", "gym", "help")
    [record] = await house.audit.read()
    assert (record.event.kind, record.event.name, record.event.origin_address) == (
        "incident_opened",
        "The button",
        "10.0.0.9",
    )
    assert record.event.detail["key"] == "button/msg_1"
    assert post.refused == []


async def test_a_second_press_joins(house: House, post: Post) -> None:
    _, first = await post.send("msg_1")
    assert await post.send("msg_2") == (200, {"incident": first["incident"], "alarm": False})


async def test_if_one_listener_fails_to_show_a_refusal_the_others_still_do(house: House) -> None:
    def fail(*_what: str) -> None:
        raise ZeroDivisionError

    post = Post(house)
    post.webhooks.on_refused(fail)
    told: list[str] = []
    post.webhooks.on_refused(lambda _site, _webhook, reason: told.append(reason))
    assert (await post.send(secret="another secret of an office button"))[0] == 401
    assert (told, len(post.refused)) == (["bad_signature"], 1)
    assert (await house.audit.read())[-1].event.kind == "trigger_refused"
    assert house.value("task_failures_total", task="trigger_refused_listener") == 1


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (301.0, "(the time in this message is 5 min ago: it was held up, or a clock is wrong)"),
        (-302.0, "(the time in this message is 5 min ahead: a clock is wrong)"),
        (86_399.0, "(the time in this message is 24 h ago: it was held up, or a clock is wrong)"),
        (-86_399.0, "(the time in this message is 24 h ahead: a clock is wrong)"),
    ],
)
async def test_a_wrong_clock_does_not_silence_a_real_press(house: House, post: Post, age: float, words: str) -> None:
    status, answer = await post.send(age=age)
    assert (status, answer["alarm"]) == (200, True)
    assert house.incidents.open()[0].origin.note == f"help {words}"
    [record] = await house.audit.read()
    assert (record.event.kind, record.event.detail["time_off"]) == ("incident_opened", -age)
    assert house.value("triggers_off_time_total", webhook="button") == 1
    assert house.value("webhook_time_off_seconds", webhook="button") == pytest.approx(-age, abs=1)
    assert post.refused == []


async def test_a_time_within_the_tolerance_is_not_mentioned(house: House, post: Post) -> None:
    await post.send(age=299.0)
    assert house.incidents.open()[0].origin.note == "help"
    assert "time_off" not in (await house.audit.read())[0].event.detail
    assert house.value("triggers_off_time_total", webhook="button") == 0
    assert house.value("webhook_time_off_seconds", webhook="button") == pytest.approx(-299, abs=1)


@pytest.mark.parametrize("age", [86_402.0, -86_402.0])
async def test_a_new_message_more_than_a_day_off_is_refused_until_its_time_is_right(
    house: House, post: Post, age: float
) -> None:
    status, answer = await post.send(age=age)
    assert (status, answer["code"]) == (401, "stale_timestamp")
    assert post.refused == [("oak", "button", "stale_timestamp")]
    assert house.incidents.open() == ()
    assert (await post.send())[0] == 200


@pytest.mark.parametrize("step", [13 * 3600.0, -20 * 3600.0, 400 * 86_400.0])
@pytest.mark.parametrize("corrected", [True, False])
async def test_a_press_counts_as_on_time_however_the_gateways_clock_was_set(
    house: House, post: Post, step: float, corrected: bool
) -> None:
    """A regression: every press used to be refused after the clock was set by more than a day."""
    house.clock.jump(step)
    status, _ = await post.send(age=-step if corrected else 0.0)
    assert status == 200
    [incident] = house.incidents.open()
    assert incident.kind is IncidentKind.REAL
    assert "off" not in incident.origin.note


async def test_a_wrong_secret_is_refused_and_reveals_nothing_about_earlier_messages(house: House, post: Post) -> None:
    await post.send()
    other = "some other secret, long enough"
    for body in (BODY, b"another"):
        status, answer = await post.send(body=body, secret=other)
        assert (status, answer["code"]) == (401, "bad_signature")
    assert house.value("triggers_refused_total", reason="bad_signature") == 2


async def test_missing_headers_are_refused_and_shown(house: House, post: Post) -> None:
    status, answer = await post.webhooks.receive("button", {}, BODY)
    assert (status, answer["code"]) == (400, "header_missing")
    assert post.refused == [("oak", "button", "header_missing")]


async def test_an_unknown_webhook_is_counted_but_disturbs_nobody(house: House, post: Post) -> None:
    status, answer = await post.send(to="nobody")
    assert (status, answer["code"]) == (404, "unknown_webhook")
    assert house.value("triggers_refused_total", reason="unknown_webhook") == 1
    assert post.refused == []
    assert await house.recorded() == []


async def test_a_flood_of_bad_signatures_is_shown_and_recorded_once_but_fully_counted(house: House, post: Post) -> None:
    for _ in range(50):
        await post.send(secret="some other secret, long enough")
    assert len(post.refused) == 1
    assert await house.recorded() == ["trigger_refused"]
    assert house.value("triggers_refused_total", reason="bad_signature") == 50
    await house.clock.advance(10)
    await post.send(secret="some other secret, long enough")
    assert len(post.refused) == 2
    await house.clock.advance(60)
    await house.audit.catch_up()
    assert (await house.audit.read())[-1].event.detail == {"webhook": "button", "alike": 50}


@pytest.mark.parametrize(
    ("to", "kind", "allowed"),
    [
        ("button", "real", True),
        ("button", "drill", True),
        ("button", "test", True),
        ("bell", "real", False),
        ("bell", "drill", True),
        ("bell", "test", True),
        ("rehearsal", "real", False),
        ("rehearsal", "drill", False),
        ("rehearsal", "test", True),
    ],
)
async def test_a_webhook_triggers_its_own_kind_or_a_less_serious_one(
    house: House, post: Post, to: str, kind: str, allowed: bool
) -> None:
    status, answer = await post.send(body=f'{{"kind": "{kind}"}}'.encode(), to=to)
    if allowed:
        assert status == 200
        assert [incident.kind for incident in house.incidents.open()] == [kind]
    else:
        assert (status, answer["code"]) == (403, "kind_not_allowed")
        assert house.incidents.open() == ()
        assert post.refused == [("oak", to, "kind_not_allowed")]


async def test_a_real_message_supersedes_a_drill(house: House, post: Post) -> None:
    _, drill = await post.send("msg_1", to="bell")
    _, real = await post.send("msg_2", body=b"")
    assert real["alarm"]
    ended = house.incidents.get(drill["incident"])
    assert ended is not None
    assert ended.state is IncidentState.SUPERSEDED


async def test_a_room_that_is_not_on_the_plan_does_not_stop_the_alarm(house: House, post: Post) -> None:
    assert (await post.send(body=b'{"room": "pool"}'))[0] == 200
    assert house.incidents.open()[0].origin == Origin("webhook", "The button", place="pool")


async def test_the_console_and_the_button_share_one_incident(house: House, post: Post) -> None:
    opened = await house.incidents.triggers.enter(Trigger(OAK, IncidentKind.REAL, Origin("console", "Ben")))
    status, answer = await post.send()
    assert (status, answer) == (200, {"incident": opened.incident.id, "alarm": True}), "it names the place"
    assert house.incidents.open()[0].origin.room_id == "gym"
    assert house.incidents.open()[0].triggers[0].key == "button/msg_1"


async def test_listeners_that_have_left_are_not_notified(house: House, post: Post) -> None:
    told: list[str] = []
    stop = post.webhooks.on_refused(lambda _site, _webhook, reason: told.append(reason))
    await post.send(age=100_000)
    stop()
    await house.clock.advance(10)
    await post.send(age=100_000)
    assert told == ["stale_timestamp"]


async def test_a_secret_that_cannot_be_used_is_a_configuration_error(house: House) -> None:
    with pytest.raises(ConfigurationError, match="webhook button: secret: must be at least 24") as caught:
        WebhookTrigger(
            house.database,
            house.incidents.triggers,
            [site(webhook("button", IncidentKind.REAL, "hunter2"))],
            house.clock,
            house.metrics,
            house.audit,
            {},
        )
    assert "hunter2" not in str(caught.value)
