/**
 * The sounds of an alarm, as samples. The page loops them, so that a hidden tab's slow timers cannot delay a siren. Pure.
 *
 * Real, drill and test alarms differ in melody, rhythm and timbre, not only in loudness. A real alarm rises in bursts.
 * It is silent for more than half of the time, so that people can speak on the radio. None of the sounds has the three
 * or four even beats of fire and carbon monoxide alarms.
 */

import type { Sounding } from "./alarms.js";
import type { IncidentKind } from "../protocol.js";

type Timbre = "pure" | "buzz" | "bell";

interface Note {
  /** Seconds from the start of the period. */
  readonly at: number;
  readonly lasts: number;
  /** Frequency in Hz at the start and end of the note. */
  readonly from: number;
  readonly to: number;
  readonly timbre: Timbre;
}

interface Score {
  /** Seconds after which the sound repeats. */
  readonly period: number;
  /** Peak level, at most 1. */
  readonly level: number;
  readonly notes: readonly Note[];
}

const rise = (at: number): Note => ({ at, lasts: 0.22, from: 620, to: 1240, timbre: "buzz" });
const bell = (at: number, hertz: number): Note => ({ at, lasts: 0.9, from: hertz, to: hertz, timbre: "bell" });
const blip = (at: number): Note => ({ at, lasts: 0.12, from: 392, to: 392, timbre: "pure" });
const fall: readonly Note[] = [bell(0, 659), bell(0.45, 523)];

const SCORES: Readonly<Record<IncidentKind, readonly [calm: Score, pressing: Score]>> = {
  real: [
    { period: 2.4, level: 0.6, notes: [0, 0.28, 0.56].map(rise) },
    { period: 1.3, level: 1, notes: [0, 0.28].map(rise) },
  ],
  drill: [
    { period: 4, level: 0.4, notes: fall },
    { period: 2, level: 0.8, notes: fall },
  ],
  test: [
    { period: 6, level: 0.3, notes: [0, 0.2].map(blip) },
    { period: 3, level: 0.6, notes: [0, 0.2].map(blip) },
  ],
};

/** One second of test sound, unlike any alarm. */
const CHIME: Score = { period: 1, level: 0.4, notes: [bell(0, 880), bell(0.1, 1319)] };

const FADE_IN = 0.006;
const FADE_OUT = 0.03;

export const score = ({ kind, pressing }: Sounding): Score => SCORES[kind][pressing ? 1 : 0];

/** Return one period of the alarm, to be looped: mono samples between -1 and 1. */
export const samples = (sounds: Sounding, rate: number): Float32Array<ArrayBuffer> => render(score(sounds), rate);

/** Return the samples of the test sound, which plays once. */
export const chime = (rate: number): Float32Array<ArrayBuffer> => render(CHIME, rate);

/** Return milliseconds of vibration and rest in turn, for one period of the sound. */
export function vibration(sounds: Sounding): number[] {
  const beats = { real: 3, drill: 2, test: 1 }[sounds.kind];
  return Array.from({ length: beats }, () => [sounds.kind === "real" ? 350 : 150, 120]).flat();
}

function render({ period, level, notes }: Score, rate: number): Float32Array<ArrayBuffer> {
  const sound = new Float32Array(Math.round(period * rate));
  for (const note of notes) {
    let phase = 0;
    const first = Math.round(note.at * rate);
    const count = Math.min(Math.round(note.lasts * rate), sound.length - first);
    for (let index = 0; index < count; index += 1) {
      const t = index / rate;
      phase += (note.from + ((note.to - note.from) * t) / note.lasts) / rate;
      const loudness = Math.min(1, t / FADE_IN, (count / rate - t) / FADE_OUT) * level;
      sound[first + index] = (sound[first + index] ?? 0) + loudness * wave(note.timbre, phase, t);
    }
  }
  return sound.map((value) => Math.max(-1, Math.min(1, value)));
}

function wave(timbre: Timbre, phase: number, t: number): number {
  const turn = 2 * Math.PI * phase;
  switch (timbre) {
    case "pure":
      return Math.sin(turn);
    case "buzz":
      return 0.62 * (Math.sin(turn) + 0.5 * Math.sin(2 * turn) + 0.33 * Math.sin(3 * turn));
    case "bell":
      return Math.exp(-5 * t) * (0.75 * Math.sin(turn) + 0.2 * Math.sin(2 * turn));
  }
}
