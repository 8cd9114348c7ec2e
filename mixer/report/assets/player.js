// What is heard: one sum, or the wet stems with solo and mute. It knows no page; it tells listeners.

export const STEMS = "stems";
// Firefox without a sound device neither starts a context nor refuses to; it starts it once there is one.
const SILENT_MS = 3000;
const NO_SOUND = "The browser has not started its sound. Is a loudspeaker or a pair of headphones connected?";

export class Player {
  constructor(data, engine) {
    this.data = data;
    this.engine = engine;
    this.setSources(data.sources);
    this.chosen = this.sums.at(-1) ?? (this.stems.length ? STEMS : null);
    this.selected = this.stems[0] ?? null;
    this.solo = new Set();
    this.muted = new Set();
    this.matched = true;
    this.fault = "";
    this.waiting = 0;
    this.listeners = [];
    this.engine.setGains(this.gains());
  }

  /** What there is to choose from; a page that makes mixes calls it again as they come and go. */
  setSources(sources) {
    this.sources = new Map(sources.map((source) => [source.key, source]));
    this.sums = sources.filter((s) => !s.is_stem && playable(s)).map((s) => s.key);
    this.stems = sources.filter((s) => s.is_stem && playable(s)).map((s) => s.key);
  }

  get playing() {
    return this.engine.playing;
  }

  /** Whether a source is among what is switched on. A muted stem is silent even in solo. */
  audible(key) {
    if (!this.sources.get(key)?.is_stem) return key === this.chosen;
    if (this.chosen !== STEMS || this.muted.has(key)) return false;
    return this.solo.size === 0 || this.solo.has(key);
  }

  /** A source's own gain in dB: what brings it to the common loudness, or what its file was lowered by. */
  gainDb(key) {
    const source = this.sources.get(key);
    return source.gain_db + (this.matched ? source.match_db : 0);
  }

  /** Linear gains for the engine. */
  gains() {
    const keys = [...this.sums, ...this.stems];
    return Object.fromEntries(keys.map((k) => [k, this.audible(k) ? 10 ** (this.gainDb(k) / 20) : 0]));
  }

  /** What must be decoded to hear the choice: a sum, or all stems, so that solo answers at once. */
  needed() {
    if (this.chosen === STEMS) return this.stems;
    return this.chosen ? [this.chosen] : [];
  }

  async prepared() {
    this.waiting += 1;
    this.tell();
    try {
      await this.engine.prepare(this.needed());
      this.fault = "";
    } catch (error) {
      const names = this.needed().map((key) => this.sources.get(key).label).join(", ");
      this.fault = `${names}: ${error.message || "cannot be read"}. Is the audio still next to the report?`;
    } finally {
      this.waiting -= 1;
    }
    return !this.fault;
  }

  async play() {
    const ended = this.position_s() >= this.data.length_s - 0.05;
    if (await this.prepared()) {
      const silent = setTimeout(() => this.fail(NO_SOUND), SILENT_MS);
      try {
        await this.engine.play(ended ? 0 : this.position_s());
        if (this.fault === NO_SOUND) this.fault = "";
        this.engine.setGains(this.gains());
      } catch (error) {
        this.engine.pause();
        this.fault = `The browser would not play: ${error.message}`;
      } finally {
        clearTimeout(silent);
      }
    }
    this.tell();
  }

  fail(fault) {
    this.fault = fault;
    this.tell();
  }

  pause() {
    this.engine.pause();
    this.tell();
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  async seek(position) {
    const inside = Math.min(Math.max(position, 0), this.data.length_s);
    if (this.playing) await this.engine.play(inside);
    else this.engine.from_s = inside;
    this.tell();
  }

  position_s() {
    return this.engine.position_s();
  }

  /** Listen to a sum (its key) or to the stems together (`STEMS`). */
  async choose(what) {
    this.chosen = what;
    await this.apply();
  }

  /** Select a stem and listen to the stems. */
  async select(stem) {
    this.selected = stem;
    await this.choose(STEMS);
  }

  async toggleSolo(stem) {
    this.solo.delete(stem) || this.solo.add(stem);
    await this.select(stem);
  }

  async toggleMute(stem) {
    this.muted.delete(stem) || this.muted.add(stem);
    await this.select(stem);
  }

  async clear() {
    this.solo.clear();
    this.muted.clear();
    await this.apply();
  }

  async setMatched(matched) {
    this.matched = matched;
    await this.apply();
  }

  /** What was heard goes on until the new choice can be. */
  async apply() {
    const wanted = this.chosen;
    if (this.playing && !(await this.prepared())) {
      this.tell();
      return;
    }
    if (wanted === this.chosen) this.engine.setGains(this.gains());
    this.tell();
  }

  tell() {
    for (const listener of this.listeners) listener();
  }
}

function playable(source) {
  return Boolean(source.url || source.data);
}
