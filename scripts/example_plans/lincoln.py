"""Draws Lincoln Middle School of the example."""

from gateway.floorplan.model import Point
from scripts.example_plans.site import Box, Site, verifications


def lincoln() -> Site:
    """Return Lincoln Middle School: two storeys along one hallway, and a wing with gym, cafeteria and music."""
    site = Site("lincoln", (-89.612, 40.72))
    site.point(
        "lincoln", "site", (0, 0), name="Lincoln Middle School", address="400 Lincoln Avenue, Riverbend",
        verifications=verifications("2026-08-17", "2026-08-19"),
    )  # fmt: skip
    _lincoln_grounds(site)
    bar: Box = (-60, 0, 30, 22)
    whole: list[Point] = [(-60, 0), (30, 0), (30, -14), (64, -14), (64, 40), (20, 40), (20, 22), (-60, 22)]
    site.area("main", "building", whole, name="Main building")
    _lincoln_ground_floor(site, whole)
    _lincoln_wing(site)
    _lincoln_upper_floor(site, bar)
    _lincoln_cameras(site)
    return site


def _lincoln_ground_floor(site: Site, whole: list[Point]) -> None:
    floor = "floor-1"
    site.floor(floor, "main", 0, whole, "Floor 1")
    site.room("main-hallway", floor, (-60, 9, 30, 13), "Main hallway", "hallway")
    south = [
        ("stair-a", 6, "Stair A", "stairwell", "A", 0),
        ("101", 9, "Classroom 101", "classroom", "101", 2),
        ("102", 9, "Classroom 102", "classroom", "102", 2),
        ("103", 9, "Classroom 103", "classroom", "103", 2),
        ("116", 9, "Classroom 116", "classroom", "116", 2),
        ("117", 4, "Custodian", "storage", "117", 0),
        ("118", 9, "Counseling", "office", "118", 2),
        ("lobby", 10, "Main lobby", "hallway", "", 0),
        ("100", 9, "Main office", "office", "100", 2),
        ("104", 4, "Nurse", "office", "104", 1),
        ("105", 6, "Principal", "office", "105", 1),
        ("119", 6, "Conference room", "office", "119", 1),
    ]
    north = [
        ("106", 9, "Classroom 106", "classroom", "106", 2),
        ("107", 9, "Classroom 107", "classroom", "107", 2),
        ("108", 9, "Art room", "classroom", "108", 2),
        ("restroom-boys-1", 4, "Boys", "restroom", "B1", 0),
        ("restroom-girls-1", 4, "Girls", "restroom", "G1", 0),
        ("stair-b", 6, "Stair B", "stairwell", "B", 0),
        ("109", 9, "Science lab", "classroom", "109", 2),
        ("120", 6, "Science preparation", "storage", "120", 0),
        ("121", 9, "Science lab 2", "classroom", "121", 2),
        ("122", 3, "Staff restroom", "restroom", "122", 0),
        ("123", 3, "Server room", "utility", "123", 0),
        ("mechanical", 9, "Mechanical room", "utility", "110", 0),
        ("124", 10, "Student services", "office", "124", 0),
    ]
    site.row(floor, -60, (9, 0), south)
    site.row(floor, -60, (13, 22), north)
    credential = {"override_reader": True, "opens_by": "Fire department key, staff card"}
    site.door("1", floor, (0, 0), 180, "Main entrance", number="1", glass=True, width=2, **credential)
    site.door("2", floor, (-60, 11), 270, "West door", number="2", width=2, **credential)
    site.door("3", floor, (-57, 0), 180, "Stair A outside door", number="3", opens_by="Staff card")
    site.door("8", floor, (-22, 22), 0, "Stair B outside door", number="8", opens_by="Staff card")
    site.door("9", floor, (16, 22), 0, "Mechanical room, outside", number="9", width=2, opens_by="Custodian's key")
    site.door("124-office", floor, (30, 4), 90, "Conference room to the gym hallway")
    site.mark("key-box-main", "key_box", (2.2, -0.4), "Key box, right of door 1", floor)
    site.mark(
        "supply-locker", "supply_locker", (-4.3, 8.2), "Emergency locker, main lobby", floor, checked_on="2026-08-17",
        contents=["master keys", "bolt cutters", "breaching tool", "floor plans", "trauma kit", "door wedges"],
    )  # fmt: skip
    site.mark("fire-panel", "fire_panel", (-4.4, 1.2), "Fire alarm panel", floor)
    site.mark("alarm-panel", "alarm_panel", (5.8, 7.8), "Intrusion alarm panel, main office", floor)
    site.mark("aed-lobby", "aed", (4.4, 5), "AED, lobby", floor, checked_on="2026-08-01")
    site.mark("trauma-office", "trauma_kit", (6, 1.4), "Trauma kit, main office", floor, checked_on="2026-08-01")
    site.mark("extinguisher-main", "extinguisher", (-34, 12.6), "Extinguisher, main hallway", floor)
    site.mark("elevator", "elevator", (-13.2, 7.6), "Elevator, beside counseling", floor)
    site.mark("electric-shutoff", "electric_shutoff", (12.5, 20.6), "Main electric switch", floor)
    site.mark("gas-shutoff", "gas_shutoff", (12, 22.5), "Gas shut-off, outside wall", floor)
    site.mark("water-shutoff", "water_shutoff", (19, 14), "Water shut-off", floor)
    site.mark("hazard-science", "hazard", (-7, 19.5), "Chemical cabinet, 120", floor, hazard="acids and solvents")
    site.mark("dead-spot-1", "radio_dead_spot", (15, 17.5), "Radio fails in the mechanical room", floor)


