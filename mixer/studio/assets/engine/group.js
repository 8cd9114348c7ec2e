// One stem behind its tracks' sum: what comes back from their rooms joins it, then its bus and its own
// strip act on both, as in the render.

import { applyGains, BusGain } from "./bus_gain.js";
import { Channel } from "./channel.js";
import { Echo, ECHOES } from "./echo.js";
import { addTo, copyTo, pair, silence } from "./mixing.js";
import { StripProcessor } from "./strip.js";

export class Group {
  /** `sends`: names of what the stem's own strip may send to. */
  constructor(sampleRate, sends) {
    this.channel = new Channel(sampleRate, sends);
    // By name, of what its tracks send, and of what they sent more in the last exact render.
    this.echoes = new Map(ECHOES.map((name) => [name, [new Echo(sampleRate), new Echo(sampleRate)]]));
    this.returned = pair();
    this.bus = new BusGain(sampleRate);
    this.audio = pair();
    // As it was in the last exact render, where that is another.
    this.before = pair();
    this.beforeStrip = new StripProcessor(sampleRate);
    this.wasHeard = true;
    this.stripDiffers = false;
  }

  /** `before`: `{strip, heard}` of the last exact render where they were others, else undefined. */
  set({ strip = {}, heard = true, before }, snap, time_s) {
    this.channel.set(strip, heard, {}, snap, time_s);
    this.stripDiffers = Boolean(before);
    this.wasHeard = before?.heard ?? heard;
    this.beforeStrip.set(before?.strip ?? strip, snap, time_s);
  }

  /** Settings of the echoes, by name; beats of the tempo. */
  setEchoes(settings, tempo) {
    for (const [name, pair] of this.echoes) for (const echo of pair) echo.set(settings[name], tempo);
  }

  /**
   * One block: `tracks` has the sum of the stem's tracks, the same as it was, whether its tracks differ,
   * what they send to each echo and how much more they did, and the gains of the bus in the last exact
   * render; `returned` comes back from their rooms, and `difference` is how much more did. Adds the stem
   * to `mix` and what it sends to `returns`, by name; if `follows`, the stem as it was to `mixBefore`.
   */
  process(tracks, returned, difference, { mix, mixBefore, returns }, n, time_s, follows) {
    const { differs, automation } = tracks;
    this.sum(tracks, returned, difference, n);
    if (!this.bus.idle) {
      this.bus.process(this.audio, differs ? this.before : null, automation, n);
      applyGains(this.audio, this.bus.gains, n);
      applyGains(this.before, automation, n);
    }
    if (follows) {
      if (!this.wasHeard) silence(this.before);
      else this.beforeStrip.process(this.before[0], this.before[1], n, time_s);
      addTo(mixBefore, this.before, n);
    }
    this.channel.process(this.audio, returns, n, time_s);
    addTo(mix, this.audio, n);
  }

  /** Tracks with what comes back of them, as they are and as they were. */
  sum({ audio, before, echoes }, returned, difference, n) {
    const back = this.returned;
    copyTo(back, returned, n);
    ECHOES.forEach((name, i) => this.echoes.get(name)[0].process(...echoes[i][0], ...back, n));
    copyTo(this.audio, audio, n);
    addTo(this.audio, back, n);
    addTo(back, difference, n);
    ECHOES.forEach((name, i) => this.echoes.get(name)[1].process(...echoes[i][1], ...back, n));
    copyTo(this.before, before, n);
    addTo(this.before, back, n);
  }
}
