"""A patrol laptop is stolen: the thief has a cookie, a page, a token and pictures."""

from collections.abc import Callable

import pytest

from gateway.commands.sign_out import SignedOut, end, nobody, wait_closed
from gateway.errors import StorageError, Unconfirmed
from gateway.models import CloseReason
from gateway.viewing.sign_ins import TICK
from tests.fakes import FakeClock
from tests.in_process import ENTRANCE, PEOPLE, House


async def test_a_laptop_signed_out_by_name_can_do_nothing_more(house: House) -> None:
    await house.lock_down()
    laptop, colleague = await house.sign_in("patrol"), await house.sign_in("dispatcher")
    unused = await house.services.invitations.create(PEOPLE["patrol"])
    token = await laptop.token()
    _, location = await laptop.watch(ENTRANCE)

    settings = house.loaded.settings
    ended = await end(house.database, settings, "Pat", "op", house.clock)
    assert (len(ended.sign_ins), ended.invitations) == (1, 1)

    assert (await laptop.get("/api/me")).problem(401) == "sign_in_needed"
    assert (await laptop.post("/api/tokens", {"site": "lincoln"})).problem(401) == "sign_in_needed"
    assert (await laptop.offer(ENTRANCE, token)).problem(401) == "signed_out"
    renewal = await laptop.request("POST", f"{location}/token", headers={"Authorization": f"Bearer {token}"})
    assert renewal.problem(401) == "signed_out"
    again = await (await house.stranger()).post("/api/invitations/redeem", {"code": unused})
    assert again.problem(401) == "invitation_refused"
    assert (await colleague.get("/api/me")).status == 200
    [record] = await house.records("signed_out")
    assert (record.event.name, record.event.detail["by"]) == ("Pat", "op, command line")


@pytest.mark.parametrize("step", [13 * 3600.0, -20 * 3600.0])
async def test_a_laptop_can_be_signed_out_after_the_machines_clock_was_set(house: House, step: float) -> None:
    """A regression: a command whose clock was past the shift's end found nobody to sign out, and the pictures
    continued.
    """
    laptop = await house.sign_in("patrol")
    house.clock.jump(step)
    command = FakeClock(now=house.clock.wall())
    ended = await end(house.database, house.loaded.settings, "Pat", "op", command)
    assert len(ended.sign_ins) == 1
    assert (await laptop.get("/api/me")).problem(401) == "sign_in_needed"


async def test_signing_out_by_id_works_and_once_is_enough(house: House) -> None:
    await house.sign_in("patrol")
    settings = house.loaded.settings
    assert len((await end(house.database, settings, "pat", "op", house.clock)).sign_ins) == 1
    assert await end(house.database, settings, "pat", "op", house.clock) == SignedOut((), 0)
    assert await end(house.database, settings, "nobody", "op", house.clock) == SignedOut((), 0)


async def test_a_picture_goes_dark_within_a_second_of_a_sign_out_from_the_command_line(house: House) -> None:
    await house.lock_down()
    laptop = await house.sign_in("patrol")
    picture, _ = await laptop.watch(ENTRANCE)
    page = await laptop.events()
    await page.resume()
    ended = await end(house.database, house.loaded.settings, "Pat", "op", house.clock)

    await house.services.sign_ins.tick()  # which ``run`` does twice a second

    assert await page.next_of("signed_out")
    told = await wait_closed(house.database, ended, house.clock, lambda: 0.0, 120)
    assert TICK <= 0.5
    assert house.plane.closed == [(picture, CloseReason.SIGNED_OUT)]
    assert told == "The gateway has closed 1 picture and 1 page."
    [grant] = await house.records("grant_given")
    assert house.services.grants.living(grant.event.detail["grant"]) is None


class CommandsClock(FakeClock):
    """The clock of a command, shared with its gateway. Time passes only while the command sleeps."""

    def __init__(self, gateways: FakeClock) -> None:
        super().__init__()
        self._gateways = gateways

    def now(self) -> float:
        return self._gateways.now()

    def wall(self) -> float:
        return self._gateways.wall()

    def monotonic(self) -> float:
        return self._gateways.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._gateways.advance(seconds)


async def asked(house: House, ended: SignedOut, looked_at: Callable[[], float | None]) -> str:
    """Return what the command reports, or why it fails. Its waiting takes no time here."""
    try:
        return await wait_closed(house.database, ended, CommandsClock(house.clock), looked_at, 120)
    except Unconfirmed as error:
        return str(error)


async def test_the_command_distinguishes_a_gateway_with_nothing_open_from_one_that_hangs(house: House) -> None:
    """A regression: for both it said "No picture or page of theirs was open, or no gateway runs on this database"."""
    await house.sign_in("patrol")
    ended = await end(house.database, house.loaded.settings, "Pat", "op", house.clock)
    before = house.clock.monotonic()
    assert "may continue for up to 120 s" in await asked(house, ended, lambda: before)
    assert await asked(house, ended, house.clock.monotonic) == "No picture or page of theirs was open."
    assert (await asked(house, ended, lambda: None)).startswith("No gateway runs on this storage")


async def test_pictures_that_a_check_left_open_are_not_reported_as_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that could not ask the database has closed nothing."""
    await house.services.sign_ins.tick()
    looked_at = house.services.sign_ins.looked_at
    assert looked_at == house.clock.monotonic()
    await house.lock_down()
    laptop = await house.sign_in("patrol")
    await laptop.watch(ENTRANCE)
    await house.clock.advance(1)

    async def fail(_: object) -> dict[str, bool]:
        raise StorageError("the disk is gone")

    monkeypatch.setattr(house.services.sessions, "over", fail)
    with pytest.raises(StorageError):
        await house.services.sign_ins.tick()
    assert house.services.sign_ins.looked_at == looked_at


async def test_for_a_misheard_name_the_command_suggests_the_names_that_exist(house: House) -> None:
    await house.sign_in("patrol")
    await house.services.invitations.create(PEOPLE["auditor"])

    async def told(who: str) -> str:
        return await nobody(house.database, house.loaded.settings, who, house.clock)

    assert await told("PAT") == "nobody called 'PAT' is signed in or invited. Did you mean 'Pat'?"
    assert (await told("Aud")).endswith("Did you mean 'Aude'?")
    assert (await told("the chief")).endswith("Signed in or invited: 'Pat', 'Aude'")


async def test_signing_out_one_laptop_does_not_affect_the_same_persons_other_one(house: House) -> None:
    await house.lock_down()
    one, other = await house.sign_in("patrol"), await house.sign_in("patrol")
    await one.watch(ENTRANCE)
    _, location = await other.watch(ENTRANCE)
    await one.post("/api/sign-out")
    token = await other.token()
    renewal = await other.request("POST", f"{location}/token", headers={"Authorization": f"Bearer {token}"})
    assert renewal.status == 204
    await other.post("/api/sign-out")
    for grant in await house.records("grant_given"):
        assert house.services.grants.living(grant.event.detail["grant"]) is None
