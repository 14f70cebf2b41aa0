/** The tools that draw: rooms from two corners or from their outline, and features at a point. */

import type { Point } from "../core/protocol.js";
import { Sheet, door, freshName, rectangle, room } from "../drawing/shapes.js";
import type { Snapped } from "../drawing/snap.js";
import type { Editing } from "./editing.js";

export class Pen {
  /** The corners clicked so far. */
  #corners: readonly Point[] = [];

  constructor(private readonly editing: Editing) {}

  /** Cancel what was started. Return true if there was something to cancel. */
  giveUp(): boolean {
    const begun = this.#corners.length > 0;
    this.#corners = [];
    return begun;
  }

  /** Finish the outline that is being drawn. */
  finish(): void {
    if (this.editing.tool === "outline" && this.#corners.length >= 3) this.#addRoom(this.#corners);
  }

  /** Return what the next click would draw. */
  preview({ point }: Snapped, sheet: Sheet): { points: readonly Point[]; closed: boolean } {
    const [first] = this.#corners;
    if (!first) return { points: [], closed: false };
    return this.editing.tool === "room"
      ? { points: rectangle(first, point, sheet.along), closed: true }
      : { points: [...this.#corners, point], closed: false };
  }

  clicked(snapped: Snapped, sheet: Sheet): void {
    const { editing } = this;
    const { point } = snapped;
    const [first] = this.#corners;
    switch (editing.tool) {
      case "select":
        return;
      case "room":
        if (first) this.#addRoom(rectangle(first, point, sheet.along));
        else this.#corners = [point];
        return;
      case "outline":
        if (first && this.#corners.length >= 3 && first[0] === point[0] && first[1] === point[1]) this.finish();
        else this.#corners = [...this.#corners, point];
        return;
      default:
        this.#addPoint(editing.tool, snapped, sheet);
    }
  }

  #addPoint(tool: "door" | "window" | "feature" | "camera", snapped: Snapped, sheet: Sheet): void {
    const { editing } = this;
    const { floor } = editing;
    const geometry = { type: "Point", coordinates: sheet.projection.toDegrees(snapped.point) } as const;
    if (tool === "feature") {
      editing.add("feature", { kind: "aed", name: "Where it is", ...(floor === null ? {} : { floor }) }, geometry);
    } else if (floor === null) {
      return;
    } else if (tool === "door") {
      editing.add("door", door(sheet, snapped), geometry);
    } else if (tool === "window") {
      editing.add("window", { number: "1", floor, heading: sheet.outward(snapped) }, geometry);
    } else {
      const [id] = editing.missingCameras();
      if (id !== undefined) editing.add("camera", { floor, heading: 0, fov: 90, range: 15 }, geometry, id);
    }
  }

  #addRoom(corners: readonly Point[]): void {
    const { editing } = this;
    const { floor, projection, document } = editing;
    this.giveUp();
    if (!projection || !document || floor === null) return;
    const ring = corners.map(projection.toDegrees);
    const [first] = ring;
    if (!first) return;
    editing.add("room", room(floor, freshName(document, "room", "Room")), { type: "Polygon", coordinates: [[...ring, first]] });
  }
}
