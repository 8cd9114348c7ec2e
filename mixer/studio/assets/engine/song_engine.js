// A song on the desk of the page: what of its state is heard. It has the five calls of an engine of the
// report's player: prepare, play, pause, setGains, position_s.

import { DESK } from "./desk.js";
import { ECHOES } from "./echo.js";
import { Graph } from "./graph.js";
import { Loader } from "./loader.js";
import { approximations, heardStrips, playedTracks, stripsBefore } from "./state_hand.js";

export const MIX = "mix";
// How long what was heard before still reaches the meters after a change-over.
const CHANGED_OVER_MS = 150;
// What is heard until the first of the mix is made.
const PLAIN = "plain";
// All that there can be; a song has those that something is sent to.
const RETURNS = ["short_room", "long_room", "echo", "reverb", "delay"];
const FFT_SIZE = 8192;

export class SongEngine {
  /** `fetchers`: `block(id, start, frames, version)`, `response(name)` and `bus(name)`: promises. */
  constructor(sampleRate, nFrames, fetchers) {
    this.sampleRate = sampleRate;
    this.nFrames = nFrames;
    this.fetchers = fetchers;
    this.context = null;
    this.state = null;
    this.solo = new Set(); // ids of channels, for listening alone
    this.flat = new Set(); // ids of channels that are heard without the hand
    this.wanted = {};
    this.told = { position: 0, playing: false, waiting: false, choice: DESK, pending: null };
    this.told_s = 0;
    this.playing = false;
    this.loop = null;
    this.peaks = {};
    this.groupPeaks = {};
    this.figures = null;
    this.responses = new Map(); // name -> version
    this.automations = new Map(); // name of a bus -> {version, automation}; the desk has those that are null here
    this.before = null; // strips that the automations are of
    this.busesKey = "";
    this.tracks = new Map(); // channel's id -> {audio, group}
    this.baked = new Map(); // channel's id -> {fields, strip}: of the samples that play
    this.onMeters = () => {};
    this.onChange = () => {};
    this.onRestart = () => {};
  }

  /** Browsers let a context sound only after a gesture; its nodes may be made before. */
  open() {
    this.opened ??= this.make();
    return this.opened;
  }

