// Compressor and gate, live, by the definitions of `mixer.console.dynamics`: one gain for both channels
// from the peak level of the last 10 ms, through attack and release.

import { gainOf, valueAt } from "./numbers.js";
import { Ramp } from "./ramp.js";

const FLOOR_DB = -120;
const HOLD_S = 0.01;
// A closed gate lowers by this much.
const GATE_RANGE_DB = 80;

// Defaults as `mixer.console.settings` has them.
export const COMPRESSOR = { threshold_db: -18, ratio: 2, attack_ms: 10, release_ms: 120, make_up_db: 0, amount: 1 };
export const GATE = { threshold_db: -50, ratio: 10, attack_ms: 1, release_ms: 100, amount: 1 };

const REDUCTIONS = {
  compressor: (level, { threshold_db: threshold, ratio }) => Math.max(level - threshold, 0) * (1 - 1 / ratio),
  gate: (level, { threshold_db: threshold, ratio }) => Math.min(Math.max(threshold - level, 0) * (ratio - 1), GATE_RANGE_DB),
};

/** The highest of the last samples: those that may still become it wait in falling order. */
class HeldPeak {
  constructor(size) {
    this.size = size;
    this.values = new Float32Array(size);
    this.ends = new Float64Array(size);
    this.first = 0;
    this.count = 0;
    this.now = 0;
  }

  next(value) {
    const { size, values, ends } = this;
    while (this.count && ends[this.first] <= this.now) {
      this.first = (this.first + 1) % size;
      this.count -= 1;
    }
    while (this.count && values[(this.first + this.count - 1) % size] <= value) this.count -= 1;
    const place = (this.first + this.count) % size;
    values[place] = value;
    ends[place] = this.now + size;
    this.count += 1;
    this.now += 1;
    return values[this.first];
  }

  take(other) {
    this.values.set(other.values);
    this.ends.set(other.ends);
    [this.first, this.count, this.now] = [other.first, other.count, other.now];
  }
}

/** A gain reduction in dB that follows the level of a pair of channels. */
export class Reduction {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.peak = new HeldPeak(Math.max(2, Math.round(HOLD_S * sampleRate)));
    this.values = new Float64Array(128); // dB, of the last block
    this.now_db = 0;
  }

  /** Follow n samples: a reduction of a kind, which rises and falls within so many ms. */
  follow(kind, setting, rise_ms, fall_ms, [left, right], n) {
    const [rise, fall] = [rise_ms, fall_ms].map((ms) => Math.exp(-1000 / (this.sampleRate * ms)));
    const wanted = REDUCTIONS[kind];
    let reduction = this.now_db;
    for (let i = 0; i < n; i += 1) {
      const peak = this.peak.next(Math.max(Math.abs(left[i]), Math.abs(right[i])));
      const target = wanted(peak > 1e-6 ? 20 * Math.log10(peak) : FLOOR_DB, setting);
      const keep = target > reduction ? rise : fall;
      reduction = keep * reduction + (1 - keep) * target;
      this.values[i] = reduction;
    }
    this.now_db = reduction < 1e-9 ? 0 : reduction;
  }

  /** Stand where another one stands. */
  take(other) {
    this.peak.take(other.peak);
    this.now_db = other.now_db;
  }

  forget() {
    this.now_db = 0;
  }
}

export class Dynamics {
  /** `kind`: "compressor" or "gate". */
  constructor(kind, sampleRate) {
    this.kind = kind;
    this.sampleRate = sampleRate;
    this.reduction = new Reduction(sampleRate);
    this.amount = new Ramp(0);
    this.setting = kind === "gate" ? GATE : COMPRESSOR;
  }

  /** A table of its settings; null fades it out. */
  set(setting, snap, time_s) {
    const defaults = this.kind === "gate" ? GATE : COMPRESSOR;
    if (setting) {
      const now = { ...defaults, ...setting };
      this.setting = Object.fromEntries(Object.entries(now).map(([name, value]) => [name, valueAt(value, time_s)]));
    }
    this.amount.set(setting ? this.setting.amount : 0, snap);
  }

  get idle() {
    return this.amount.left === 0 && this.amount.now === 0;
  }

  process(left, right, n) {
    const { setting, reduction } = this;
    // A gate's attack opens it: its reduction falls with the attack and rises with the release.
    const [rise_ms, fall_ms] = this.kind === "gate" ? [setting.release_ms, setting.attack_ms] : [setting.attack_ms, setting.release_ms];
    const makeUp = gainOf(setting.make_up_db ?? 0);
    const from = this.amount.now;
    const step = (this.amount.next() - from) / n;
    reduction.follow(this.kind, setting, rise_ms, fall_ms, [left, right], n);
    for (let i = 0; i < n; i += 1) {
      const gain = 1 + (from + step * (i + 1)) * (gainOf(-reduction.values[i]) * makeUp - 1);
      left[i] *= gain;
      right[i] *= gain;
    }
  }

  forget() {
    this.reduction.forget();
  }
}
