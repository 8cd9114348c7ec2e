// All tracks through the hand's strips into groups and the mix, and the other sources beside it, in
// step with one playhead. It knows no audio context: blocks of samples in, blocks out.

import { BlockStream } from "./blocks.js";
import { Channel } from "./channel.js";
import { Echo } from "./echo.js";
import { addTo, fade, pair, silence } from "./mixing.js";
import { Ramp } from "./ramp.js";
import { StripProcessor } from "./strip.js";
import { Transport } from "./transport.js";

const QUANTUM = 128;
export const DESK = "desk";
// What the desk does itself; all other returns are convolved outside.
const DELAY = "delay";

/** Tracks of one stem: their sum, what they send, and the stem's own strip. */
class Group {
  constructor(sampleRate, returns) {
    this.channel = new Channel(sampleRate, returns);
    this.audio = pair();
    this.sends = {};
    this.sendStrips = {};
    for (const name of returns) {
      this.sends[name] = pair();
      this.sendStrips[name] = new StripProcessor(sampleRate);
    }
  }

  set(strip, heard, snap, time_s) {
    this.channel.set(strip, heard, {}, snap, time_s);
    for (const processor of Object.values(this.sendStrips)) processor.set(strip, snap, time_s);
  }

  begin() {
    silence(this.audio);
    for (const send of Object.values(this.sends)) silence(send);
  }

  /** What tracks sent comes back into their stem, so it passes the stem's strip, on this side of the room. */
  process(dry, returns, n, time_s) {
    const { heard } = this.channel;
    const [from, to] = [heard.now, heard.left ? heard.now + (heard.goal - heard.now) / heard.left : heard.now];
    for (const [name, send] of Object.entries(this.sends)) {
      this.sendStrips[name].process(send[0], send[1], n, time_s);
      if (from !== 1 || to !== 1) fade(send, n, from, to);
      addTo(returns[name], send, n);
    }
    this.channel.process(this.audio, returns, n, time_s);
    addTo(dry, this.audio, n);
  }

  forget() {
    this.channel.processor.forget();
    for (const processor of Object.values(this.sendStrips)) processor.forget();
  }
}

export class Desk {
  /** `returns`: names of what may be sent to; "delay" among them is made here. */
  constructor(sampleRate, nSamples, returns) {
    this.sampleRate = sampleRate;
    this.transport = new Transport(nSamples);
    this.transport.onJump = () => this.forget();
    this.returns = returns;
    this.streams = new Map();
    this.tracks = new Map(); // key -> {channel, group, stream}
    this.groups = new Map();
    this.sources = new Map(); // key -> {ramp, stream}
    this.deskWeight = new Ramp(0);
    this.choice = { to: DESK, gain: 1 };
    this.pending = { to: DESK, gain: 1 };
    this.echo = new Echo(sampleRate);
    this.delaySend = pair();
    this.scratch = pair();
  }

  addStream(key, nSamples, fullScale) {
    this.streams.set(key, new BlockStream(nSamples, fullScale));
  }

  /** A track, or other samples for one that is there. */
  setTrack(key, group, stream) {
    const channel = this.tracks.get(key)?.channel ?? new Channel(this.sampleRate, this.returns);
    this.tracks.set(key, { channel, group, stream });
    if (!this.groups.has(group)) this.groups.set(group, new Group(this.sampleRate, this.returns));
  }

  removeTrack(key) {
    this.tracks.delete(key);
  }

  setSource(key, stream) {
    const ramp = this.sources.get(key)?.ramp ?? new Ramp(0);
    this.sources.set(key, { ramp, stream });
  }

  /**
   * Take over the hand: `{tracks: {key: {strip, heard, sends}}, groups: {key: {strip, heard}}, delay,
   * tempo}`. What is not named is neutral and heard; `sends` are gains in dB to returns by name.
   */
  setHand({ tracks = {}, groups = {}, delay = {}, tempo = null }) {
    const snap = this.transport.fade === 0;
    const time_s = this.transport.position / this.sampleRate;
    for (const [key, { channel }] of this.tracks) {
      const { strip = {}, heard = true, sends = {} } = tracks[key] ?? {};
      channel.set(strip, heard, sends, snap, time_s);
    }
    for (const [key, group] of this.groups) {
      const { strip = {}, heard = true } = groups[key] ?? {};
      group.set(strip, heard, snap, time_s);
    }
    this.echo.set(delay, tempo);
  }

