/** Lists the properties of each type of feature, as fields of the form beside the drawing. Pure. */

import { SIGNS } from "./signs.js";

export interface Field {
  readonly key: string;
  readonly label: string;
  readonly kind: "text" | "number" | "choice" | "flag" | "list" | "date";
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  /** Shown below the field. */
  readonly hint?: string;
}

const name: Field = { key: "name", label: "Name", kind: "text" };
const number: Field = { key: "number", label: "Number", kind: "text" };
const heading: Field = { key: "heading", label: "Heading", kind: "number", min: 0, max: 359.9, step: 1, hint: "Degrees clockwise from north." };
const choice = (label: string, ...choices: string[]): Field => ({ key: "kind", label, kind: "choice", choices });
const flag = (key: string, label: string): Field => ({ key, label, kind: "flag" });

export const ROOM_KINDS = [
  "classroom", "office", "hallway", "stairwell", "gym", "cafeteria", "library", "auditorium", "kitchen", "locker_room",
  "restroom", "storage", "utility", "other",
] as const;

export const FEATURE_KINDS = Object.keys(SIGNS);

export const FIELDS: Readonly<Record<string, readonly Field[]>> = {
  site: [name, { key: "address", label: "Address", kind: "text" }],
  building: [name, flag("portable", "Portable classroom")],
  floor: [name, { key: "level", label: "Level", kind: "number", step: 1, hint: "0 is the ground floor." }],
  room: [
    { ...number, hint: "As shown on the door." },
    name,
    choice("Kind", ...ROOM_KINDS),
    { key: "use", label: "Use", kind: "text", hint: "Such as chemistry." },
    { key: "windows", label: "Window numbers", kind: "list", hint: "Separated by commas, as shown on the outside." },
  ],
  door: [
    { ...number, hint: "As painted on the building." },
    name,
    choice("Kind", "exterior", "interior"),
    heading,
    { key: "width", label: "Width", kind: "number", min: 0.5, max: 20, step: 0.1, hint: "Metres." },
    { key: "opens_by", label: "Opens by", kind: "text", hint: "Such as a key or a code that responders have." },
    flag("override_reader", "Opens to the responders\u2019 credential"),
    flag("glass", "Glass"),
    flag("normally_open", "Normally open during school hours"),
  ],
  window: [number, heading, { key: "width", label: "Width", kind: "number", min: 0.3, max: 20, step: 0.1 }, flag("see_through", "Cameras see through it")],
  feature: [
    choice("Kind", ...FEATURE_KINDS),
    { ...name, label: "Where it is" },
    { key: "contents", label: "Contents", kind: "list", hint: "Separated by commas." },
    { key: "checked_on", label: "Last checked", kind: "date" },
    { key: "hazard", label: "What is dangerous", kind: "text" },
  ],
  camera: [
    heading,
    { key: "fov", label: "Angle of view", kind: "number", min: 1, max: 360, step: 1, hint: "Degrees." },
    { key: "range", label: "Useful range", kind: "number", min: 1, max: 500, step: 1, hint: "Metres." },
    { key: "height", label: "Height", kind: "number", min: 0.1, max: 100, step: 0.1, hint: "Metres above the floor." },
    flag("ptz", "Can be turned"),
  ],
  ground: [name, choice("Kind", "parking", "athletic_field", "playground", "road", "fence", "neighboring_property")],
  gate: [number, name, choice("Kind", "vehicle", "pedestrian"), flag("override_reader", "Opens to the responders\u2019 credential")],
};

/** Return a value of the file as words: `key_box` becomes `key box`. */
export const words = (value: string): string => value.replaceAll("_", " ");