def _lincoln_wing(site: Site) -> None:
    floor = "floor-1"
    site.room("gym-hallway", floor, (30, -14, 34, 40), "Gym hallway", "hallway")
    site.room("cafeteria", floor, (34, -14, 54, 2), "Cafeteria", "cafeteria", number="111", windows=4)
    site.room("kitchen", floor, (54, -14, 64, 2), "Kitchen", "kitchen", number="112", windows=1)
    site.room("locker-boys", floor, (34, 2, 44, 7), "Boys' lockers", "locker_room", number="113")
    site.room("locker-girls", floor, (44, 2, 54, 7), "Girls' lockers", "locker_room", number="114")
    site.room("129", floor, (54, 2, 59, 7), "Coaches", "office", number="129")
    site.room("128", floor, (59, 2, 64, 7), "Gym storage", "storage", number="128")
    site.room("gym", floor, (34, 7, 64, 29), "Gym", "gym", number="115", windows=6)
    site.room("125", floor, (34, 29, 50, 40), "Band room", "classroom", number="125", windows=3, use="music")
    site.room("131", floor, (50, 29, 64, 40), "Music storage", "storage", number="131")
    site.room("126", floor, (20, 29, 30, 40), "Chorus room", "classroom", number="126", windows=2, use="music")
    site.room("130", floor, (20, 22, 30, 29), "Receiving", "storage", number="130")
    site.door("cafeteria", floor, (34, -6), 270, "Cafeteria doors", width=4, normally_open=True)
    site.door("kitchen", floor, (54, -4), 270, "Kitchen, from the cafeteria", width=1.2)
    site.door("locker-boys", floor, (34, 4.5), 270, "Boys' lockers")
    site.door("locker-girls", floor, (49, 7), 0, "Girls' lockers, from the gym")
    site.door("129", floor, (56.5, 7), 0, "Coaches, from the gym")
    site.door("128", floor, (61.5, 7), 0, "Gym storage", width=2)
    site.door("gym", floor, (34, 18), 270, "Gym doors", width=3.6)
    site.door("125", floor, (34, 34), 270, "Door of 125", width=2)
    site.door("131", floor, (50, 34), 270, "Door of 131", width=2)
    site.door("126", floor, (30, 34.5), 90, "Door of 126")
    site.door("130", floor, (30, 25.5), 90, "Receiving", width=2)
    credential = {"override_reader": True, "opens_by": "Fire department key, staff card"}
    site.door("4", floor, (32, 40), 0, "Gym hallway north", number="4", width=2, **credential)
    site.door("5", floor, (64, 18), 90, "Gym east door", number="5", width=3.6, **credential)
    site.door("6", floor, (64, -6), 90, "Kitchen delivery", number="6", width=2, opens_by="Kitchen key")
    site.door("7", floor, (32, -14), 180, "Gym hallway south", number="7", width=2, glass=True, **credential)
    site.door("10", floor, (20, 25.5), 270, "Receiving dock", number="10", width=3, opens_by="Custodian's key")
    site.mark("key-box-gym", "key_box", (64.4, 21), "Key box, beside door 5", floor)
    site.mark(
        "supply-locker-gym", "supply_locker", (33.4, 9), "Emergency locker, gym hallway", floor,
        checked_on="2026-08-17",
        contents=["master keys", "bolt cutters", "breaching tool", "floor plans", "trauma kit"],
    )  # fmt: skip
    site.mark("aed-gym", "aed", (34.8, 21), "AED, gym", floor, checked_on="2026-08-01")
    site.mark("aed-cafeteria", "aed", (53.2, 1), "AED, cafeteria", floor, checked_on="2026-08-01")
    site.mark("trauma-gym", "trauma_kit", (35, 8), "Trauma kit, gym", floor, checked_on="2026-08-01")
    site.mark("trauma-cafeteria", "trauma_kit", (35, 1), "Trauma kit, cafeteria", floor, checked_on="2026-08-01")
    site.mark("extinguisher-kitchen", "extinguisher", (55, -1), "Extinguisher, kitchen", floor)
    site.mark("hazard-kitchen", "hazard", (62.5, -12), "Gas ranges, kitchen", floor, hazard="natural gas")
    site.mark("roof-access", "roof_access", (21, 23), "Ladder to the roof, receiving", floor)