  /**
   * Listen to the desk or to a source at a gain; what sounds goes on until the other can be heard.
   * `deskRuns`: the desk works, unheard, while a source is.
   */
  choose(to, gain, deskRuns = false) {
    this.pending = { to, gain, deskRuns };
  }

  takeChoice(snap) {
    if (!this.pending) return;
    const { to, gain } = this.pending;
    const { position } = this.transport;
    if (!snap && !this.streamsOf(to).every((key) => this.isHere(key, position, QUANTUM))) return;
    this.choice = this.pending;
    this.pending = null;
    this.deskWeight.set(to === DESK ? gain : 0, snap);
    for (const [key, { ramp }] of this.sources) ramp.set(key === to ? gain : 0, snap);
  }

  /** Keys of the streams that a choice is made of. */
  streamsOf(to) {
    if (to !== DESK) return [this.sources.get(to)?.stream];
    return [...this.tracks.values()].filter(({ channel }) => !channel.silent).map(({ stream }) => stream);
  }

  isHere(key, position, n) {
    return this.streams.get(key)?.covers(position, n) ?? false;
  }

  /**
   * One block of n <= 128 samples: dry, other sources and each return's send (pairs), and the desk's
   * weight. Returns whether anything sounds.
   */
  process(dry, source, weight, sends, n) {
    for (const audio of [dry, source, ...sends]) silence(audio);
    weight.fill(0);
    this.takeChoice(this.transport.fade === 0);
    const keys = this.streamsOf(this.choice.to);
    const step = this.transport.begin(n, (parts) =>
      keys.every((key) => parts.every((part) => this.isHere(key, part.position, part.n))));
    if (!step) return false;
    if (this.choice.deskRuns || this.deskWeight.left > 0 || this.deskWeight.now > 0) this.processDesk(step.parts, dry, sends, n);
    for (const { ramp, stream } of this.sources.values()) {
      if (ramp.left === 0 && ramp.now === 0) continue;
      this.read(stream, step.parts);
      addTo(source, this.scratch, n, ramp);
    }
    const from = this.deskWeight.now;
    const to = this.deskWeight.next();
    for (let i = 0; i < n; i += 1) weight[i] = from + ((to - from) * (i + 1)) / n;
    if (step.from !== 1 || step.to !== 1) for (const audio of [dry, source, ...sends]) fade(audio, n, step.from, step.to);
    return true;
  }

  processDesk(parts, dry, sends, n) {
    const time_s = parts[0].position / this.sampleRate;
    const returns = { [DELAY]: this.delaySend };
    this.returns.filter((name) => name !== DELAY).forEach((name, i) => (returns[name] = sends[i]));
    silence(this.delaySend);
    for (const group of this.groups.values()) group.begin();
    for (const { channel, group: key, stream } of this.tracks.values()) {
      if (channel.silent) continue;
      const group = this.groups.get(key);
      this.read(stream, parts);
      channel.process(this.scratch, group.sends, n, time_s);
      addTo(group.audio, this.scratch, n);
    }
    for (const group of this.groups.values()) {
      if (!group.channel.silent) group.process(dry, returns, n, time_s);
    }
    this.echo.process(this.delaySend[0], this.delaySend[1], dry[0], dry[1], n);
  }

  read(key, parts) {
    const [left, right] = this.scratch;
    const stream = this.streams.get(key);
    if (!stream) silence(this.scratch);
    else for (const { position, offset, n } of parts) stream.read(position, n, left, right, offset);
  }

  /** Forget what rings: after a jump. */
  forget() {
    for (const { channel } of this.tracks.values()) channel.processor.forget();
    for (const group of this.groups.values()) group.forget();
    this.echo.forget();
  }

  /** Peaks since the last call, linear, by key of tracks and groups. */
  takePeaks() {
    const peaks = {};
    for (const [key, { channel }] of [...this.tracks, ...this.groups]) {
      peaks[key] = Math.max(channel.peak, peaks[key] ?? 0);
      channel.peak = 0;
    }
    return peaks;
  }
}
