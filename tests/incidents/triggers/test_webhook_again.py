"""Covers messages that are sent again, and answers that cannot be stored."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from gateway.incidents.triggers.forgetting import forget
from gateway.incidents.triggers.timing import KEPT
from gateway.models import Principal, Role
from tests.incidents.house import House, no_disk
from tests.incidents.triggers.post import Post


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


@pytest.mark.parametrize("step", [0.0, 600.0, -600.0, 20 * 3600.0, -20 * 3600.0])
async def test_a_message_replayed_after_a_restart_and_a_step_of_the_clock_opens_nothing(
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


async def test_an_alarm_that_the_database_does_not_accept_gets_the_same_answer_when_sent_again(
    house: House, post: Post
) -> None:
    await house.sql("ALTER TABLE incidents RENAME TO away")
    first = await post.send()
    assert first[0] == 200
    assert await post.send() == first
    assert house.incidents.open()[0].repeats == 0
    await house.sql("ALTER TABLE away RENAME TO incidents")
    await house.database.owed.settle()
    assert await post.send() == first, "the answer is in the database now, too"
    assert len(house.incidents.open()) == 1


async def test_an_alarm_that_cannot_be_written_to_any_disk_sounds_and_its_sender_is_told_to_retry(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await no_disk(house, monkeypatch)
    status, answer = await post.send()
    assert (status, answer["code"]) == (503, "storage_failed")
    assert "sounds" in answer["detail"]
    assert post.refused == [("oak", "button", "storage_failed")]
    assert len(house.incidents.open()) == 1
    monkeypatch.undo()
    await house.sql("ALTER TABLE away RENAME TO incidents")
    assert (await post.send())[0] == 200
    assert house.incidents.open()[0].repeats == 0


async def test_an_unreadable_table_of_answers_does_not_stop_an_alarm(house: House, post: Post) -> None:
    await house.sql("ALTER TABLE webhook_deliveries RENAME TO away")
    assert (await post.send())[0] == 200
    assert len(house.incidents.open()) == 1


async def test_a_button_is_not_told_that_an_alarm_sounds_if_its_refusal_cannot_be_saved(
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
    await house.sql("CREATE VIEW webhook_deliveries AS SELECT * FROM away")  # A view can be read, but not written.
    assert (await post.send())[0] == 200
    async with house.database.reading() as session:
        assert (await session.scalars(text("SELECT count(*) FROM incidents"))).one() == 0
    assert await house.recorded() == []
    assert house.database.owed.count == 1


async def test_an_alarm_sounds_if_it_was_stored_even_though_the_commit_seemed_to_fail(
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
