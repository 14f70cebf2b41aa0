/** Names that say which school they are of, as soon as a page knows more than one: two schools have a "Main entrance". */

import type { Camera } from "../core/protocol.js";
import { store } from "./store.js";

/** The school's name; "" where the page knows no other. */
export function schoolIfMany(site: string): string {
  return store.sites.length > 1 ? (store.site(site)?.name ?? site) : "";
}

/** `Main entrance · Lincoln Middle School`. */
export const fullName = (camera: Camera): string => [camera.name, schoolIfMany(camera.site)].filter(Boolean).join(" \u00b7 ");
