// How far along a control a value stands, and how values are written.

import { shown, shownHz } from "../shared/axes.js";

/** A scale with straight stretches between points [value, share]. */
function stretched(points) {
  const between = (value, from, to) => {
    const i = Math.min(Math.max(points.findIndex((point) => point[from] >= value), 1), points.length - 1);
    const [a, b] = [points[i - 1], points[i]];
    return a[to] + ((b[to] - a[to]) * (value - a[from])) / (b[from] - a[from]);
  };
  const [low, high] = [points[0][0], points.at(-1)[0]];
  const inside = (value) => Math.min(Math.max(value, low), high);
  return {
    low,
    high,
    share: (value) => Math.min(Math.max(between(inside(value), 0, 1), 0), 1),
    value: (share) => inside(between(Math.min(Math.max(share, 0), 1), 1, 0)),
  };
}

/** As a long-throw fader is marked: most of its way for what is mixed with. */
export const FADER = stretched([[-60, 0], [-48, 0.05], [-36, 0.13], [-24, 0.27], [-12, 0.46], [0, 0.67], [12, 0.86], [24, 1]]);
export const PAN = stretched([[-1, 0], [1, 1]]);
export const WIDTH = stretched([[0, 0], [1, 0.5], [2, 1]]);
export const SEND = stretched([[-60, 0], [-30, 0.3], [0, 0.85], [12, 1]]);

export const linearScale = (low, high) => stretched([[low, 0], [high, 1]]);

export function logarithmicScale(low, high) {
  const [from, to] = [Math.log(low), Math.log(high)];
  const clamp = (share) => Math.min(Math.max(share, 0), 1);
  return {
    low,
    high,
    share: (value) => clamp((Math.log(Math.max(value, low)) - from) / (to - from)),
    value: (share) => Math.exp(from + clamp(share) * (to - from)),
  };
}

export const signed = (value, digits = 1, unit = "dB") => `${value > 0 ? "+" : ""}${shown(value, digits, unit)}`;

export const words = {
  db: (value) => (value <= -60 ? "off" : shown(value, 1, "dB")),
  pan: (value) => (Math.abs(value) < 0.005 ? "centre" : `${Math.round(100 * Math.abs(value))}\u00a0% ${value < 0 ? "left" : "right"}`),
  width: (value) => (value < 0.005 ? "mono" : `${Math.round(100 * value)}\u00a0%`),
  hz: shownHz,
  ms: (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)}\u00a0ms`,
  ratio: (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)}\u00a0:\u00a01`,
  plain: (value) => shown(value, 2),
  share: (value) => `${Math.round(100 * value)}\u00a0%`,
  lufs: (value) => shown(value, 1, "LUFS"),
  dbtp: (value) => shown(value, 1, "dBTP"),
};

/** One number for what may move in time: its first value, for showing. */
export const still = (number) => (Array.isArray(number) ? number[0][1] : number);

export const round = (value, step) => Number((Math.round(value / step) * step).toFixed(6));
