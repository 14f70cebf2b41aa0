/** The floor plan: rooms, doors, things responders look for, and the cameras with what they see. North is up. */

import L from "leaflet";
import leafletStyles from "leaflet/dist/leaflet.css?inline";
import { LitElement, html, nothing, render, unsafeCSS, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { store } from "../../app/store.js";
import type { Place } from "../../core/alarm/places.js";
import type { Camera, CameraStatus, Floor, Plan, Point, Room } from "../../core/protocol.js";
import { signOf } from "../../drawing/signs.js";
import { alarmLabel, extent, fittingLabel, latLng, roomClass, roomLabel, spread, viewWedge, type Box } from "./plan-drawing.js";
import { cameraState } from "./camera-state.js";
import { icon } from "../icons.js";
import { planStyles } from "./plan-styles.js";
import { base } from "../styles.js";

export { cameraState };

interface Sign {
  readonly element: HTMLElement;
  readonly position: Point;
}

/** The plan shows this many metres of the view of a camera that is not open, just to show its direction. */
const HINT = 6;
/** Space for signs at the edge, in pixels. */
const FITTED: L.FitBoundsOptions = { animate: false, padding: [18, 10] };

@customElement("sl-plan")
export class PlanView extends LitElement {
  static override styles = [base, unsafeCSS(leafletStyles), planStyles];

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
  /** Signs that may be moved to make room, and the signs of alarms, which may not. */
  #signs: Sign[] = [];
  #alarm: Sign[] = [];
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
    this.#signs = [];
    this.#alarm = [];
    this.#markers.clear();
    this.#wedges.clear();
    L.polygon(latLng(floor.outline), { className: "outline", interactive: false }).addTo(this.#drawn);
    for (const room of floor.rooms) {
      const place = this.#placeOf(room);
      const mark = place === undefined ? "" : place.newest ? " origin" : " origin earlier";
      const className = `room ${roomClass(room)}${mark}`;
      L.polygon(latLng(room.outline), { className, interactive: false }).addTo(this.#drawn);
      const element = this.#place(room.label, `label ${mark || roomClass(room)}`, html``);
      this.#labels.set(room, element);
      if (place === undefined) continue;
      element.dataset["testid"] = `plan-alarm-${room.id}`;
      const sign = { element, position: room.label };
      if (place.newest) this.#alarm.unshift(sign);
      else this.#alarm.push(sign);
    }
    for (const door of floor.doors) {
      const title = `${door.kind} door ${door.number ?? ""} ${door.name}`;
      const text = door.kind === "exterior" ? (door.number ?? "") || door.name : "";
      const element = this.#place(door.position, `door ${door.kind}`, html`<span title=${title}>${text}</span>`);
      if (door.kind === "exterior") this.#signs.push({ element, position: door.position });
    }
    for (const feature of floor.features) {
      const { short, words } = signOf(feature.kind);
      const content = html`<span title="${words}: ${feature.name}">${short}</span>`;
      this.#signs.push({ element: this.#place(feature.position, "feature", content), position: feature.position });
    }
    for (const camera of this.cameras.filter((one) => one.floor === floor.id)) this.#camera(camera);
    this.#map.fitBounds(this.#bounds, FITTED);
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

  /** Show as much of each label as fits at this zoom, and move signs that would hide each other. */
  #fit(): void {
    const map = this.#map;
    if (!map) return;
    const scale = 2 ** map.getZoom();
    for (const [room, element] of this.#labels) {
      const [width, height] = extent(room.outline);
      const place = this.#placeOf(room);
      element.textContent = place
        ? alarmLabel(room, place, this.places.length > 1, store.timeOfDay(place.at))
        : fittingLabel(room, width * scale, height * scale);
      element.title = roomLabel(room);
    }
    const box = ({ element, position: [x, y] }: Sign, rings: number, optional: boolean): Box => {
      return { x: x * scale, y: -y * scale, width: element.offsetWidth, height: element.offsetHeight, rings, optional };
    };
    const must = [...this.#alarm, ...this.cameras.flatMap((camera) => this.#sign(camera))];
    const names = [...this.#labels]
      .filter(([room, element]) => this.#placeOf(room) === undefined && element.textContent !== "")
      .map(([room, element]) => ({ element, position: room.label }));
    const signs = [...must, ...names, ...this.#signs];
    const boxes = [
      ...must.map((sign) => box(sign, 4, false)),
      ...names.map((name) => box(name, 0, true)),
      ...this.#signs.map((sign) => box(sign, 2, true)),
    ];
    let left = 0;
    spread(boxes).forEach((move, index) => {
      const style = signs[index]?.element.style;
      if (!style) return;
      style.visibility = move ? "" : "hidden";
      if (move) style.margin = `${move[1]}px 0 0 ${move[0]}px`;
      else left += 1;
    });
    this.#note(left);
  }

  /** Say that the plan has more signs than it shows at this size. */
  #note(left: number): void {
    const more = this.renderRoot.querySelector<HTMLElement>(".more");
    if (more) more.textContent = left === 0 ? "" : `Zoom in: ${left} more sign${left === 1 ? "" : "s"}`;
  }

  #sign(camera: Camera): Sign[] {
    const element = this.#markers.get(camera.id);
    return element ? [{ element, position: camera.position }] : [];
  }

  #camera(camera: Camera): void {
    const wedge = L.polygon(latLng(viewWedge(camera)), { className: "view", interactive: false });
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
      wedge?.setLatLngs(latLng(viewWedge(camera, shown ? camera.range : Math.min(HINT, camera.range))));
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

/** Return what a floor's button says about alarms: how many of its rooms have one. */
function alarmsOn(floor: Floor, places: readonly Place[]): string {
  const count = floor.rooms.filter((room) => places.some((place) => place.room === room.id)).length;
  return count === 0 ? "" : ` \u25cf ${count} alarm${count === 1 ? "" : "s"}`;
}
