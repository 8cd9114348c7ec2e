// The equaliser as a curve to drag: the network's curve, the user's, and both together; what the channel
// sounds like now lies behind them.

import { html, linear, logarithmic, pathOf, redrawn, shown, shownHz, svg, unit } from "../shared/axes.js";
import { stagesDbAt } from "./engine/filters.js";
import { BAND, stagesOf } from "./engine/strip.js";
import { round, signed, still } from "./scales.js";
import { newGesture } from "./slider.js";
import { modelCurveDb } from "./strip_values.js";

const MOST_DB = 18;
const [LOW_HZ, HIGH_HZ] = [20, 20000];
const POINTS_HZ = Array.from({ length: 161 }, (_, i) => LOW_HZ * (HIGH_HZ / LOW_HZ) ** (i / 160));
const MARKS_HZ = [50, 100, 200, 500, 1000, 2000, 5000, 10000];
const SEMITONE = 2 ** (1 / 12);

export class EqView {
  /** `change(bands, gesture)` sets all bands; `select(place)` tells which one is at hand. */
  constructor(change, select, sampleRate) {
    this.change = change;
    this.choose = select;
    this.sampleRate = sampleRate;
    this.plot = html("div", { className: "eq-plot", role: "group", "aria-label": "Equaliser: double click adds a band" });
    this.element = this.plot;
    this.handles = [];
    this.width = 0;
    redrawn(this.plot, (width) => {
      this.width = width;
      if (this.channel) this.draw();
    });
    this.plot.addEventListener("dblclick", (event) => {
      if (event.target.closest(".handle")) return;
      const box = this.plot.getBoundingClientRect();
      this.add(this.hzAt(event.clientX - box.left), this.dbAt(event.clientY - box.top));
    });
  }

  get bands() {
    return this.channel.strip.eq;
  }

  add(frequencyHz = 1000, gainDb = 0) {
    const band = { ...BAND, frequency_hz: round(frequencyHz, 1), gain_db: round(gainDb, 0.1) };
    this.change([...this.bands, band], newGesture());
    this.selected = this.bands.length - 1;
    this.choose(this.selected);
    this.handles[this.selected]?.focus();
  }

  set(place, values, gesture) {
    this.change(this.bands.map((band, i) => (i === place ? { ...band, ...values } : band)), gesture);
  }

  remove(place) {
    this.change(this.bands.filter((_, i) => i !== place), newGesture());
  }

  hzAt(x) {
    return LOW_HZ * (HIGH_HZ / LOW_HZ) ** (x / this.width);
  }

  dbAt(y) {
    return MOST_DB * (1 - (2 * y) / this.height);
  }

  show(channel, selected) {
    this.channel = channel;
    this.selected = selected;
    if (this.width) this.draw();
  }

  draw() {
    const { width } = this;
    this.height = Math.round(Math.min(Math.max(width * 0.5, 150), 240) * unit());
    const [x, y] = [logarithmic(LOW_HZ, HIGH_HZ, 0, width), linear(-MOST_DB, MOST_DB, this.height, 0)];
    const drawing = svg("svg", { width, height: this.height, viewBox: `0 0 ${width} ${this.height}`, "aria-hidden": "true" });
    this.grid(drawing, x, y);
    const { model, strip } = this.channel;
    const clipped = (values) => values.map((db) => Math.min(Math.max(db, -MOST_DB), MOST_DB));
    const own = modelCurveDb(model, POINTS_HZ);
    const stages = stagesOf(strip, this.sampleRate);
    const hand = POINTS_HZ.map((hz) => stagesDbAt(stages, hz, this.sampleRate));
    const curve = (className, values) =>
      drawing.append(svg("path", { class: className, d: pathOf(POINTS_HZ, clipped(values), x, y) }));
    if (model?.curve_hz?.length) curve("curve model", own);
    if (stages.length) curve("curve hand", hand);
    curve("curve both", own.map((db, i) => db + hand[i]));
    this.drawing?.remove();
    this.drawing = drawing;
    this.plot.prepend(drawing);
    this.placeHandles(x, y);
  }

