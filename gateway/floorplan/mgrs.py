"""Writes positions in the Military Grid Reference System (NGA.STND.0037), which helicopters and soldiers read. Pure.

Only the area of UTM is covered, from 80 degrees south to 84 degrees north.
"""

from functools import lru_cache
from math import floor

from pyproj import Transformer

from gateway.floorplan.model import Point

_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
"""Letters of the 100 km columns, for zones 1, 2 and 3 and every third zone after each."""
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
"""Letters of the 100 km rows. They repeat every 2000 km, and begin with F in even-numbered zones."""
_SQUARE = 100_000


def mgrs(position: Point, digits: int = 5) -> str | None:
    """Return the reference of a (longitude, latitude) in WGS84 degrees, such as "16T CL 12345 67890", or None near the
    poles.

    ``digits`` is the number of digits of each coordinate: 5 for metres, 4 for tens of metres. A reference names the
    south-west corner of its square, so digits are cut off and not rounded.
    """
    longitude, latitude = position
    if not -80 <= latitude <= 84:
        return None
    zone = _zone(longitude, latitude)
    band = _BANDS[min(floor((latitude + 80) / 8), len(_BANDS) - 1)]
    easting, northing = _utm(zone, latitude < 0).transform(longitude, latitude)
    # A millimetre is far below what anybody can measure, and keeps a corner of a square in that square.
    east, north = floor(easting + 1e-3), floor(northing + 1e-3)
    column = _COLUMNS[(zone - 1) % 3][east // _SQUARE - 1]
    row = _ROWS[(north // _SQUARE + (5 if zone % 2 == 0 else 0)) % len(_ROWS)]
    unit = 10 ** (5 - digits)
    return f"{zone}{band} {column}{row} {east % _SQUARE // unit:0{digits}} {north % _SQUARE // unit:0{digits}}"


def _zone(longitude: float, latitude: float) -> int:
    """Return the UTM zone. Zones are wider around Norway and Svalbard."""
    zone = floor((longitude + 180) / 6) % 60 + 1
    if 56 <= latitude < 64 and 3 <= longitude < 12:
        return 32
    if latitude >= 72 and 0 <= longitude < 42:
        return next(zone for end, zone in ((9, 31), (21, 33), (33, 35), (42, 37)) if longitude < end)
    return zone


@lru_cache(maxsize=8)
def _utm(zone: int, southern: bool) -> Transformer:
    return Transformer.from_crs("EPSG:4326", f"EPSG:{(32700 if southern else 32600) + zone}", always_xy=True)
