"""The example in config/ loads, and has what its readers and the demo expect."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from gateway.config_loader import Loaded, load
from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.kinds import DoorKind, FeatureKind, GateKind, GroundKind, Method, RoomKind, Side
from gateway.floorplan.schema import BY_TYPE, VerificationProperties
from gateway.models import CameraPolicy, SiteId
from rig.example import ENVIRONMENT
from scripts.example_plans.lincoln import lincoln
from scripts.example_plans.oak import oak
from scripts.example_plans.site import Site

CONFIG = Path(__file__).parents[2] / "config"
LINCOLN, OAK = SiteId("lincoln"), SiteId("oak")


@pytest.fixture(scope="module")
def district() -> Loaded:
    return load(CONFIG / "sightline.yaml", environment=ENVIRONMENT)


def test_it_has_a_large_school_and_a_small_one(district: Loaded) -> None:
    assert {site.id: len(site.cameras) for site in district.settings.sites} == {LINCOLN: 12, OAK: 4}
    assert len(district.plans[LINCOLN].floors) == 2
    kinds = Counter(room.kind for room in district.plans[LINCOLN].rooms)
    assert kinds[RoomKind.CLASSROOM] >= 15
    assert {RoomKind.GYM, RoomKind.CAFETERIA, RoomKind.STAIRWELL, RoomKind.OFFICE, RoomKind.UTILITY} <= set(kinds)


def test_only_the_nurses_door_is_never_seen_and_only_outside_cameras_are_always_seen(district: Loaded) -> None:
    policies = {c: p for agreement in district.settings.agreements for c, p in agreement.cameras.items()}
    assert [c for c, p in policies.items() if p is CameraPolicy.NEVER] == ["lincoln-nurse-door"]
    outdoors = {c.id for plan in district.plans.values() for c in plan.cameras if c.room_id is None}
    assert {c for c, p in policies.items() if p is CameraPolicy.ALWAYS} == outdoors


@pytest.mark.parametrize("site", [LINCOLN, OAK])
def test_responders_find_numbers_keys_and_shut_offs(district: Loaded, site: SiteId) -> None:
    plan = district.plans[site]
    assert all(door.number for door in plan.doors if door.kind is DoorKind.EXTERIOR)
    assert all(room.number and room.windows for room in plan.rooms if room.kind is RoomKind.CLASSROOM)
    assert {
        FeatureKind.KEY_BOX,
        FeatureKind.AED,
        FeatureKind.TRAUMA_KIT,
        FeatureKind.FIRE_PANEL,
        FeatureKind.GAS_SHUTOFF,
        FeatureKind.WATER_SHUTOFF,
        FeatureKind.ELECTRIC_SHUTOFF,
    } <= {feature.kind for feature in plan.features}


def test_four_cameras_are_near_every_room_and_most_rooms_are_seen(district: Loaded) -> None:
    plan = district.plans[LINCOLN]
    geometry = Geometry(plan)
    seen = [bool(geometry.seeing_room(room.id)) for room in plan.rooms]
    assert sum(seen) / len(seen) > 0.9
    assert all(len(geometry.nearest_cameras(room.id, 4)) == 4 for room in plan.rooms)
    assert geometry.unreachable_rooms() == ()


def test_every_setting_in_the_comments_of_the_example_exists() -> None:
    raw = yaml.safe_load((CONFIG / "sightline.yaml").read_text())
    assert "${SIGHTLINE_CAMERA_PASSWORD}" in {c["password"] for site in raw["sites"] for c in site["cameras"]}
    for site in raw["sites"]:
        for camera in site["cameras"]:
            assert camera["main"]["url"] == f"rtsp://127.0.0.1:8554/{camera['id']}/main"
            assert camera["sub"]["url"] == f"rtsp://127.0.0.1:8554/{camera['id']}/sub"


def test_the_plans_format_is_documented_for_districts() -> None:
    text = (CONFIG / "plans" / "README.md").read_text()
    kinds = [*RoomKind, *DoorKind, *FeatureKind, *GroundKind, *GateKind, *Side, *Method]
    words = [*BY_TYPE, *kinds, *(f for m in (*BY_TYPE.values(), VerificationProperties) for f in m.model_fields)]
    assert [word for word in words if f"`{word}`" not in text] == []


@pytest.mark.parametrize("site", [lincoln(), oak()], ids=lambda site: site.name)
def test_the_plans_are_those_that_their_script_writes(site: Site) -> None:
    assert (CONFIG / "plans" / f"{site.name}.geojson").read_text() == site.text()


def test_a_professional_would_recognise_the_schools(district: Loaded) -> None:
    lincoln, oak = district.plans[LINCOLN], district.plans[OAK]
    assert len(lincoln.rooms) >= 60
    assert (len(oak.buildings), sum(building.portable for building in oak.buildings)) == (5, 3)
    for plan in (lincoln, oak):
        assert plan.address
        assert {one.side for one in plan.verifications} == set(Side)
        assert {GroundKind.PARKING, GroundKind.ATHLETIC_FIELD, GroundKind.ROAD} <= {one.kind for one in plan.grounds}
        assert all(room.number for room in plan.rooms if room.kind is not RoomKind.HALLWAY)
        assert Geometry(plan).unreachable_rooms() == ()
