// All tracks through the user's strips into their groups' sums and sends, and the other sources beside
// them, in step with one playhead. It knows no audio context: blocks of samples in, blocks out.

import { BlockStream } from "./blocks.js";
import { readAutomation } from "./bus_gain.js";
import { Channel } from "./channel.js";
import { addTo, copyTo, fade, pair, silence } from "./mixing.js";
import { Ramp } from "./ramp.js";
import { Transport } from "./transport.js";

const QUANTUM = 128;
const MASTER = "master";
export const DESK = "desk";

/** What the tracks of one stem come to, a block of it. */
class TrackSum {
  constructor(returns) {
    this.audio = pair();
    this.before = pair(); // as it was in the last exact render
    this.differs = false; // its tracks were others then
    const pairs = () => Object.fromEntries(returns.map((name) => [name, pair()]));
    this.sends = pairs();
    this.changed = pairs(); // of the sends, what the tracks that differ send
    this.differences = pairs(); // what all sent then, less what they send
    this.automation = new Float32Array(QUANTUM).fill(1);
  }

  get pairs() {
    const sends = [this.sends, this.changed, this.differences].flatMap(Object.values);
    return [this.audio, this.before, ...sends];
  }

  /** After the tracks: what is the same for those that do not differ. */
  finish(n) {
    if (!this.differs) {
      copyTo(this.before, this.audio, n);
      return;
    }
    for (const [name, changed] of Object.entries(this.changed)) {
      addTo(this.sends[name], changed, n);
      fade(changed, n, -1, -1);
      addTo(this.differences[name], changed, n);
    }
  }
}

export class Desk {
  /** `groups`: keys of all that tracks may be in; `returns`: names of what may be sent to. */
  constructor(sampleRate, nSamples, groups, returns) {
    this.sampleRate = sampleRate;
    this.transport = new Transport(nSamples);
    this.transport.onJump = () => this.forget();
    this.returns = returns;
    this.streams = new Map();
    this.tracks = new Map(); // key -> {channel, before, group, stream}
    this.groups = new Map(groups.map((key) => [key, new TrackSum(returns)]));
    this.sources = new Map(); // key -> {ramp, stream}
    this.deskWeight = new Ramp(0);
    this.choice = { to: DESK, gain: 1 };
    this.pending = { to: DESK, gain: 1 };
    this.scratch = pair();
    this.trackBefore = pair();
    this.automations = {}; // of the buses
    this.automation = new Float32Array(QUANTUM).fill(1); // of the mix's bus
  }

  addStream(key, nSamples, fullScale) {
    this.streams.set(key, new BlockStream(nSamples, fullScale));
  }

  /** A track, or other samples for one that is there. */
  setTrack(key, group, stream) {
    const { channel, before } = this.tracks.get(key) ?? {
      channel: new Channel(this.sampleRate, this.returns),
      before: { channel: new Channel(this.sampleRate, this.returns), differs: false },
    };
    this.tracks.set(key, { channel, before, group, stream });
  }

  removeTrack(key) {
    this.tracks.delete(key);
  }

  setSource(key, stream) {
    const ramp = this.sources.get(key)?.ramp ?? new Ramp(0);
    this.sources.set(key, { ramp, stream });
  }

  /**
   * Take over the hand: `{tracks: {key: {strip, heard, sends, before}}, groups: {key: {strip, heard,
   * before}}, delay, echo, tempo}`, of which tracks are heard here and the rest in `Groups`. What is not named
   * is neutral and heard; `sends` are gains in dB to returns by name; `before` is `{strip, heard}` as of
   * the last exact render, where they were others.
   */
  setHand({ tracks = {} }) {
    const snap = this.transport.fade === 0;
    const { time_s } = this;
    for (const group of this.groups.values()) group.differs = false;
    for (const [key, { channel, before, group }] of this.tracks) {
      const { strip = {}, heard = true, sends = {}, before: was } = tracks[key] ?? {};
      channel.set(strip, heard, sends, snap, time_s);
      before.differs = Boolean(was);
      before.channel.set(was?.strip ?? strip, was?.heard ?? heard, sends, snap || !was, time_s);
      if (was) this.groups.get(group).differs = true;
    }
  }

