// Small pieces that the charts are made of: SVG elements, scales, numbers as people read them.

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; children are elements, attributes may hold text, never markup. */
function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** An HTML element. `text` is set as text: names of songs and files are never markup. */
function html(name, { text, className, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A number with a true minus sign; a dash for what is not there. */
function shown(value, digits = 1, unit = "") {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  let written = value.toFixed(digits);
  if (Number(written) === 0) written = written.replace("-", "");
  return written.replace("-", "\u2212") + (unit ? `\u00a0${unit}` : "");
}

function shownHz(value) {
  if (value >= 1000) return `${Number((value / 1000).toPrecision(3))}\u00a0kHz`;
  return `${Math.round(value)}\u00a0Hz`;
}

/** Minutes and seconds; with tenths where asked for. */
function shownTime(seconds, digits = 0) {
  const scale = 10 ** digits;
  const rounded = Math.round(Math.max(seconds, 0) * scale) / scale;
  const minutes = Math.floor(rounded / 60);
  const rest = (rounded - 60 * minutes).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

const linear = (low, high, from, to) => (value) =>
  from + ((value - low) / (high - low || 1)) * (to - from);

const logarithmic = (low, high, from, to) => {
  const scale = linear(Math.log(low), Math.log(high), from, to);
  return (value) => scale(Math.log(value));
};

/** Round steps that cover a range in about `n` parts. */
function ticks(low, high, n, steps = [1, 2, 5, 10]) {
  const rough = (high - low) / Math.max(n, 1);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = power * (steps.find((s) => s * power >= rough) ?? 10);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
  return found;
}

/** Whole seconds or minutes, as a clock divides them. */
function timeTicks(duration, n) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((s) => duration / s <= n) ?? 7200;
  const found = [];
  for (let t = 0; t <= duration; t += step) found.push(t);
  return found;
}

/** Path through points; a value that is null lifts the pen. */
function pathOf(xs, ys, toX, toY) {
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
function unit() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

/** Draw now, and again whenever the element's width changes. */
function redrawn(host, draw) {
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
function legend(curves) {
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
function tabs(label, names, choose) {
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
