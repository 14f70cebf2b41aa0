from tests.in_process import PEOPLE, House


async def test_an_invitation_signs_in_once(house: House) -> None:
    person = await house.stranger()
    code = await house.services.invitations.create(PEOPLE["patrol"])

    answer = await person.post("/api/invitations/redeem", {"code": code})

    assert answer.json["principal"] == {"id": "pat", "name": "Pat", "role": "patrol", "site_ids": []}
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
    house.clock.jump(12 * 3600)
    assert (await person.get("/api/me")).problem(401) == "sign_in_needed"
