"""Draws Oak Elementary School of the example."""

from gateway.floorplan.model import Point
from scripts.example_plans.site import Box, Site, verifications


def oak() -> Site:
    """Return Oak Elementary School: a main building, a building for the upper grades, and three portables."""
    site = Site("oak", (-89.5925, 40.7344))
    site.point(
        "oak", "site", (0, 0), name="Oak Elementary School", address="1200 Oak Street, Riverbend",
        verifications=verifications("2026-08-18", "2026-08-20"),
    )  # fmt: skip
    _oak_grounds(site)
    _oak_main(site)
    _oak_upper_grades(site)
    for number, west in enumerate((8, 22, 36), start=1):
        box: Box = (west, 46, west + 10, 54)
        site.area(f"portable-{number}", "building", box, name=f"Portable {number}", portable=True)
        site.floor(f"portable-{number}-floor", f"portable-{number}", 0, box, f"Portable {number}")
        room = f"P{number}"
        site.room(
            room.lower(), f"portable-{number}-floor", box, f"Portable {room}", "classroom", number=room, windows=2
        )
        at = (west + 5.0, 46.0)
        site.door(f"{6 + number}", f"portable-{number}-floor", at, 180, f"Portable {number}", number=f"{6 + number}")
    return site


def _oak_main(site: Site) -> None:
    floor = "floor-1"
    outline: list[Point] = [(-43, 0), (29, 0), (29, 26), (7, 26), (7, 22), (-43, 22)]
    site.area("main", "building", outline, name="Main building")
    site.floor(floor, "main", 0, outline, "Ground floor")
    site.room("hallway", floor, (-43, 9, 29, 13), "Hallway", "hallway")
    south = [
        ("7", 8, "Classroom 7", "classroom", "7", 2),
        ("8", 8, "Classroom 8", "classroom", "8", 2),
        ("1", 8, "Classroom 1", "classroom", "1", 2),
        ("2", 8, "Classroom 2", "classroom", "2", 2),
        ("15", 8, "Nurse and counselor", "office", "15", 1),
        ("lobby", 6, "Lobby", "hallway", "", 0),
        ("10", 7, "Office", "office", "10", 2),
        ("restroom-staff", 4, "Restroom", "restroom", "R1", 0),
        ("3", 8, "Kindergarten", "classroom", "3", 2),
        ("4", 7, "Classroom 4", "classroom", "4", 2),
    ]
    north = [
        ("13", 16, "Library", "library", "13", 4),
        ("14", 8, "Art and music", "classroom", "14", 2),
        ("5", 8, "Classroom 5", "classroom", "5", 2),
        ("6", 8, "Classroom 6", "classroom", "6", 2),
        ("restroom-pupils", 6, "Restrooms", "restroom", "R2", 0),
        ("boiler", 4, "Boiler room", "utility", "11", 0),
    ]
    site.row(floor, -43, (9, 0), south)
    site.row(floor, -43, (13, 22), north)
    site.room("cafeteria", floor, (7, 13, 22, 26), "Cafeteria and hall", "cafeteria", number="12", windows=4)
    site.room("16", floor, (22, 13, 29, 26), "Kitchen", "kitchen", number="16", windows=1)
    site.door("cafeteria", floor, (14, 13), 180, "Cafeteria doors", width=3, normally_open=True)
    site.door("16", floor, (22, 20), 270, "Kitchen, from the cafeteria")
    credential = {"override_reader": True, "opens_by": "Fire department key, staff card"}
    site.door("1", floor, (0, 0), 180, "Main entrance", number="1", glass=True, width=2, **credential)
    site.door("2", floor, (29, 11), 90, "Playground door", number="2", width=2, **credential)
    site.door("3", floor, (-43, 11), 270, "West door", number="3", opens_by="Staff card")
    site.door("4", floor, (14, 26), 0, "Cafeteria, outside", number="4", width=2, opens_by="Staff card")
    site.mark("key-box", "key_box", (-2, -0.4), "Key box, left of door 1", floor)
    site.mark(
        "supply-locker", "supply_locker", (-2.4, 7.6), "Emergency locker, lobby", floor, checked_on="2026-08-18",
        contents=["master keys", "bolt cutters", "floor plans", "trauma kit"],
    )  # fmt: skip
    site.mark("aed", "aed", (2.4, 4), "AED, lobby", floor, checked_on="2026-08-01")
    site.mark("trauma-kit", "trauma_kit", (4, 1.2), "Trauma kit, office", floor, checked_on="2026-08-01")
    site.mark("fire-panel", "fire_panel", (-2.4, 2), "Fire alarm panel", floor)
    site.mark("extinguisher", "extinguisher", (21, 12.6), "Extinguisher, hallway", floor)
    site.mark("gas-shutoff", "gas_shutoff", (9, 26.5), "Gas shut-off, outside wall", floor)
    site.mark("water-shutoff", "water_shutoff", (6, 20), "Water shut-off", floor)
    site.mark("electric-shutoff", "electric_shutoff", (4, 16), "Main electric switch", floor)
    site.mark("hazard-boiler", "hazard", (5, 18), "Boiler", floor, hazard="steam and natural gas")
    site.camera("main-entrance", floor, (-4, -0.6), (115, 90, 25), height=4)
    site.camera("hallway", floor, (-42.4, 11), (90, 84, 60), "hallway", height=2.8)
    site.camera("cafeteria", floor, (7.6, 25.4), (135, 95, 25), "cafeteria", height=2.8)
    site.camera("playground-door", floor, (29.6, 6), (40, 100, 25), height=4)


