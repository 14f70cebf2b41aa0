"""Many requests at once: the gateway tells the sender of a flood to wait, and nobody else."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
from aiohttp import hdrs
from pydantic import SecretStr

from gateway.api.admission.limits import ALARMS, BAD_MESSAGES, CONNECTING, DEAR, MESSAGES, PEOPLE, STRANGERS, Payer
from gateway.api.admission.throttle import PAUSE
from gateway.incidents.incident_events import Effect
from gateway.incidents.triggers.delivery import Delivery
from gateway.incidents.triggers.signature import sign
from gateway.models import Principal, Role
from rig.example import ENVIRONMENT
from tests.in_process import LINCOLN, Answer, House, Person, example

CORA = Principal("cora", "Cora", Role.COORDINATOR, frozenset({LINCOLN}))
TOKEN = "a-token-for-the-scraper"
BODY = json.dumps({"room": "lincoln-room-101"}).encode()


async def told_to_wait(house: House, asked: Awaitable[Answer], whose: str = "address") -> Answer:
    """Return the 429 response, which the gateway holds back for a while."""
    before = house.value("http_limited_total", whose=whose)
    task = asyncio.ensure_future(asked)
    async with asyncio.timeout(10):
        while house.value("http_limited_total", whose=whose) == before:  # noqa: ASYNC110  # requests that arrive set no event
            await asyncio.sleep(0.001)
    await house.clock.settle()
    await house.clock.advance(PAUSE)
    answer = await task
    assert answer.problem(429) == "too_many_requests"
    assert int(answer.headers["Retry-After"]) >= 1
    return answer


def use_up(house: House, payer: Payer) -> None:
    while not payer.take(house.clock.monotonic()):
        pass


def use_up_address(house: House, address: str = "127.0.0.1") -> None:
    use_up(house, house.services.limits.stranger(address))


async def press(person: Person, message: str, **changed: str) -> Answer:
    headers = person.house.signed(BODY, message) | changed
    return await person.request("POST", "/hooks/lincoln-panic", data=BODY, headers=headers)


def stranger_of(address: str) -> dict[str, str]:
    return {hdrs.X_FORWARDED_FOR: address}


@pytest.fixture
async def behind_a_proxy(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose callers come through a trusted proxy, each from their own address."""
    async with House(tmp_path, with_http(trusted_proxies=("127.0.0.0/8",), metrics_token=SecretStr(TOKEN))) as found:
        yield found


def with_http(**changed: Any) -> Any:
    loaded = example()
    http = loaded.settings.http.model_validate(loaded.settings.http.model_dump() | changed)
    return replace(loaded, settings=loaded.settings.model_copy(update={"http": http}))


async def test_an_auditor_who_keeps_requesting_refused_tokens_is_told_to_wait(house: House) -> None:
    auditor = await house.sign_in("auditor")
    await auditor.get("/api/me")
    most = int(PEOPLE[0] / DEAR)
    for _ in range(most):
        assert (await auditor.post("/api/tokens", {"site": "lincoln"})).status == 403
    await told_to_wait(house, auditor.post("/api/tokens", {"site": "lincoln"}), "sign_in")
    assert len(await house.records("view_refused")) <= most
    button = await house.stranger()
    assert (await press(button, "msg_1")).status == 200
    assert house.value("http_limited_total", whose="sign_in") == 1


async def test_people_who_are_told_to_wait_can_still_open_and_end_an_incident(house: House) -> None:
    coordinator = await house.sign_in("coordinator")
    await coordinator.get("/api/me")
    payer = house.services.limits.person((await house.services.sessions.cookies())[0][1], alarm=False)
    use_up(house, payer)
    await told_to_wait(house, coordinator.get("/api/sites"), "sign_in")
    use_up(house, payer)
    opened = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    assert opened.status == 201
    assert ALARMS[0] / DEAR >= 30
    assert (await coordinator.post(f"/api/incidents/{opened.json['id']}/all-clear")).status == 200


