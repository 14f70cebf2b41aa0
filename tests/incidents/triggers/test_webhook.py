import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from gateway.configuration.settings import SiteSettings, WebhookSettings
from gateway.errors import ConfigurationError
from gateway.incidents.changes import Trigger
from gateway.incidents.triggers.forgetting import forget
from gateway.incidents.triggers.signature import sign
from gateway.incidents.triggers.timing import KEPT
from gateway.incidents.triggers.webhook import WebhookTrigger
from gateway.models import IncidentKind, IncidentState, Origin, Principal, Role, SiteId
from gateway.storage.reserve import Reserve
from tests.incidents.house import House

SECRET = "the office button's own secret"
OAK = SiteId("oak")
BODY = b'{"room": "gym", "note": "help"}'


def webhook(name: str, kind: IncidentKind, secret: str = SECRET) -> WebhookSettings:
    return WebhookSettings(id=name, name=f"The {name}", secret=SecretStr(secret), kind=kind)


def site(*webhooks: WebhookSettings) -> SiteSettings:
    return SiteSettings(id="oak", name="Oak", plan=Path(__file__), cameras=(), webhooks=webhooks)


SITE = site(
    webhook("button", IncidentKind.REAL), webhook("bell", IncidentKind.DRILL), webhook("rehearsal", IncidentKind.TEST)
)


