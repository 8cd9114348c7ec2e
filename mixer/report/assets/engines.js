// Two ways to play several sources in step. Both have the same five calls:
// prepare(keys), play(position_s), pause(), setGains({key: linear}), position_s().

const RAMP_S = 0.01;
// Decoded audio beyond this is too much for a page; `<audio>` elements decode as they play.
const MOST_DECODED_BYTES = 1.5e9;

/**
 * Web Audio: every source decoded, all started on one frame of one clock, switched by ramps of gain.
 * A source that is decoded later joins on a frame of the same clock.
 */
export class BufferEngine {
  constructor(sampleRate, length_s, bytesOf) {
    this.kind = "buffers";
    this.length_s = length_s;
    this.bytesOf = bytesOf; // key -> Promise of an ArrayBuffer
    this.sampleRate = sampleRate;
    this.buffers = new Map();
    this.loading = new Map();
    this.gains = new Map(); // key -> GainNode
    this.running = new Map(); // key -> AudioBufferSourceNode
    this.wanted = {};
    this.context = null;
    this.began_s = 0; // on the context's clock
    this.from_s = 0; // position at that moment
    this.playing = false;
  }

  open() {
    if (this.context) return;
    try {
      this.context = new AudioContext({ sampleRate: this.sampleRate });
    } catch {
      this.context = new AudioContext(); // a rate that this browser does not do: it resamples
    }
    this.output = new GainNode(this.context, { gain: 0 });
    this.analyser = new AnalyserNode(this.context, { fftSize: 2048 });
    this.output.connect(this.analyser).connect(this.context.destination);
  }

  async prepare(keys) {
    this.open();
    await Promise.all(keys.map((key) => this.load(key)));
  }

  load(key) {
    if (this.loading.has(key)) return this.loading.get(key);
    const loaded = (async () => {
      const buffer = await this.context.decodeAudioData(await this.bytesOf(key));
      this.buffers.set(key, buffer);
      const gain = new GainNode(this.context, { gain: this.wanted[key] ?? 0 });
      gain.connect(this.output);
      this.gains.set(key, gain);
      if (this.playing) this.start(key);
    })();
    this.loading.set(key, loaded);
    loaded.catch(() => this.loading.delete(key));
    return loaded;
  }

  /** Whole frames: two sources started between frames would be resampled apart. */
  onFrame(time_s) {
    return Math.ceil(time_s * this.context.sampleRate) / this.context.sampleRate;
  }

  start(key) {
    const when = Math.max(this.onFrame(this.context.currentTime + 0.02), this.began_s);
    const node = new AudioBufferSourceNode(this.context, { buffer: this.buffers.get(key) });
    node.connect(this.gains.get(key));
    node.start(when, Math.max(this.from_s + when - this.began_s, 0));
    this.running.set(key, node);
  }

  async play(position) {
    this.open();
    await this.context.resume();
    this.stopNodes(0);
    this.began_s = this.onFrame(this.context.currentTime + 0.05);
    this.from_s = this.onFrame(position);
    this.playing = true;
    for (const key of this.buffers.keys()) this.start(key);
    this.ramp(this.output.gain, 1, this.began_s);
  }

  pause() {
    this.from_s = this.position_s();
    this.playing = false;
    if (!this.context) return;
    this.ramp(this.output.gain, 0);
    this.stopNodes(RAMP_S);
  }

  stopNodes(delay_s) {
    for (const node of this.running.values()) node.stop(this.context.currentTime + delay_s);
    this.running.clear();
  }

  setGains(gains) {
    this.wanted = gains;
    for (const [key, node] of this.gains) this.ramp(node.gain, gains[key] ?? 0);
  }

  ramp(parameter, value, at = this.context.currentTime) {
    const now = this.context.currentTime;
    parameter.cancelScheduledValues(now);
    parameter.setValueAtTime(parameter.value, Math.max(at, now));
    parameter.linearRampToValueAtTime(value, Math.max(at, now) + RAMP_S);
  }

