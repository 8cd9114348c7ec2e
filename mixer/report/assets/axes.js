// Small pieces that the charts are made of: SVG elements, scales, numbers as people read them.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; children are elements, attributes may hold text, never markup. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An HTML element. `text` is set as text: names of songs and files are never markup. */
export function html(name, { text, className, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A number with a true minus sign; a dash for what is not there. */
export function shown(value, digits = 1, unit = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  let written = value.toFixed(digits);
  if (Number(written) === 0) written = written.replace("-", "");
  return written.replace("-", "\u2212") + (unit ? `\u00a0${unit}` : "");
}

export function shownHz(value) {
  if (value >= 1000) return `${Number((value / 1000).toPrecision(3))}\u00a0kHz`;
  return `${Math.round(value)}\u00a0Hz`;
}

/** Minutes and seconds; with tenths where asked for. */
export function shownTime(seconds, digits = 0) {
  const scale = 10 ** digits;
  const rounded = Math.round(Math.max(seconds, 0) * scale) / scale;
  const minutes = Math.floor(rounded / 60);
  const rest = (rounded - 60 * minutes).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

export const linear = (low, high, from, to) => (value) =>
  from + ((value - low) / (high - low || 1)) * (to - from);

export const logarithmic = (low, high, from, to) => {
  const scale = linear(Math.log(low), Math.log(high), from, to);
  return (value) => scale(Math.log(value));
};

const ROUND_STEPS = [1, 2, 5, 10];
// As faders and meters are marked.
const DB_STEPS = [0.1, 0.2, 0.5, 1, 2, 3, 6, 12, 24, 48];

/**
 * Where an axis is marked: `[{value, text}]`, about `n` of them. Texts have the decimals that the step
 * between them needs; the last one has the unit.
 */
export function ticks(low, high, n, unit = "") {
  const rough = (high - low) / Math.max(n, 1);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  return marks(low, high, power * (ROUND_STEPS.find((s) => s * power >= rough) ?? 10), unit);
}

/** The same for levels. */
export function dbTicks(low, high, n, unit = "dB") {
  const rough = (high - low) / Math.max(n, 1);
  return marks(low, high, DB_STEPS.find((step) => step >= rough) ?? DB_STEPS.at(-1), unit);
}

function marks(low, high, step, unit) {
  let digits = 0;
  while (digits < 6 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits += 1;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) {
    found.push({ value: k * step, text: shown(k * step, digits) });
  }
  if (found.length) found.at(-1).text = shown(found.at(-1).value, digits, unit);
  return found;
}

/** Whole seconds or minutes, as a clock divides them. */
export function timeTicks(duration, n) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((s) => duration / s <= n) ?? 7200;
  const found = [];
  for (let t = 0; t <= duration; t += step) found.push(t);
  return found;
}

/** Path through points; a value that is null lifts the pen. */
export function pathOf(xs, ys, toX, toY) {
  let drawn = "";
  let pen = "M";
  ys.forEach((value, i) => {
    if (value === null) {
      pen = "M";
      return;
    }
    drawn += `${pen}${toX(xs[i]).toFixed(1)} ${toY(value).toFixed(1)}`;
    pen = "L";
  });
  return drawn;
}

/** Pixels of what is one at the usual size of letters: charts grow with the page's text. */
export function unit() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

/** Draw now, and again whenever the element's width changes. */
export function redrawn(host, draw) {
  let width = 0;
  const again = () => {
    const now = Math.round(host.clientWidth);
    if (now > 0 && now !== width) {
      width = now;
      draw(now);
    }
  };
  new ResizeObserver(again).observe(host);
  again();
}

/** The legend of curves: `[{label, colour, dashed}]`. */
export function legend(curves) {
  return html(
    "ul",
    { className: "legend" },
    ...curves.map((curve) =>
      html(
        "li",
        {},
        svg(
          "svg",
          { viewBox: "0 0 24 10", "aria-hidden": "true", class: curve.colour },
          svg("path", { d: "M0 5H24", class: `curve ${curve.dashed ? "dashed" : ""}` }),
        ),
        curve.label,
      ),
    ),
  );
}

/** Buttons of which one is on; `choose(index)` is called for the first at once. */
export function tabs(label, names, choose) {
  const buttons = names.map((name, index) => {
    const button = html("button", { text: name, type: "button", role: "tab" });
    button.addEventListener("click", () => turn(index));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      turn((index + step + names.length) % names.length);
      buttons[(index + step + names.length) % names.length].focus();
    });
    return button;
  });
  const turn = (chosen) => {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
    });
    choose(chosen);
  };
  turn(0);
  return html("div", { className: "tabs", role: "tablist", "aria-label": label }, ...buttons);
}

/** Call back with the nearest of some places as the pointer or the arrow keys move; null outside. */
export function crosshair(plot, places, show) {
  let at = null;
  plot.onpointermove = (event) => {
    const offset = event.clientX - plot.getBoundingClientRect().left;
    at = places.reduce((best, place, i) =>
      Math.abs(place - offset) < Math.abs(places[best] - offset) ? i : best, 0);
    show(at);
  };
  plot.onpointerleave = () => show(null);
  plot.onblur = () => show(null);
  plot.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    at = at === null ? 0 : Math.min(Math.max(at + step, 0), places.length - 1);
    show(at);
  };
}
