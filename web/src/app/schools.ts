/** Adds the school to a camera's name if the page knows several schools: two of them may have a "Main entrance". */

import type { Camera } from "../core/protocol.js";
import { store } from "./store.js";

/** Return the school's name, or "" if the page has only one school. */
export function schoolIfMany(site: string): string {
  return store.sites.length > 1 ? (store.site(site)?.name ?? site) : "";
}

/** Return a name such as `Main entrance · Lincoln Middle School`. */
export const fullName = (camera: Camera): string => [camera.name, schoolIfMany(camera.site)].filter(Boolean).join(" \u00b7 ");
