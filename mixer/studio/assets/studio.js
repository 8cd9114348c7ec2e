// The page put together: a song on the console, or the list of songs.

import { html } from "../shared/axes.js";
import { Player } from "../shared/player.js";
import { AnalysisPanel } from "./analysis_panel.js";
import * as api from "./api.js";
import { AskPanel } from "./ask_panel.js";
import { ChannelPanel } from "./channel_panel.js";
import { ComparePanel } from "./compare_panel.js";
import { ConsoleView } from "./console_view.js";
import { MIX, SongEngine } from "./engine/song_engine.js";
import { KeepPanel } from "./keep_panel.js";
import { helpDialog, listenToKeys } from "./keys.js";
import { Overview } from "./overview.js";
import { Song } from "./song.js";
import { withAudio, withJob } from "./state.js";
import { TopBar } from "./top_bar.js";

const OVERVIEW_POINTS = 2000;
const REFRESH_MS = 120;
const HEARD_FRAMES = 20;
const byId = (id) => document.getElementById(id);
const PANELS = [["channel", "Channel"], ["compare", "Compare"], ["ask", "Ask"], ["analysis", "Spectrum"], ["keep", "Keep"]];

export class Studio {
  constructor(state, choices, takes) {
    this.song = new Song(state);
    this.choices = choices;
    this.takeRows = takes;
    this.sampleRate = state.sample_rate_hz;
    this.peaksOf = null;
    this.makeSound(state);
    this.makePage();
    this.song.listeners.add(() => this.show());
    this.song.onConflict = (lost) => this.top.conflict(lost, () => lost && this.song.edit(lost.changes, lost));
    this.song.onFault = (error) => this.top.fault(error.message);
    this.player.listeners.push(() => this.show());
    listenToKeys(this);
    this.follow();
    this.show();
    this.tick();
  }

  makeSound(state) {
    const block = (id, start, frames, version) => api.samples(state.id, id, start, frames, version);
    const response = (name) => api.response(state.id, name);
    const bus = (name) => api.bus(state.id, name);
    this.engine = new SongEngine(this.sampleRate, state.n_frames, { block, response, bus });
    this.engine.state = state;
    this.player = new Player({ sources: sourcesOf(state), length_s: state.duration_s }, this.engine);
    this.player.chosen = MIX;
    this.engine.setGains(this.player.gains());
    this.engine.onChange = () => this.player.tell();
  }

  get roles() {
    return this.choices.roles;
  }

