// A fader, knob or bar: one control with a mark where it came from, for mouse, touch and keyboard.

import { html } from "../shared/axes.js";
import { round } from "./scales.js";

const FINE = 0.2;
let gestures = 0;
export const newGesture = () => `${performance.timeOrigin}-${(gestures += 1)}`;

/**
 * `label`, `scale` (low, high, share, value), `step`, `say` (a value in words), `onInput(value, gesture)`,
 * `onReset()`. The element's `show(value, origin, isHanded)`: the thumb stands at value, the mark at
 * origin, where the network and presets put it; a bar between them is the user's change.
 */
export function slider({ label, scale, step, say, onInput, onReset, className = "" }) {
  const [origin, offset, thumb] = ["origin", "offset", "thumb"].map((name) => html("i", { className: name }));
  const element = html("div", {
    className: `slider ${className}`, role: "slider", tabindex: "0", "aria-label": label,
    "aria-valuemin": scale.low, "aria-valuemax": scale.high,
  }, html("i", { className: "rail" }), offset, origin, thumb);
  let now = scale.low;
  let from = scale.low;

  element.show = (value, originValue, isHanded) => {
    [now, from] = [value, originValue];
    const [at, start] = [scale.share(value), scale.share(originValue)];
    element.style.setProperty("--at", at);
    element.style.setProperty("--origin", start);
    element.style.setProperty("--low", Math.min(at, start));
    element.style.setProperty("--span", Math.abs(at - start));
    element.classList.toggle("handed", isHanded);
    element.setAttribute("aria-valuenow", round(value, step / 10));
    const text = say(value);
    element.setAttribute("aria-valuetext", isHanded ? `${text}, changed from ${say(originValue)}` : text);
    element.title = isHanded ? `${label}: ${text} (was ${say(originValue)}; double click goes back)` : `${label}: ${text}`;
  };
  const put = (value, gesture) => {
    // Steps count from where it came from: the user's change is a round number.
    const inside = Math.min(Math.max(from + round(value - from, step), scale.low), scale.high);
    if (Math.abs(inside - now) > step / 1000) onInput(inside, gesture);
  };
  drag(element, () => scale.share(now), (share, gesture) => put(scale.value(share), gesture));
  element.addEventListener("dblclick", () => onReset());
  element.addEventListener("wheel", (event) => {
    if (document.activeElement !== element) return; // scrolling past it must not move it
    event.preventDefault();
    put(now - Math.sign(event.deltaY) * step * (event.shiftKey ? 1 : 5), "wheel");
  }, { passive: false });
  let pressed = null;
  const gestureOf = (event) => (pressed = event.repeat && pressed ? pressed : newGesture()); // a held key is one step of undo
  keys(element, (steps, event) => put(now + steps * step, gestureOf(event)), (value) => put(value, newGesture()), scale, onReset);
  element.reset = onReset;
  element.origin = () => from;
  return element;
}

/** Moves follow the pointer from where it was caught: nothing jumps. Shift moves finely. */
function drag(element, shareNow, put) {
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    const box = element.getBoundingClientRect();
    const isUpright = box.height > box.width || element.classList.contains("knob");
    const length = element.classList.contains("knob") ? 160 : isUpright ? box.height : box.width;
    const gesture = newGesture();
    let share = shareNow();
    let [x, y] = [event.clientX, event.clientY];
    const move = (moved) => {
      const way = isUpright ? y - moved.clientY : moved.clientX - x;
      [x, y] = [moved.clientX, moved.clientY];
      if (way === 0) return;
      share += ((moved.shiftKey ? FINE : 1) * way) / length;
      put(share, gesture);
    };
    const end = () => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", end);
      element.removeEventListener("pointercancel", end);
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", end);
  });
}

function keys(element, move, put, scale, reset) {
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = event.shiftKey ? 1 : 5;
    const actions = {
      ArrowUp: () => move(by, event), ArrowRight: () => move(by, event),
      ArrowDown: () => move(-by, event), ArrowLeft: () => move(-by, event),
      PageUp: () => move(30, event), PageDown: () => move(-30, event),
      Home: () => put(scale.low), End: () => put(scale.high),
      Delete: reset, Backspace: reset,
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  });
}

/** A row with a name, a slider and its value in words, for the panels. */
export function sliderRow({ label, name = label, ...options }) {
  const control = slider({ label, className: "bar", ...options });
  const value = html("output", { "aria-hidden": "true" });
  const row = html("div", { className: "row" }, html("span", { className: "name", text: name }), control, value);
  row.show = (now, origin, isHanded) => {
    control.show(now, origin, isHanded);
    value.textContent = options.say(now);
    row.classList.toggle("handed", isHanded);
  };
  return row;
}
