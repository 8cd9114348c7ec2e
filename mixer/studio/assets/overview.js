// The song along its time: waveform, sections, markers, playhead, loop; zoom by keys, buttons or wheel.

import { html, redrawn, shownTime, svg, timeTicks, unit } from "../shared/axes.js";
import { outlineOf } from "../shared/timeline.js";

const LEAST_VIEW_S = 2;
const DRAG_PX = 5;

export class Overview {
  /** `transport`: seek(time_s), setLoop(range or null), loopRange(). */
  constructor(host, transport) {
    this.transport = transport;
    this.view = null; // [from, to] in seconds
    this.peaks = [];
    this.plot = html("div", {
      className: "wave-plot", role: "slider", tabindex: "0", "aria-label": "Position in the song", "aria-valuemin": 0,
    });
    this.playhead = html("div", { className: "playhead" });
    const button = (text, label, act) => {
      const made = html("button", { type: "button", text, "aria-label": label, title: label });
      made.addEventListener("click", act);
      return made;
    };
    this.loopButton = button("Loop", "Loop (O)", () => this.toggleLoop());
    this.tools = html("div", { className: "tools" }, this.loopButton,
      button("−", "Zoom out (−)", () => this.zoom(2)), button("+", "Zoom in (+)", () => this.zoom(0.5)),
      button("All", "All of the song (F)", () => this.fit()));
    host.append(this.plot, this.tools);
    this.plot.addEventListener("pointerdown", (event) => this.press(event));
    this.plot.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    redrawn(this.plot, (width) => {
      this.width = width;
      this.draw();
    });
  }

  show({ duration_s: duration, sections, markers }) {
    const isOther = this.duration !== duration;
    const marks = JSON.stringify([sections, markers]);
    [this.duration, this.sections, this.markers] = [duration, sections, markers];
    this.plot.setAttribute("aria-valuemax", duration.toFixed(1));
    if (isOther) this.view = [0, duration];
    if (isOther || marks !== this.marks) this.draw();
    this.marks = marks;
  }

  showPeaks(peaks) {
    this.peaks = peaks;
    this.draw();
  }

  x(time_s) {
    const [from, to] = this.view;
    return ((time_s - from) / (to - from)) * this.width;
  }

  timeAt(clientX) {
    const box = this.plot.getBoundingClientRect();
    const [from, to] = this.view;
    const time_s = from + ((clientX - box.left) / box.width) * (to - from);
    return Math.min(Math.max(time_s, 0), this.duration);
  }

  draw() {
    if (!this.width || !this.view) return;
    const { width, duration } = this;
    const u = unit();
    const height = Math.round(88 * u);
    const [from, to] = this.view;
    const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    const [top, foot] = [18 * u, 14 * u];
    this.drawTime(drawing, height, u);
    if (this.peaks.length) {
      const high = this.peaks.map((peak) => 127 * Math.min(peak, 1));
      const loudest = Math.max(...this.peaks, 1e-3);
      const wave = svg("path", { class: "fill", d: outlineOf({ low: high.map((value) => -value), high }) });
      const scale = (0.48 * (height - top - foot)) / Math.min(loudest, 1);
      const across = (width * duration) / (to - from) / 1000;
      wave.setAttribute("transform", `translate(${this.x(0)} ${(top + height - foot) / 2}) scale(${across} ${scale})`);
      drawing.append(svg("g", { class: "wave" }, wave));
    }
    for (const section of this.sections) this.drawSection(drawing, section, height, top, u);
    for (const marker of this.markers) this.drawMarker(drawing, marker, height, top, u);
    const loop = this.transport.loopRange();
    if (loop) drawing.append(svg("rect", { class: "loop", x: this.x(loop[0]), y: 0, width: Math.max(this.x(loop[1]) - this.x(loop[0]), 1), height }));
    this.plot.replaceChildren(drawing, this.playhead);
    this.loopButton.setAttribute("aria-pressed", String(Boolean(loop)));
    this.place(this.now ?? 0);
  }

