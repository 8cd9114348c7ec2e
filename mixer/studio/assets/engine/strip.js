// A channel strip, live: filters, equaliser, gate, compressor, width, pan, gain, in the order and by the
// definitions of `mixer.console`. What else there is (de-esser, saturation, plug-ins, duck) is rendered.
// A strip is what a preset's table says of it: `{gain_db: -2, eq: [{type: "peak", ...}], ...}`; what is
// left out is neutral.

import { Dynamics } from "./dynamics.js";
import { butterworth, eqBand, IDENTITY } from "./filters.js";
import { gainOf, moves, valueAt } from "./numbers.js";
import { Ramp, RAMP_BLOCKS } from "./ramp.js";

// Defaults of an effect that is there, as `mixer.console.settings` has them.
export const BAND = { type: "peak", frequency_hz: 1000, gain_db: 0, q: 0.7, amount: 1 };
export const FILTER = { frequency_hz: 80, slope_db_per_octave: 12, amount: 1 };
// What a page plays itself; every other effect is heard in what the server renders.
const PLAYED = ["high_pass", "low_pass", "eq", "gate", "compressor", "width", "pan", "gain_db", "reverb_db", "delay_db"];
const NO_EFFECTS = ["mute", "solo", "amount", "network"];

/** Names of the strip's effects that are only heard in a render. */
export function renderedOnly(strip) {
  const effects = Object.keys(strip ?? {}).filter((name) => !PLAYED.includes(name) && !NO_EFFECTS.includes(name));
  return effects.filter((name) => {
    const value = strip[name];
    return Array.isArray(value) ? value.length > 0 : Boolean(value) && value.amount !== 0;
  });
}

/** The filters of a strip at a time: `[{key, sections, amount}]`. */
export function stagesOf(strip, sampleRate, time_s = 0) {
  const stages = [];
  for (const kind of ["high_pass", "low_pass"]) {
    if (!strip[kind]) continue;
    const { frequency_hz: hz, slope_db_per_octave: slope, amount } = { ...FILTER, ...strip[kind] };
    const sections = butterworth(kind, valueAt(hz, time_s), slope, sampleRate);
    stages.push({ key: kind, sections, amount: valueAt(amount, time_s) });
  }
  (strip.eq ?? []).forEach((band, place) => {
    const { type, frequency_hz: hz, gain_db: db, q, amount } = { ...BAND, ...band };
    const values = [hz, db, q].map((number) => valueAt(number, time_s));
    const sections = [eqBand(type, ...values, sampleRate)];
    stages.push({ key: `eq${place}`, sections, amount: valueAt(amount, time_s) });
  });
  return stages;
}

/** Linear gains of left and right for a pan from -1 to 1: a balance, both 1 in the centre. */
export function panGains(pan) {
  const angle = (pan + 1) * (Math.PI / 4);
  return [Math.SQRT2 * Math.cos(angle), Math.SQRT2 * Math.sin(angle)];
}

/**
 * Width, pan and gain as a matrix [left from left, left from right, right from left, right from
 * right], blended with what came in by the strip's amount.
 */
export function matrixOf(strip, time_s = 0) {
  const at = (name, neutral) => valueAt(strip[name] ?? neutral, time_s);
  const [width, gain] = [at("width", 1), gainOf(at("gain_db", 0))];
  const [left, right] = panGains(at("pan", 0));
  const [own, other] = [(1 + width) / 2, (1 - width) / 2];
  return [left * own * gain, left * other * gain, right * other * gain, right * own * gain];
}

/** A filter that goes to new coefficients in a straight line; stable ones stay stable on the way. */
class Section {
  constructor() {
    this.now = Float64Array.from(IDENTITY);
    this.step = new Float64Array(5);
    this.goal = IDENTITY;
    this.left = 0;
    this.memory = new Float64Array(8); // x1 x2 y1 y2 of both channels
  }

  set(goal, snap, blocks) {
    this.goal = goal;
    this.left = snap ? 0 : blocks;
    for (let i = 0; i < 5; i += 1) {
      if (snap) this.now[i] = goal[i];
      else this.step[i] = (goal[i] - this.now[i]) / blocks;
    }
  }

  get idle() {
    return this.left === 0 && this.goal === IDENTITY;
  }

  process(audio, channel, n) {
    const [b0, b1, b2, a1, a2] = this.now;
    const at = 4 * channel;
    let [x1, x2, y1, y2] = this.memory.subarray(at, at + 4);
    for (let i = 0; i < n; i += 1) {
      const x = audio[i];
      const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
      x2 = x1;
      x1 = x;
      y2 = y1;
      y1 = y;
      audio[i] = y;
    }
    this.memory[at] = x1;
    this.memory[at + 1] = x2;
    this.memory[at + 2] = Math.abs(y1) < 1e-30 ? 0 : y1;
    this.memory[at + 3] = Math.abs(y2) < 1e-30 ? 0 : y2;
  }

