/** Shows an alarm outside the page: the tab's title and icon, vibration, and system notifications if allowed. */

import { vibration, score } from "../../core/alarm/alarm-sound.js";
import { favicon, title, type Sounding } from "../../core/alarm/alarms.js";
import { UNKNOWN_ROOM } from "../../core/alarm/places.js";
import type { Incident } from "../../core/protocol.js";

const WORDS = { real: "REAL alarm", drill: "DRILL", test: "TEST" } as const;

export type Permission = NotificationPermission | "missing";

export class Attention {
  #vibratedAt = -Infinity;
  #icon = "";
  /** Notifications on the screen, keyed by incident, and the last alarm that was announced for each incident. */
  readonly #shown = new Map<string, Notification>();
  readonly #announced = new Map<string, number>();

  get permission(): Permission {
    return "Notification" in globalThis ? Notification.permission : "missing";
  }

  /** Ask the browser for permission. Call this only on a press, or the browser will refuse permanently. */
  async ask(): Promise<void> {
    if (this.permission === "default") await Notification.requestPermission();
  }

  /** Update everything. `now` is page time in seconds. */
  show(open: readonly Incident[], unheard: readonly Incident[], sounds: Sounding | null, now: number): void {
    const beat = Math.floor(now) % 2 === 0;
    const words = title(open, sounds, beat);
    if (document.title !== words) document.title = words;
    this.#paint(favicon(open, sounds, beat));
    this.#vibrate(sounds, now);
    this.#announce(unheard);
  }

  #paint(svg: string): void {
    if (svg === this.#icon) return;
    this.#icon = svg;
    const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (link) link.href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  #vibrate(sounds: Sounding | null, now: number): void {
    if (sounds === null) {
      if (this.#vibratedAt !== -Infinity) vibrate(0);
      this.#vibratedAt = -Infinity;
    } else if (now - this.#vibratedAt >= score(sounds).period) {
      vibrate(vibration(sounds));
      this.#vibratedAt = now;
    }
  }

  /** Notify once per alarm, and only if nobody is looking at the page. Remove the notification once the alarm is over. */
  #announce(unheard: readonly Incident[]): void {
    for (const [id, notification] of this.#shown) {
      if (unheard.some((one) => one.id === id)) continue;
      notification.close();
      this.#shown.delete(id);
    }
    for (const incident of unheard) {
      if (this.#announced.get(incident.id) === incident.alarms) continue;
      this.#announced.set(incident.id, incident.alarms);
      if (this.permission === "granted" && !(document.visibilityState === "visible" && document.hasFocus())) this.#notify(incident);
    }
  }

  #notify(incident: Incident): void {
    const { id, kind, site_name: school, origin } = incident;
    const body = `${origin.room_name ?? UNKNOWN_ROOM}. Open Sightline to acknowledge.`;
    try {
      this.#shown.get(id)?.close();
      const notification = new Notification(`${WORDS[kind]} \u00b7 ${school}`, { body, tag: `${id} ${incident.alarms}`, requireInteraction: kind === "real" });
      notification.onclick = () => window.focus();
      this.#shown.set(id, notification);
    } catch {
      // Phones show notifications only from service workers. The sound, the title and the vibration still work.
    }
  }
}

/** Vibrate on phones; do nothing elsewhere. */
function vibrate(pattern: number | number[]): void {
  if ("vibrate" in navigator) navigator.vibrate(pattern);
}
