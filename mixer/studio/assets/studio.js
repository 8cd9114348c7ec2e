// The page put together: a song on the console, and what its views ask for.

import { Player } from "../shared/player.js";
import { AnalysisPanel } from "./analysis_panel.js";
import * as api from "./api.js";
import { AskPanel } from "./ask_panel.js";
import { ChannelPanel } from "./channel_panel.js";
import { ComparePanel } from "./compare_panel.js";
import { ConsoleView } from "./console_view.js";
import { MIX, SongEngine } from "./engine/song_engine.js";
import { Following } from "./following.js";
import { atLevel, sourcesOf } from "./heard.js";
import { SavePanel } from "./save_panel.js";
import { helpDialog, listenToKeys } from "./keys.js";
import { Overview } from "./overview.js";
import { PanelTabs } from "./panel_tabs.js";
import { Song } from "./song.js";
import { withJob } from "./state.js";
import { standingFor } from "./strip_values.js";
import { TopBar } from "./top_bar.js";

const OVERVIEW_POINTS = 2000;
const HEARD_FRAMES = 20;
const byId = (id) => document.getElementById(id);
const PANELS = { channel: "Channel", compare: "Compare", ask: "Ask", analysis: "Spectrum", save: "Save" };

export class Studio {
  constructor(state, choices, takes, hasOtherSongs) {
    this.song = new Song(state);
    this.hasOtherSongs = hasOtherSongs;
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
    this.following = new Following(this);
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
    this.engine.onRestart = () => this.consoleView.master.reset();
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
    this.panels = new PanelTabs(byId("panels"), PANELS, () => this.analysis?.show(this.song.state, this.player.chosen));
    const { channel, compare, ask, analysis, save } = this.panels.hosts;
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
    this.saving = new SavePanel(save, this);
    this.openPanel("channel");
  }

  openPanel(id) {
    this.panels.open(id);
  }

  nextPanel() {
    this.panels.next();
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

  /** Back to the list of songs, once the last change has arrived. */
  leave() {
    return this.do(async () => {
      await this.song.settled();
      location.reload();
    });
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

  showTakes(takes) {
    this.takeRows = takes;
    this.show();
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
      if (saved.left_out.length) this.top.warn(`Saved to ${saved.path}, which cannot hold ${leftOutWords(saved.left_out)}: pass that to mixer render.`);
      else this.top.say(`Saved to ${saved.path}`);
    });
  }

  renderNow() {
    this.openPanel("save");
    this.saving.ask();
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

  // Showing.

  show() {
    const { state } = this.song;
    this.player.setSources(sourcesOf(state));
    if (!this.player.sources.has(this.player.chosen)) this.player.chosen = MIX;
    this.engine.wanted = this.player.gains();
    if (this.engine.state !== state) this.engine.show(state);
    this.consoleView.show(state);
    const selected = this.channel(this.consoleView.selected);
    if (selected) {
      const bus = state.buses.find(({ id }) => id === selected.id) ?? null;
      this.channelPanel.show({ ...standingFor(selected, this.consoleView.folded.has(selected.id)), bus });
    }
    this.compare.show(state);
    this.ask.show(state);
    this.saving.show(state);
    this.analysis.show(state, this.player.chosen);
    this.overview.show(state);
    this.top.show(state);
    this.fetchPeaks(state);
  }

  async fetchPeaks({ sources }) {
    // In a blind comparison every mix has the same picture.
    const chosen = this.compare.blind ? null : sources.find(({ id }) => id === this.player.chosen);
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
    // Meters show a mix at its own level, whatever gain makes it as loud as the others; that would give it away.
    const gain_db = this.compare.blind ? 0 : this.player.gainDb(this.player.chosen);
    if (this.player.playing) this.consoleView.showPeaks(peaks, figures && atLevel(figures, -gain_db));
    else this.consoleView.showPeaks({}, null);
    // A limiter or a lost server changes what is heard without a change of the state.
    this.frame = ((this.frame ?? 0) + 1) % HEARD_FRAMES;
    if (this.frame === 0) this.top.showHeard(this.song.state);
    requestAnimationFrame(() => this.tick());
  }
}

/** Keys of edits that were not saved, in words. */
function leftOutWords(keys) {
  const names = keys.map((key) => key.replace("settings.", "the "));
  return new Intl.ListFormat("en").format(names);
}