def _oak_upper_grades(site: Site) -> None:
    floor = "upper-grades-floor"
    box: Box = (-43, 46, -5, 68)
    site.area("upper-grades", "building", box, name="Upper grades building")
    site.floor(floor, "upper-grades", 0, box, "Upper grades")
    site.room("upper-grades-hallway", floor, (-43, 55, -5, 59), "Upper grades hallway", "hallway")
    south = [
        ("20", 10, "Classroom 20", "classroom", "20", 2),
        ("21", 10, "Classroom 21", "classroom", "21", 2),
        ("22", 9, "Classroom 22", "classroom", "22", 2),
        ("23", 9, "Classroom 23", "classroom", "23", 2),
    ]
    north = [
        ("24", 10, "Classroom 24", "classroom", "24", 2),
        ("25", 10, "Classroom 25", "classroom", "25", 2),
        ("restroom-upper", 8, "Restrooms", "restroom", "R3", 0),
        ("26", 10, "Classroom 26", "classroom", "26", 2),
    ]
    site.row(floor, -43, (55, 46), south)
    site.row(floor, -43, (59, 68), north)
    site.door("5", floor, (-5, 57), 90, "Upper grades east", number="5", width=2, override_reader=True)
    site.door("6", floor, (-43, 57), 270, "Upper grades west", number="6", opens_by="Staff card")
    site.mark("aed-upper", "aed", (-8, 58.6), "AED, upper grades", floor, checked_on="2026-08-01")
    site.mark("trauma-upper", "trauma_kit", (-8, 55.4), "Trauma kit, upper grades", floor, checked_on="2026-08-01")


def _oak_grounds(site: Site) -> None:
    site.area("parking", "ground", (-44, -34, 8, -14), name="Parking", kind="parking")
    site.area("playground", "ground", (34, 4, 60, 34), name="Playground", kind="playground")
    site.area("field", "ground", (-2, 62, 60, 100), name="Play field", kind="athletic_field")
    site.line("oak-street", [(-80, -46), (90, -46)], name="Oak Street", kind="road")
    site.line("drop-off", [(12, -46), (12, -12), (30, -12), (30, -46)], name="Drop-off lane", kind="road")
    site.area("church", "ground", (66, -34, 90, 10), name="St. Mark's Church", kind="neighboring_property")
    site.area("houses", "ground", (-78, 0, -58, 70), name="Houses on Elm Court", kind="neighboring_property")
    fence: list[Point] = [(29, 38), (62, 38), (62, 2), (29, 2)]
    site.line("playground-fence", fence, name="Playground fence", kind="fence")
    site.point(
        "gate-1", "gate", (62, 20), name="Playground gate", number="G1", kind="pedestrian", opens_by="Staff card"
    )
    site.mark("assembly-point", "assembly_point", (28, 80), "Assembly point, play field")
    site.mark("reunification-point", "reunification_point", (78, -12), "Reunification, St. Mark's Church")