  position_s() {
    if (!this.playing) return this.from_s;
    return Math.min(this.from_s + Math.max(this.context.currentTime - this.began_s, 0), this.length_s);
  }

  /** Sample peak of what is heard now, linear; 0 in silence. */
  peak() {
    if (!this.context || !this.playing) return 0;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    return samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  }
}

// How elements are held together: further apart than this one seeks, nearer ones run faster or slower.
const SEEK_BEYOND_S = 0.25;
const LOOK_EVERY_MS = 25;
// A single look is off by milliseconds where it falls between two updates of the elements' clocks.
const LOOKS = 5;
// An error is taken back within about this time; a timer that is late by less cannot overshoot.
const TAKEN_BACK_S = 0.25;
// By how much the speed may differ of what is heard (a third of a semitone for a moment), and is not.
const HEARD_SPEED = 0.02;
const UNHEARD_SPEED = 0.2;
// Correction begins beyond the one, and ends within the other.
const APART_S = 0.0008;
const TOGETHER_S = 0.0003;
// -100 dB: at a volume of 0 Chromium takes an element off the audio device, and off its clock.
const UNHEARD_VOLUME = 1e-5;
// Near enough to be switched to, and how long is waited for that.
const IN_STEP_S = 0.0015;
const MOST_WAIT_S = 2;

/**
 * `<audio>` elements, for a page opened from a disk, where scripts may not read files. All run, the
 * ones that are not wanted at next to no volume. They cannot be raised above 1, so all gains are lowered alike.
 *
 * They share the clock of the audio device but not the moment at which they start. So each is compared
 * with the one that is heard and brought into step by its speed, without a change of pitch algorithm:
 * a seek would restart it, about 10 ms off.
 */
export class ElementEngine {
  constructor(length_s, urls) {
    this.kind = "elements";
    this.length_s = length_s;
    this.urls = urls; // key -> relative URL
    this.elements = new Map();
    this.wanted = {};
    this.from_s = 0;
    this.playing = false;
    this.fades = new Map();
  }

  /** Those that are asked for can be switched to at once when this is done: loaded, and in step. */
  async prepare(keys) {
    await Promise.all(keys.map((key) => this.load(key)));
    if (this.playing) await this.inStep(keys);
  }

  load(key) {
    if (this.elements.has(key)) return this.elements.get(key).ready;
    const element = new Audio();
    element.preload = "auto";
    element.preservesPitch = false;
    element.volume = UNHEARD_VOLUME;
    const entry = { element, loaded: false, correcting: false, looks: [] };
    entry.ready = new Promise((resolve, reject) => {
      element.addEventListener("canplay", resolve, { once: true });
      element.addEventListener("error", () => reject(new Error("cannot be read")), { once: true });
    });
    this.elements.set(key, entry);
    entry.ready.then(
      () => {
        entry.loaded = true;
        if (this.playing) this.join(element);
      },
      () => this.elements.delete(key),
    );
    element.src = this.urls.get(key);
    return entry.ready;
  }

  /** Not by `readyState`: that falls back whenever an element seeks. */
  ready() {
    return [...this.elements].filter(([, { loaded }]) => loaded);
  }

  async join(element) {
    element.currentTime = this.position_s();
    await element.play();
  }

  async play(position) {
    this.from_s = position;
    this.playing = true;
    for (const [, { element }] of this.ready()) element.currentTime = position;
    await Promise.all(this.ready().map(([, { element }]) => element.play()));
    this.setGains(this.wanted);
    this.watch ??= setInterval(() => this.correct(), LOOK_EVERY_MS);
    // The others run along unheard, so that switching finds them in step; a missing one is not missed yet.
    for (const key of this.urls.keys()) this.load(key).catch(() => {});
  }

  pause() {
    this.from_s = this.position_s();
    this.playing = false;
    clearInterval(this.watch);
    this.watch = undefined;
    for (const { element } of this.elements.values()) element.pause();
  }

