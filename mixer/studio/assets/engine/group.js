// The tracks of one stem: their sum, what they send, the bus of the stem, and the stem's own strip.

import { applyGains, BusGain } from "./bus_gain.js";
import { Channel } from "./channel.js";
import { addTo, fade, pair, silence } from "./mixing.js";
import { StripProcessor } from "./strip.js";

export class Group {
  constructor(sampleRate, returns) {
    this.channel = new Channel(sampleRate, returns);
    this.audio = pair();
    this.sends = {};
    this.sendStrips = {};
    for (const name of returns) {
      this.sends[name] = pair();
      this.sendStrips[name] = new StripProcessor(sampleRate);
    }
    this.bus = new BusGain(sampleRate);
    // As it was in the last exact render, where that is another.
    this.before = pair();
    this.beforeStrip = new StripProcessor(sampleRate);
    this.wasHeard = true;
    this.differs = false; // its tracks do
    this.stripDiffers = false;
  }

  /** `before`: `{strip, heard}` of the last exact render where they were others, else undefined. */
  set({ strip = {}, heard = true, before }, snap, time_s) {
    this.channel.set(strip, heard, {}, snap, time_s);
    for (const processor of Object.values(this.sendStrips)) processor.set(strip, snap, time_s);
    this.stripDiffers = Boolean(before);
    this.wasHeard = before?.heard ?? heard;
    this.beforeStrip.set(before?.strip ?? strip, snap, time_s);
  }

  begin() {
    silence(this.audio);
    silence(this.before);
    for (const send of Object.values(this.sends)) silence(send);
  }

  /**
   * What tracks sent comes back into their stem, so it passes the stem's bus and strip, on this side of
   * the room. Afterwards `before` is what came out of the stem as it was, if `follows`.
   */
  process(dry, returns, n, parts, time_s, follows) {
    this.compress(n, parts, follows);
    const { heard } = this.channel;
    const [from, to] = [heard.now, heard.left ? heard.now + (heard.goal - heard.now) / heard.left : heard.now];
    for (const [name, send] of Object.entries(this.sends)) {
      this.sendStrips[name].process(send[0], send[1], n, time_s);
      if (from !== 1 || to !== 1) fade(send, n, from, to);
      addTo(returns[name], send, n);
    }
    if (follows) this.processBefore(n, time_s);
    this.channel.process(this.audio, returns, n, time_s);
    addTo(dry, this.audio, n);
  }

  /** The bus, on what is and on what was; where no track differs, that is the same so far. */
  compress(n, parts, follows) {
    if (!this.bus.idle) {
      this.bus.process(this.audio, this.differs ? this.before : null, n, parts);
      for (const audio of [this.audio, ...Object.values(this.sends)]) applyGains(audio, this.bus.gains, n);
      applyGains(this.before, this.bus.gainsBefore, n);
    }
    if (follows && !this.differs) this.before.forEach((side, i) => side.set(this.audio[i]));
  }

  processBefore(n, time_s) {
    if (!this.wasHeard) silence(this.before);
    else this.beforeStrip.process(this.before[0], this.before[1], n, time_s);
  }

  forget() {
    this.channel.processor.forget();
    this.beforeStrip.forget();
    for (const processor of Object.values(this.sendStrips)) processor.forget();
    this.bus.forget();
  }
}
