/** The floor plan: rooms, doors, things responders look for, and the cameras with what they see. North is up. */

import L from "leaflet";
import leafletStyles from "leaflet/dist/leaflet.css?inline";
import { LitElement, html, nothing, render, unsafeCSS, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { store } from "../../app/store.js";
import type { Place } from "../../core/alarm/places.js";
import type { Camera, CameraStatus, Floor, Plan, Point, Room } from "../../core/protocol.js";
import { coneOf, ends, within } from "../../drawing/cones.js";
import { RANK, firstDoors, markerRank } from "../../drawing/importance.js";
import { alarmLabel, alarmsOn, extent, fittingLabel, latLng, roomClass, roomLabel } from "./plan-drawing.js";
import { SignBoard, type Sign } from "./sign-board.js";
import { doorSign, featureSign, gateSign, type Said } from "./plan-signs.js";
import { cameraState } from "./camera-state.js";
import { icon } from "../icons.js";
import { planSignStyles } from "./plan-sign-styles.js";
import { planStyles } from "./plan-styles.js";
import { base } from "../styles.js";

export { cameraState };

/** The plan shows this many metres of the view of a camera that is not open, just to show its direction. */
const HINT = 6;
/** Space for signs at the edge, in pixels; the left edge has the buttons for the zoom, too. */
const FITTED: L.FitBoundsOptions = { animate: false, paddingTopLeft: [56, 16], paddingBottomRight: [18, 10] };

@customElement("sl-plan")
export class PlanView extends LitElement {
  static override styles = [base, unsafeCSS(leafletStyles), planStyles, planSignStyles];

  @property({ attribute: false }) plan: Plan | null = null;
  @property({ attribute: false }) cameras: Camera[] = [];
  @property({ attribute: false }) statuses: ReadonlyMap<string, CameraStatus> = new Map();
  /** False while the gateway cannot be reached, so that no camera's state is known. */
  @property({ attribute: false }) reachable = true;
  /** Cameras that are open on a tile. */
  @property({ attribute: false }) shown: readonly string[] = [];
  /** The places of the alarms, newest first. */
  @property({ attribute: false }) places: readonly Place[] = [];
  /** Cameras that this person may not see now. */
  @property({ attribute: false }) closed: ReadonlySet<string> = new Set();
  /** Cameras that have number keys, in order from 1. */
  @property({ attribute: false }) digits: readonly string[] = [];
  @state() private floorId: string | null = null;

  #map: L.Map | null = null;
  #newest: string | null = null;
  #marked = "";
  #placesChanged = false;
  #drawn = L.layerGroup();
  #labels = new Map<Room, HTMLElement>();
  readonly #board = new SignBoard();
  #markers = new Map<string, HTMLElement>();
  #wedges = new Map<string, L.Polygon>();
  #bounds: L.LatLngBounds | null = null;
  readonly #resized = new ResizeObserver(() => {
    this.#map?.invalidateSize({ animate: false });
    if (this.#bounds) this.#map?.fitBounds(this.#bounds, FITTED);
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#dispose();
  }

  #dispose(): void {
    this.#resized.disconnect();
    this.#drawn.remove();
    this.#map?.remove();
    this.#map = null;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!this.plan) return;
    const newest = this.places.find((place) => place.room !== null)?.room ?? null;
    const home = this.plan.floors.find((floor) => floor.rooms.some((room) => room.id === newest));
    // Go to the floor of a new alarm. After that, the user chooses the floor.
    if (changed.has("plan") || (newest !== this.#newest && home)) {
      this.floorId = (home ?? this.plan.floors[0])?.id ?? null;
    }
    this.#newest = newest;
    const marked = this.places.map((place) => `${place.room} ${place.number} ${place.at} ${place.newest}`).join();
    this.#placesChanged = marked !== this.#marked;
    this.#marked = marked;
  }

  override updated(changed: PropertyValues): void {
    const floor = this.#floor();
    // Without a plan there is no element for a map. The next plan gets a new map.
    if (!floor) {
      this.#dispose();
      return;
    }
    if (!this.#map || changed.has("plan") || changed.has("floorId") || changed.has("cameras") || this.#placesChanged) {
      this.#draw(floor);
    }
    this.#mark();
    this.#fit();
  }

  #floor(): Floor | undefined {
    return this.plan?.floors.find((floor) => floor.id === this.floorId) ?? this.plan?.floors[0];
  }

  #placeOf(room: Room): Place | undefined {
    return this.places.find((place) => place.room === room.id);
  }

  #draw(floor: Floor): void {
    const [minX, minY, maxX, maxY] = floor.bounds;
    this.#bounds = L.latLngBounds([minY - 3, minX - 3], [maxY + 3, maxX + 3]);
    if (!this.#map) {
      const host = this.renderRoot.querySelector<HTMLElement>(".map");
      if (!host) return;
      this.#map = L.map(host, {
        crs: L.CRS.Simple,
        attributionControl: false,
        zoomSnap: 0.1,
        zoomAnimation: false,
        fadeAnimation: false,
        minZoom: -3,
        maxZoom: 6,
      });
      this.#resized.observe(host);
      this.#drawn.addTo(this.#map);
      L.control.scale({ imperial: true }).addTo(this.#map);
      this.#map.on("zoomend", () => this.#fit());
    }
    this.#drawn.clearLayers();
    this.#labels.clear();
    this.#board.clear();
    this.#markers.clear();
    this.#wedges.clear();
    this.#grounds(floor);
    L.polygon(latLng(floor.outline), { className: "outline", interactive: false }).addTo(this.#drawn);
    // Rooms with an alarm are drawn last, so that no neighbour's wall covers their outline.
    const alarmed = new Set(this.places.flatMap((one) => one.room ?? []));
    for (const room of [...floor.rooms].sort((a, b) => Number(alarmed.has(a.id)) - Number(alarmed.has(b.id)))) this.#room(room);
    L.polyline((floor.windows ?? []).map((one) => latLng(ends(one.position, one.heading, one.width))), { className: "window", interactive: false }).addTo(this.#drawn);
    this.#board.leaders.addTo(this.#drawn);
    const first = firstDoors(floor, alarmed);
    for (const door of floor.doors) {
      const element = this.#sign(door.position, doorSign(door));
      if (door.kind !== "exterior") continue;
      const weight = first.has(door.id) ? { rank: RANK.first, always: true } : { rank: RANK.door, steps: 4 };
      this.#board.add({ key: door.id, element, position: door.position, ...weight });
    }
    for (const feature of floor.features) this.#feature(feature);
    for (const camera of this.cameras.filter((one) => one.floor === floor.id)) this.#camera(camera, floor);
    for (const { id, number, position } of floor.windows ?? []) {
      this.#board.add({ key: id, element: this.#place(position, "opening", html`${number}`), position, rank: RANK.window, steps: 2 });
    }
    this.#map.fitBounds(this.#bounds, FITTED);
  }

  /** Draw parking, fields, roads and gates by name, on the plan of a ground floor. */
  #grounds(floor: Floor): void {
    if (!this.plan || (floor.level ?? 0) !== 0) return;
    for (const { id, name, kind, area, points } of this.plan.grounds ?? []) {
      const options = { className: `ground ${kind}${area ? "" : " line"}`, interactive: false };
      const shape = (area ? L.polygon(latLng(points), options) : L.polyline(latLng(points), options)).addTo(this.#drawn);
      const { lng, lat } = shape.getBounds().getCenter();
      const element = this.#place([lng, lat], "label ground", html`${name}`);
      this.#board.add({ key: id, element, position: [lng, lat], rank: RANK.ground, steps: 3 });
    }
    for (const gate of this.plan.gates ?? []) {
      const element = this.#sign(gate.position, gateSign(gate));
      this.#board.add({ key: gate.id, element, position: gate.position, rank: RANK.door, steps: 4 });
    }
    for (const feature of this.plan.features ?? []) this.#feature(feature);
  }

  #room(room: Room): void {
    const place = this.#placeOf(room);
    const mark = place === undefined ? "" : place.newest ? " origin" : " origin earlier";
    L.polygon(latLng(room.outline), { className: `room ${roomClass(room)}${mark}`, interactive: false }).addTo(this.#drawn);
    const element = this.#place(room.label, `label ${mark || roomClass(room)}`, html``);
    element.title = roomLabel(room);
    this.#labels.set(room, element);
    if (place) element.dataset["testid"] = `plan-alarm-${room.id}`;
  }

  #feature(feature: Floor["features"][number]): void {
    const rank = markerRank(feature.kind);
    const element = this.#sign(feature.position, featureSign(feature));
    this.#board.add({ key: feature.id, element, position: feature.position, rank, always: rank === RANK.first, steps: 4 });
  }

  /** Draw a sign that says its name when it is pressed. */
  #sign(position: Point, { className, content, words }: Said): HTMLElement {
    const open = (event: Event): void => {
      event.stopPropagation();
      const said = Object.assign(document.createElement("span"), { textContent: words });
      const [x, y] = position;
      if (this.#map) L.popup({ className: "said", autoPan: false }).setLatLng([y, x]).setContent(said).openOn(this.#map);
    };
    return this.#place(position, className, html`<button title=${words} @click=${open}>${content}<span class="words">${words}</span></button>`);
  }

  #place(position: readonly [number, number], className: string, content: TemplateResult): HTMLElement {
    const element = document.createElement("div");
    render(content, element);
    const [x, y] = position;
    const divIcon = L.divIcon({ html: element, className, iconSize: [0, 0] });
    const over = className.includes("origin") ? 500 : className === "door interior" ? -500 : 0;
    L.marker([y, x], { icon: divIcon, interactive: false, keyboard: false, zIndexOffset: over }).addTo(this.#drawn);
    return element;
  }

  /** Show as much of each label as fits at this zoom, and put signs where none covers another. */
  #fit(): void {
    const map = this.#map;
    if (!map) return;
    const scale = 2 ** map.getZoom();
    const labels = [...this.#labels].map(([room, element]): Sign => {
      const at = this.#placeOf(room);
      const [width, height] = extent(room.outline).map((metres) => metres * scale) as [number, number];
      const alarm = at && alarmLabel(room, at, this.places.length > 1, store.timeOfDay(at.at));
      const short = alarm ?? fittingLabel({ number: room.number || room.name, name: "" }, width, height);
      const text = { short, long: alarm ?? fittingLabel(room, width, height) };
      // The newest alarm chooses its place first.
      const rank = at ? RANK.alarm + this.places.indexOf(at) / (this.places.length + 1) : RANK.number;
      return { key: room.id, element, position: room.label, rank, always: !!at, considerate: !!at, text };
    });
    const cameras = this.cameras.flatMap((camera): Sign[] => {
      const element = this.#markers.get(camera.id);
      return element ? [{ key: `camera ${camera.id}`, element, position: camera.position, rank: RANK.camera, always: true }] : [];
    });
    this.#note(this.#board.fit(scale, [...labels, ...cameras]));
  }

  /** Say that the plan has more signs than it shows at this size. */
  #note(left: number): void {
    const more = this.renderRoot.querySelector<HTMLElement>(".more");
    if (more) more.textContent = left === 0 ? "" : `Zoom in: ${left} more sign${left === 1 ? "" : "s"}`;
  }

  #camera(camera: Camera, floor: Floor): void {
    const wedge = L.polygon(latLng(coneOf(floor, camera.id)), { className: "view", interactive: false });
    this.#wedges.set(camera.id, wedge.addTo(this.#drawn));
    const button = document.createElement("button");
    button.dataset["testid"] = `plan-camera-${camera.id}`;
    button.addEventListener("click", (event) => {
      event.stopPropagation();
      this.dispatchEvent(new CustomEvent("pick-camera", { detail: camera.id }));
    });
    this.#markers.set(camera.id, button);
    const [x, y] = camera.position;
    const divIcon = L.divIcon({ html: button, className: "camera", iconSize: [0, 0] });
    L.marker([y, x], { icon: divIcon, interactive: false, keyboard: false, zIndexOffset: 1000 }).addTo(this.#drawn);
  }

  /** Update the camera buttons without redrawing the plan. */
  #mark(): void {
    for (const camera of this.cameras) {
      const button = this.#markers.get(camera.id);
      if (!button) continue;
      const now = cameraState(this.statuses.get(camera.id), this.reachable);
      const shown = this.shown.includes(camera.id);
      const closed = this.closed.has(camera.id) && !shown;
      const digit = this.digits.indexOf(camera.id) + 1;
      const text = closed ? "Not open now" : now.text;
      button.className = `${closed ? "closed" : now.ok ? "ok" : "fault"} ${shown ? "shown" : ""}`;
      button.title = `${camera.name}. ${text}`;
      button.setAttribute("aria-label", `Camera ${digit ? `${digit}: ` : ""}${camera.name}. ${text}${shown ? ". Open" : ""}`);
      button.setAttribute("aria-pressed", String(shown));
      button.dataset["state"] = now.ok ? "up" : now.icon;
      render(html`${icon(closed ? "lock" : now.ok ? "camera" : now.icon)}${digit ? html`<b>${digit}</b>` : nothing}`, button);
      const wedge = this.#wedges.get(camera.id);
      const cone = coneOf(this.#floor(), camera.id);
      wedge?.setLatLngs(latLng(shown ? cone : within(cone, camera.position, HINT)));
      wedge?.getElement()?.classList.toggle("shown", shown);
    }
  }

  override render(): TemplateResult {
    if (!this.plan) return html`<p class="empty">The floor plan is loading.</p>`;
    const current = this.#floor();
    return html`
      <div>
        <div class="floors" role="group" aria-label="Floors">
          ${this.plan.floors.map(
            (floor) =>
              html`<button aria-pressed=${floor === current} @click=${() => (this.floorId = floor.id)}>
                ${floor.name}${alarmsOn(floor, this.places)}
              </button>`,
          )}
          <a class="button print" data-testid="print-plan" target="_blank" rel="noopener"
            href="/api/sites/${this.plan.site}/plan/print">Print</a>
        </div>
        ${this.plan.verification.warnings.map((warning) => html`<p class="due" data-testid="plan-warning">\u26a0 ${warning}</p>`)}
      </div>
      <div class="map" role="region" aria-label="Floor plan of ${this.plan.name}, north is up"></div>
      <div class="north" aria-hidden="true">N<br />\u2191</div>
      <p class="more"></p>
      <p class="verified">Plan verified on ${this.plan.verified_on}</p>
    `;
  }
}
