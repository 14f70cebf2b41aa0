/** How each thing on a plan is drawn: the table that paper uses too. Pure. */

import table from "../../../gateway/floorplan/signs.json";

export type Shape = "square" | "hexagon" | "circle" | "diamond" | "pentagon";

export interface Sign {
  readonly short: string;
  readonly words: string;
  readonly shape: Shape;
  /** True if the sign is light on dark. */
  readonly filled: boolean;
  /** Signs of importance 1 are always shown. The higher the number, the sooner a crowded plan does without. */
  readonly importance: number;
}

export const SIGNS = table as Readonly<Record<keyof typeof table, Sign>> & Readonly<Record<string, Sign | undefined>>;

/** Return the sign of a kind, and a question mark for a kind that a newer gateway knows. */
export const signOf = (kind: string): Sign =>
  SIGNS[kind] ?? { short: "?", words: kind.replaceAll("_", " "), shape: "square", filled: false, importance: 4 };

/** The outlines of signs, in a box of 100 by 100 that is stretched to the sign's size. */
export const OUTLINES: Readonly<Record<Shape, string>> = {
  square: "M2 4H98V96H2Z",
  hexagon: "M16 4H84L98 50L84 96H16L2 50Z",
  circle: "M50 3C78 3 98 22 98 50S78 97 50 97S2 78 2 50S22 3 50 3Z",
  diamond: "M50 2L98 50L50 98L2 50Z",
  pentagon: "M50 2L98 30V97H2V30Z",
};
