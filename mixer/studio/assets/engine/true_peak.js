// True peak by fourfold oversampling: the highest of four interpolated values a sample.

const PHASES = 4;
const TAPS = 12;

/** Windowed sinc, a row of taps for each phase. */
function interpolator() {
  const rows = [];
  for (let phase = 0; phase < PHASES; phase += 1) {
    const row = new Float64Array(TAPS);
    for (let tap = 0; tap < TAPS; tap += 1) {
      const t = tap - TAPS / 2 + 1 - phase / PHASES;
      const window = 0.5 + 0.5 * Math.cos((2 * Math.PI * t) / (TAPS + 1));
      row[tap] = (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t)) * window;
    }
    const sum = row.reduce((total, value) => total + value, 0);
    rows.push(row.map((value) => value / sum));
  }
  return rows;
}

const ROWS = interpolator();

export class TruePeakMeter {
  constructor() {
    this.past = [new Float64Array(2 * TAPS), new Float64Array(2 * TAPS)];
    this.at = 0;
    this.peak = 0;
  }

  add(left, right, n) {
    for (let i = 0; i < n; i += 1) {
      // Written twice, so that the last taps always lie side by side.
      this.past[0][this.at] = this.past[0][this.at + TAPS] = left[i];
      this.past[1][this.at] = this.past[1][this.at + TAPS] = right[i];
      this.at = (this.at + 1) % TAPS;
      for (const past of this.past) {
        // Between two samples a peak is rarely twice as high as both: these are the ones in the middle.
        const [before, after] = [past[this.at + TAPS / 2 - 1], past[this.at + TAPS / 2]];
        if (2 * Math.max(Math.abs(before), Math.abs(after)) < this.peak) continue;
        this.peak = Math.max(this.peak, this.interpolated(past));
      }
    }
  }

  interpolated(past) {
    let highest = 0;
    for (const row of ROWS) {
      let sum = 0;
      for (let tap = 0; tap < TAPS; tap += 1) sum += row[TAPS - 1 - tap] * past[this.at + tap];
      highest = Math.max(highest, Math.abs(sum));
    }
    return highest;
  }

  take() {
    const { peak } = this;
    this.peak = 0;
    return peak;
  }
}