  /**
   * Gains of the buses in the last exact render: `{key: {automation}}`, the mix's as "master"; null for those
   * that are here.
   */
  setBuses(buses) {
    const automationOf = ([key, { automation }]) => [key, automation ?? this.automations[key]];
    this.automations = Object.fromEntries(Object.entries(buses).map(automationOf));
    for (const { automation } of [...this.groups.values(), this]) automation.fill(1);
  }

  get time_s() {
    return this.transport.position / this.sampleRate;
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
   * One block of n <= 128 samples: overwrites other sources and the desk's weight, and leaves those of the
   * tracks in `groups` and the gains of the mix's bus in `automation`. Returns whether anything sounds.
   */
  process(source, weight, n) {
    silence(source);
    weight.fill(0);
    for (const group of this.groups.values()) group.pairs.forEach(silence);
    this.takeChoice(this.transport.fade === 0);
    const keys = this.streamsOf(this.choice.to);
    const step = this.transport.begin(n, (parts) =>
      keys.every((key) => parts.every((part) => this.isHere(key, part.position, part.n))));
    if (!step) return false;
    if (this.choice.deskRuns || this.deskWeight.left > 0 || this.deskWeight.now > 0) this.processTracks(step.parts, n);
    for (const { ramp, stream } of this.sources.values()) {
      if (ramp.left === 0 && ramp.now === 0) continue;
      this.read(stream, step.parts);
      addTo(source, this.scratch, n, ramp);
    }
    const from = this.deskWeight.now;
    const to = this.deskWeight.next();
    for (let i = 0; i < n; i += 1) weight[i] = from + ((to - from) * (i + 1)) / n;
    if (step.from === 1 && step.to === 1) return true;
    const pairs = [...this.groups.values()].flatMap((group) => group.pairs);
    for (const audio of [source, ...pairs]) fade(audio, n, step.from, step.to);
    return true;
  }

  processTracks(parts, n) {
    const time_s = parts[0].position / this.sampleRate;
    for (const track of this.tracks.values()) this.processTrack(track, parts, n, time_s);
    for (const [key, { automation: into }] of [...this.groups, [MASTER, this]]) {
      const automation = this.automations[key];
      if (!automation) continue;
      for (const { position, offset, n: count } of parts) readAutomation(automation, position, into, offset, count);
    }
    for (const group of this.groups.values()) group.finish(n);
  }

  /** One track into its group, and where it differs also as it was in the last exact render. */
  processTrack({ channel, before, group: key, stream }, parts, n, time_s) {
    const wasHeard = before.differs && !before.channel.silent;
    if (channel.silent && !wasHeard) return;
    const group = this.groups.get(key);
    this.read(stream, parts);
    if (wasHeard) {
      copyTo(this.trackBefore, this.scratch, n);
      before.channel.process(this.trackBefore, group.differences, n, time_s);
      addTo(group.before, this.trackBefore, n);
    }
    if (channel.silent) return;
    channel.process(this.scratch, before.differs ? group.changed : group.sends, n, time_s);
    addTo(group.audio, this.scratch, n);
    if (group.differs && !before.differs) addTo(group.before, this.scratch, n);
  }

  read(key, parts) {
    const [left, right] = this.scratch;
    const stream = this.streams.get(key);
    if (!stream) silence(this.scratch);
    else for (const { position, offset, n } of parts) stream.read(position, n, left, right, offset);
  }

  /** Forget what rings: after a jump. */
  forget() {
    for (const { channel, before } of this.tracks.values()) {
      channel.processor.forget();
      before.channel.processor.forget();
    }
  }

  /** Peaks since the last call, linear, by key. */
  takePeaks() {
    const peaks = {};
    for (const [key, { channel }] of this.tracks) {
      peaks[key] = channel.peak;
      channel.peak = 0;
    }
    return peaks;
  }
}
