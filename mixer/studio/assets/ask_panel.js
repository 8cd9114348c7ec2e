// Asking for a mix: presets, wishes in words, where it will be heard, the model and how much of it.

import { html } from "../shared/axes.js";
import { linearScale, words } from "./scales.js";
import { newGesture, sliderRow } from "./slider.js";
import { VariationMap } from "./variation_map.js";

export class AskPanel {
  /** `desk`: song, choices, and what the map of variations takes. */
  constructor(host, desk) {
    this.host = host;
    this.desk = desk;
    this.build();
  }

  get song() {
    return this.desk.song;
  }

  build() {
    const { choices } = this.desk;
    this.map = new VariationMap(this.desk);
    this.host.append(this.map.element, this.presets(choices), this.wishes(choices), this.platforms(choices), this.network(choices));
  }

  section(title, about, ...parts) {
    return html("section", { className: "block", "aria-label": title }, html("h2", { text: title }), html("p", { className: "about", text: about }), ...parts);
  }

  presets({ presets }) {
    this.chips = presets.map((preset) => {
      const chip = html("button", { type: "button", className: "chip", text: preset.name, title: preset.problem ?? preset.summary });
      chip.disabled = Boolean(preset.problem);
      chip.addEventListener("click", () => this.togglePreset(preset.name));
      return { chip, name: preset.name };
    });
    return this.section("Presets", "Several may be on; the last one chosen wins.", html("div", { className: "chips" }, ...this.chips.map(({ chip }) => chip)));
  }

  togglePreset(name) {
    const now = this.song.state.presets;
    const next = now.includes(name) ? now.filter((each) => each !== name) : [...now, name];
    this.song.edit({ presets: next }, { label: `preset ${name}` });
  }

  wishes({ wishes, wish_amounts: amounts }) {
    this.target = html("select", { "aria-label": "Request for" });
    const amount = html("select", { "aria-label": "How much" }, ...options("as usual", amounts));
    const said = (phrase) => [this.target.value, amount.value, phrase].filter(Boolean).join(" ");
    const buttons = wishes.map(({ phrases: [phrase], does }) => {
      const button = html("button", { type: "button", className: "chip", text: phrase, title: does });
      button.addEventListener("click", () => this.song.wish(said(phrase)));
      return button;
    });
    const text = html("input", { type: "text", placeholder: "vocals up 1 dB, a bit warmer", "aria-label": "A request in your own words" });
    const form = html("form", { className: "own-words" }, text, html("button", { type: "submit", text: "Ask" }));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (text.value.trim() && (await this.song.wish(text.value.trim()))) text.value = "";
    });
    return this.section("Requests", "Each is a change that you can undo.", html("div", { className: "tools" }, this.target, amount), html("div", { className: "chips" }, ...buttons), form);
  }

  platforms({ platforms }) {
    this.places = platforms.map((platform) => {
      const chip = html("button", { type: "button", className: "chip place", text: platform.title, title: `${words.lufs(platform.loudness_lufs)}, ${words.dbtp(platform.true_peak_dbtp)}. ${platform.note}` });
      chip.addEventListener("click", () => {
        const now = this.song.state.settings.platform;
        this.song.edit({ "settings.platform": now === platform.name ? null : platform.name }, { label: `for ${platform.title}` });
      });
      return { chip, name: platform.name };
    });
    return this.section("Where it is heard", "Sets loudness and true peak.", html("div", { className: "chips" }, ...this.places.map(({ chip }) => chip)));
  }

  network({ models }) {
    this.model = html("select", { "aria-label": "Model" }, ...models.map((name) => html("option", { value: name, text: name })));
    this.model.addEventListener("change", () => this.song.edit({ "settings.model": this.model.value }, { label: `model ${this.model.value}` }));
    this.amount = sliderRow({
      label: "Amount of the network", name: "Amount", scale: linearScale(0, 1), step: 0.01, say: words.share,
      onInput: (value, gesture) => this.song.edit({ "settings.amount": value }, { gesture, label: "amount of the network" }),
      onReset: () => this.song.edit({ "settings.amount": 1 }, { gesture: newGesture(), label: "amount of the network" }),
    });
    return this.section("Network", "Changing the model or the amount renders the mix again.", html("div", { className: "row" }, html("span", { className: "name", text: "Model" }), this.model), this.amount);
  }

  /** The song's own stems and, where the model mixes tracks, their roles. */
  showTargets({ kind, stems }) {
    const roles = kind === "tracks" ? stems.flatMap(({ tracks }) => tracks.map(({ role }) => role.replaceAll("_", " "))) : [];
    const spoken = roles.filter((role) => this.desk.choices.wish_targets.includes(role) && !role.endsWith(" stem"));
    const names = [...new Set([...stems.map(({ name }) => name), ...spoken])];
    if (names.join() === this.targets) return;
    this.targets = names.join();
    const chosen = this.target.value;
    this.target.replaceChildren(...options("the mix", names));
    this.target.value = names.includes(chosen) ? chosen : "";
  }

  show(state) {
    this.map.show(state);
    this.showTargets(state);
    for (const { chip, name } of this.chips) chip.setAttribute("aria-pressed", String(state.presets.includes(name)));
    for (const { chip, name } of this.places) chip.setAttribute("aria-pressed", String(state.master.platform === name || state.settings.platform === name));
    if (state.settings.model) this.model.value = state.settings.model;
    const amount = state.settings.amount ?? 1;
    this.amount.show(amount, 1, amount !== 1);
  }
}

const options = (empty, names) => [html("option", { value: "", text: empty }), ...names.map((name) => html("option", { value: name, text: name }))];
