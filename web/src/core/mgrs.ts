/** Positions in the Military Grid Reference System, as `gateway/floorplan/mgrs.py` writes them. Pure. */

import type { Point } from "./protocol.js";

const BANDS = "CDEFGHJKLMNPQRSTUVWX";
/** Letters of the 100 km columns, for zones 1, 2 and 3 and every third zone after each. */
const COLUMNS = ["ABCDEFGH", "JKLMNPQR", "STUVWXYZ"];
/** Letters of the 100 km rows. They repeat every 2000 km, and begin with F in even-numbered zones. */
const ROWS = "ABCDEFGHJKLMNPQRSTUV";
const SQUARE = 100_000;

const DEGREE = Math.PI / 180;
const A = 6378137;
const F = 1 / 298.257223563;
const N = F / (2 - F);
const RADIUS = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64);
const SCALE = 0.9996;
/** Coefficients of Krüger's series for the transverse Mercator projection, accurate to less than a millimetre. */
const ALPHA = [
  N / 2 - (2 / 3) * N ** 2 + (5 / 16) * N ** 3 + (41 / 180) * N ** 4,
  (13 / 48) * N ** 2 - (3 / 5) * N ** 3 + (557 / 1440) * N ** 4,
  (61 / 240) * N ** 3 - (103 / 140) * N ** 4,
  (49561 / 161280) * N ** 4,
];

/** Return the UTM zone. Zones are wider around Norway and Svalbard. */
function zoneOf(longitude: number, latitude: number): number {
  if (latitude >= 56 && latitude < 64 && longitude >= 3 && longitude < 12) return 32;
  if (latitude >= 72 && longitude >= 0 && longitude < 42) {
    return longitude < 9 ? 31 : longitude < 21 ? 33 : longitude < 33 ? 35 : 37;
  }
  return (Math.floor((longitude + 180) / 6) % 60) + 1;
}

/** Return easting and northing in metres. */
function utm(longitude: number, latitude: number, zone: number): Point {
  const sine = Math.sin(latitude * DEGREE);
  const e = (2 * Math.sqrt(N)) / (1 + N);
  const t = Math.sinh(Math.atanh(sine) - e * Math.atanh(e * sine));
  const away = (longitude - (zone * 6 - 183)) * DEGREE;
  const xi = Math.atan2(t, Math.cos(away));
  const eta = Math.atanh(Math.sin(away) / Math.hypot(1, t));
  let [east, north] = [eta, xi];
  ALPHA.forEach((alpha, index) => {
    const twice = 2 * (index + 1);
    east += alpha * Math.cos(twice * xi) * Math.sinh(twice * eta);
    north += alpha * Math.sin(twice * xi) * Math.cosh(twice * eta);
  });
  return [500_000 + SCALE * RADIUS * east, SCALE * RADIUS * north + (latitude < 0 ? 10_000_000 : 0)];
}

/** Return the reference of a (longitude, latitude) to the metre, such as `16T CL 12345 67890`, or null near the poles. */
export function mgrs([longitude, latitude]: Point): string | null {
  if (latitude < -80 || latitude > 84) return null;
  const zone = zoneOf(longitude, latitude);
  const band = BANDS[Math.min(Math.floor((latitude + 80) / 8), BANDS.length - 1)] ?? "";
  // A millimetre is far below what anybody can measure, and keeps a corner of a square in that square.
  const [east, north] = utm(longitude, latitude, zone).map((value) => Math.floor(value + 1e-3)) as [number, number];
  const column = COLUMNS[(zone - 1) % 3]?.[Math.floor(east / SQUARE) - 1] ?? "";
  const row = ROWS[(Math.floor(north / SQUARE) + (zone % 2 === 0 ? 5 : 0)) % ROWS.length] ?? "";
  const digits = (value: number): string => String(value % SQUARE).padStart(5, "0");
  return `${zone}${band} ${column}${row} ${digits(east)} ${digits(north)}`;
}