def _lincoln_upper_floor(site: Site, bar: Box) -> None:
    floor = "floor-2"
    site.floor(floor, "main", 1, bar, "Floor 2")
    site.room("upper-hallway", floor, (-60, 9, 30, 13), "Upper hallway", "hallway")
    south = [
        ("stair-a-2", 6, "Stair A", "stairwell", "A", 0),
        ("201", 9, "Classroom 201", "classroom", "201", 2),
        ("202", 9, "Classroom 202", "classroom", "202", 2),
        ("203", 9, "Classroom 203", "classroom", "203", 2),
        ("211", 9, "Classroom 211", "classroom", "211", 2),
        ("212", 4, "Custodian", "storage", "212", 0),
        ("213", 9, "Classroom 213", "classroom", "213", 2),
        ("204", 19, "Library", "library", "204", 4),
        ("205", 10, "Computer lab", "classroom", "205", 2),
        ("214", 6, "Teachers' workroom", "office", "214", 1),
    ]
    north = [
        ("206", 9, "Classroom 206", "classroom", "206", 2),
        ("207", 9, "Classroom 207", "classroom", "207", 2),
        ("208", 9, "Classroom 208", "classroom", "208", 2),
        ("restroom-boys-2", 4, "Boys", "restroom", "B2", 0),
        ("restroom-girls-2", 4, "Girls", "restroom", "G2", 0),
        ("stair-b-2", 6, "Stair B", "stairwell", "B", 0),
        ("209", 9, "Classroom 209", "classroom", "209", 2),
        ("215", 6, "Tutoring", "office", "215", 1),
        ("216", 9, "Science lab 3", "classroom", "216", 2),
        ("217", 8, "Staff lounge", "other", "217", 1),
        ("210", 9, "Music room", "classroom", "210", 2),
        ("218", 8, "Electrical room", "utility", "218", 0),
    ]
    site.row(floor, -60, (9, 0), south)
    site.row(floor, -60, (13, 22), north)
    site.door("room-204-west", floor, (-3, 9), 0, "West door of 204", glass=True)
    site.mark("aed-upper", "aed", (-20, 13.4), "AED, beside stair B", floor, checked_on="2026-08-01")
    site.mark("trauma-library", "trauma_kit", (-4, 8.4), "Trauma kit, library", floor, checked_on="2026-08-01")
    site.mark("extinguisher-upper", "extinguisher", (-34, 12.6), "Extinguisher, upper hallway", floor)
    site.mark("elevator-2", "elevator", (-13.2, 7.6), "Elevator, beside 213", floor)