class Post:
    """Sends signed messages to a house, as a panic button would."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.refused: list[tuple[str, str, str]] = []
        self.renew()

    def renew(self) -> None:
        house = self.house
        self.webhooks = WebhookTrigger(
            house.database,
            house.incidents.triggers,
            [SITE],
            house.clock,
            house.metrics,
            house.audit,
            {OAK: frozenset({"gym"})},
        )
        self.webhooks.on_refused(lambda *what: self.refused.append(what))

    async def send(
        self,
        message_id: str = "msg_1",
        body: bytes = BODY,
        to: str = "button",
        age: float = 0.0,
        secret: str = SECRET,
    ) -> tuple[int, dict[str, Any]]:
        headers, body = self.signed(message_id, body, age, secret)
        return await self.webhooks.receive(to, headers, body, "10.0.0.9")

    def signed(
        self, message_id: str, body: bytes = BODY, age: float = 0.0, secret: str = SECRET
    ) -> tuple[dict[str, str], bytes]:
        timestamp = str(int(self.house.clock.now() - age))
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(secret, message_id, timestamp, body),
        }, body


@pytest.fixture
def post(house: House) -> Post:
    return Post(house)


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


@pytest.mark.parametrize("age", [0.0, 100_000.0], ids=["fresh timestamp", "old timestamp"])
async def test_a_retry_gets_the_same_answer_and_does_nothing(house: House, post: Post, age: float) -> None:
    first = await post.send()
    await house.clock.advance(3600)
    assert await post.send(age=age) == first
    assert house.incidents.open()[0].repeats == 0
    assert len(house.changes) == 1
    assert post.refused == []


async def test_a_retry_gets_the_same_answer_after_a_restart_and_after_all_clear(house: House, post: Post) -> None:
    first = await post.send()
    await house.incidents.all_clear(first[1]["incident"], Principal("anna", "Anna", Role.DISPATCHER))
    await house.restart(after=86_400)
    post.renew()
    assert await post.send() == first
    assert house.incidents.open() == ()


async def test_retries_at_the_same_time_are_one_message(house: House, post: Post) -> None:
    answers = await asyncio.gather(*(post.send() for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert len(house.changes) == 1


async def test_who_fails_to_show_a_refusal_keeps_nobody_from_showing_and_recording_it(house: House) -> None:
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


async def test_the_same_id_with_another_body_is_refused_shown_and_recorded(house: House, post: Post) -> None:
    await post.send()
    status, answer = await post.send(body=b'{"room": "pool"}')
    assert (status, answer["code"], answer["status"], answer["type"]) == (409, "id_reused", 409, "about:blank")
    assert post.refused == [("oak", "button", "id_reused")]
    assert house.value("triggers_refused_total", reason="id_reused") == 1
    last = (await house.audit.read())[-1].event
    assert (last.kind, last.outcome, last.reason, last.site, last.name, last.origin_address) == (
        "trigger_refused",
        "refused",
        "id_reused",
        "oak",
        "The button",
        "10.0.0.9",
    )
    assert house.incidents.open()[0].repeats == 0


async def test_the_same_id_from_another_webhook_is_another_message(house: House, post: Post) -> None:
    await post.send(to="rehearsal")
    assert (await post.send(to="bell"))[0] == 200
    assert len(house.incidents.open()) == 2


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (301.0, "(by its own time this message was sent 5 min ago: it was held up, or a clock is wrong)"),
        (-302.0, "(the time of this message is 5 min ahead: a clock is wrong)"),
        (86_399.0, "(by its own time this message was sent 24 h ago: it was held up, or a clock is wrong)"),
        (-86_399.0, "(the time of this message is 24 h ahead: a clock is wrong)"),
    ],
)
async def test_a_wrong_clock_does_not_silence_a_true_press(house: House, post: Post, age: float, words: str) -> None:
    status, answer = await post.send(age=age)
    assert (status, answer["alarm"]) == (200, True)
    assert house.incidents.open()[0].origin.note == f"help {words}"
    [record] = await house.audit.read()
    assert (record.event.kind, record.event.detail["time_off"]) == ("incident_opened", -age)
    assert house.value("triggers_off_time_total", webhook="button") == 1
    assert house.value("webhook_time_off_seconds", webhook="button") == pytest.approx(-age, abs=1)
    assert post.refused == []


async def test_a_time_within_the_tolerance_is_not_spoken_of(house: House, post: Post) -> None:
    await post.send(age=299.0)
    assert house.incidents.open()[0].origin.note == "help"
    assert "time_off" not in (await house.audit.read())[0].event.detail
    assert house.value("triggers_off_time_total", webhook="button") == 0
    assert house.value("webhook_time_off_seconds", webhook="button") == pytest.approx(-299, abs=1)


@pytest.mark.parametrize("age", [86_402.0, -86_402.0])
async def test_a_new_message_of_another_day_is_refused_until_its_time_is_right(
    house: House, post: Post, age: float
) -> None:
    status, answer = await post.send(age=age)
    assert (status, answer["code"]) == (401, "stale_timestamp")
    assert post.refused == [("oak", "button", "stale_timestamp")]
    assert house.incidents.open() == ()
    assert (await post.send())[0] == 200


@pytest.mark.parametrize("step", [13 * 3600.0, -20 * 3600.0, 400 * 86_400.0])
@pytest.mark.parametrize("corrected", [True, False])
async def test_a_press_alarms_on_time_after_the_gateways_clock_was_set_rightly_or_wrongly(
    house: House, post: Post, step: float, corrected: bool
) -> None:
    """Before, a clock that was set by more than a day had every press refused."""
    house.clock.jump(step)
    status, _ = await post.send(age=-step if corrected else 0.0)
    assert status == 200
    [incident] = house.incidents.open()
    assert incident.kind is IncidentKind.REAL
    assert "off" not in incident.origin.note


@pytest.mark.parametrize("step", [0.0, 600.0, -600.0, 20 * 3600.0, -20 * 3600.0])
async def test_a_message_played_again_after_a_restart_and_a_step_of_the_clock_opens_nothing(
    house: House, post: Post, step: float
) -> None:
    headers, body = post.signed("msg_1", age=80_000.0)
    first = await post.webhooks.receive("button", headers, body)
    await house.incidents.all_clear(first[1]["incident"], Principal("anna", "Anna", Role.DISPATCHER))
    house.clock.jump(step)
    await house.restart()
    await forget(house.database, house.clock.now() - KEPT, newest=0)
    post.renew()
    assert await post.webhooks.receive("button", headers, body) == first
    assert house.incidents.open() == ()


async def test_a_wrong_secret_is_refused_and_tells_nothing_of_earlier_messages(house: House, post: Post) -> None:
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


async def test_an_unknown_webhook_is_counted_but_alarms_nobody(house: House, post: Post) -> None:
    status, answer = await post.send(to="nobody")
    assert (status, answer["code"]) == (404, "unknown_webhook")
    assert house.value("triggers_refused_total", reason="unknown_webhook") == 1
    assert post.refused == []
    assert await house.recorded() == []


async def test_a_flood_of_bad_signatures_is_shown_and_recorded_once_and_counted_whole(house: House, post: Post) -> None:
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
async def test_a_webhook_triggers_its_own_kind_or_a_lower_one(
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


async def test_a_drill_refused_in_a_real_incident_is_not_opened_by_a_late_retry(house: House, post: Post) -> None:
    _, real = await post.send("msg_1")
    refused = await post.send("msg_2", to="bell")
    assert (refused[0], refused[1]["code"]) == (409, "real_incident_open")
    assert post.refused == [("oak", "bell", "real_incident_open")]
    assert house.value("triggers_refused_total", reason="real_incident_open") == 1
    assert (await house.recorded()).count("trigger_refused") == 1
    await house.incidents.all_clear(real["incident"], Principal("anna", "Anna", Role.DISPATCHER))
    assert await post.send("msg_2", to="bell") == refused
    assert house.incidents.open() == ()


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


async def test_an_alarm_that_the_database_does_not_take_is_answered_alike_when_it_is_sent_again(
    house: House, post: Post
) -> None:
    await house.sql("ALTER TABLE incidents RENAME TO away")
    first = await post.send()
    assert first[0] == 200
    assert await post.send() == first
    assert house.incidents.open()[0].repeats == 0
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.database.owed.settle()
    assert await post.send() == first, "the answer has come into the database, too"
    assert len(house.incidents.open()) == 1


async def test_an_alarm_that_no_disk_takes_sounds_and_its_sender_is_told_to_send_it_again(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_reserve: Reserve, _value: object) -> None:
        raise OSError

    await house.sql("ALTER TABLE incidents RENAME TO away")
    monkeypatch.setattr(Reserve, "save", fail)
    status, answer = await post.send()
    assert (status, answer["code"]) == (503, "storage_failed")
    assert "sounds" in answer["detail"]
    assert post.refused == [("oak", "button", "storage_failed")]
    assert len(house.incidents.open()) == 1
    monkeypatch.undo()
    await house.sql("ALTER TABLE away RENAME TO incidents")
    assert (await post.send())[0] == 200
    assert house.incidents.open()[0].repeats == 0


async def test_a_table_of_answers_that_cannot_be_read_stops_no_alarm(house: House, post: Post) -> None:
    await house.sql("ALTER TABLE webhook_deliveries RENAME TO away")
    assert (await post.send())[0] == 200
    assert len(house.incidents.open()) == 1


async def test_a_button_is_not_told_that_an_alarm_sounds_where_its_refusal_cannot_be_kept(
    house: House, post: Post
) -> None:
    await house.sql("ALTER TABLE webhook_deliveries RENAME TO away")
    status, answer = await post.send(body=b'{"kind": "real"}', to="bell")
    assert (status, answer["code"]) == (403, "kind_not_allowed")
    await post.send()
    status, answer = await post.send("msg_2", body=b'{"kind": "drill"}')
    assert (status, answer["code"]) == (409, "real_incident_open")
    assert house.value("triggers_refused_total", reason="storage_failed") == 0


async def test_incident_delivery_and_record_are_one_transaction(house: House, post: Post) -> None:
    await house.sql("ALTER TABLE webhook_deliveries RENAME TO away")
    await house.sql("CREATE VIEW webhook_deliveries AS SELECT * FROM away")  # can be read, but not written
    assert (await post.send())[0] == 200
    async with house.database.reading() as session:
        assert (await session.scalars(text("SELECT count(*) FROM incidents"))).one() == 0
    assert await house.recorded() == []
    assert house.database.owed.count == 1


async def test_an_answer_that_was_stored_alarms_here_too_though_the_commit_seemed_to_fail(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = house.incidents.triggers.take

    async def torn(sent: Any) -> Any:
        await take(sent)
        raise asyncio.CancelledError

    monkeypatch.setattr(house.incidents.triggers, "take", torn)
    with pytest.raises(asyncio.CancelledError):
        await post.send()
    monkeypatch.undo()
    status, answer = await post.send()
    assert (status, answer["incident"]) == (200, house.incidents.open()[0].id)
    assert len(house.changes) == 1


async def test_the_console_and_the_button_meet_in_one_incident(house: House, post: Post) -> None:
    opened = await house.incidents.triggers.enter(Trigger(OAK, IncidentKind.REAL, Origin("console", "Ben")))
    status, answer = await post.send()
    assert (status, answer) == (200, {"incident": opened.incident.id, "alarm": True}), "it tells the place"
    assert house.incidents.open()[0].origin.room_id == "gym"
    assert house.incidents.open()[0].triggers[0].key == "button/msg_1"


async def test_who_no_longer_listens_is_not_told(house: House, post: Post) -> None:
    told: list[str] = []
    stop = post.webhooks.on_refused(lambda _site, _webhook, reason: told.append(reason))
    await post.send(age=100_000)
    stop()
    await house.clock.advance(10)
    await post.send(age=100_000)
    assert told == ["stale_timestamp"]


async def test_a_secret_that_cannot_be_used_is_the_operators_fault(house: House) -> None:
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