  async make() {
    this.context = new AudioContext({ sampleRate: this.sampleRate, latencyHint: "interactive" });
    this.graph = await Graph.make(this.context, this.nFrames, this.state.stems.map(({ id }) => id), RETURNS);
    this.analyser = new AnalyserNode(this.context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0.75 });
    this.graph.bus.connect(this.analyser).connect(this.context.destination);
    this.loader = new Loader(
      (message, transfer) => this.graph.tellDesk(message, transfer),
      this.fetchers.block,
      (id, stream) => this.point(id, stream),
    );
    this.graph.desk.port.addEventListener("message", ({ data }) => data.type === "told" && this.hear(data));
    this.graph.groups.port.addEventListener("message", ({ data }) => {
      if (data.type === "peaks") this.groupPeaks = data.peaks;
    });
    this.graph.bus.port.addEventListener("message", ({ data }) => {
      if (data.type === "figures") this.figures = data.figures;
    });
    this.show(this.state);
  }

  /** The desk tells where it is. */
  hear(told) {
    const ended = this.playing && told.ended;
    this.told = told;
    this.told_s = this.context.currentTime;
    this.peaks = { ...told.peaks, ...this.groupPeaks };
    if (ended) this.playing = false;
    this.loader.at(told.position, this.loop);
    // Figures of one mix do not go on with another; the desk is the mix.
    const heard = told.choice === DESK ? MIX : told.choice;
    if (heard !== this.heardAs) setTimeout(() => this.restartFigures(), CHANGED_OVER_MS);
    this.heardAs = heard;
    this.onMeters();
    if (ended) this.onChange();
  }

  /** A new state of the song, or other settings of the page. */
  show(state) {
    this.state = state;
    if (!this.graph) {
      for (const channel of this.channels) if (channel.audio) this.noteBaked(channel);
      return;
    }
    this.showAudio();
    this.showResponses();
    this.showBuses();
    const { hand, master } = this.strips();
    this.graph.setHand(hand, !this.playing);
    this.graph.tellBus({ type: "master", master, snap: !this.playing });
    this.choose();
  }

  showAudio() {
    const present = new Map(); // channel's id -> {audio, group}
    for (const stem of this.state.stems) {
      const tracks = playedTracks(stem);
      for (const track of tracks) present.set(track.id, { audio: track.audio, group: stem.id });
      if (!tracks.length && stem.audio) present.set(stem.id, { audio: stem.audio, group: stem.id });
    }
    for (const [id, { audio }] of this.tracks) {
      if (present.has(id)) continue;
      this.graph.tellDesk({ type: "remove", key: id });
      this.baked.delete(id);
      this.loader.removeAudio(audio.id);
    }
    this.tracks = present;
    for (const { audio } of present.values()) this.loader.setAudio(audio);
    for (const { audio } of this.state.sources) if (audio) this.loader.setAudio(audio);
  }

  /** Samples of an audio are here: whoever plays it takes them. */
  point(audioId, stream) {
    for (const [id, { audio, group }] of this.tracks) {
      if (audio.id !== audioId) continue;
      this.graph.tellDesk({ type: "track", key: id, group, stream });
      const channel = this.channels.find((each) => each.id === id);
      if (channel?.audio) this.noteBaked(channel);
    }
    for (const { id, audio } of this.state.sources) {
      if (audio?.id === audioId) this.graph.tellDesk({ type: "source", key: id, stream });
    }
    this.graph.setHand(this.strips().hand, !this.playing);
  }

  get channels() {
    return this.state.stems.flatMap((stem) => [stem, ...stem.tracks]);
  }

  /** Remember how a strip stood when its samples were made. */
  noteBaked({ id, audio, strip, tracks }) {
    if (this.baked.get(id)?.version === audio.version) return;
    this.baked.set(id, { version: audio.version, fields: audio.baked, strip });
    // What is not played by itself is in its stem's samples as it stands now.
    for (const track of tracks) {
      if (!track.audio) this.baked.set(track.id, { version: null, fields: [], strip: track.strip });
    }
  }

  strips() {
    const { solo, flat, before } = this;
    return heardStrips(this.state, { solo, flat, bakedOf: (channel) => this.bakedOf(channel), before });
  }

  bakedOf({ id, audio }) {
    return this.baked.get(id)?.fields ?? audio?.baked ?? [];
  }

  /** Whether a field is in the samples that play with the value that it has now. */
  wasBaked({ id, strip }, field) {
    const baked = this.baked.get(id);
    return !baked || JSON.stringify(baked.strip[field]) === JSON.stringify(strip[field]);
  }

  /** What the live desk cannot do as the render does, in words. */
  approximations() {
    return approximations(this.state, (channel) => this.bakedOf(channel), (channel, field) => this.wasBaked(channel, field));
  }

  showResponses() {
    for (const { name, version } of this.state.returns) {
      if (ECHOES.includes(name) || this.responses.get(name) === version) continue;
      this.responses.set(name, version);
      this.fetchers.response(name, version).then(
        (samples) => this.graph.setResponse(name, samples),
        () => this.responses.delete(name),
      );
    }
  }

  /** What the buses did in another exact render, together with the strips that it had. */
  async showBuses() {
    const { exact, buses, stems } = this.state;
    const played = buses.filter(({ id }) => !stems.some((stem) => stem.id === id && !playedTracks(stem).length));
    const key = JSON.stringify([exact?.version, played]);
    if (!exact || key === this.busesKey) return;
    this.busesKey = key;
    const before = stripsBefore(this.state);
    try {
      await Promise.all(played.map((bus) => this.fetchAutomation(bus)));
    } catch {
      if (this.busesKey === key) this.busesKey = "";
      return;
    }
    if (this.busesKey !== key) return;
    this.before = before;
    const { automations } = this;
    const entries = played.map(({ id, compressor }) => {
      const { automation } = automations.get(id);
      return [id, { compressor, automation }];
    });
    this.graph.setBuses(Object.fromEntries(entries));
    const sent = played.map(({ id }) => [id, { version: automations.get(id).version, automation: null }]);
    this.automations = new Map(sent);
    this.graph.setHand(this.strips().hand, !this.playing);
  }

  async fetchAutomation({ id, version }) {
    if (this.automations.get(id)?.version === version) return;
    this.automations.set(id, { version, automation: await this.fetchers.bus(id) });
  }

  get key() {
    return Object.keys(this.wanted).find((key) => this.wanted[key] > 0) ?? MIX;
  }

  /** Whether the mix is heard as the server rendered it, for this very state. */
  get isExact() {
    const { exact, revision, sources } = this.state;
    if (this.solo.size || this.flat.size || exact?.revision !== revision) return false;
    const source = sources.find(({ id }) => id === MIX);
    return Boolean(source?.audio) && source.audio.ready_frames === source.audio.n_frames;
  }

  /** Whether every stem has samples to play, of its own or of its tracks. */
  get isDeskReady() {
    return this.state.stems.every(({ audio, tracks }) => audio || tracks.some((track) => track.audio && track.live));
  }

  /** What plays for a choice: a source's id, or the desk. */
  playedFor(key) {
    if (key !== MIX) return key;
    if (this.isExact) return MIX;
    const hasPlain = this.state.sources.some(({ id, audio }) => id === PLAIN && audio);
    return !this.isDeskReady && hasPlain ? PLAIN : DESK;
  }

  choose() {
    const { key } = this;
    const to = this.playedFor(key);
    const audios = [...this.tracks.values()].map(({ audio }) => audio.id);
    const sources = this.state.sources.filter(({ audio }) => audio);
    const heard = to === DESK ? audios : sources.filter(({ id }) => id === to).map(({ audio }) => audio.id);
    // The desk stays near, since any fader may be touched.
    this.loader.want(heard, [...sources.map(({ audio }) => audio.id), ...audios]);
    // Channels have meters while the rendered mix is heard, and rooms ring when the desk takes over.
    this.graph.tellDesk({ type: "choose", to, gain: this.wanted[key] ?? 1, desk_runs: key === MIX });
  }

  async prepare() {
    await this.open();
  }

  async play(position) {
    await this.open();
    await this.context.resume();
    this.seek(position);
    this.playing = true;
    this.restartFigures();
    this.graph.tellDesk({ type: "play" });
  }

  /** Restart integrated loudness and the highest peak. */
  restartFigures() {
    this.graph.tellBus({ type: "reset" });
    this.onRestart();
  }

  pause() {
    this.playing = false;
    this.graph?.tellDesk({ type: "pause" });
  }

  set from_s(position) {
    this.seek(position);
  }

  seek(position) {
    const sample = Math.round(position * this.sampleRate);
    this.told = { ...this.told, position: sample };
    this.told_s = this.context?.currentTime ?? 0;
    if (!this.graph) return;
    this.loader.at(sample, this.loop);
    this.graph.tellDesk({ type: "seek", position: sample });
  }

  /** Loop between two times in seconds; null plays on. */
  setLoop(range) {
    this.loop = range && range.map((time_s) => Math.round(time_s * this.sampleRate));
    this.graph?.tellDesk({ type: "loop", range: this.loop });
  }

  setGains(gains) {
    this.wanted = gains;
    if (this.graph) this.choose();
  }

  setSolo(ids) {
    this.solo = new Set(ids);
    this.show(this.state);
  }

  setFlat(ids) {
    this.flat = new Set(ids);
    this.show(this.state);
  }

  get waiting() {
    return this.playing && this.told.waiting;
  }

  position_s() {
    const { position, playing, waiting } = this.told;
    const since_s = playing && !waiting && this.context ? this.context.currentTime - this.told_s : 0;
    // Beyond a tenth of a second nothing was heard from the desk: better late than ahead.
    const now = position / this.sampleRate + Math.min(Math.max(since_s, 0), 0.1);
    return this.loop && now * this.sampleRate > this.loop[1] ? this.loop[1] / this.sampleRate : now;
  }

  /** Sample peak of what is heard now, linear. */
  peak() {
    return this.figures ? Math.max(...this.figures.peaks) : 0;
  }
}