def _lincoln_cameras(site: Site) -> None:
    outdoor, inside = 4.5, 2.8
    site.camera("main-entrance", "floor-1", (-6, -0.6), (120, 90, 30), height=outdoor)
    site.camera("lobby", "floor-1", (-4.5, 0.6), (40, 95, 20), "lobby", height=inside)
    site.camera("hallway-west", "floor-1", (-59.4, 11), (90, 84, 60), "main-hallway", height=inside)
    site.camera("hallway-east", "floor-1", (29.4, 11), (270, 84, 60), "main-hallway", height=inside)
    site.camera("gym-hallway", "floor-1", (32, 39.4), (180, 84, 60), "gym-hallway", height=inside)
    site.camera("gym", "floor-1", (34.6, 28.4), (125, 95, 40), "gym", height=6)
    site.camera("cafeteria", "floor-1", (34.6, 1.4), (130, 100, 30), "cafeteria", height=inside)
    site.camera("gym-east-door", "floor-1", (64.6, 13), (30, 100, 25), height=outdoor)
    site.camera("west-door", "floor-1", (-60.6, 15), (215, 100, 25), height=outdoor)
    site.camera("upper-west", "floor-2", (-59.4, 11), (90, 84, 60), "upper-hallway", height=inside)
    site.camera("upper-east", "floor-2", (29.4, 11), (270, 84, 60), "upper-hallway", height=inside)
    site.camera("nurse-door", "floor-1", (14, 12.6), (150, 60, 8), "main-hallway", height=inside)


def _lincoln_grounds(site: Site) -> None:
    site.area("parking-visitors", "ground", (-40, -46, 10, -24), name="Visitor parking", kind="parking")
    site.area("parking-staff", "ground", (74, -14, 100, 30), name="Staff parking", kind="parking")
    site.area("field-soccer", "ground", (-70, 52, 10, 102), name="Soccer field", kind="athletic_field")
    site.area("field-courts", "ground", (20, 56, 56, 86), name="Basketball courts", kind="athletic_field")
    site.line("lincoln-avenue", [(-110, -58), (130, -58)], name="Lincoln Avenue", kind="road")
    site.line("fourth-street", [(114, -70), (114, 120)], name="Fourth Street", kind="road")
    site.line("bus-loop", [(20, -58), (20, -22), (60, -22), (60, -58)], name="Bus loop", kind="road")
    site.area("library", "ground", (-110, -20, -84, 30), name="Riverbend Public Library", kind="neighboring_property")
    site.area("houses", "ground", (120, -40, 134, 80), name="Houses on Fourth Street", kind="neighboring_property")
    fence: list[Point] = [(-76, 108), (-76, 46), (66, 46), (66, 108), (-76, 108)]
    site.line("fence", fence, name="Fence round the fields", kind="fence")
    gate = {"override_reader": False, "opens_by": "Custodian's key"}
    site.point("gate-1", "gate", (66, 76), name="Field gate", number="G1", kind="vehicle", **gate)
    site.point("gate-2", "gate", (-10, 46), name="Path to the fields", number="G2", kind="pedestrian", **gate)
    site.mark("assembly-point", "assembly_point", (-30, 70), "Assembly point, soccer field")
    site.mark("reunification-point", "reunification_point", (-97, 5), "Reunification, public library")
    site.mark("hydrant-tank", "hazard", (70, 36), "Generator fuel tank", hazard="diesel")
