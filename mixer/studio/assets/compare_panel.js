// A, B, C: which mix is heard. At equal loudness, without a gap; blind, if asked for.

import { html } from "../shared/axes.js";
import { signed, words } from "./scales.js";

export class ComparePanel {
  /** `desk`: player, state(), add(name), remove(name), drop(file), edit(changes, options), takes(). */
  constructor(host, desk) {
    this.host = host;
    this.desk = desk;
    this.blind = null; // sources' ids in a shuffled order
    this.list = html("div", { className: "sources", role: "group", "aria-label": "Mixes to compare" });
    this.match = this.button("Equal loudness", () => desk.player.setMatched(!desk.player.matched), "Equal loudness (L)");
    this.hide = this.button("Blind", () => this.toggleBlind(), "Hide the names and shuffle");
    this.more = html("div", { className: "more" });
    this.file = html("input", { type: "file", accept: "audio/*,.wav,.flac,.aiff,.mp3,.ogg", "aria-label": "Reference file" });
    this.file.addEventListener("change", () => {
      if (this.file.files[0]) desk.drop(this.file.files[0]);
      this.file.value = "";
    });
    host.append(
      html("div", { className: "tools" }, this.match, this.hide), this.list,
      html("h2", { text: "Add" }), this.more,
      html("label", { className: "drop" }, html("span", { text: "Reference: drop an audio file on the page, or choose one" }), this.file),
    );
  }

  button(text, act, title = text) {
    const made = html("button", { type: "button", text, title });
    made.addEventListener("click", act);
    return made;
  }

  /** Sources in the order in which they are listed, and named by letters. */
  order(sources) {
    if (!this.blind) return sources;
    return [...sources].sort((a, b) => this.blind.indexOf(a.id) - this.blind.indexOf(b.id));
  }

  nameOf(source) {
    if (!this.blind) return source.name;
    return `Mix ${String.fromCharCode(65 + this.blind.indexOf(source.id))}`;
  }

  toggleBlind() {
    if (this.blind) this.blind = null;
    else {
      const ids = this.sources().map(({ id }) => id);
      for (let i = ids.length - 1; i > 0; i -= 1) {
        const j = Math.floor(Math.random() * (i + 1));
        [ids[i], ids[j]] = [ids[j], ids[i]];
      }
      this.blind = ids;
      this.desk.player.setMatched(true);
    }
    this.desk.changed();
  }

  sources() {
    const { sources } = this.desk.state();
    return sources.filter(({ id, audio }) => audio || id === "mix");
  }

  show(state) {
    const { player } = this.desk;
    this.match.setAttribute("aria-pressed", String(player.matched));
    this.hide.setAttribute("aria-pressed", String(Boolean(this.blind)));
    this.hide.textContent = this.blind ? "Reveal" : "Blind";
    if (this.blind) for (const { id } of this.sources()) if (!this.blind.includes(id)) this.blind.push(id);
    const focused = document.activeElement?.dataset?.source;
    this.list.replaceChildren(...this.order(this.sources()).map((source, place) => this.row(source, place, state)));
    if (focused) this.list.querySelector(`[data-source="${focused}"]`)?.focus();
    const waiting = state.sources.filter(({ id, audio }) => !audio && id !== "mix");
    const there = new Set(state.sources.map(({ id }) => id));
    const offers = [["default", "Without your changes"], ...this.desk.takes().map(({ source, number, words }) => [source, words || `Take ${number}`])];
    this.more.replaceChildren(
      ...offers.filter(([id]) => !there.has(id)).map(([id, text]) => this.button(text, () => this.desk.add(id))),
      ...waiting.map(({ name }) => html("span", { className: "waiting", text: `Rendering: ${name} …` })),
    );
  }

  /** Moves the mix towards a reference, or no longer. */
  towards(id) {
    const now = this.desk.state().settings.reference ?? [];
    const isOn = now.some((each) => each.split(":")[0] === id);
    const button = this.button("Match", () => {
      const others = now.filter((each) => each.split(":")[0] !== id);
      this.desk.edit({ "settings.reference": isOn ? others : [...others, id] }, { label: "mix towards a reference" });
    }, "Move the mix towards this reference");
    button.setAttribute("aria-pressed", String(isOn));
    return button;
  }

  row(source, place, state) {
    const { player } = this.desk;
    const isChosen = player.chosen === source.id;
    const letter = String.fromCharCode(65 + place);
    const gain = player.matched && !this.blind ? signed(source.match_db) : "";
    const level = this.blind || source.loudness_lufs === null ? "" : words.lufs(source.loudness_lufs);
    const choose = html("button", { type: "button", className: "source", "data-source": this.blind ? letter : source.id, "aria-pressed": String(isChosen), title: `Listen to ${this.nameOf(source)} (${place + 1})` },
      html("b", { text: letter }), html("span", { className: source.kind === "reference" ? "label" : "label own", text: this.nameOf(source) }),
      html("small", { text: [level, gain].filter(Boolean).join(", ") }));
    choose.addEventListener("click", () => player.choose(source.id));
    const row = html("div", { className: "source-row" }, choose);
    if (!this.blind && source.kind === "reference") row.append(this.towards(source.id));
    if (!this.blind && !["mix", "plain"].includes(source.id)) {
      row.append(this.button("×", () => this.desk.remove(source.id), `Remove ${source.name}`));
    }
    return row;
  }
}