  makePage() {
    document.title = `${this.song.state.name} – mixer studio`;
    this.top = new TopBar(byId("top"), this);
    this.overview = new Overview(byId("overview"), {
      seek: (time_s) => this.player.seek(time_s),
      setLoop: (range) => this.engine.setLoop(range),
      loopRange: () => this.engine.loop?.map((sample) => sample / this.sampleRate) ?? null,
    });
    this.consoleView = new ConsoleView(byId("console"), this);
    this.makePanels();
    this.help = helpDialog(this);
    document.body.append(this.help);
    document.addEventListener("dragover", (event) => event.preventDefault());
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) this.drop(event.dataTransfer.files[0]);
    });
  }

  makePanels() {
    const hosts = PANELS.map(([id, label]) => html("div", { id: `panel-${id}`, className: "panel", role: "tabpanel", "aria-label": label }));
    this.tabs = PANELS.map(([id, text], place) => {
      const tab = html("button", { type: "button", role: "tab", text, "aria-controls": `panel-${id}` });
      tab.addEventListener("click", () => this.openPanel(id));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = (place + step + PANELS.length) % PANELS.length;
        this.openPanel(PANELS[next][0]);
        this.tabs[next].focus();
      });
      return tab;
    });
    byId("panels").append(html("div", { className: "tabs", role: "tablist", "aria-label": "Panels" }, ...this.tabs), ...hosts);
    this.hosts = hosts;
    const [channel, compare, ask, analysis, keep] = hosts;
    this.channelPanel = new ChannelPanel(channel, this);
    this.compare = new ComparePanel(compare, this);
    this.ask = new AskPanel(ask, this);
    this.analysis = new AnalysisPanel(analysis, {
      analyser: () => this.engine.analyser,
      sampleRate: this.sampleRate,
      fetchBlock: this.engine.fetchers.block,
      isPlaying: () => this.player.playing,
      isBlind: () => Boolean(this.compare.blind),
      nameOf: (source) => this.compare.nameOf(source),
    });
    this.keep = new KeepPanel(keep, this);
    this.openPanel("channel");
  }

  openPanel(id) {
    this.panel = id;
    PANELS.forEach(([each], place) => {
      this.hosts[place].hidden = each !== id;
      this.tabs[place].setAttribute("aria-selected", String(each === id));
      this.tabs[place].tabIndex = each === id ? 0 : -1;
    });
    if (this.analysis) this.analysis.show(this.song.state, this.player.chosen);
  }

  nextPanel() {
    const place = PANELS.findIndex(([id]) => id === this.panel);
    this.openPanel(PANELS[(place + 1) % PANELS.length][0]);
  }

  // What views ask for.

  state() {
    return this.song.state;
  }

  channel(id) {
    return this.song.channel(id);
  }

  edit(changes, options) {
    this.song.edit(changes, options);
  }

  select(id, panel = null) {
    this.consoleView.selected = id;
    if (panel) this.openPanel(panel);
    this.show();
    this.consoleView.viewOf(id)?.element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  focusEqualiser() {
    this.openPanel("channel");
    const { eq } = this.channelPanel;
    if (eq.handles.length) eq.handles[0].focus();
    else eq.add();
  }

  stemOf(id) {
    return this.song.state.stems.find((stem) => stem.id === id || stem.tracks.some((track) => track.id === id))?.id;
  }

  fold(id) {
    if (!id) return;
    this.consoleView.fold(id);
    if (this.consoleView.folded.has(this.stemOf(this.consoleView.selected))) this.consoleView.selected = this.stemOf(this.consoleView.selected);
    this.show();
  }

  solos() {
    return this.engine.solo;
  }

  solo(id) {
    if (id === "master") return;
    const solo = new Set(this.engine.solo);
    solo.delete(id) || solo.add(id);
    this.engine.setSolo(solo);
    this.show();
  }

  clearSolo() {
    this.engine.setSolo([]);
    this.show();
  }

  isFlat(id) {
    return this.engine.flat.has(id);
  }

  flat(id) {
    const flat = new Set(this.engine.flat);
    flat.delete(id) || flat.add(id);
    this.engine.setFlat(flat);
    this.show();
  }

  chooseByPlace(place) {
    const source = this.compare.order(this.compare.sources())[place];
    if (source) this.player.choose(source.id);
  }

  takes() {
    return this.takeRows;
  }

  changed() {
    this.show();
  }

  add(source) {
    this.do(() => this.song.compare({ source }));
  }

  remove(source) {
    if (this.player.chosen === source) this.player.choose(MIX);
    this.do(() => this.song.compare({ source, remove: true }));
  }

  makeVariations() {
    this.do(() => this.song.variations());
  }

  blend(parts) {
    this.player.choose(MIX);
    this.do(() => this.song.blend(parts));
  }

  drop(file) {
    this.top.say(`${file.name} is being read …`);
    this.do(async () => {
      this.song.take(await api.upload(`${this.song.path}/references?name=${encodeURIComponent(file.name)}`, file));
      this.openPanel("compare");
    });
  }

  save(body) {
    return this.do(async () => {
      await this.song.settled();
      const saved = await api.send("POST", `${this.song.path}/save`, body);
      this.song.take(saved.state);
      if (saved.left_out.length) this.top.warn(`Saved to ${saved.path}, which has no place for ${leftOutWords(saved.left_out)}: pass that to mixer render.`);
      else this.top.say(`Saved to ${saved.path}`);
    });
  }

  renderNow() {
    this.openPanel("keep");
    this.keep.ask();
  }

  render(body) {
    return this.do(async () => {
      await this.song.settled();
      const job = await api.send("POST", `${this.song.path}/render`, body);
      this.song.take(withJob(this.song.server, job));
    });
  }

  cancel(job) {
    return this.do(async () => this.song.take(withJob(this.song.server, await api.send("POST", `${this.song.path}/jobs/${job}/cancel`))));
  }

  async do(act) {
    try {
      await act();
    } catch (error) {
      this.top.fault(error.message);
    }
  }

  // What happens on the server.

  follow() {
    this.events = api.events((event) => event.song === this.song.id && this.hear(event), (isLost) => this.top.lost(isLost));
  }

  hear({ type, revision, audio, doing, job }) {
    const { server } = this.song;
    if (type === "audio") {
      const state = withAudio(server, audio);
      if (!state) this.refresh();
      else this.song.take(state);
    } else if (type === "doing") this.song.take({ ...server, doing });
    else if (type === "job") {
      this.song.take(withJob(server, job));
      if (job.state === "done") this.refreshTakes();
    } else if (type === "exact" || revision !== server.revision || type === "state") this.refresh();
  }

  refresh() {
    this.refreshing ??= setTimeout(() => {
      this.refreshing = undefined;
      this.do(() => this.song.refresh());
    }, REFRESH_MS);
  }

  refreshTakes() {
    this.do(async () => {
      this.takeRows = (await api.get(`${this.song.path}/takes`)).takes;
      this.show();
    });
  }

  // Showing.

  show() {
    const { state } = this.song;
    this.player.setSources(sourcesOf(state));
    if (!this.player.sources.has(this.player.chosen)) this.player.chosen = MIX;
    this.engine.wanted = this.player.gains();
    if (this.engine.state !== state) this.engine.show(state);
    this.consoleView.show(state);
    this.channelPanel.show(this.channel(this.consoleView.selected));
    this.compare.show(state);
    this.ask.show(state);
    this.keep.show(state);
    this.analysis.show(state, this.player.chosen);
    this.overview.show(state);
    this.top.show(state);
    this.fetchPeaks(state);
  }

  async fetchPeaks({ sources }) {
    const chosen = sources.find(({ id }) => id === this.player.chosen);
    const source = chosen?.audio ? chosen : sources.find(({ audio }) => audio);
    if (!source) return;
    const { id, version, ready_frames: ready } = source.audio;
    const key = `${id}@${version}@${ready}`;
    if (key === this.peaksOf) return;
    this.peaksOf = key;
    const path = `${this.song.path}/overview/${encodeURIComponent(id)}?points=${OVERVIEW_POINTS}`;
    const { peaks } = await api.get(path).catch(() => ({ peaks: null }));
    if (peaks && this.peaksOf === key) this.overview.showPeaks(peaks);
    else if (!peaks) this.peaksOf = null;
  }

  tick() {
    const now = this.player.position_s();
    this.top.place(now);
    this.overview.place(now, this.player.playing);
    const { peaks, figures } = this.engine;
    // Meters show a mix at its own level, whatever gain makes it as loud as the others.
    const gain_db = this.player.gainDb(this.player.chosen);
    if (this.player.playing) this.consoleView.showPeaks(peaks, figures && atLevel(figures, -gain_db));
    else this.consoleView.showPeaks({}, null);
    // A limiter or a lost server changes what is heard without a change of the state.
    this.frame = ((this.frame ?? 0) + 1) % HEARD_FRAMES;
    if (this.frame === 0) this.top.showHeard(this.song.state);
    requestAnimationFrame(() => this.tick());
  }
}

