/** Web Audio for the alarm: loops one period of what sounds. Browsers keep it mute until somebody has pressed something. */

import { chime, samples } from "../core/alarm-sound.js";
import type { Sounding } from "../core/alarms.js";

/** Seconds in which a sound fades, so that it ends without a click. */
const FADE = 0.03;

/** `off`: the browser wants a press first. `missing`: this browser has no Web Audio. */
export type SoundState = "on" | "off" | "missing";

export class Siren {
  #context: AudioContext | null = null;
  #playing: { key: string; source: AudioBufferSourceNode; gain: GainNode } | null = null;

  constructor(private readonly changed: () => void) {}

  get state(): SoundState {
    if (!("AudioContext" in globalThis)) return "missing";
    return this.#context?.state === "running" ? "on" : "off";
  }

  /** Have Web Audio ready; where the browser allows it without a press, it is on from here. */
  prepare(): void {
    if (this.#context !== null || this.state === "missing") return;
    this.#context = new AudioContext();
    this.#context.addEventListener("statechange", this.changed);
  }

  /** By a press: begin, or go on after the browser has stopped it. */
  wake(): void {
    this.prepare();
    // Refused where it was no press: `state` says so, and the page goes on asking for one.
    if (this.state === "off") this.#context?.resume().catch(() => undefined);
  }

  /** Sound this, from now until another call. While the browser keeps it mute, it waits for the press. */
  play(sounds: Sounding | null): void {
    const key = sounds === null ? "" : `${sounds.kind} ${sounds.pressing}`;
    if (key === (this.#playing?.key ?? "")) return;
    this.#stop();
    if (sounds === null || this.#context === null) return;
    this.#playing = { key, ...this.#start(this.#context, samples(sounds, this.#context.sampleRate), true) };
  }

  /** One second of a sound that is no alarm. */
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
