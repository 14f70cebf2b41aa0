/** This page's alarm: sounds, shows and keeps the screen on as `core/alarm/alarms.ts` decides. Sends acknowledgements. */

import { Problem, api } from "../../core/gateway/api.js";
import { sounding, unheard } from "../../core/alarm/alarms.js";
import type { Incident } from "../../core/protocol.js";
import { Attention, type Permission } from "./attention.js";
import { Awake } from "./awake.js";
import { told } from "../observer.js";
import { Siren, type SoundState } from "./siren.js";
import { store } from "../store.js";

/** If an acknowledgement did not arrive, send it again after this many milliseconds. */
const AGAIN = 2000;
/** Events that browsers count as a press. */
const PRESSES = ["pointerup", "click", "keydown"] as const;

class Alarm {
  readonly #siren = new Siren(() => store.changed());
  readonly #attention = new Attention();
  readonly #awake = new Awake();
  /** This person's presses: incident id to the number of its alarms at the press. */
  readonly #pressed = new Map<string, number>();
  readonly #failures = new Map<string, string>();
  #second = -1;

  constructor() {
    for (const press of PRESSES) addEventListener(press, () => this.#wake(), { capture: true, passive: true });
    document.addEventListener("visibilitychange", () => this.#wake());
    store.addEventListener("change", () => this.#step());
    store.ticker.add((now) => {
      if (Math.floor(now) !== this.#second) this.#step();
    });
  }

  /** The state of the sound; null on pages that never sound an alarm. */
  get sound(): SoundState | null {
    return store.me?.principal.police ? this.#siren.state : null;
  }

  /** Turn the sound on. Call this on a press. From then on, every unheard alarm sounds. */
  turnOn(): void {
    this.#wake();
    this.#step();
  }

  chime(): void {
    this.#siren.chime();
  }

  get notifications(): Permission {
    return this.#attention.permission;
  }

  async allowNotifications(): Promise<void> {
    await this.#attention.ask();
    store.changed();
  }

  /** Return why this person's acknowledgement has not arrived yet, or "" if nothing is wrong. */
  failure(incident: string): string {
    return this.#failures.get(incident) ?? "";
  }

  /** Return true between the press and the gateway's answer. */
  sending(incident: Incident): boolean {
    return this.#pressed.get(incident.id) === incident.alarms;
  }

  /** Silence this page at once and tell the gateway. If it does not answer, keep trying for as long as it matters. */
  async acknowledge({ id, alarms }: Incident): Promise<void> {
    this.#pressed.set(id, alarms);
    this.#tell(id, "");
    while (this.#pressed.get(id) === alarms) {
      try {
        await store.answer(() => api.acknowledge(id, alarms));
        this.#tell(id, "");
        return;
      } catch (error) {
        if (!(error instanceof Problem) || error.final) {
          this.#pressed.delete(id);
          this.#tell(id, told(error));
          return;
        }
        this.#tell(id, "Not sent yet: no answer. Trying again.");
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
      const now = store.incidents.get(id);
      if (now?.state === "open" && now.alarms === alarms) continue;
      this.#pressed.delete(id); // the press was for something that is no longer open
      this.#tell(id, "");
    }
  }

  #tell(incident: string, failure: string): void {
    if (failure === "") this.#failures.delete(incident);
    else this.#failures.set(incident, failure);
    store.changed();
  }

  #wake(): void {
    if (this.sound !== "off") return;
    this.#siren.wake();
    this.#step();
  }

  #step(): void {
    const now = store.now();
    this.#second = Math.floor(now);
    const who = store.me?.principal ?? null;
    if (this.sound !== null) this.#siren.prepare();
    const open = store.open();
    const sounds = sounding(open, who, this.#pressed, store.wall());
    const waiting = who ? open.filter((one) => unheard(one, who, this.#pressed)) : [];
    this.#siren.play(sounds);
    this.#attention.show(open, waiting, sounds, now);
    this.#awake.want(open.length > 0);
  }
}

/** The page's one alarm. */
export const alarm = new Alarm();
