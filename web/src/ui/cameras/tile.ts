/** One camera's picture, with its state and age. A timer counts the age whether or not frames arrive. */

import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { fullName, schoolIfMany } from "../../app/schools.js";
import { store } from "../../app/store.js";
import { audible, stateLabel, type Verdict } from "../../core/age/age.js";
import { counter } from "../../core/labels.js";
import type { Camera, StreamName } from "../../core/protocol.js";
import { report } from "../../media/glass.js";
import { Viewing } from "../../media/viewing.js";
import { HOLDS, SENT, sourceFault } from "../../media/tile-words.js";
import { icon } from "../icons.js";
import { base } from "../styles.js";
import { tileStyles } from "./tile-styles.js";

/** Dispatched synchronously for every frame that appears on the glass. */
export interface FrameDetail {
  camera: string;
  rtpTimestamp: number;
  /** Page time in seconds at which all of the following holds. */
  at: number;
  /** Seconds; null if unknown. */
  captureAge: number | null;
  /** The true age differs from `captureAge` by no more than this (seconds); null if that is only a lower bound. */
  uncertainty: number | null;
  state: Verdict["state"];
}

const NOTHING: Verdict = { state: "not_live", age: null, uncertainty: null, reason: "" };

/** The tile that somebody wants to hear dispatches this on the document, so that all others fall silent. */
const HEARD = "sightline-heard";

@customElement("sl-tile")
export class Tile extends LitElement {
  static override styles = [base, tileStyles];

  @property({ attribute: false }) camera!: Camera;
  /** `auto`: the gateway chooses according to the role and the link. */
  @property() stream: StreamName | "auto" = "main";
  /** Its number on the plan and on the keyboard; 0 if none. */
  @property({ type: Number }) digit = 0;
  @property({ type: Boolean }) closable = false;
  /** True if the tile fills the wall, so there is room for more detail. */
  @property({ type: Boolean }) large = false;
  @state() private verdict = NOTHING;
  @state() private notes: string[] = [];
  /** The name of its stream, if that is not the main one. */
  @state() private sent = "";
  /** True if somebody wants to hear this camera. */
  @state() private heard = false;

