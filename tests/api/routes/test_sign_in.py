import pytest

from gateway.models import CloseReason
from tests.in_process import ENTRANCE, PEOPLE, House
from tests.storage.full_disk import fill_reserve, full_database


async def test_an_invitation_signs_in_once(house: House) -> None:
    person = await house.stranger()
    code = await house.services.invitations.create(PEOPLE["patrol"])

    answer = await person.post("/api/invitations/redeem", {"code": code})

    assert answer.json["principal"] == {
        "id": "pat",
        "name": "Pat",
        "role": "patrol",
        "site_ids": [],
        "police": True,
        "sees_pictures": True,
    }
    assert answer.json["expires_at"] == house.clock.now() + 12 * 3600
    assert (await person.get("/api/me")).json == answer.json
    assert (await person.post("/api/invitations/redeem", {"code": code})).problem(401) == "invitation_refused"


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_pages(house: House) -> None:
    person = await house.stranger()
    code = await house.services.invitations.create(PEOPLE["patrol"])
    answer = await person.post("/api/invitations/redeem", {"code": code})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie


async def test_signing_out_ends_the_sign_in_and_is_recorded(house: House) -> None:
    person = await house.sign_in("patrol")
    cookie = {"Cookie": f"sightline={person.cookie()}"}

    assert (await person.post("/api/sign-out")).status == 204

    assert (await person.get("/api/me", headers=cookie)).problem(401) == "sign_in_needed"
    assert [record.event.principal for record in await house.records("signed_out")] == ["pat"]


async def test_a_sign_in_ends_with_its_shift(house: House) -> None:
    person = await house.sign_in("patrol")
    house.clock.skip(12 * 3600)
    assert (await person.get("/api/me")).problem(401) == "sign_in_needed"


async def test_a_browser_does_not_forget_the_cookie_at_the_end_of_a_shift(house: House) -> None:
    person = await house.stranger()
    code = await house.services.invitations.create(PEOPLE["patrol"])
    answer = await person.post("/api/invitations/redeem", {"code": code})
    assert f"Max-Age={30 * 86400}" in answer.headers["Set-Cookie"]


async def test_a_press_extends_a_shift_only_in_its_last_hour(house: House) -> None:
    person = await house.sign_in("patrol")
    before = (await person.get("/api/me")).json
    assert before["may_continue_at"] == before["expires_at"] - 3600
    assert (await person.post("/api/sign-in/continue")).problem(409) == "too_early"

    await house.clock.advance(11 * 3600)
    page = await person.events()
    await page.resume()
    answer = await person.post("/api/sign-in/continue")

    assert answer.status == 200
    assert answer.json["expires_at"] == before["expires_at"] + 4 * 3600
    heard = await page.next_of("sign_in")
    assert heard["expires_at"] == answer.json["expires_at"]
    assert heard["may_continue_at"] == answer.json["expires_at"] - 3600
    await house.clock.advance(4 * 3600)
    assert (await person.get("/api/me")).json == answer.json
    [record] = await house.records("sign_in_continued")
    assert (record.event.principal, record.event.origin_address) == ("pat", "127.0.0.1")


async def test_presses_alone_cannot_extend_a_sign_in_beyond_two_shifts(house: House) -> None:
    person = await house.sign_in("patrol")
    for hours in (11, 4, 4):
        await house.clock.advance(hours * 3600)
        last = await person.post("/api/sign-in/continue")
        assert last.status == 200
    assert last.json["may_continue_at"] is None
    await house.clock.advance(4 * 3600)
    assert (await person.post("/api/sign-in/continue")).problem(409) == "sign_in_at_its_limit"
    await house.clock.advance(3600)
    assert (await person.post("/api/sign-in/continue")).problem(401) == "sign_in_needed"


async def test_a_link_opened_on_a_signed_in_desk_leaves_nothing_of_the_earlier_person(house: House) -> None:
    desk = await house.sign_in("patrol")
    former = {"Cookie": f"sightline={desk.cookie()}"}
    await house.lock_down()
    picture, _ = await desk.watch(ENTRANCE)
    page = await desk.events()
    await page.resume()
    code = await house.services.invitations.create(PEOPLE["dispatcher"])

    answer = await desk.post("/api/invitations/redeem", {"code": code})

    assert answer.json["principal"]["id"] == "dee"
    assert house.plane.closed == [(picture, CloseReason.SIGNED_OUT)]
    assert (await page.next_of("signed_out"))["reason"] == "signed_out"
    assert await page.closed() == 1008
    assert (await (await house.stranger()).get("/api/me", headers=former)).problem(401) == "sign_in_needed"
    assert (await desk.get("/api/me")).json["principal"]["id"] == "dee"
    [out] = await house.records("signed_out")
    assert (out.event.name, out.event.detail["to_name"]) == ("Pat", "Dee")
    new = [record for record in await house.records("signed_in") if record.event.name == "Dee"]
    assert new[0].event.detail["instead_of_name"] == "Pat"


async def test_a_bad_link_opened_on_a_signed_in_desk_does_not_sign_anybody_out(house: House) -> None:
    desk = await house.sign_in("patrol")
    refused = await desk.post("/api/invitations/redeem", {"code": "never-was-one"})
    assert refused.problem(401) == "invitation_refused"
    assert (await desk.get("/api/me")).json["principal"]["id"] == "pat"


async def test_accepting_the_notice_is_recorded(house: House) -> None:
    person = await house.sign_in("patrol")
    assert (await person.post("/api/notice/accepted")).status == 204
    [record] = await house.records("notice_accepted")
    assert (record.event.principal, record.event.origin_address) == ("pat", "127.0.0.1")


async def test_a_person_who_cannot_sign_in_because_of_a_full_disk_reads_why_and_whom_to_tell(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await house.stranger()
    code = await house.services.invitations.create(PEOPLE["dispatcher"])
    with full_database(), monkeypatch.context() as broken:
        fill_reserve(broken)
        answer = await person.post("/api/invitations/redeem", {"code": code})
        assert answer.problem(503) == "storage_failed"
        assert "disk" in answer.json["detail"]
        assert "Tell district IT" in answer.json["detail"]
    assert (await person.post("/api/invitations/redeem", {"code": code})).status == 200, "the link is still good"