/** Figures of the bus as they are with another gain. */
function atLevel(figures, gain_db) {
  const gain = 10 ** (gain_db / 20);
  return {
    ...figures,
    peaks: figures.peaks.map((peak) => peak * gain),
    true_peak: figures.true_peak * gain,
    momentary: figures.momentary + gain_db,
    short_term: figures.short_term + gain_db,
    integrated: figures.integrated + gain_db,
  };
}

/** Keys of edits that were not saved, in words. */
function leftOutWords(keys) {
  const names = keys.map((key) => key.replace("settings.", "the "));
  return new Intl.ListFormat("en").format(names);
}

function sourcesOf({ sources }) {
  const listed = sources.filter(({ id, audio }) => audio || id === MIX).map(({ id, name, match_db }) =>
    ({ key: id, label: name, is_stem: false, url: id, gain_db: 0, match_db }));
  return listed.some(({ key }) => key === MIX) ? listed : [{ key: MIX, label: "Mix", is_stem: false, url: MIX, gain_db: 0, match_db: 0 }, ...listed];
}

async function openSong(id) {
  byId("status").textContent = "Opening the song …";
  const path = `/api/songs/${encodeURIComponent(id)}`;
  let state = await api.send("POST", `${path}/open`);
  const [choices, { takes }] = await Promise.all([api.get("/api/choices"), api.get(`${path}/takes`).catch(() => ({ takes: [] }))]);
  while (!state.stems.length && state.phase !== "failed") {
    byId("status").textContent = state.doing ? `${state.doing.what}: ${state.doing.detail}` : "Reading the recordings …";
    await new Promise((done) => setTimeout(done, 200));
    state = await api.get(`${path}/state`);
  }
  if (!state.stems.length) throw new Error(state.problem);
  byId("status").hidden = true;
  byId("songs").hidden = true;
  byId("desk").hidden = false;
  window.mixStudio = new Studio(state, choices, takes);
}

function listSongs({ folder, songs }) {
  const rows = songs.map(({ id, name, phase, problem }) => {
    const open = html("button", { type: "button", className: "song", text: name });
    open.disabled = Boolean(problem);
    open.addEventListener("click", () => openSong(id).catch(refuse));
    return html("li", {}, open, html("small", { text: problem ?? (phase === "closed" ? "" : phase) }));
  });
  byId("songs").replaceChildren(html("h1", { text: folder }), html("ul", {}, ...rows));
  byId("songs").hidden = false;
  byId("status").textContent = songs.length ? "" : "There is no song in this folder.";
}

function refuse(error) {
  byId("status").hidden = false;
  byId("status").textContent = error.message;
  byId("status").classList.add("fault");
}

async function begin() {
  const listed = await api.get("/api/songs");
  if (listed.songs.length === 1 && !listed.songs[0].problem) await openSong(listed.songs[0].id);
  else listSongs(listed);
}

begin().catch(refuse);
