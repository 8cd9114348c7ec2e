// Loudness by ITU-R BS.1770-4, as it goes: momentary (400 ms), short-term (3 s), integrated since the
// last reset. Filters after De Man (2018), "Evaluation of implementations of the EBU R128 standard".

import { SectionChain } from "./filters.js";

const HOP_S = 0.1;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;

/** Sections of the K-weighting at a sample rate: the head's shelf, then the high-pass. */
export function kWeighting(sampleRate) {
  const shelf = { k: Math.tan((Math.PI * 1681.974450955533) / sampleRate), q: 0.7071752369554196 };
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const pass = { k: Math.tan((Math.PI * 38.13547087602444) / sampleRate), q: 0.5003270373238773 };
  const lower = ({ k, q }) => {
    const a0 = 1 + k / q + k * k;
    return { a0, a: [(2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0] };
  };
  const [first, second] = [lower(shelf), lower(pass)];
  const { k, q } = shelf;
  const b = [high + (band * k) / q + k * k, 2 * (k * k - high), high - (band * k) / q + k * k];
  return [[...b.map((value) => value / first.a0), ...first.a], [1, -2, 1, ...second.a]];
}

const lufsOf = (power) => (power > 0 ? -0.691 + 10 * Math.log10(power) : -Infinity);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);

export class LoudnessMeter {
  constructor(sampleRate) {
    this.weights = [new SectionChain(2), new SectionChain(2)]; // of left and right
    for (const chain of this.weights) chain.sections = kWeighting(sampleRate);
    this.hop = Math.round(HOP_S * sampleRate);
    this.reset();
  }

  reset() {
    for (const chain of this.weights) chain.forget();
    this.sum = 0;
    this.count = 0;
    this.hops = []; // mean powers of the last 3 s
    this.blocks = []; // of every 400 ms since the reset
  }

  add(left, right, n) {
    const [weighLeft, weighRight] = this.weights;
    for (let i = 0; i < n; i += 1) {
      const l = weighLeft.through(left[i]);
      const r = weighRight.through(right[i]);
      this.sum += l * l + r * r;
      this.count += 1;
      if (this.count === this.hop) this.close();
    }
  }

  close() {
    this.hops.push(this.sum / this.hop);
    if (this.hops.length > 30) this.hops.shift();
    if (this.hops.length >= 4) this.blocks.push(mean(this.hops.slice(-4)));
    // An hour of blocks is enough for a page that is left playing.
    if (this.blocks.length > 36000) this.blocks.shift();
    this.sum = 0;
    this.count = 0;
  }

  get momentary() {
    return this.hops.length >= 4 ? lufsOf(mean(this.hops.slice(-4))) : -Infinity;
  }

  get shortTerm() {
    return this.hops.length >= 30 ? lufsOf(mean(this.hops)) : -Infinity;
  }

  get integrated() {
    const loud = this.blocks.filter((power) => lufsOf(power) > ABSOLUTE_GATE_LUFS);
    const gate = lufsOf(mean(loud)) + RELATIVE_GATE_LU;
    return lufsOf(mean(loud.filter((power) => lufsOf(power) > gate)));
  }
}
