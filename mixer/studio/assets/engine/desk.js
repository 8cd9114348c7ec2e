// All tracks through the hand's strips into groups and the mix, and the other sources beside it, in
// step with one playhead. It knows no audio context: blocks of samples in, blocks out.

import { BlockStream } from "./blocks.js";
import { applyGains, BusGain } from "./bus_gain.js";
import { Channel } from "./channel.js";
import { Echo } from "./echo.js";
import { Group } from "./group.js";
import { addTo, fade, pair, silence } from "./mixing.js";
import { Ramp } from "./ramp.js";
import { StripProcessor } from "./strip.js";
import { Transport } from "./transport.js";

const QUANTUM = 128;
const MASTER = "master";
export const DESK = "desk";
// What the desk does itself; all other returns are convolved outside.
const DELAY = "delay";

export class Desk {
  /** `returns`: names of what may be sent to; "delay" among them is made here. */
  constructor(sampleRate, nSamples, returns) {
    this.sampleRate = sampleRate;
    this.transport = new Transport(nSamples);
    this.transport.onJump = () => this.forget();
    this.returns = returns;
    this.streams = new Map();
    this.tracks = new Map(); // key -> {channel, before, group, stream}
    this.groups = new Map();
    this.sources = new Map(); // key -> {ramp, stream}
    this.deskWeight = new Ramp(0);
    this.choice = { to: DESK, gain: 1 };
    this.pending = { to: DESK, gain: 1 };
    this.echo = new Echo(sampleRate);
    this.delaySend = pair();
    this.scratch = pair();
    this.buses = {};
    this.bus = new BusGain(sampleRate); // the mix's
    this.before = pair(); // the mix's sum as it was in the last exact render
    this.trackBefore = pair();
  }

  addStream(key, nSamples, fullScale) {
    this.streams.set(key, new BlockStream(nSamples, fullScale));
  }

  /** A track, or other samples for one that is there. */
  setTrack(key, group, stream) {
    const { channel, before } = this.tracks.get(key) ?? {
      channel: new Channel(this.sampleRate, this.returns),
      before: { strip: new StripProcessor(this.sampleRate), differs: false, heard: true },
    };
    this.tracks.set(key, { channel, before, group, stream });
    if (this.groups.has(group)) return;
    this.groups.set(group, new Group(this.sampleRate, this.returns));
    this.setBuses(this.buses);
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
   * before}}, delay, tempo}`. What is not named is neutral and heard; `sends` are gains in dB to returns
   * by name; `before` is `{strip, heard}` as of the last exact render, where they were others.
   */
  setHand({ tracks = {}, groups = {}, delay = {}, tempo = null }) {
    const snap = this.transport.fade === 0;
    const time_s = this.transport.position / this.sampleRate;
    for (const [key, group] of this.groups) {
      group.set(groups[key] ?? {}, snap, time_s);
      group.differs = false;
    }
    for (const [key, { channel, before, group }] of this.tracks) {
      const { strip = {}, heard = true, sends = {}, before: was } = tracks[key] ?? {};
      channel.set(strip, heard, sends, snap, time_s);
      before.differs = Boolean(was);
      before.heard = was?.heard ?? heard;
      before.strip.set(was?.strip ?? strip, snap, time_s);
      if (was) this.groups.get(group).differs = true;
    }
    this.echo.set(delay, tempo);
  }

  /** The buses in the last exact render: `{key: {course, compressor}}`, the mix's as "master". */
  setBuses(buses) {
    this.buses = buses;
    for (const [key, { bus }] of [...this.groups, [MASTER, this]]) {
      bus.set(buses[key]?.course ?? null, buses[key]?.compressor ?? null);
    }
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
    for (const track of this.tracks.values()) this.processTrack(track, parts, n, time_s);
    const groups = [...this.groups.values()];
    const differs = groups.some((group) => group.differs || group.stripDiffers);
    const follows = differs && !this.bus.idle;
    silence(this.before);
    for (const group of groups) {
      if (group.channel.silent && !follows) continue;
      group.process(dry, returns, n, parts, time_s, follows);
      if (follows) addTo(this.before, group.before, n);
    }
    if (!this.bus.idle) {
      this.bus.process(dry, follows ? this.before : null, n, parts);
      for (const audio of [dry, ...Object.values(returns)]) applyGains(audio, this.bus.gains, n);
    }
    this.echo.process(this.delaySend[0], this.delaySend[1], dry[0], dry[1], n);
  }

  /** One track into its group, and where it differs also as it was in the last exact render. */
  processTrack({ channel, before, group: key, stream }, parts, n, time_s) {
    const wasHeard = before.differs && before.heard;
    if (channel.silent && !wasHeard) return;
    const group = this.groups.get(key);
    this.read(stream, parts);
    if (wasHeard) {
      this.trackBefore.forEach((side, i) => side.set(this.scratch[i]));
      before.strip.process(this.trackBefore[0], this.trackBefore[1], n, time_s);
      addTo(group.before, this.trackBefore, n);
    }
    if (channel.silent) return;
    channel.process(this.scratch, group.sends, n, time_s);
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
      before.strip.forget();
    }
    this.bus.forget();
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
