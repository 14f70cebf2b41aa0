"""Mistakes in the settings of wall players are named, and risky settings cause a warning."""

from datetime import date

import pytest

from gateway.commands.check import summary, warnings
from gateway.errors import ConfigurationError
from rig.example import SECRET as BUTTONS_SECRET
from tests.wall_players import OTHER_SECRET, SECRET, with_players, with_wall

TODAY = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"secret": "short"}, "players.wall-1.secret: must be at least 32 characters long"),
        ({"secret": "s p a c e " * 4}, "players.wall-1.secret: may only contain letters, digits and"),
        (
            {"secret": "${SIGHTLINE_NO_SUCH}"},
            "players.wall-1.secret: the environment variable SIGHTLINE_NO_SUCH is not",
        ),
        (
            {"secret": OTHER_SECRET},
            "players.wall-1.secret: is also the secret of 'wall-2'; give each wall player its own",
        ),
        (
            {"role": "auditor"},
            "players.wall-1.role: must be one of: coordinator, dispatcher, headquarters, patrol, because",
        ),
        ({"role": "district_it"}, "players.wall-1.role: must be one of: coordinator, dispatcher, headquarters, patrol"),
        ({"sites": ["lincon"]}, "players.wall-1.sites: 'lincon' is not among the sites; did you mean 'lincoln'?"),
        ({"sites": []}, "players.wall-1.sites: must name at least one school"),
        ({"addresses": ["here"]}, "players.wall-1.addresses.0: "),
        ({"name": "Wall 2"}, "players.wall-2.name: 'Wall 2' is also the name of another wall player"),
        ({"id": "wall-2"}, "players.wall-2.id: 'wall-2' is also the id of another wall player"),
        ({"adresses": []}, "players.wall-1.adresses: is not a known key; did you mean 'addresses'?"),
    ],
)
def test_a_mistake_is_named_with_its_key(changed: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        with_wall(**changed)
    assert any(told in line for line in refused.value.problems)
    assert SECRET not in str(refused.value)
    assert OTHER_SECRET not in str(refused.value)


def test_a_player_may_not_have_a_panic_buttons_secret() -> None:
    shared = "a-secret-of-a-panic-button-of-32-bytes"
    changes = {"secret": shared, "sites.lincoln.webhooks.lincoln-panic.secret": shared}
    with pytest.raises(ConfigurationError, match="is also the secret of 'lincoln-panic'"):
        with_wall(**changes)
    assert len(BUTTONS_SECRET) < 32


def test_check_names_each_player_and_what_it_may_see() -> None:
    rows = dict(summary(with_players()))
    assert rows["Wall 1"] == "wall player with what a dispatcher may see at Lincoln Middle School"
    both = dict(summary(with_wall(sites=["lincoln", "oak"])))
    assert both["Wall 1"].endswith("at Lincoln Middle School and Oak Elementary School")
    assert SECRET not in str(summary(with_players())), "no secret is printed"
    assert SECRET not in repr(with_players())


def test_check_warns_about_a_secret_that_can_be_used_from_anywhere() -> None:
    secure = {"http.host": "0.0.0.0", "http.public_url": "https://sightline.example.org"}
    told = warnings(with_wall(**secure), TODAY)
    assert sum("Wall 1 can use it from anywhere" in line for line in told) == 1
    assert not any("Wall 1" in line for line in warnings(with_wall(**secure, addresses=["10.2.0.0/24"]), TODAY))


def test_check_warns_about_a_player_that_will_never_get_a_picture() -> None:
    told = warnings(with_wall(**{"agreements.0.roles": ["patrol"]}), TODAY)
    assert told == [
        "players.wall-1.sites: Wall 1 gets no picture from 'lincoln', which has an agreement that does not name "
        "dispatcher."
    ]
    assert warnings(with_wall(role="coordinator", **{"agreements.0.roles": ["patrol"]}), TODAY) == []
