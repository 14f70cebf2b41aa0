import { describe, expect, it } from "vitest";

import { ClockSync } from "../../../src/core/age/clock-sync.js";

describe("the gateway's clock", () => {
  it("is unknown before the first answer", () => {
    expect(new ClockSync().at(10)).toBeNull();
  });

  it("is half a round trip before the answer, give or take half a round trip", () => {
    const clock = new ClockSync();
    clock.add(10, 510.05, 10.1);
    const estimate = clock.at(10.1);
    expect(estimate?.offset).toBeCloseTo(500, 9);
    expect(estimate?.uncertainty).toBeCloseTo(0.05, 9);
  });

  it("is taken from the sample with the shortest round trip", () => {
    const clock = new ClockSync();
    clock.add(10, 510.005, 10.01);
    clock.add(11, 511.9, 12);
    expect(clock.at(12)?.offset).toBeCloseTo(500, 9);
  });

  it("forgets all but the last thirty samples", () => {
    const clock = new ClockSync();
    clock.add(0, 500, 0);
    for (let second = 1; second <= 30; second += 1) clock.add(second, second + 600.1, second + 0.2);
    expect(clock.at(31)?.offset).toBeCloseTo(600, 9);
  });

  it("grows less certain by 50 ppm of the sample's age", () => {
    const clock = new ClockSync();
    clock.add(0, 500, 0);
    expect(clock.at(1000)?.uncertainty).toBeCloseTo(0.05, 9);
  });

  it("is unknown again after a sleep", () => {
    const clock = new ClockSync();
    clock.add(0, 500, 0);
    clock.forget();
    expect(clock.at(1)).toBeNull();
  });

  it("ignores an answer that arrives before its question or has no number", () => {
    const clock = new ClockSync();
    clock.add(10, 500, 9);
    clock.add(10, Number.NaN, 11);
    expect(clock.at(11)).toBeNull();
  });
});