  /** The first element that is heard tells the time; the others follow it. */
  leader() {
    const ready = this.ready();
    return (ready.find(([key]) => this.wanted[key] > 0) ?? ready[0])?.[1].element;
  }

  async inStep(keys) {
    const entries = keys.map((key) => this.elements.get(key)).filter(Boolean);
    const until = performance.now() + 1000 * MOST_WAIT_S;
    const leads = (entry) => entry.element === this.leader();
    const isNear = ({ looks }) => looks.length === LOOKS && Math.abs(median(looks)) < IN_STEP_S;
    while (this.playing && performance.now() < until) {
      if (entries.every((entry) => leads(entry) || isNear(entry))) return;
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
    }
  }

  correct() {
    const leader = this.leader();
    if (!leader || leader.seeking) return;
    setSpeed(leader, 1);
    for (const [key, entry] of this.ready()) {
      const { element, looks } = entry;
      if (element === leader || element.seeking || element.paused) {
        looks.length = 0;
        continue;
      }
      looks.push(leader.currentTime - element.currentTime); // how far it is behind
      if (looks.length < LOOKS) continue;
      if (looks.length > LOOKS) looks.shift();
      const late_s = median(looks);
      if (Math.abs(late_s) > SEEK_BEYOND_S) {
        looks.length = 0;
        setSpeed(element, 1);
        element.currentTime = leader.currentTime;
        continue;
      }
      entry.correcting = Math.abs(late_s) > (entry.correcting ? TOGETHER_S : APART_S);
      const most = this.wanted[key] > 0 ? HEARD_SPEED : UNHEARD_SPEED;
      setSpeed(element, entry.correcting ? 1 + Math.min(Math.max(late_s / TAKEN_BACK_S, -most), most) : 1);
    }
  }

  setGains(gains) {
    const highest = Math.max(1, ...Object.values(gains));
    for (const [key, { element }] of this.ready()) this.fade(element, (gains[key] ?? 0) / highest);
    this.wanted = gains;
  }

  /** An element has no ramps of its own: a few steps, a display frame each. */
  fade(element, volume) {
    const from = element.volume;
    const began = performance.now();
    cancelAnimationFrame(this.fades.get(element));
    const step = () => {
      const share = Math.min((performance.now() - began) / (1000 * 2 * RAMP_S), 1);
      element.volume = Math.min(Math.max(from + (volume - from) * share, UNHEARD_VOLUME), 1);
      if (share < 1) this.fades.set(element, requestAnimationFrame(step));
    };
    step();
  }

  position_s() {
    return this.playing ? (this.leader()?.currentTime ?? this.from_s) : this.from_s;
  }

  /** What an element plays from a disk is hidden from scripts: there is nothing to meter. */
  peak() {
    return null;
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Only where it changes: setting a speed costs an element a moment. */
function setSpeed(element, speed) {
  if (element.playbackRate !== speed) element.playbackRate = speed;
}

function bytesOfBase64(text) {
  const binary = atob(text);
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer;
}

/** The engine that fits how the page was opened. */
export function engineFor(data) {
  const playable = data.sources.filter((source) => source.data || source.url);
  const urls = new Map(playable.map((source) => [source.key, source.url]));
  const texts = new Map(playable.filter((s) => s.data).map((s) => [s.key, s.data]));
  const decodedBytes = 8 * data.length_s * data.sample_rate * playable.length;
  if (texts.size) {
    return new BufferEngine(data.sample_rate, data.length_s, async (key) => bytesOfBase64(texts.get(key)));
  }
  if (location.protocol.startsWith("http") && decodedBytes <= MOST_DECODED_BYTES) {
    return new BufferEngine(data.sample_rate, data.length_s, async (key) => {
      const answer = await fetch(urls.get(key));
      if (!answer.ok) throw new Error(`cannot be read (${answer.status})`);
      return answer.arrayBuffer();
    });
  }
  return new ElementEngine(data.length_s, urls);
}
