// Brings blocks of samples to the desk: those around the playhead, of what is heard and of what may be
// switched to, and takes them away again, so that a long song with many tracks stays small.

import { BLOCK_SAMPLES } from "./blocks.js";

// Of what is heard, as many blocks after the one at the playhead, fewer where many tracks are heard at once:
// what has been played is freed, so the desk holds no more than this of them. Each needs two, which are
// as much for 64 tracks.
const MOST_AHEAD_BLOCKS = 2;
const MOST_HEARD_BYTES = 32 * 2 ** 20;
const BLOCK_BYTES = 4 * BLOCK_SAMPLES;
// Of what is not heard, enough to switch to it at once.
const WARM_BLOCKS = 1;
const MOST_AT_ONCE = 6;
const RETRY_MS = 700;

export class Loader {
  /**
   * `tell(message, transfer)` speaks to the desk; `fetchBlock(id, start, frames, version)` is a promise
   * of an Int16Array, or of null where it is not made yet; `use(id, stream)` is called when samples of
   * an audio can be played from the playhead on.
   */
  constructor(tell, fetchBlock, use) {
    this.tell = tell;
    this.fetchBlock = fetchBlock;
    this.use = use;
    this.entries = new Map(); // id -> the newest {id, key, audio, held, loading, used, old}
    this.heard = new Set();
    this.warm = new Set();
    this.position = 0;
    this.loop = null;
    this.busy = 0;
    this.fault = "";
  }

  /** An audio as the server describes it; another version takes the place of the one before. */
  setAudio(audio) {
    const { id, version } = audio;
    const entry = this.entries.get(id);
    if (entry && entry.audio.version === version) {
      entry.audio = audio;
      return;
    }
    const key = `${id}@${version}`;
    this.tell({ type: "stream", key, n_samples: audio.n_frames, full_scale: audio.full_scale });
    const old = entry?.used ? entry : entry?.old;
    if (entry && !entry.used) this.tell({ type: "forget", key: entry.key });
    this.entries.set(id, { id, key, audio, held: new Set(), loading: new Set(), used: false, old });
  }

  removeAudio(id) {
    const entry = this.entries.get(id);
    if (!entry) return;
    for (const each of [entry, entry.old]) if (each) this.tell({ type: "forget", key: each.key });
    this.entries.delete(id);
  }

  /** What is heard now, and what may be switched to. */
  want(heard, warm) {
    this.heard = new Set(heard);
    this.warm = new Set(warm);
    this.pump();
  }

  /** The playhead, in samples, and the loop `[from, to]` or null. */
  at(position, loop) {
    this.position = position;
    this.loop = loop;
    this.pump();
  }

  /** How many blocks after the one at the playhead everything that is heard holds, at least one. */
  get aheadBlocks() {
    const each = Math.floor(MOST_HEARD_BYTES / BLOCK_BYTES / Math.max(this.heard.size, 1));
    return Math.min(Math.max(each - 1, 1), MOST_AHEAD_BLOCKS);
  }

  /** Blocks that an entry should hold, the most urgent first. */
  wanted({ id, audio }) {
    const ahead = this.heard.has(id) ? this.aheadBlocks : this.warm.has(id) ? WARM_BLOCKS : -1;
    if (ahead < 0) return [];
    const now = Math.floor(Math.min(this.position, audio.n_frames - 1) / BLOCK_SAMPLES);
    const indices = [];
    for (let i = now; i <= now + ahead; i += 1) indices.push(i);
    if (this.loop) {
      const first = Math.floor(this.loop[0] / BLOCK_SAMPLES);
      indices.splice(2, 0, first, first + 1);
    }
    const last = Math.ceil(audio.n_frames / BLOCK_SAMPLES) - 1;
    return [...new Set(indices)].filter((index) => index <= last);
  }

  pump() {
    const missing = [];
    for (const entry of this.entries.values()) {
      const wanted = this.wanted(entry);
      this.trim(entry, new Set(wanted));
      this.takeUp(entry);
      wanted.forEach((index, urgency) => {
        if (entry.held.has(index) || entry.loading.has(index)) return;
        const end = Math.min((index + 1) * BLOCK_SAMPLES, entry.audio.n_frames);
        if (end > entry.audio.ready_frames) return;
        missing.push({ entry, index, urgency: urgency + (this.heard.has(entry.id) ? 0 : 1.5) });
      });
    }
    missing.sort((a, b) => a.urgency - b.urgency);
    for (const { entry, index } of missing.slice(0, Math.max(MOST_AT_ONCE - this.busy, 0))) this.load(entry, index);
  }

  trim(entry, wanted) {
    for (const index of entry.held) {
      if (wanted.has(index)) continue;
      entry.held.delete(index);
      this.tell({ type: "drop", key: entry.key, index });
    }
  }

  /** Samples of a new version are played once those at the playhead are here. */
  takeUp(entry) {
    if (entry.used) return;
    const now = Math.floor(Math.min(this.position, entry.audio.n_frames - 1) / BLOCK_SAMPLES);
    if (entry.old && !entry.held.has(now)) return;
    entry.used = true;
    this.use(entry.id, entry.key);
    if (entry.old) this.tell({ type: "forget", key: entry.old.key });
    entry.old = null;
  }

  async load(entry, index) {
    entry.loading.add(index);
    this.busy += 1;
    let samples = null;
    try {
      const start = index * BLOCK_SAMPLES;
      const frames = Math.min(BLOCK_SAMPLES, entry.audio.n_frames - start);
      samples = await this.fetchBlock(entry.id, start, frames, entry.audio.version);
      this.fault = "";
    } catch (error) {
      this.fault = error.message;
    }
    this.busy -= 1;
    if (this.entries.get(entry.id) === entry && samples) {
      entry.held.add(index);
      this.tell({ type: "block", key: entry.key, index, samples }, [samples.buffer]);
      entry.loading.delete(index);
      this.pump();
    } else {
      // What is not made yet, or could not be read, is asked for again, not at once.
      setTimeout(() => {
        entry.loading.delete(index);
        this.pump();
      }, RETRY_MS);
    }
  }

  /** Bytes of samples that the desk holds. */
  get heldBytes() {
    return [...this.entries.values()].reduce((sum, { held }) => sum + BLOCK_BYTES * held.size, 0);
  }
}
