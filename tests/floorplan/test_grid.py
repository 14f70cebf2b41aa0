from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.floorplan.grid import LETTERS, MOST_CELLS, Grid, grid_of
from tests.floorplan.drawing import area, camera, plan, point, surroundings

SMALL = grid_of(plan())
SITE = grid_of(plan(*surroundings()))
coordinates = st.integers(-500_000, 500_000).map(lambda millimetres: millimetres / 1000)


def test_a_small_school_has_small_cells_and_a_site_larger_ones() -> None:
    assert (SMALL.cell_m, SMALL.columns, SMALL.rows) == (5, 6, 5)
    assert (SITE.cell_m, SITE.columns, SITE.rows) == (10, 14, 7)


def test_cells_are_lettered_from_the_west_and_numbered_from_the_north() -> None:
    assert SMALL.cell_at((SMALL.west, SMALL.north)) == "A1"
    assert SMALL.cell_at((1, 13)) == "B2"
    assert SMALL.bounds_of("b2") == (0, 10, 5, 15)


def test_everything_drawn_except_cameras_is_in_a_cell() -> None:
    small = plan(*surroundings())
    points = [p for a in small.areas for p in a.outline] + [s.position for s in small.spots]
    points += [p for ground in small.grounds for p in ground.points]
    assert None not in {SITE.cell_at(p) for p in points}


def test_a_new_room_inside_does_not_move_the_grid() -> None:
    more = plan(area("shed", (1, 1, 2, 2), type="ground", kind="playground", name="Sandpit"))
    assert grid_of(more) == SMALL


def test_a_camera_far_away_does_not_change_the_grid() -> None:
    far = plan(camera("mast", (60, 50), 180), *surroundings())
    assert grid_of(far) == SITE
    assert SITE.cell_at(far.cameras[0].position) is None


def test_letters_that_look_like_digits_are_left_out() -> None:
    assert not set("IO") & set(LETTERS)


@given(x=coordinates, y=coordinates)
def test_a_point_is_within_the_bounds_of_its_cell(x: float, y: float) -> None:
    cell = SITE.cell_at((x, y))
    west, south, east, north = SITE.bounds
    if cell is None:
        assert not (west <= x < east and south < y <= north)
        return
    west, south, east, north = SITE.bounds_of(cell)
    assert west <= x <= east
    assert south <= y <= north


def test_every_cell_has_its_own_bounds_and_together_they_cover_the_sheet() -> None:
    cells = [f"{letter}{row + 1}" for letter, row in product(LETTERS[: SITE.columns], range(SITE.rows))]
    bounds = {SITE.bounds_of(cell) for cell in cells}
    assert len(bounds) == len(cells) == SITE.columns * SITE.rows
    west, south, east, north = SITE.bounds
    assert sum((e - w) * (n - s) for w, s, e, n in bounds) == (east - west) * (north - south)


@given(x=st.floats(1, 2000), y=st.floats(1, 2000))
def test_a_sheet_has_few_cells_whatever_the_size_of_the_site(x: float, y: float) -> None:
    far = grid_of(plan(point("far", (x, y), type="feature", kind="assembly_point", name="Far away")))
    assert max(far.columns, far.rows) <= MOST_CELLS


@pytest.mark.parametrize("cell", ["", "4C", "I1", "A0", "Z99", "A100", "C4 and more"])
def test_a_cell_outside_the_sheet_is_a_key_error(cell: str) -> None:
    with pytest.raises(KeyError):
        Grid(0, 0, 10, 5, 5).bounds_of(cell)