  grid(drawing, x, y) {
    for (const hz of MARKS_HZ) drawing.append(svg("path", { class: "grid", d: `M${x(hz)} 0V${this.height}` }));
    for (const hz of [100, 1000, 10000]) {
      const text = svg("text", { x: x(hz) + (hz > 5000 ? -3 : 3), y: this.height - 4, "text-anchor": hz > 5000 ? "end" : "start" });
      text.textContent = shownHz(hz);
      drawing.append(text);
    }
    for (const db of [-12, -6, 0, 6, 12]) {
      drawing.append(svg("path", { class: db ? "grid" : "grid zero", d: `M0 ${y(db)}H${this.width}` }));
      const text = svg("text", { x: 3, y: y(db) - 3 });
      text.textContent = shown(db, 0, db === 12 ? "dB" : "");
      drawing.append(text);
    }
  }

  placeHandles(x, y) {
    while (this.handles.length > this.bands.length) this.handles.pop().remove();
    while (this.handles.length < this.bands.length) this.addHandle(this.handles.length);
    this.bands.forEach((band, place) => {
      const handle = this.handles[place];
      const [hz, db] = [still(band.frequency_hz), band.type === "notch" ? 0 : still(band.gain_db)];
      handle.style.setProperty("left", `${x(Math.min(Math.max(hz, LOW_HZ), HIGH_HZ))}px`);
      handle.style.setProperty("top", `${y(Math.min(Math.max(db, -MOST_DB), MOST_DB))}px`);
      handle.classList.toggle("selected", place === this.selected);
      handle.setAttribute("aria-valuenow", round(db, 0.1));
      handle.setAttribute("aria-valuetext",
        `${band.type.replace("_", " ")} at ${shownHz(hz)}, ${signed(db)}, Q ${still(band.q).toFixed(2)}`);
    });
  }

  addHandle(place) {
    const handle = html("div", {
      className: "handle", role: "slider", tabindex: "0", text: place + 1, "aria-label": `Band ${place + 1}`,
      "aria-valuemin": -24, "aria-valuemax": 24,
    });
    handle.addEventListener("pointerdown", (event) => this.drag(handle, place, event));
    handle.addEventListener("focus", () => this.choose(place));
    handle.addEventListener("dblclick", () => this.set(place, { gain_db: 0 }, newGesture()));
    handle.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.turnQ(place, event.deltaY < 0 ? 1.1 : 1 / 1.1, "wheel-q");
    }, { passive: false });
    handle.addEventListener("keydown", (event) => this.onKey(place, event));
    this.handles.push(handle);
    this.plot.append(handle);
  }

  turnQ(place, factor, gesture) {
    const q = round(Math.min(Math.max(still(this.bands[place].q) * factor, 0.1), 30), 0.01);
    this.set(place, { q }, gesture);
  }

  drag(handle, place, down) {
    if (down.button !== 0) return;
    handle.setPointerCapture(down.pointerId);
    handle.focus({ preventScroll: true });
    const gesture = newGesture();
    const box = this.plot.getBoundingClientRect();
    const move = (event) => {
      const hz = this.hzAt(Math.min(Math.max(event.clientX - box.left, 0), this.width));
      const db = Math.min(Math.max(this.dbAt(event.clientY - box.top), -MOST_DB), MOST_DB);
      this.set(place, { frequency_hz: round(hz, hz < 200 ? 0.5 : 1), gain_db: round(db, 0.1) }, gesture);
    };
    handle.addEventListener("pointermove", move);
    const end = () => handle.removeEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  }

  onKey(place, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const band = this.bands[place];
    const [hz, db] = [still(band.frequency_hz), still(band.gain_db)];
    const by = event.shiftKey ? 0.2 : 1;
    const gain = (step) => this.set(place, { gain_db: round(Math.min(Math.max(db + step, -24), 24), 0.1) }, newGesture());
    const turn = (factor) => this.set(place, { frequency_hz: round(Math.min(Math.max(hz * factor, LOW_HZ), HIGH_HZ), 0.5) }, newGesture());
    const actions = {
      ArrowUp: () => gain(by), ArrowDown: () => gain(-by),
      ArrowRight: () => turn(SEMITONE ** by), ArrowLeft: () => turn(SEMITONE ** -by),
      "[": () => this.turnQ(place, 1 / 1.15, newGesture()), "]": () => this.turnQ(place, 1.15, newGesture()),
      Delete: () => this.remove(place), Backspace: () => this.remove(place),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }
}
