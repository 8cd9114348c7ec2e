// What the compressor of a bus does to what comes into it: its gains of the last exact render, times what
// an edit since then has made of them. For that the compressor runs on what comes in now, and on what
// came in in that render.

import { Reduction } from "./dynamics.js";
import { gainOf } from "./numbers.js";

const STEP_FRAMES = 32;
const TOP = 65535;

/** Write gains of an automation (Uint16Array, as the server sends it) from a position into n samples. */
export function readAutomation(automation, position, into, offset, n) {
  const last = automation.length - 1;
  for (let i = 0; i < n; i += 1) {
    // A step's gain is that of its middle.
    const at = Math.min(Math.max((position + i + 0.5) / STEP_FRAMES - 0.5, 0), last);
    const step = Math.floor(at);
    const gain = automation[step];
    const next = automation[Math.min(step + 1, last)];
    into[offset + i] = (gain + (at - step) * (next - gain)) / TOP;
  }
}

export class BusGain {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.gains = new Float32Array(128); // of what comes in
    this.setting = null;
    this.now = new Reduction(sampleRate);
    this.before = new Reduction(sampleRate);
  }

  /** A table of the compressor's settings; null where there is none. */
  set(compressor) {
    this.setting = compressor;
  }

  get idle() {
    return !this.setting;
  }

  /**
   * Set `gains` of n samples for what comes in as it is and as it was; `automation` has those of what was.
   * `before` is null where both are the same.
   */
  process(audio, before, automation, n) {
    const { gains } = this;
    for (let i = 0; i < n; i += 1) gains[i] = automation[i];
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
}

/** Multiply a pair by gains of their own. */
export function applyGains([left, right], gains, n) {
  for (let i = 0; i < n; i += 1) {
    left[i] *= gains[i];
    right[i] *= gains[i];
  }
}
