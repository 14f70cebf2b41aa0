"""Attacks by somebody who has read one message of a panic button."""

import pytest

from gateway.config_loader import load
from gateway.errors import ConfigurationError
from rig.example import ENVIRONMENT, ROOT, SECRET
from tests.in_process import LINCOLN, House


async def test_one_schools_message_cannot_lock_down_another(house: House) -> None:
    stranger = await house.stranger()
    body = b'{"note": "help"}'
    signed = house.signed(body)
    assert (await stranger.request("POST", "/hooks/lincoln-panic", data=body, headers=signed)).status == 200
    refused = await stranger.request("POST", "/hooks/oak-panic", data=body, headers=signed)
    assert refused.problem(401) == "bad_signature"
    assert [incident.site_id for incident in house.services.incidents.open()] == [LINCOLN]


def test_a_gateway_whose_schools_share_a_secret_does_not_start() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(ROOT / "config" / "sightline.yaml", environment=ENVIRONMENT | {"SIGHTLINE_OAK_WEBHOOK_SECRET": SECRET})
    assert len(caught.value.problems) == 2
    assert all(name in str(caught.value) for name in ("lincoln-panic.secret", "oak-panic.secret"))
    assert SECRET not in str(caught.value)
