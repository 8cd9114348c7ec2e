// The shared delay, as `mixer.console.delay` defines it: echoes that pass the cuts and come back
// softer, straight or from side to side.

import { butterworth, SectionChain } from "./filters.js";

// Returns that are made of echoes here, not convolved: the user's and the model's.
export const ECHOES = ["delay", "echo"];

// Defaults of `mixer.console.settings.Delay`.
export const DELAY = {
  time_ms: 350, beats: null, feedback: 0.35, low_cut_hz: 250, high_cut_hz: 6000, ping_pong: false,
};

/** Samples from echo to echo; beats count where the tempo is known. */
export function delaySamples(setting, tempoBpm, sampleRate) {
  const { beats, time_ms: timeMs } = { ...DELAY, ...setting };
  const time_s = beats !== null && tempoBpm ? (beats * 60) / tempoBpm : timeMs / 1000;
  return Math.max(1, Math.round(time_s * sampleRate));
}

export class Echo {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.n = 0;
    this.quiet = true;
    this.cuts = [new SectionChain(2), new SectionChain(2)]; // of left and right
    this.set({}, null);
  }

  set(setting, tempoBpm) {
    this.setting = { ...DELAY, ...setting };
    const n = delaySamples(setting, tempoBpm, this.sampleRate);
    const { low_cut_hz: low, high_cut_hz: high } = this.setting;
    const sections = [
      ...butterworth("high_pass", low, 12, this.sampleRate),
      ...butterworth("low_pass", high, 12, this.sampleRate),
    ];
    for (const cut of this.cuts) cut.sections = sections;
    if (n === this.n) return;
    this.n = n;
    this.forget();
  }

  forget() {
    this.line = [new Float32Array(this.n), new Float32Array(this.n)];
    for (const cut of this.cuts) cut.forget();
    this.at = 0;
    this.quiet = true;
  }

  /** Add the echoes of what is sent to left and right, n samples each. */
  process(sendLeft, sendRight, left, right, n) {
    if (this.quiet && !sends(sendLeft, n) && !sends(sendRight, n)) return;
    this.quiet = false;
    const [lineLeft, lineRight] = this.line;
    const [cutLeft, cutRight] = this.cuts;
    const { feedback, ping_pong: pingPong } = this.setting;
    for (let i = 0; i < n; i += 1) {
      const echoLeft = cutLeft.through(lineLeft[this.at]);
      const echoRight = cutRight.through(lineRight[this.at]);
      if (pingPong) {
        // As much energy into the left side as both channels of a centred stem have.
        lineLeft[this.at] = Math.SQRT1_2 * (sendLeft[i] + sendRight[i]) + feedback * echoRight;
        lineRight[this.at] = feedback * echoLeft;
      } else {
        lineLeft[this.at] = sendLeft[i] + feedback * echoLeft;
        lineRight[this.at] = sendRight[i] + feedback * echoRight;
      }
      left[i] += echoLeft;
      right[i] += echoRight;
      this.at = this.at + 1 === this.n ? 0 : this.at + 1;
    }
  }
}

function sends(send, n) {
  for (let i = 0; i < n; i += 1) if (send[i] !== 0) return true;
  return false;
}
