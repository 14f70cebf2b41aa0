"""The page names places itself, so that it can do so without a network. Its tests read what the gateway says from a
file, which this test keeps true. To write the file again, run this module with the project's Python."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from gateway.configuration.site_settings import CameraSettings, SiteSettings, StreamSettings
from gateway.floorplan.geometry.index import Geometry
from gateway.floorplan.geometry.places import RoomFinder, unprojection
from gateway.floorplan.grid import grid_of
from gateway.floorplan.mgrs import mgrs
from gateway.floorplan.view import plan_view
from gateway.models import CameraId
from tests.floorplan.drawing import camera, plan, surroundings

FILE = Path(__file__).parents[2] / "web" / "test" / "drawing" / "places.json"
TODAY = date(2026, 9, 1)
POINTS = [(1, 13), (4.3, 3.7), (12, 4), (18, 4), (10, 10.2), (3, 13), (-12.6, 5.5), (40.4, -25.5), (-58, -28), (500, 9)]
EARTH = [(-84.08219, 34.783817), (151.2093, -33.8688), (5.32, 60.39), (15.6267, 78.2232), (-105, 40), (0, 0), (0, 85)]


def said() -> dict[str, Any]:
    """Return the small school's plan, and what the gateway says about places on it and on Earth."""
    school = plan(camera("gym", (1, 10), 90), camera("office", (17, 4), 0), *surroundings())
    stream = StreamSettings(url="rtsp://10.0.0.5/main")
    cameras = tuple(CameraSettings(id=name, name=name.title(), main=stream) for name in ("gym", "office"))
    site = SiteSettings(id="small", name="Small School", plan=Path("x"), cameras=cameras)
    grid, rooms, degrees = grid_of(school), RoomFinder(school.rooms), unprojection(school.anchor)
    places = []
    for point in POINTS:
        room, position = rooms.at("ground", point), degrees(point)
        places.append(
            {
                "point": list(point),
                "cell": grid.cell_at(point),
                "room": room.id if room else None,
                "position": [round(value, 6) for value in position],
                "mgrs": mgrs(position),
            }
        )
    visible = {CameraId("gym"), CameraId("office")}
    view = plan_view(site, Geometry(school), visible, TODAY)
    view["anchor"] = [round(value, 9) for value in view["anchor"]]
    return {
        "plan": view,
        "places": places,
        "earth": [{"position": list(position), "mgrs": mgrs(position)} for position in EARTH],
    }


def test_the_page_is_tested_against_what_the_gateway_says() -> None:
    assert json.loads(FILE.read_text()) == said()


if __name__ == "__main__":
    FILE.write_text(json.dumps(said(), indent=1) + "\n")
