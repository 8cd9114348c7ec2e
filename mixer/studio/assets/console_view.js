// All channels side by side, folded by stems; a channel is made once and shown again and again.

import { html } from "../shared/axes.js";
import { ChannelView } from "./channel_view.js";
import { heardIds } from "./engine/state_hand.js";
import { MasterView } from "./master_view.js";
import { standingFor } from "./strip_values.js";

export class ConsoleView {
  constructor(host, desk) {
    this.desk = desk;
    this.views = new Map();
    this.folded = null; // ids of stems; set by the first state
    this.strips = html("div", { className: "strips" });
    this.side = html("div", { className: "side" });
    host.append(this.strips, this.side);
    this.selected = null;
  }

  get order() {
    return [...[...this.views.keys()].filter((id) => !this.views.get(id).element.hidden), "master"];
  }

  show(state) {
    // Few tracks are shown at once; many are folded into their stems.
    const nTracks = state.stems.reduce((sum, { tracks }) => sum + tracks.length, 0);
    this.folded ??= new Set(nTracks > 12 ? state.stems.map(({ id }) => id) : state.stems.filter(({ tracks }) => tracks.length < 2).map(({ id }) => id));
    const heard = heardIds(state, this.desk.solos());
    this.arrange(state);
    const flags = (id, hidden, folded) => ({ heard: heard.has(id), soloed: this.desk.solos().has(id), selected: this.selected === id, hidden, folded });
    for (const stem of state.stems) {
      const isFolded = this.folded.has(stem.id);
      this.views.get(stem.id).show(standingFor(stem, isFolded), flags(stem.id, false, isFolded));
      for (const track of stem.tracks) this.views.get(track.id).show(track, flags(track.id, isFolded));
    }
    this.master.show(this.desk.channel("master"), { heard: true, selected: this.selected === "master", hidden: false });
  }

  /** Make views of new channels, in order; drop those that are gone. */
  arrange(state) {
    const channels = state.stems.flatMap((stem) => [stem, ...stem.tracks]);
    const ids = channels.map(({ id, kind, tracks }) => `${id}:${kind}:${tracks.length > 0}`).join();
    if (ids === this.ids) return;
    this.ids = ids;
    const before = this.views;
    this.views = new Map();
    for (const channel of channels) this.views.set(channel.id, before.get(channel.id) ?? new ChannelView(channel, this.desk));
    this.strips.replaceChildren(...[...this.views.values()].map(({ element }) => element));
    if (!this.master) {
      this.master = new MasterView(this.desk.channel("master"), this.desk);
      this.side.replaceChildren(this.master.element);
    }
    if (!this.views.has(this.selected) && this.selected !== "master") this.selected = channels[0]?.id ?? "master";
  }

  fold(id, all = false) {
    const isFolded = this.folded.has(id);
    const stems = all ? this.desk.state().stems.map((stem) => stem.id) : [id];
    for (const each of stems) isFolded ? this.folded.delete(each) : this.folded.add(each);
  }

  /** The channel before or after the selected one. */
  step(by) {
    const { order } = this;
    const place = Math.min(Math.max(order.indexOf(this.selected) + by, 0), order.length - 1);
    return order[place];
  }

  viewOf(id) {
    return id === "master" ? this.master.view : this.views.get(id);
  }

  showPeaks(peaks, figures) {
    for (const [id, view] of this.views) view.showPeak(peaks[id] ?? 0);
    if (figures) this.master.showFigures(figures);
    else this.master.view.showPeak(0);
  }
}
