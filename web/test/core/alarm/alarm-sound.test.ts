import { describe, expect, it } from "vitest";

import { chime, samples, vibration } from "../../../src/core/alarm/alarm-sound.js";
import type { Sounding } from "../../../src/core/alarm/alarms.js";
import type { IncidentKind } from "../../../src/core/protocol.js";

const RATE = 16_000;
const KINDS: readonly IncidentKind[] = ["real", "drill", "test"];
const sound = (kind: IncidentKind, pressing = false): Float32Array => samples({ kind, pressing }, RATE);

const power = (of: Float32Array): number => of.reduce((sum, value) => sum + value * value, 0) / of.length;

/** The share of 50 ms windows that are silent. */
function silence(of: Float32Array): number {
  const size = RATE / 20;
  const windows = Array.from({ length: Math.floor(of.length / size) }, (_, i) => power(of.subarray(i * size, (i + 1) * size)));
  return windows.filter((value) => value < 1e-4).length / windows.length;
}

/** Zero crossings per second while it sounds, as a rough pitch. */
function pitch(of: Float32Array): number {
  const loud = of.filter((value) => Math.abs(value) > 0.003);
  return (loud.filter((value, index) => index > 0 && value > 0 && (loud[index - 1] ?? 0) < 0).length * RATE) / loud.length;
}

describe("the sound of an alarm", () => {
  it.each(KINDS)("%s is audible, never clips, and ends where it begins, so that its loop does not click", (kind) => {
    for (const pressing of [false, true]) {
      const one = sound(kind, pressing);
      expect(power(one)).toBeGreaterThan(1e-4);
      expect(Math.max(...one.map(Math.abs))).toBeLessThanOrEqual(1);
      expect(Math.abs(one[0] ?? 1)).toBeLessThan(0.01);
      expect(Math.abs(one.at(-1) ?? 1)).toBeLessThan(0.01);
    }
  });

  it.each(KINDS)("%s is louder and faster once nobody has acknowledged in time", (kind) => {
    const [calm, pressing] = [sound(kind), sound(kind, true)];
    expect(pressing.length).toBeLessThan(0.6 * calm.length);
    expect(power(pressing)).toBeGreaterThan(2 * power(calm));
  });

  it("a real alarm leaves time to speak, even when it is overdue", () => {
    expect(silence(sound("real"))).toBeGreaterThan(0.6);
    expect(silence(sound("real", true))).toBeGreaterThan(0.5);
  });

  it("real, drill and test differ in pitch and in rhythm", () => {
    const [real, drill, test] = KINDS.map((kind) => pitch(sound(kind))) as [number, number, number];
    expect(real).toBeGreaterThan(1.2 * drill);
    expect(drill).toBeGreaterThan(1.2 * test);
    expect(new Set(KINDS.map((kind) => sound(kind).length)).size).toBe(3);
    expect(new Set(KINDS.map((kind) => vibration({ kind, pressing: false }).join())).size).toBe(3);
  });

  it("the test sound lasts one second and is not an alarm", () => {
    const one = chime(RATE);
    expect(one.length).toBe(RATE);
    const alarms: Sounding[] = KINDS.flatMap((kind) => [false, true].map((pressing) => ({ kind, pressing })));
    for (const alarm of alarms) expect(pitch(one)).not.toBeCloseTo(pitch(samples(alarm, RATE)), -2);
  });
});
