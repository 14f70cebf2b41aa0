"""The expected references are facts that other programs publish in their own tests: PyGeodesy and GeographicLib's
GeoConvert (exact transverse Mercator), and NGA's rules for zones and bands."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.floorplan.mgrs import mgrs


@pytest.mark.parametrize(
    ("latitude", "longitude", "reference"),
    [
        pytest.param(34.783817, -84.08219, "16S GD 66993 52949", id="Georgia"),
        pytest.param(34.64815, -83.8613, "17S KU 37750 37750", id="east of a zone's edge"),
        pytest.param(-33.8688, 151.2093, "56H LH 34368 50948", id="southern hemisphere"),
        pytest.param(0.0001, 36.8219, "37N BA 57573 00011", id="just north of the equator"),
        pytest.param(-0.0001, 36.8219, "37M BV 57573 99988", id="just south of the equator"),
        pytest.param(21.3069, -157.8583, "4Q FJ 18417 56542", id="Honolulu"),
        pytest.param(60.39, 5.32, "32V KN 97230 00510", id="Norway's wide zone"),
        pytest.param(79.0, 5.0, "31X EH 42594 70703", id="Svalbard, zone 31"),
        pytest.param(78.2232, 15.6267, "33X WG 14278 83355", id="Svalbard, zone 33"),
        pytest.param(79.0, 25.0, "35X MH 57405 70703", id="Svalbard, zone 35"),
        pytest.param(80.0, 35.0, "37X DJ 22516 84250", id="Svalbard, zone 37"),
        pytest.param(-79.9999, 10.0, "32C NS 19384 18258", id="the edge in the south"),
        pytest.param(52.0, 179.9999, "60U YC 05922 65287", id="the antimeridian"),
        pytest.param(52.0, -179.9999, "1U BT 94077 65287", id="just across it"),
        pytest.param(34.5, -84.0001, "16S GD 75446 21683", id="a zone's edge, west"),
        pytest.param(34.5, -84.0, "17S KU 24544 21684", id="a zone's edge, east"),
        pytest.param(39.9999, -105.0, "13S EE 00000 27746", id="a band's edge, below"),
        pytest.param(40.0, -105.0, "13T EE 00000 27757", id="a band's edge, above"),
        pytest.param(14.695236, -17.447669, "28P BB 36417 26047", id="Dakar"),
        pytest.param(0.0, 0.0, "31N AA 66021 00000", id="zero"),
    ],
)
def test_references_match_those_of_other_programs(latitude: float, longitude: float, reference: str) -> None:
    assert mgrs((longitude, latitude)) == reference


@pytest.mark.parametrize(("digits", "reference"), [(4, "16S GD 6699 5294"), (3, "16S GD 669 529"), (1, "16S GD 6 5")])
def test_a_shorter_reference_is_truncated_not_rounded(digits: int, reference: str) -> None:
    assert mgrs((-84.08219, 34.783817), digits) == reference


@pytest.mark.parametrize("latitude", [84.001, -80.001, 90, -90])
def test_near_the_poles_there_is_no_reference(latitude: float) -> None:
    assert mgrs((0, latitude)) is None


@given(st.floats(-180, 180), st.floats(-80, 84))
def test_every_other_place_on_earth_has_a_reference(longitude: float, latitude: float) -> None:
    found = mgrs((longitude, latitude))
    assert found is not None
    assert re.fullmatch(r"([1-9]|[1-5][0-9]|60)[C-HJ-NP-X] [A-HJ-NP-Z][A-HJ-NP-V] \d{5} \d{5}", found)