  #viewing: Viewing | null = null;
  #video: HTMLVideoElement | null = null;
  #stops: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#open();
    const listening = new AbortController();
    const other = ({ detail }: CustomEvent<Tile>): void => {
      if (detail !== this) this.#hear(false);
    };
    document.addEventListener(HEARD, other as EventListener, listening);
    this.#stops = [store.ticker.add(() => this.#look()), report(() => this.#glass()), () => listening.abort()];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.#stops) stop();
    this.#close();
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("camera") || changed.has("stream")) this.#open();
    this.dataset["testid"] = `tile-${this.camera.id}`;
  }

  #open(): void {
    this.#close();
    this.#viewing = new Viewing(store, this.camera, this.stream === "auto" ? null : this.stream, {
      media: (media) => this.#show(media),
      changed: () => this.#look(),
    });
    this.#viewing.start();
  }

  #close(): void {
    this.heard = false;
    this.#viewing?.stop();
    this.#viewing = null;
    this.#show(null);
  }

  /** Put a stream on the glass. The old element is removed with its last picture, which must not be seen again. */
  #show(media: MediaStream | null): void {
    const before = this.#video;
    if (media === null) {
      if (before) before.srcObject = null;
      this.#video = null;
    } else {
      const video = document.createElement("video");
      video.muted = true;
      video.autoplay = true;
      video.playsInline = true;
      video.disablePictureInPicture = true;
      video.setAttribute("aria-label", `Picture of ${fullName(this.camera)}`);
      video.srcObject = media;
      this.#video = video;
      this.#follow(video);
      if (before) before.srcObject = null;
    }
    this.requestUpdate();
  }

  #follow(video: HTMLVideoElement): void {
    video.requestVideoFrameCallback((_, frame) => {
      if (this.#video !== video || this.#viewing === null) return;
      const rtpTimestamp = frame.rtpTimestamp ?? 0;
      const at = store.now();
      const verdict = this.#viewing.frame(at, rtpTimestamp, frame.width * frame.height);
      const detail: FrameDetail = {
        camera: this.camera.id,
        rtpTimestamp,
        at,
        captureAge: verdict.age,
        uncertainty: verdict.uncertainty,
        state: verdict.state,
      };
      this.dispatchEvent(new CustomEvent("sightline-frame", { detail, bubbles: true, composed: true }));
      this.#follow(video);
    });
  }

  /** Update everything that the tile says. */
  #look(): void {
    const viewing = this.#viewing;
    if (viewing === null) return;
    const now = store.now();
    const verdict = viewing.verdict(now);
    const notes = [];
    const unchanged = viewing.unchanged(now);
    if (unchanged !== null && viewing.phase === "playing") notes.push(`PICTURE UNCHANGED ${counter(unchanged)}`);
    const { hold } = viewing;
    // If the camera gives no picture, the tile already says so, and there is nothing to wait for.
    const fault = sourceFault(store.cameras.get(this.camera.id), viewing.stream);
    if (hold !== null && fault === null) notes.push(HOLDS[hold].note);
    this.sent = viewing.phase === "ended" ? "" : SENT[viewing.stream];
    if (this.#video) this.#video.muted = !this.heard || !audible(verdict.state);
    this.dataset["state"] = verdict.state;
    this.dataset["age"] = verdict.age === null ? "" : verdict.age.toFixed(3);
    this.dataset["phase"] = viewing.phase;
    this.dataset["stream"] = viewing.stream;
    if (stateLabel(verdict.state, verdict.age) !== this.#label() || verdict.reason !== this.verdict.reason) {
      this.verdict = verdict;
    }
    if (notes.join() !== this.notes.join()) this.notes = notes;
    this.requestUpdate();
  }

  #label(): string {
    return stateLabel(this.verdict.state, this.verdict.age);
  }

  #glass(): { session: string; state: string; age: number | null } | null {
    const session = this.#viewing?.session;
    if (!session || !this.#viewing) return null;
    const { state, age } = this.#viewing.verdict(store.now());
    return { session: session.id, state, age };
  }

  override render(): TemplateResult {
    const ended = this.#viewing?.phase === "ended";
    const access = this.#viewing?.refused ? "NO ACCESS" : "ACCESS ENDED";
    // Words about a moving picture go beside its state, not on the picture.
    const moves = this.verdict.state !== "not_live";
    const words = this.#viewing?.words || (moves ? "" : this.verdict.reason);
    const doubt = this.verdict.state === "unverified" ? "Age not checked. " : "";
    const why = moves && words === "" && this.verdict.reason ? doubt + this.verdict.reason : "";
    const school = schoolIfMany(this.camera.site);
    return html`
      <div class="glass">${this.#video ?? nothing}</div>
      ${this.verdict.state === "not_live" ? html`<div class="hatch" aria-hidden="true"></div>` : nothing}
      <div class="top">
        <span class="state ${this.verdict.state}" data-testid="state">
          ${icon(this.verdict.state)}<span class="number">${ended ? access : this.#label()}</span>
        </span>
        ${this.sent ? this.#sentStream() : nothing}
        <span class="notes"
          >${this.notes.map((note) => html`<span class="note number">${note}</span>`)}${why
            ? html`<span class="note why" role="status">${why}</span>`
            : nothing}</span
        >
      </div>
      ${words ? html`<div class="words" role="status">${words}${ended ? this.#choice() : nothing}</div>` : nothing}
      <div class="bottom">
        <span class="name">
          ${this.digit ? html`<kbd>${this.digit}</kbd>` : nothing}${this.camera.name}${school
            ? html`<span class="school"><span class="visually-hidden"> \u00b7 </span>${school}</span>`
            : nothing}
        </span>
        <slot name="actions"></slot>
        ${this.camera.sound ? this.#soundButton() : nothing}
        ${this.camera.streams.length > 1
          ? html`<button class="switch" @click=${this.#switch} title="A smaller picture needs less data">
              ${this.#viewing?.stream === "sub" ? "Full picture" : "Smaller picture"}
            </button>`
          : nothing}
        ${this.closable
          ? html`<button aria-label="Close ${fullName(this.camera)}" title="Close" @click=${this.#dismiss}>
              ${icon("close")}
            </button>`
          : nothing}
      </div>
    `;
  }

  /** Show the name of the tile's stream. A press, or a large tile, also shows the reason. */
  #sentStream(): TemplateResult {
    const why = store.cameras.get(this.camera.id)?.streams.main?.delivery ?? "";
    if (this.#viewing?.stream !== "transcoded" || why === "") return html`<span class="note sent">${this.sent}</span>`;
    return html`<details class="note sent" data-testid="sent" ?open=${this.large}>
      <summary>${this.sent}</summary>
      <p>${why}</p>
    </details>`;
  }

  #soundButton(): TemplateResult {
    const does = this.heard ? "Mute" : "Listen to";
    return html`<button
      aria-label="${does} ${fullName(this.camera)}"
      title="${does} this camera. It is silent while its picture is late"
      @click=${() => this.#hear(!this.heard)}
    >
      ${icon(this.heard ? "sound" : "muted")}
    </button>`;
  }

  #hear(heard: boolean): void {
    this.heard = heard;
    if (heard) document.dispatchEvent(new CustomEvent<Tile>(HEARD, { detail: this }));
    this.#look();
  }

  /** Show the buttons after a picture has ended. On another attempt, the picture comes back or the gateway says why not. */
  #choice(): TemplateResult {
    return html`<span class="choice">
      <button @click=${() => this.#viewing?.start()}>Try again</button>
      <button class="dismiss" @click=${this.#dismiss}>Close</button>
    </span>`;
  }

  /** Change to the other stream. If the link could not carry the main stream, this tries the main stream again. */
  readonly #switch = (): void => {
    const wanted = this.#viewing?.stream === "sub" ? "main" : "sub";
    if (wanted === this.stream) this.#open();
    this.stream = wanted;
  };

  readonly #dismiss = (): void => {
    this.dispatchEvent(new CustomEvent("dismiss", { detail: this.camera.id }));
  };
}
