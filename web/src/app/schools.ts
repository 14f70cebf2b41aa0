/** Adds the school to a camera's name if the page knows several schools: two of them may have a "Main entrance". */

import type { Camera } from "../core/protocol.js";
import { store } from "./store.js";

/** The school's name; "" if the page knows no other. */
export function schoolIfMany(site: string): string {
  return store.sites.length > 1 ? (store.site(site)?.name ?? site) : "";
}

/** `Main entrance · Lincoln Middle School`. */
export const fullName = (camera: Camera): string => [camera.name, schoolIfMany(camera.site)].filter(Boolean).join(" \u00b7 ");