  advance() {
    if (this.left === 0) return;
    this.left -= 1;
    for (let i = 0; i < 5; i += 1) this.now[i] = this.left ? this.now[i] + this.step[i] : this.goal[i];
  }

  forget() {
    this.memory.fill(0);
  }
}

/** One channel's strip, block by block, in place. */
export class StripProcessor {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.stages = new Map(); // key -> {sections, amount}
    this.dynamics = new Map(); // kind -> Dynamics
    this.matrix = [1, 0, 0, 1].map((value) => new Ramp(value));
    this.amount = new Ramp(1);
    this.strip = {};
    this.moving = false;
    this.before = [new Float32Array(128), new Float32Array(128)];
    this.dry = [new Float32Array(128), new Float32Array(128)];
  }

  /** Take over new settings; at once (`snap`) where nothing sounds. */
  set(strip, snap = false, time_s = 0) {
    this.strip = strip;
    this.moving = moves(strip);
    this.aim(snap, time_s, RAMP_BLOCKS);
  }

  aim(snap, time_s, blocks) {
    const wanted = new Map(stagesOf(this.strip, this.sampleRate, time_s).map((s) => [s.key, s]));
    for (const key of wanted.keys()) {
      if (!this.stages.has(key)) this.stages.set(key, { sections: [new Section(), new Section()], amount: new Ramp(1) });
    }
    for (const [key, stage] of this.stages) {
      const goal = wanted.get(key);
      stage.sections.forEach((section, i) => section.set(goal?.sections[i] ?? IDENTITY, snap, blocks));
      if (goal) stage.amount.set(goal.amount, snap, blocks);
    }
    for (const kind of ["gate", "compressor"]) {
      if (this.strip[kind] && !this.dynamics.has(kind)) this.dynamics.set(kind, new Dynamics(kind, this.sampleRate));
      this.dynamics.get(kind)?.set(this.strip[kind] ?? null, snap, time_s);
    }
    matrixOf(this.strip, time_s).forEach((value, i) => this.matrix[i].set(value, snap, blocks));
    this.amount.set(valueAt(this.strip.amount ?? 1, time_s), snap, blocks);
  }

  /** Left and right, Float32Array of n <= 128 samples each, at a time of the song. */
  process(left, right, n, time_s) {
    // What moves in time is where it belongs at the end of every block.
    if (this.moving) this.aim(false, time_s + n / this.sampleRate, 1);
    const blends = this.amount.left > 0 || this.amount.now !== 1;
    if (blends) this.keep(this.dry, left, right, n);
    for (const [key, stage] of this.stages) this.filter(key, stage, left, right, n);
    for (const kind of ["gate", "compressor"]) {
      const dynamics = this.dynamics.get(kind);
      if (dynamics?.idle) this.dynamics.delete(kind);
      else dynamics?.process(left, right, n);
    }
    this.place(left, right, n);
    if (blends) this.blend(this.dry, left, right, n, this.amount);
  }

  filter(key, { sections, amount }, left, right, n) {
    if (sections.every((section) => section.idle)) {
      this.stages.delete(key);
      return;
    }
    const blends = amount.left > 0 || amount.now !== 1;
    if (blends) this.keep(this.before, left, right, n);
    for (const section of sections) {
      if (section.idle) continue;
      section.advance();
      section.process(left, 0, n);
      section.process(right, 1, n);
    }
    if (blends) this.blend(this.before, left, right, n, amount);
  }

  place(left, right, n) {
    const from = this.matrix.map((ramp) => ramp.now);
    const to = this.matrix.map((ramp) => ramp.next());
    const step = to.map((value, i) => (value - from[i]) / n);
    let [a, b, c, d] = from;
    for (let i = 0; i < n; i += 1) {
      a += step[0];
      b += step[1];
      c += step[2];
      d += step[3];
      const l = left[i];
      const r = right[i];
      left[i] = a * l + b * r;
      right[i] = c * l + d * r;
    }
  }

  keep(into, left, right, n) {
    into[0].set(left.subarray(0, n));
    into[1].set(right.subarray(0, n));
  }

  blend([dryLeft, dryRight], left, right, n, amount) {
    const from = amount.now;
    const step = (amount.next() - from) / n;
    for (let i = 0; i < n; i += 1) {
      const share = from + step * (i + 1);
      left[i] = dryLeft[i] + share * (left[i] - dryLeft[i]);
      right[i] = dryRight[i] + share * (right[i] - dryRight[i]);
    }
  }

  /** Forget what went through: after a jump of the playhead. */
  forget() {
    for (const { sections } of this.stages.values()) for (const section of sections) section.forget();
    for (const dynamics of this.dynamics.values()) dynamics.forget();
  }
}