async def test_a_stranger_who_floods_is_refused_before_the_database_is_used(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = await house.stranger()

    async def asked(*_: object) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(house.services.sessions, "lookup", asked)
    monkeypatch.setattr(house.services.invitations, "redeem", asked)
    for path in ("/api/me", "/whep/lincoln-lobby", "/"):
        use_up_address(house)
        await told_to_wait(house, stranger.get(path, headers={"Cookie": "sightline=invented"}))
    use_up_address(house)
    await told_to_wait(house, stranger.post("/api/invitations/redeem", {"code": "x"}))


async def test_a_flood_from_one_address_does_not_affect_other_addresses(behind_a_proxy: House) -> None:
    house = behind_a_proxy
    stranger = await house.stranger()
    for _ in range(int(STRANGERS[0])):
        await stranger.get("/healthz", headers=stranger_of("203.0.113.7"))
    await told_to_wait(house, stranger.get("/healthz", headers=stranger_of("203.0.113.7")))
    assert (await stranger.get("/healthz", headers=stranger_of("203.0.113.8"))).status == 200


async def test_thirty_patrol_cars_behind_one_address_sign_in_and_watch_at_once(house: House) -> None:
    await house.lock_down()
    cars = [await house.sign_in("patrol") for _ in range(30)]

    async def arrive(car: Person) -> list[int]:
        await car.get("/")
        said = [(await car.get(path)).status for path in ("/assets/a.js", "/assets/b.css", "/api/me", "/api/sites")]
        token = await car.token()
        return said[2:] + [(await car.offer("lincoln-lobby", token)).status for _ in range(4)]

    for answers in await asyncio.gather(*(arrive(car) for car in cars)):
        assert answers == [200, 200, 201, 201, 201, 201]


async def test_a_wall_of_64_tiles_returns_at_once_and_renews(house: House) -> None:
    await house.lock_down()
    console = await house.sign_in("dispatcher")
    opened = [await console.offer("lincoln-lobby", await console.token()) for _ in range(64)]
    for answer in opened:
        assert answer.status == 201
        fresh = {"Authorization": f"Bearer {await console.token()}"}
        assert (await console.request("POST", f"{answer.headers['Location']}/token", headers=fresh)).status == 204


async def test_a_player_without_a_cookie_is_known_by_its_token(house: House) -> None:
    await house.lock_down()
    token = await (await house.sign_in("dispatcher")).token()
    stranger = await house.stranger()
    use_up_address(house)
    assert (await stranger.offer("lincoln-lobby", token)).status == 201
    await told_to_wait(house, stranger.offer("lincoln-lobby", "invented"))


async def test_badly_signed_messages_are_limited_but_a_real_button_never_is(house: House) -> None:
    person = await house.stranger()
    wrong = {"webhook-signature": "v1,AAAA"}
    for number in range(int(BAD_MESSAGES[0])):
        assert (await press(person, f"bad_{number}", **wrong)).status == 401
    await told_to_wait(house, press(person, "bad", **wrong), "webhook")
    use_up(house, house.services.limits.webhook("lincoln-panic"))
    await told_to_wait(house, person.request("POST", "/hooks/lincoln-panic", data=BODY), "webhook")
    for number in range(40):
        assert (await press(person, f"true_{number}")).status == 200


async def test_messages_to_panic_buttons_that_do_not_exist_are_charged_to_the_address(house: House) -> None:
    stranger = await house.stranger()
    assert (await stranger.request("POST", "/hooks/nothing", data=b"{}")).status == 404
    use_up_address(house)
    await told_to_wait(house, stranger.request("POST", "/hooks/nothing", data=b"{}"))
    assert (await press(stranger, "msg_1")).status == 200


async def test_metrics_are_rendered_once_per_second_for_everybody_who_asks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = []
    render = prometheus_client.generate_latest

    def counted(registry: Any) -> bytes:
        rendered.append(1)
        return render(registry)

    monkeypatch.setattr(prometheus_client, "generate_latest", counted)
    person = await house.stranger()
    answers = await asyncio.gather(*(person.get("/metrics") for _ in range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len(rendered) == 1
    await house.clock.advance(1.0)
    await person.get("/metrics")
    assert len(rendered) == 2


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
async def test_strangers_behind_a_proxy_on_this_machine_do_not_read_the_metrics(house: House, header: str) -> None:
    person = await house.stranger()
    assert (await person.get("/metrics")).status == 200
    answer = await person.get("/metrics", headers={header: "203.0.113.7"})
    assert answer.problem(403) == "metrics_are_private"
    assert b"lincoln" not in answer.body


async def test_a_foreign_page_whose_name_points_here_does_not_read_the_metrics(house: House) -> None:
    person = await house.stranger()
    assert (await person.get("/metrics", headers={"Host": "localhost:8080"})).status == 200
    assert (await person.get("/metrics", headers={"Host": "rebound.example"})).status == 403


@pytest.mark.parametrize("changed", [{"trusted_proxies": ("::1/128",)}, {"public_url": "https://sightline.example"}])
async def test_if_all_callers_come_through_a_proxy_loopback_proves_nothing(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    async with House(tmp_path, with_http(**changed)) as house:
        assert (await (await house.stranger()).get("/metrics")).status == 403


async def test_a_caller_with_the_token_may_read_the_metrics_from_anywhere(behind_a_proxy: House) -> None:
    person = await behind_a_proxy.stranger()
    wrong = ["", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \u00fc"]
    for authorization in wrong:
        headers = stranger_of("203.0.113.7") | {"Authorization": authorization}
        assert (await person.get("/metrics", headers=headers)).status == 403, authorization
    headers = stranger_of("203.0.113.7") | {"Authorization": f"Bearer {TOKEN}"}
    assert (await person.get("/metrics", headers=headers)).status == 200


async def test_readyz_does_not_tell_strangers_that_an_incident_is_open(house: House) -> None:
    await house.lock_down()
    person = await house.stranger()
    assert (await person.get("/readyz")).json == {"status": "ok", "incidents_open": 1}
    assert (await person.get("/readyz", headers=stranger_of("203.0.113.7"))).json == {"status": "ok"}


async def test_an_auditor_who_floods_an_event_channel_is_read_no_faster_than_a_normal_page(house: House) -> None:
    """A regression: 32 channels of one sign-in that sent nothing but pings used to leave every alarm unanswered for 20
    s.
    """
    auditor = await house.sign_in("auditor")
    channel = await auditor.events()
    await channel.resume()
    for _ in range(int(MESSAGES[0]) + 50):
        await channel.say({"type": "nothing"})
    async with asyncio.timeout(10):
        while not house.value("http_limited_total", whose="sign_in"):  # noqa: ASYNC110  # messages that arrive set no event
            await asyncio.sleep(0.001)
    assert house.value("malformed_total", protocol="events") == MESSAGES[0] - CONNECTING
    assert (await press(await house.stranger(), "msg_1")).status == 200

    # A new channel does not help either; another person has one.
    await told_to_wait(house, auditor.get("/api/events"), "sign_in")
    assert await (await (await house.sign_in("dispatcher")).events()).resume()


async def test_an_auditor_who_reads_the_whole_record_again_and_again_is_told_to_wait(house: House) -> None:
    """A regression: reading 1,000 records 60 times at once used to leave every alarm unanswered for 20 s."""
    auditor = await house.sign_in("auditor")
    for _ in range(5):
        assert (await auditor.get("/api/record?limit=1000")).status == 200
    await told_to_wait(house, auditor.get("/api/record?limit=1000"), "sign_in")
    assert (await auditor.get("/api/record?limit=10")).status == 200


async def test_a_flood_with_one_buttons_secret_does_not_delay_other_buttons(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A regression: all webhooks shared one lock, and an alarm waited 2 s behind 200 messages of another button."""
    triggers, began, go = house.services.incidents.triggers, asyncio.Event(), asyncio.Event()
    take = triggers.take

    async def slow(sent: Delivery) -> Any:
        if sent.endpoint.settings.id == "lincoln-panic":
            assert not began.is_set() or go.is_set(), "one message of a button at a time"
            began.set()
            await go.wait()
        return await take(sent)

    monkeypatch.setattr(triggers, "take", slow)
    thief, oak = await house.stranger(), await house.stranger()
    floods = [asyncio.create_task(press(thief, f"flood_{number}")) for number in range(5)]
    now, secret = str(int(house.clock.now())), ENVIRONMENT["SIGHTLINE_OAK_WEBHOOK_SECRET"]
    message = {
        "webhook-id": "msg_oak",
        "webhook-timestamp": now,
        "webhook-signature": sign(secret, "msg_oak", now, BODY),
    }
    async with asyncio.timeout(10):
        await began.wait()
        answer = await oak.request("POST", "/hooks/oak-panic", data=BODY, headers=message)
    assert answer.status == 200
    assert not any(task.done() for task in floods)
    go.set()
    assert [answer.status for answer in await asyncio.gather(*floods)] == [200] * 5


async def test_a_person_who_presses_without_end_does_not_delay_an_alarm(house: House) -> None:
    """A regression: a panic button's message waited behind all the presses that one coordinator had sent at once."""
    incident = await house.lock_down()
    await house.clock.advance(2 * 3600)
    incidents, effects = house.services.incidents, list[Effect]()
    incidents.subscribe(lambda change: effects.append(change.effect))
    button, sample = await house.stranger(), house.metrics.registry.get_sample_value
    async with asyncio.timeout(10):
        async with house.database.session():  # another write takes its time
            presses = [asyncio.create_task(incidents.extend(incident.id, CORA)) for _ in range(5)]
            await house.clock.settle()
            alarm = asyncio.create_task(press(button, "msg_beside"))
            while sample("sightline_webhook_time_off_seconds", {"webhook": "lincoln-panic"}) is None:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.001)
        assert (await alarm).status == 200
        await asyncio.gather(*presses)
    assert effects == [Effect.EXTENDED, Effect.ALARMED, Effect.EXTENDED]
