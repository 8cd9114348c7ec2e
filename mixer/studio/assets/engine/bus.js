// The bus: the stems' sum and what comes back of their own sends, through the mix's bus, the master strip,
// its gain and its ceiling; then the sources beside the desk are added, and all is metered.

import { applyGains, BusGain } from "./bus_gain.js";
import { gainOf } from "./numbers.js";
import { LoudnessMeter } from "./loudness.js";
import { Ramp } from "./ramp.js";
import { StripProcessor } from "./strip.js";
import { TruePeakMeter } from "./true_peak.js";

const RELEASE_S = 0.1;

export class Bus {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.mix = new BusGain(sampleRate);
    this.processor = new StripProcessor(sampleRate);
    this.gain = new Ramp(1);
    this.ceiling = Infinity;
    this.held = 1; // the ceiling's gain now
    this.release = Math.exp(-1 / (RELEASE_S * sampleRate));
    this.loudness = new LoudnessMeter(sampleRate);
    this.truePeak = new TruePeakMeter();
    this.limited = false;
    this.clear();
  }

  /** `{strip, gain_db, ceiling_dbtp}`; without a ceiling peaks go where they go. */
  set({ strip = {}, gain_db: gainDb = 0, ceiling_dbtp: ceiling = null }, snap = false) {
    this.processor.set(strip, snap);
    this.gain.set(gainOf(gainDb), snap);
    this.ceiling = ceiling === null ? Infinity : gainOf(ceiling);
  }

  /**
   * One block of n samples; `out` is overwritten. `before`: the stems' sum as it was in the last exact
   * render, null where it is the same; `automation`: gains of the mix's bus in that render.
   */
  process({ dry, returned, before, automation, source, weight }, out, n, time_s) {
    if (!this.mix.idle) this.mix.process(dry, before, automation, n);
    for (let i = 0; i < n; i += 1) {
      out[0][i] = dry[0][i] + returned[0][i];
      out[1][i] = dry[1][i] + returned[1][i];
    }
    if (!this.mix.idle) applyGains(out, this.mix.gains, n);
    this.processor.process(out[0], out[1], n, time_s);
    const from = this.gain.now;
    const step = (this.gain.next() - from) / n;
    for (let i = 0; i < n; i += 1) {
      const gain = (from + step * (i + 1)) * weight[i];
      const left = out[0][i] * gain;
      const right = out[1][i] * gain;
      const held = weight[i] > 0 ? this.hold(Math.max(Math.abs(left), Math.abs(right))) : 1;
      out[0][i] = left * held + source[0][i];
      out[1][i] = right * held + source[1][i];
    }
    this.meter(out, n);
  }

  /** A ceiling without looking ahead: what the render's limiter does more gently. */
  hold(peak) {
    if (this.ceiling === Infinity) return 1;
    this.held = 1 - (1 - this.held) * this.release;
    if (peak * this.held > this.ceiling) {
      this.held = this.ceiling / peak;
      this.limited = true;
    }
    return this.held;
  }

  meter([left, right], n) {
    this.loudness.add(left, right, n);
    this.truePeak.add(left, right, n);
    for (let i = 0; i < n; i += 1) {
      this.peaks[0] = Math.max(this.peaks[0], Math.abs(left[i]));
      this.peaks[1] = Math.max(this.peaks[1], Math.abs(right[i]));
      this.powers[0] += left[i] * left[i];
      this.powers[1] += right[i] * right[i];
      this.powers[2] += left[i] * right[i];
    }
  }

  clear() {
    this.peaks = [0, 0];
    this.powers = [0, 0, 0];
    this.limited = false;
  }

  /** Figures since the last call: peaks linear, loudness in LUFS, correlation -1 to 1. */
  figures() {
    const [left, right, both] = this.powers;
    const figures = {
      peaks: this.peaks,
      true_peak: this.truePeak.take(),
      correlation: left * right > 0 ? both / Math.sqrt(left * right) : null,
      momentary: this.loudness.momentary,
      short_term: this.loudness.shortTerm,
      integrated: this.loudness.integrated,
      limited: this.limited,
    };
    this.clear();
    return figures;
  }
}
