// The song's state as the server has it, with the edits on top that it has not answered yet. Edits are
// heard at once and sent one after another; those of one gesture wait for each other and go as one.

import * as api from "./api.js";

/** A table with a value at a path; tables on the way are copied, the rest is shared. */
function withValue(table, path, value) {
  const [first, ...rest] = path;
  return { ...table, [first]: rest.length ? withValue(table[first] ?? {}, rest, value) : value };
}

export class Song {
  constructor(state) {
    this.id = state.id;
    this.server = state; // as the server has it
    this.state = state; // with what is still on its way
    this.queue = []; // {changes, gesture, label}
    this.sending = null;
    this.listeners = new Set();
    this.onConflict = () => {};
    this.onFault = () => {};
    this.path = `/api/songs/${encodeURIComponent(state.id)}`;
  }

  get channels() {
    return this.state.stems.flatMap((stem) => [stem, ...stem.tracks]);
  }

  channel(id) {
    if (id === "master") return { ...this.state.master, id, name: "Master", kind: "master", tracks: [], model: null, color: null };
    return this.channels.find((channel) => channel.id === id);
  }

  tell() {
    for (const listener of this.listeners) listener(this.state);
  }

  /** What the server says is so; edits on their way are laid over it. */
  take(state) {
    if (state.id !== this.id || state.revision < this.server.revision) return;
    this.server = state;
    this.state = [this.sending, ...this.queue].reduce((laid, edit) => (edit ? layOver(laid, edit.changes) : laid), state);
    this.tell();
  }

  /**
   * Change settings: `{"vocals.gain_db": 1.5}`; null takes the user's own edit back. Edits of one
   * `gesture` are one step of undo.
   */
  edit(changes, { gesture = `${Date.now()}-${Math.random()}`, label } = {}) {
    const last = this.queue.at(-1);
    if (last && last.gesture === gesture) Object.assign(last.changes, changes);
    else this.queue.push({ changes: { ...changes }, gesture, label });
    this.state = layOver(this.state, changes);
    this.tell();
    this.flush();
  }

  async flush() {
    if (this.sending || !this.queue.length) return;
    this.sending = this.queue.shift();
    const { changes, gesture, label } = this.sending;
    const body = { revision: this.server.revision, changes, gesture };
    if (label) body.label = label;
    await this.ask("PATCH", "edits", body, this.sending);
    this.flush();
  }

  undo() {
    return this.revise("undo", {});
  }

  redo() {
    return this.revise("redo", {});
  }

  wish(text) {
    return this.revise("wish", { text });
  }

  /** One edit that lays a blend of mixes over the hand: `{mix: 0.4, "variation-1": 0.6}`. */
  blend(parts) {
    return this.revise("blend", { parts });
  }

  variations() {
    return this.revise("variations", {});
  }

  compare(body) {
    return this.ask("POST", "compare", body);
  }

  /** A request on top of what is there once nothing is on its way; what follows waits for its answer. */
  async revise(name, body) {
    while (this.isBusy) await aMoment();
    this.sending = { changes: {} };
    const isDone = await this.ask("POST", name, { revision: this.server.revision, ...body }, this.sending);
    this.flush();
    return isDone;
  }

  get isBusy() {
    return this.sending !== null || this.queue.length > 0;
  }

  /** When nothing is on its way any more. */
  async settled() {
    while (this.isBusy) await aMoment();
  }

  /** A request that answers with the state; `sent` is the edit that it carries. Returns whether it was done. */
  async ask(method, name, body, sent = null) {
    try {
      const answer = await api.send(method, `${this.path}/${name}`, body);
      if (sent) this.sending = null;
      this.take(answer.state ?? answer);
      return true;
    } catch (error) {
      if (sent) this.sending = null;
      this.fail(error, sent);
      return false;
    }
  }

  fail(error, sent) {
    const isConflict = error.status === 409 && error.problem.state;
    if (isConflict) {
      this.queue = [];
      this.server = error.problem.state;
    }
    this.state = [this.sending, ...this.queue].reduce((laid, edit) => (edit ? layOver(laid, edit.changes) : laid), this.server);
    if (isConflict) this.onConflict(sent?.gesture ? sent : null);
    else this.onFault(error);
    this.tell();
  }

  async refresh() {
    this.take(await api.get(`${this.path}/state`));
  }
}

const aMoment = () => new Promise((done) => setTimeout(done, 10));

/** A state with edits laid over its strips, as far as a page can know what the server will say. */
export function layOver(state, changes) {
  return Object.entries(changes).reduce((laid, [key, value]) => layOne(laid, key, value), state);
}

/** A key of a channel's colour. */
export const colorKey = ({ kind, key, file }) => `colors.${JSON.stringify(kind === "stem" ? key : file)}`;

function withColor(state, key, value) {
  const laid = (channel) => (colorKey(channel) === key ? { ...channel, color: value ?? channel.base_color } : channel);
  return { ...state, stems: state.stems.map((stem) => ({ ...laid(stem), tracks: stem.tracks.map(laid) })) };
}

function layOne(state, key, value) {
  if (key === "presets") return { ...state, presets: value };
  if (key.startsWith("settings.")) return withValue(state, ["settings", key.slice("settings.".length)], value);
  if (key.startsWith("colors.")) return withColor(state, key, value);
  if (key === "master.loudness_lufs" || key === "master.true_peak_dbtp") {
    return withValue(state, ["master", key.slice("master.".length)], value === "none" ? null : value);
  }
  let { exact } = state;
  const laid = (channel) => {
    if (!key.startsWith(`${channel.key}.`)) return channel;
    const field = key.slice(channel.key.length + 1);
    if (field.includes(".") || !(field in channel.strip)) return channel;
    if (exact) exact = { ...exact, strips: { [channel.id]: channel.strip, ...exact.strips } };
    const now = value === null ? channel.base[field] : value === "none" ? null : value;
    const { [field]: _, ...rest } = channel.hand;
    const hand = value === null ? rest : { ...channel.hand, [field]: value };
    return { ...channel, strip: { ...channel.strip, [field]: now }, hand };
  };
  const stems = state.stems.map((stem) => ({ ...laid(stem), tracks: stem.tracks.map(laid) }));
  const master = laid(state.master);
  return { ...state, stems, master, exact };
}
