/** A floor plan as GeoJSON, the form in which it is drawn (config/plans/README.md). Every change returns a new document. Pure. */

import type { Point } from "../core/protocol.js";

export type Position = readonly [number, number];
export type Value = string | number | boolean | null | readonly string[] | readonly object[];
export type Properties = Readonly<Record<string, Value>> & { readonly type: string };
export type Geometry =
  | { readonly type: "Point"; readonly coordinates: Position }
  | { readonly type: "Polygon"; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: "LineString"; readonly coordinates: readonly Position[] };

export interface Feature {
  readonly type: "Feature";
  readonly id: string;
  readonly properties: Properties;
  readonly geometry: Geometry;
}

export interface PlanDocument {
  readonly type: "FeatureCollection";
  readonly features: readonly Feature[];
}

export const find = (document: PlanDocument, id: string): Feature | undefined => document.features.find((one) => one.id === id);

/** Return the features of these types, in the order of the document. */
export const ofType = (document: PlanDocument, ...types: string[]): Feature[] =>
  document.features.filter((one) => types.includes(one.properties.type));

/** Return the features that are drawn on a floor's sheet, or on that of the grounds if `floor` is null. */
export function onSheet(document: PlanDocument, floor: string | null): Feature[] {
  return document.features.filter(({ id, properties }) =>
    floor === null
      ? ["building", "ground", "gate"].includes(properties.type) || (properties.type === "feature" && !properties["floor"])
      : id === floor || properties["floor"] === floor,
  );
}

/** Replace the feature that has the same id, or add this one. */
export function put(document: PlanDocument, feature: Feature): PlanDocument {
  const known = document.features.some((one) => one.id === feature.id);
  const features = known
    ? document.features.map((one) => (one.id === feature.id ? feature : one))
    : [...document.features, feature];
  return { ...document, features };
}

export const remove = (document: PlanDocument, id: string): PlanDocument => ({
  ...document,
  features: document.features.filter((one) => one.id !== id),
});

/** Change one property. Null, an empty text or an empty list removes it, because optional properties have defaults. */
export function set(document: PlanDocument, id: string, key: string, value: Value): PlanDocument {
  const feature = find(document, id);
  if (!feature) return document;
  const gone = value === null || value === "" || (Array.isArray(value) && value.length === 0);
  const others = Object.entries(feature.properties).filter(([one]) => one !== key);
  const before = Object.keys(feature.properties).indexOf(key);
  if (!gone) others.splice(before < 0 ? others.length : before, 0, [key, value]);
  return put(document, { ...feature, properties: { ...Object.fromEntries(others), type: feature.properties.type } });
}

/** Return an id that the document does not have yet, such as `lincoln-room-12`. */
export function freshId(document: PlanDocument, site: string, type: string): string {
  const taken = new Set(document.features.map((one) => one.id));
  let number = 1;
  while (taken.has(`${site}-${type}-${number}`)) number += 1;
  return `${site}-${type}-${number}`;
}

/** Return the position of a point, the corners of an outline (without repeating the first), or the points of a line. */
export function positions(feature: Feature): readonly Position[] {
  const { geometry } = feature;
  if (geometry.type === "Point") return [geometry.coordinates];
  return geometry.type === "Polygon" ? (geometry.coordinates[0] ?? []).slice(0, -1) : geometry.coordinates;
}

/** Return the feature moved to other positions, which have the form that `positions` returns. */
export function at(feature: Feature, where: readonly Position[]): Feature {
  const first = where[0];
  if (first === undefined) return feature;
  const { type } = feature.geometry;
  if (type === "Point") return { ...feature, geometry: { type, coordinates: first } };
  if (type === "LineString") return { ...feature, geometry: { type, coordinates: where } };
  return { ...feature, geometry: { type, coordinates: [[...where, first]] } };
}

/** Return a property as text, or "" if it is neither text nor a number. */
export function textOf(feature: Feature, key: string): string {
  const value = feature.properties[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Return what people call a feature: its number, then its name. */
export function called(feature: Feature): string {
  const { number, name, type } = feature.properties;
  const words = [number, name].filter((word): word is string => typeof word === "string" && word !== "");
  const twice = words.length === 2 && (words[1] ?? "").split(" ").includes(words[0] ?? "");
  return (twice ? words[1] : words.join(" ")) || (type === "camera" ? feature.id : `${type} without a name`);
}

/** Metres east and north of the anchor, and back. */
export interface Projection {
  readonly toMetres: (position: Position) => Point;
  readonly toDegrees: (point: Point) => Position;
}

const A = 6378137;
const E2 = 0.00669437999014;
/** Seven decimals are about a centimetre. */
const DECIMALS = 1e7;
const round = (value: number): number => Math.round(value * DECIMALS) / DECIMALS;

/**
 * Return the projection around an anchor: metres along the meridian and the parallel of the WGS84 ellipsoid. It differs from the
 * gateway's own (azimuthal equidistant) by less than 1 cm at 140 m from the anchor, and by less than 20 cm at 1.2 km.
 */
export function projection([longitude, latitude]: Position): Projection {
  const radians = (latitude * Math.PI) / 180;
  const w = Math.sqrt(1 - E2 * Math.sin(radians) ** 2);
  const metresPerLatitude = ((A * (1 - E2)) / w ** 3) * (Math.PI / 180);
  const metresPerLongitude = (A / w) * Math.cos(radians) * (Math.PI / 180);
  return {
    toMetres: ([lon, lat]) => [(lon - longitude) * metresPerLongitude, (lat - latitude) * metresPerLatitude],
    toDegrees: ([x, y]) => [round(longitude + x / metresPerLongitude), round(latitude + y / metresPerLatitude)],
  };
}

/** Return the projection around the point of the document's site, or null if there is none. */
export function projectionOf(document: PlanDocument): Projection | null {
  const [site] = ofType(document, "site");
  return site?.geometry.type === "Point" ? projection(site.geometry.coordinates) : null;
}
