// Spectra: what sounds now, the mix, what it is compared with, and the difference.

import { html, shown, shownHz, tabs } from "../shared/axes.js";
import { frequencyChart } from "../shared/charts.js";
import { averageSpectrum, BANDS_HZ, bandsOf } from "./spectrum.js";

const LIVE_MS = 90;
// The span of the live spectrum, and where it is marked.
const [TOP_DB, BOTTOM_DB] = [-6, -84];
const MARKS_DB = [-24, -48, -72];
const MARKS_HZ = [50, 100, 200, 500, 1000, 2000, 5000, 10000];

export class AnalysisPanel {
  /** `sound`: analyser(), sampleRate, fetchBlock, isPlaying(), nameOf(source). */
  constructor(host, sound) {
    this.host = host;
    this.sound = sound;
    this.spectra = new Map(); // audio's id@version -> promise of levels
    this.mode = 0;
    this.plot = html("div");
    this.live = html("canvas", { className: "now", height: 120, role: "img", "aria-label": "Spectrum of the playback" });
    this.about = html("p", { className: "about" });
    host.append(html("h2", { text: "Now" }), this.live,
      tabs("Spectra", ["Average", "Difference"], (mode) => {
        this.mode = mode;
        this.draw();
      }), this.about, this.plot);
    setInterval(() => this.drawLive(), LIVE_MS);
  }

  /** What there is to compare, and which one is heard. */
  show(state, chosen) {
    [this.state, this.chosen] = [state, chosen];
    const versions = state.sources.map(({ audio }) => `${audio?.id}@${audio?.version}@${audio?.ready_frames === audio?.n_frames}`);
    const shown = [chosen, this.sound.isBlind(), ...versions].join();
    if (shown !== this.shown && !this.host.hidden) {
      this.shown = shown;
      this.draw();
    }
  }

  levels(audio) {
    const key = `${audio.id}@${audio.version}`;
    if (!this.spectra.has(key)) {
      const made = averageSpectrum(audio, this.sound.sampleRate, this.sound.fetchBlock);
      made.catch(() => this.spectra.delete(key));
      this.spectra.set(key, made);
    }
    return this.spectra.get(key);
  }

  async draw() {
    if (!this.state || this.host.hidden) return;
    const drawing = (this.drawing = {});
    if (!this.plot.children.length) this.about.textContent = "Measuring …";
    const done = this.state.sources.filter(({ audio }) => audio && audio.ready_frames === audio.n_frames);
    const curves = [];
    for (const [i, source] of done.entries()) {
      const levels = await this.levels(source.audio).catch(() => null);
      if (levels) curves.push({ id: source.id, label: this.sound.nameOf(source), colour: source.id === "mix" ? "mix" : `stem-${i % 8}`, values: levels.map((db) => db + source.match_db) });
    }
    if (drawing !== this.drawing) return; // a newer one is under way
    const mix = curves.find(({ id }) => id === "mix");
    if (!curves.length || (this.mode === 1 && (!mix || curves.length < 2))) {
      this.about.textContent = this.mode === 1 ? "A difference needs the rendered mix and another source." : "Spectra appear once a mix is rendered.";
      this.plot.replaceChildren();
      return;
    }
    this.about.textContent = this.mode === 1 ? "Others relative to the mix, at equal loudness: above 0 they have more." : "Third octaves over the whole song, at equal loudness.";
    const drawn = this.mode === 0 ? curves : curves.filter((curve) => curve !== mix).map((curve) =>
      ({ ...curve, values: curve.values.map((db, i) => db - mix.values[i]) }));
    frequencyChart(this.plot, this.mode === 1 ? "Difference spectrum" : "Average spectra", BANDS_HZ, drawn);
  }

  drawLive() {
    const analyser = this.sound.analyser();
    if (!analyser || this.host.hidden || !this.sound.isPlaying()) return;
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const levels = bandsOf(bins.map((db) => 10 ** (db / 10)), this.sound.sampleRate / analyser.fftSize);
    this.drawLevels(levels);
  }

  drawLevels(levels) {
    const { live } = this;
    const [width, height, density] = [live.clientWidth, live.clientHeight, window.devicePixelRatio];
    [live.width, live.height] = [Math.round(width * density), Math.round(height * density)];
    const context = live.getContext("2d");
    context.scale(density, density);
    const [style, colours] = [getComputedStyle(live), getComputedStyle(document.documentElement)];
    const foot = height - 1.4 * parseFloat(style.fontSize);
    const shareOf = (db) => Math.min(Math.max((db - BOTTOM_DB) / (TOP_DB - BOTTOM_DB), 0), 1);
    const each = width / levels.length;
    const xOf = (hz) => each * (0.5 + 3 * Math.log2(hz / BANDS_HZ[0]));
    context.font = `${style.fontSize} ${style.fontFamily}`;
    context.fillStyle = colours.getPropertyValue("--grid");
    for (const db of MARKS_DB) context.fillRect(0, Math.round(foot * (1 - shareOf(db))), width, 1);
    for (const hz of MARKS_HZ) context.fillRect(Math.round(xOf(hz)), 0, 1, foot);
    context.fillStyle = style.color;
    levels.forEach((db, i) => {
      context.fillRect(i * each + 0.5, foot * (1 - shareOf(db)), Math.max(each - 1, 1), foot * shareOf(db));
    });
    context.fillStyle = colours.getPropertyValue("--soft");
    for (const db of MARKS_DB) context.fillText(shown(db, 0, db === MARKS_DB[0] ? "dB" : ""), 0, foot * (1 - shareOf(db)) - 3);
    context.textAlign = "center";
    for (const hz of [100, 1000, 10000]) context.fillText(shownHz(hz), xOf(hz), height - 2);
  }
}
