// What the compressor of a bus does to a sum of tracks: its gains of the last exact render, times what
// an edit since then has made of them. For that the compressor runs on the tracks as they are, and as
// they were in that render; what neither hears, what comes back from the rooms, cancels.

import { Reduction } from "./dynamics.js";
import { gainOf } from "./numbers.js";

const STEP_FRAMES = 32;
const TOP = 65535;

export class BusGain {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.gains = new Float32Array(128); // of what comes in
    this.gainsBefore = new Float32Array(128); // of what came in
    this.course = null;
    this.setting = null;
    this.now = new Reduction(sampleRate);
    this.before = new Reduction(sampleRate);
  }

  /** `course`: Uint16Array of gains; `compressor`: a table of settings. Null where there is none. */
  set(course, compressor) {
    this.course = course;
    this.setting = compressor;
  }

  get idle() {
    return !this.setting;
  }

  /**
   * Set `gains` and `gainsBefore` of n samples, which lie at `parts`, for what comes in as it is and as
   * it was; `before` is null where that is the same.
   */
  process(audio, before, n, parts) {
    const { gains, gainsBefore } = this;
    for (const { position, offset, n: count } of parts) this.read(position, gainsBefore, offset, count);
    gains.set(gainsBefore);
    this.follow(this.now, audio, n);
    if (!before) {
      this.before.take(this.now);
      return;
    }
    this.follow(this.before, before, n);
    for (let i = 0; i < n; i += 1) gains[i] *= gainOf(this.before.values[i] - this.now.values[i]);
  }

  follow(reduction, audio, n) {
    const { attack_ms: attack, release_ms: release } = this.setting;
    reduction.follow("compressor", this.setting, attack, release, audio, n);
  }

  read(position, into, offset, n) {
    const { course } = this;
    const last = course.length - 1;
    for (let i = 0; i < n; i += 1) {
      // A step's gain is that of its middle.
      const at = Math.min(Math.max((position + i + 0.5) / STEP_FRAMES - 0.5, 0), last);
      const step = Math.floor(at);
      const gain = course[step];
      const next = course[Math.min(step + 1, last)];
      into[offset + i] = (gain + (at - step) * (next - gain)) / TOP;
    }
  }

  forget() {
    this.now.forget();
    this.before.forget();
  }
}

/** Multiply a pair by gains of their own. */
export function applyGains([left, right], gains, n) {
  for (let i = 0; i < n; i += 1) {
    left[i] *= gains[i];
    right[i] *= gains[i];
  }
}
