import re
from datetime import date
from pathlib import Path

from gateway.configuration.site_settings import CameraSettings, SiteSettings, StreamSettings
from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.load import parse_plan
from gateway.floorplan.view import camera_view, cameras_view, floors_view, plan_view
from gateway.models import CameraId
from tests.floorplan.drawing import camera, plan, school, surroundings

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"
SMALL = plan(camera("gym", (1, 10), 90), camera("nurse", (19, 10), 270, floor="upper"))


def settings_of(identifier: str, sub: bool = True) -> CameraSettings:
    stream = StreamSettings(url="rtsp://10.0.0.5/main")
    return CameraSettings(id=identifier, name=identifier.title(), main=stream, sub=stream if sub else None)


SITE = SiteSettings(
    id="small", name="Small School", plan=Path("x"), cameras=(settings_of("nurse"), settings_of("gym", sub=False))
)
TODAY = date(2026, 9, 1)
GEOMETRY = Geometry(SMALL)
ALL = {CameraId("gym"), CameraId("nurse")}


def keys_in_protocol(name: str) -> set[str]:
    found = re.search(rf"^`{name}`\s`(\{{[^`]*)`", PROTOCOL.read_text(), re.MULTILINE)
    assert found is not None
    return set(re.findall(r'"(\w+)"', found[1]))


def keys_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


def test_a_plan_has_the_keys_of_the_protocol() -> None:
    document = school(camera("gym", (1, 10), 90), *surroundings())
    site = document["features"][0]["properties"]
    del site["verified_on"]
    site["verifications"] = [{"side": "police", "on": "2026-08-01", "by": "sergeant 1", "how": "walk_through"}]
    full = parse_plan(document, "plan")
    assert keys_in(plan_view(SITE, Geometry(full), ALL, TODAY)) | {"version"} == keys_in_protocol("Plan")


def test_a_camera_has_the_keys_and_the_place_of_the_protocol() -> None:
    view = camera_view(SITE, SMALL, SITE.cameras[1], standing=True)
    assert set(view) == keys_in_protocol("Camera") - {"main", "sub"}
    assert view == {
        "id": "gym",
        "name": "Gym",
        "site": "small",
        "floor": "ground",
        "room": "hallway",
        "streams": ["main"],
        "sound": False,
        "standing": True,
        "position": [1.0, 10.0],
        "heading": 90,
        "fov": 90,
        "range": 15,
        "height": None,
        "outdoor": False,
        "ptz": False,
    }


def test_floors_are_listed_from_the_lowest_up_with_bounds_in_metres() -> None:
    view = plan_view(SITE, GEOMETRY, ALL, TODAY)
    assert [floor["id"] for floor in view["floors"]] == ["ground", "upper"]
    assert floors_view(SMALL) == [
        {"id": "ground", "name": "Ground floor", "building": "House"},
        {"id": "upper", "name": "Upper floor", "building": "House"},
    ]
    assert view["floors"][0]["bounds"] == [0.0, 0.0, 20.0, 14.0]
    assert view["verified_on"] == "2026-08-01"


def test_everything_is_on_its_own_floor() -> None:
    ground, upper = plan_view(SITE, GEOMETRY, ALL, TODAY)["floors"]
    assert [room["id"] for room in ground["rooms"]] == ["101", "102", "lobby", "hallway", "room-gym"]
    assert [door["number"] for door in ground["doors"]] == ["", "", "", "1"]
    assert (ground["cameras"], upper["cameras"]) == (["gym"], ["nurse"])
    assert (upper["rooms"], upper["doors"]) == ([], [])
    assert [cone["camera"] for cone in ground["cones"]] == ["gym"]
    assert {room["entrance"] for room in ground["rooms"]} == {"door-1"}


def test_a_camera_that_the_caller_may_not_know_about_appears_nowhere() -> None:
    known = {CameraId("gym")}
    assert "nurse" not in str(plan_view(SITE, GEOMETRY, known, TODAY))
    assert [view["id"] for view in cameras_view(SITE, SMALL, known, set())] == ["gym"]
    shown = cameras_view(SITE, SMALL, ALL, known)
    assert [(view["id"], view["standing"]) for view in shown] == [("nurse", False), ("gym", True)]
