// A strip with what stands behind its fader: whether it is heard, and its sends.

import { addTo, fade } from "./mixing.js";
import { gainOf, valueAt } from "./numbers.js";
import { Ramp } from "./ramp.js";
import { StripProcessor } from "./strip.js";

// The user's own sends, by the strip's fields.
const OWN_SENDS = { reverb: "reverb_db", delay: "delay_db" };

export class Channel {
  constructor(sampleRate, returns) {
    this.sampleRate = sampleRate;
    this.processor = new StripProcessor(sampleRate);
    this.heard = new Ramp(1);
    this.sends = new Map(returns.map((name) => [name, new Ramp(0)]));
    this.peak = 0;
    this.aim = () => {};
  }

  /** `sends`: gains in dB to returns, beside the strip's own. */
  set(strip, heard, sends, snap, time_s) {
    this.processor.set(strip, snap, time_s);
    this.heard.set(heard ? 1 : 0, snap);
    this.aim = (now_s, isSnap, blocks) => {
      const amount = valueAt(strip.amount ?? 1, now_s);
      for (const [name, ramp] of this.sends) {
        const own = strip[OWN_SENDS[name]] ?? null;
        const gain = own === null ? 0 : gainOf(valueAt(own, now_s)) * amount;
        ramp.set(gain + (name in sends ? gainOf(sends[name]) : 0), isSnap, blocks);
      }
    };
    this.aim(time_s, snap);
  }

  get silent() {
    return this.heard.left === 0 && this.heard.now === 0;
  }

  /** Run a pair in place, add what it sends, and meter it. */
  process(audio, returns, n, time_s) {
    if (this.processor.moving) this.aim(time_s + n / this.sampleRate, false, 1);
    this.processor.process(audio[0], audio[1], n, time_s);
    const from = this.heard.now;
    const to = this.heard.next();
    if (from !== 1 || to !== 1) fade(audio, n, from, to);
    for (const [name, ramp] of this.sends) addTo(returns[name], audio, n, ramp);
    for (let i = 0; i < n; i += 1) {
      this.peak = Math.max(this.peak, Math.abs(audio[0][i]), Math.abs(audio[1][i]));
    }
  }
}