  drawTime(drawing, height, u) {
    const [from, to] = this.view;
    const step = timeTicks(to - from, this.width / (70 * u))[1] ?? to - from;
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
      drawing.append(svg("path", { class: "grid", d: `M${this.x(t)} ${18 * u}V${height - 14 * u}` }));
      const text = svg("text", { x: this.x(t) + 3, y: height - 3 * u });
      text.textContent = shownTime(t, step < 1 ? 1 : 0);
      if (this.x(t) < this.width - 30 * u) drawing.append(text);
    }
  }

  drawSection(drawing, { name, start_s: start, end_s: end }, height, top, u) {
    const [left, right] = [Math.max(this.x(start), 0), Math.min(this.x(end), this.width)];
    if (right <= left) return;
    drawing.append(svg("rect", { class: "section", x: left, y: 0, width: Math.max(right - left - 1, 1), height: top - 2 }));
    const text = svg("text", { x: left + 5, y: top - 6 * u, class: "strong" });
    text.textContent = name;
    if (right - left > 24 * u) drawing.append(text);
  }

  /** A line; the section that begins there has its name. */
  drawMarker(drawing, { time_s: time }, height, top, u) {
    const x = this.x(time);
    if (x < 0 || x > this.width) return;
    drawing.append(svg("path", { class: "marker", d: `M${x} ${top}V${height - 14 * u}` }));
  }

  /** The playhead, in seconds; the view follows it while it plays. */
  place(time_s, follow = false) {
    this.now = time_s;
    if (!this.view || !this.width) return;
    const [from, to] = this.view;
    if (follow && to - from < this.duration && (time_s < from || time_s > to)) this.look(time_s, time_s + to - from);
    this.playhead.style.setProperty("left", `${this.x(time_s)}px`);
    this.playhead.hidden = this.x(time_s) < 0 || this.x(time_s) > this.width;
    this.plot.setAttribute("aria-valuenow", time_s.toFixed(1));
    this.plot.setAttribute("aria-valuetext", `${shownTime(time_s)} of ${shownTime(this.duration)}`);
  }

  look(from, to) {
    const length = Math.min(Math.max(to - from, LEAST_VIEW_S), this.duration);
    const start = Math.min(Math.max(from, 0), this.duration - length);
    this.view = [start, start + length];
    this.draw();
  }

  zoom(factor, around = this.now ?? 0) {
    const [from, to] = this.view;
    const inside = around >= from && around <= to ? around : (from + to) / 2;
    this.look(inside - (inside - from) * factor, inside + (to - inside) * factor);
  }

  fit() {
    this.look(0, this.duration);
  }

  wheel(event) {
    const [from, to] = this.view;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.timeAt(event.clientX));
    } else if (event.deltaX || event.shiftKey) {
      event.preventDefault();
      const by = ((event.deltaX || event.deltaY) / this.width) * (to - from);
      this.look(from + by, to + by);
    }
  }

  /** A click seeks; a drag marks a loop. */
  press(down) {
    if (down.button !== 0) return;
    this.plot.setPointerCapture(down.pointerId);
    const start = this.timeAt(down.clientX);
    let isDrag = false;
    const move = (event) => {
      isDrag ||= Math.abs(event.clientX - down.clientX) > DRAG_PX;
      const now = this.timeAt(event.clientX);
      if (isDrag && Math.abs(now - start) > 0.05) {
        this.transport.setLoop([Math.min(start, now), Math.max(start, now)]);
        this.draw();
      }
    };
    const end = () => {
      this.plot.removeEventListener("pointermove", move);
      if (!isDrag) this.transport.seek(start);
    };
    this.plot.addEventListener("pointermove", move);
    this.plot.addEventListener("pointerup", end, { once: true });
  }

  /** Loop the section at the playhead, or what is in view; or stop looping. */
  toggleLoop() {
    if (this.transport.loopRange()) this.transport.setLoop(null);
    else {
      const now = this.now ?? 0;
      const section = this.sections.find(({ start_s: start, end_s: end }) => start <= now && now < end);
      const view = this.view[1] - this.view[0] < this.duration ? this.view : [now, Math.min(now + 8, this.duration)];
      this.transport.setLoop(section ? [section.start_s, section.end_s] : view);
    }
    this.draw();
  }
}
