// Variations as points on a map, brightness against width, their size by the vocals: a click listens, a
// click between them proposes a blend.

import { html, linear, svg } from "../shared/axes.js";
import { MIX } from "./engine/song_engine.js";
import { signed } from "./scales.js";

// What a blend is made of: the nearest, and none with less than this.
const MOST_PARTS = 3;
const LEAST_SHARE = 0.05;
const SIZE = 300;

/** Shares of the nearest points at a place, by the inverse square of their distance; they sum to 1. */
export function sharesAt(points, x, y) {
  const near = points.map((point) => ({ id: point.id, d: (point.x - x) ** 2 + (point.y - y) ** 2 })).sort((a, b) => a.d - b.d).slice(0, MOST_PARTS);
  if (near[0].d < 1e-6) return { [near[0].id]: 1 };
  const total = near.reduce((sum, { d }) => sum + 1 / d, 0);
  const kept = near.map(({ id, d }) => [id, 1 / d / total]).filter(([, share]) => share >= LEAST_SHARE);
  const rest = kept.reduce((sum, [, share]) => sum + share, 0);
  const rounded = kept.map(([id, share]) => [id, Number((share / rest).toFixed(3))]);
  // Rounded, the largest takes what is missing.
  rounded[0][1] = Number((1 - rounded.slice(1).reduce((sum, [, share]) => sum + share, 0)).toFixed(3));
  return Object.fromEntries(rounded);
}

export class VariationMap {
  /** `desk`: player, state(), makeVariations(), blend(parts). */
  constructor(desk) {
    this.desk = desk;
    this.parts = null;
    this.plot = html("div", { className: "map" });
    this.said = html("p", { className: "about", "aria-live": "polite" });
    this.make = html("button", { type: "button", text: "Make variations" });
    this.make.addEventListener("click", () => desk.makeVariations());
    this.take = html("button", { type: "button", text: "Use this mix", className: "primary" });
    this.take.addEventListener("click", () => desk.blend(this.parts));
    this.element = html("section", { className: "block", "aria-label": "Variations" }, html("h2", { text: "Variations" }),
      html("p", { className: "about", text: "Other mixes, played as loud as yours. Right is wider, up is brighter, larger has louder vocals. Click one to hear it; click between them to blend." }),
      this.plot, this.said, html("div", { className: "tools" }, this.make, this.take));
  }

  show(state) {
    this.element.hidden = !("variations" in state);
    if (this.element.hidden) return;
    const shown = JSON.stringify([state.variations, this.desk.player.chosen, this.parts]);
    if (shown === this.shown) return;
    this.shown = shown;
    const points = [{ id: MIX, name: "your mix", moved_db: {} }, ...state.variations].map(({ id, name, moved_db: moved }) =>
      ({ id, name, x: moved.width ?? 0, y: moved.brightness ?? 0, vocals: moved.vocals ?? 0 }));
    if (this.parts && !Object.keys(this.parts).every((id) => points.some((point) => point.id === id))) this.parts = null;
    this.plot.hidden = points.length < 2;
    this.take.disabled = !this.parts || (this.parts[MIX] ?? 0) === 1;
    this.said.textContent = this.words(points);
    this.draw(points);
  }

  words(points) {
    if (!this.parts) return "";
    const name = (id) => points.find((point) => point.id === id).name;
    const shares = Object.entries(this.parts);
    return shares.length === 1 ? name(shares[0][0]) : shares.map(([id, share]) => `${Math.round(100 * share)}\u00a0% ${name(id)}`).join(" + ");
  }

  draw(points) {
    const reach = Math.max(2, ...points.flatMap(({ x, y }) => [Math.abs(x), Math.abs(y)])) * 1.25;
    const [x, y] = [linear(-reach, reach, 0, SIZE), linear(-reach, reach, SIZE, 0)];
    const drawing = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", "aria-label": "Map of variations" },
      svg("path", { class: "grid", d: `M0 ${SIZE / 2}H${SIZE}M${SIZE / 2} 0V${SIZE}` }));
    for (const [text, at] of [["wider →", { x: SIZE - 6, y: SIZE - 6, "text-anchor": "end" }], ["↑ brighter", { x: 6, y: 14 }]]) {
      const label = svg("text", at);
      label.textContent = text;
      drawing.append(label);
    }
    drawing.addEventListener("click", (event) => {
      const box = drawing.getBoundingClientRect();
      const [toX, toY] = [linear(0, box.width, -reach, reach), linear(box.height, 0, -reach, reach)];
      this.choose(sharesAt(points, toX(event.clientX - box.left), toY(event.clientY - box.top)));
    });
    for (const point of points) drawing.append(this.dot(point, x, y));
    if (this.parts && Object.keys(this.parts).length > 1) drawing.append(this.cross(points, x, y));
    this.plot.replaceChildren(drawing);
  }

  dot({ id, name, x: wide, y: bright, vocals }, x, y) {
    const isHeard = this.desk.player.chosen === id;
    const radius = Math.min(Math.max(9 + 2.5 * vocals, 5), 18);
    const dot = svg("circle", {
      class: `dot ${isHeard ? "chosen" : ""}`, cx: x(wide), cy: y(bright), r: radius, tabindex: 0, role: "button",
      "aria-pressed": isHeard, "aria-label": `${name}: width ${signed(wide)}, brightness ${signed(bright)}, vocals ${signed(vocals)}`,
    });
    const title = svg("title");
    title.textContent = name;
    dot.append(title);
    const hear = (event) => {
      event.stopPropagation();
      this.desk.player.choose(id);
      this.choose({ [id]: 1 });
    };
    dot.addEventListener("click", hear);
    dot.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      hear(event);
    });
    return dot;
  }

  cross(points, x, y) {
    const at = (axis) => Object.entries(this.parts).reduce((sum, [id, share]) => sum + share * points.find((point) => point.id === id)[axis], 0);
    const [cx, cy] = [x(at("x")), y(at("y"))];
    return svg("path", { class: "cross", d: `M${cx - 7} ${cy}H${cx + 7}M${cx} ${cy - 7}V${cy + 7}` });
  }

  choose(parts) {
    this.parts = parts;
    this.show(this.desk.state());
  }
}
