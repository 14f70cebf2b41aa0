/** Plays the alarm through Web Audio by looping one period. Browsers mute it until somebody presses something. */

import { chime, samples } from "../../core/alarm/alarm-sound.js";
import type { Sounding } from "../../core/alarm/alarms.js";

/** A sound fades over this many seconds, so that it ends without a click. */
const FADE = 0.03;

/** `off`: the browser is waiting for a press. `missing`: this browser has no Web Audio. */
export type SoundState = "on" | "off" | "missing";

export class Siren {
  #context: AudioContext | null = null;
  #playing: { key: string; source: AudioBufferSourceNode; gain: GainNode } | null = null;

  constructor(private readonly changed: () => void) {}

  get state(): SoundState {
    if (!("AudioContext" in globalThis)) return "missing";
    return this.#context?.state === "running" ? "on" : "off";
  }

  /** Get Web Audio ready. If the browser allows sound without a press, the sound is on from here. */
  prepare(): void {
    if (this.#context !== null || this.state === "missing") return;
    this.#context = new AudioContext();
    this.#context.addEventListener("statechange", this.changed);
  }

  /** Start the sound, or resume it after the browser has stopped it. Call this on a press. */
  wake(): void {
    this.prepare();
    // The browser refuses if it does not count this as a press. `state` then stays "off", and the page keeps asking for
    // a press.
    if (this.state === "off") this.#context?.resume().catch(() => undefined);
  }

  /** Play this until the next call. While the browser mutes it, it waits for a press. */
  play(sounds: Sounding | null): void {
    const key = sounds === null ? "" : `${sounds.kind} ${sounds.pressing}`;
    if (key === (this.#playing?.key ?? "")) return;
    this.#stop();
    if (sounds === null || this.#context === null) return;
    this.#playing = { key, ...this.#start(this.#context, samples(sounds, this.#context.sampleRate), true) };
  }

  /** Play one second of a sound that is not an alarm. */
  chime(): void {
    this.wake();
    if (this.#context) this.#start(this.#context, chime(this.#context.sampleRate), false);
  }

  #start(context: AudioContext, sound: Float32Array<ArrayBuffer>, loop: boolean): { source: AudioBufferSourceNode; gain: GainNode } {
    const buffer = context.createBuffer(1, sound.length, context.sampleRate);
    buffer.copyToChannel(sound, 0);
    const source = context.createBufferSource();
    const gain = context.createGain();
    source.buffer = buffer;
    source.loop = loop;
    source.connect(gain).connect(context.destination);
    source.start();
    return { source, gain };
  }

  #stop(): void {
    if (this.#playing === null || this.#context === null) return;
    const { source, gain } = this.#playing;
    this.#playing = null;
    const now = this.#context.currentTime;
    gain.gain.setValueAtTime(1, now);
    gain.gain.linearRampToValueAtTime(0, now + FADE);
    source.stop(now + FADE);
    source.onended = () => gain.disconnect();
  }
}
