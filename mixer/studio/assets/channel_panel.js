// The panel of the chosen channel: equaliser, filters, dynamics, place, sends, and what the network set.

import { html } from "../shared/axes.js";
import { EqView } from "./eq_view.js";
import { linearScale, logarithmicScale, PAN, round, SEND, still, WIDTH, words } from "./scales.js";
import { newGesture, sliderRow } from "./slider.js";
import { colorKey } from "./song.js";
import { backTo, shownSetting } from "./strip_values.js";

const BAND_TYPES = ["peak", "low_shelf", "high_shelf", "notch"];
// Fields of effects that are switched on: [field, name, scale, step, words]; defaults as the product has them.
const EFFECTS = {
  compressor: {
    name: "Compressor",
    defaults: { threshold_db: -18, ratio: 2, attack_ms: 10, release_ms: 120, make_up_db: 0, amount: 1 },
    fields: [
      ["threshold_db", "Threshold", linearScale(-80, 0), 0.5, words.db],
      ["ratio", "Ratio", logarithmicScale(1, 20), 0.1, words.ratio],
      ["attack_ms", "Attack", logarithmicScale(0.1, 500), 0.1, words.ms],
      ["release_ms", "Release", logarithmicScale(1, 5000), 1, words.ms],
      ["make_up_db", "Make-up", linearScale(-24, 24), 0.1, words.db],
      ["amount", "Amount", linearScale(0, 1), 0.01, words.share],
    ],
  },
  gate: {
    name: "Gate",
    defaults: { threshold_db: -50, ratio: 10, attack_ms: 1, release_ms: 100, amount: 1 },
    fields: [
      ["threshold_db", "Threshold", linearScale(-100, 0), 0.5, words.db],
      ["ratio", "Ratio", logarithmicScale(1, 100), 0.1, words.ratio],
      ["attack_ms", "Attack", logarithmicScale(0.1, 500), 0.1, words.ms],
      ["release_ms", "Release", logarithmicScale(1, 5000), 1, words.ms],
      ["amount", "Amount", linearScale(0, 1), 0.01, words.share],
    ],
  },
  de_esser: {
    name: "De-esser",
    defaults: { frequency_hz: 6000, threshold_db: -6, max_reduction_db: 8, amount: 1 },
    fields: [
      ["frequency_hz", "Above", logarithmicScale(1000, 16000), 10, words.hz],
      ["threshold_db", "Threshold", linearScale(-40, 20), 0.5, words.db],
      ["max_reduction_db", "At most", linearScale(0, 24), 0.5, words.db],
      ["amount", "Amount", linearScale(0, 1), 0.01, words.share],
    ],
  },
  saturation: {
    name: "Saturation",
    defaults: { drive_db: 6, amount: 1 },
    fields: [
      ["drive_db", "Drive", linearScale(0, 36), 0.5, words.db],
      ["amount", "Amount", linearScale(0, 1), 0.01, words.share],
    ],
  },
};
const FILTERS = {
  high_pass: { name: "High-pass", defaults: { frequency_hz: 80, slope_db_per_octave: 12, amount: 1 } },
  low_pass: { name: "Low-pass", defaults: { frequency_hz: 12000, slope_db_per_octave: 12, amount: 1 } },
};
const FILTER_FIELDS = [["frequency_hz", "Frequency", logarithmicScale(20, 20000), 1, words.hz]];

export class ChannelPanel {
  /** `desk`: edit, flat(id), isFlat(id), sampleRate. */
  constructor(host, desk) {
    this.host = host;
    this.desk = desk;
    this.band = 0;
    this.id = null;
  }

  show(channel) {
    this.channel = channel;
    const layout = [channel.id, JSON.stringify([channel.model, channel.bus?.phrases]), channel.strip.eq.length, ...Object.keys({ ...EFFECTS, ...FILTERS }).map((name) => Boolean(channel.strip[name]))].join();
    if (layout !== this.layout) {
      const focused = this.host.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
      this.layout = layout;
      this.build();
      if (focused) [...this.host.querySelectorAll("[aria-label]")].find((e) => e.getAttribute("aria-label") === focused)?.focus();
    }
    this.update();
  }

  set(field, value, gesture = newGesture()) {
    this.desk.edit({ [`${this.channel.key}.${field}`]: value }, { gesture, label: `${field.replaceAll("_", " ")} of ${this.channel.name}` });
  }

  build() {
    const { channel } = this;
    this.updates = [];
    if (this.id !== channel.id) this.eq = new EqView((bands, gesture) => this.set("eq", bands, gesture), (place) => this.chooseBand(place), this.desk.sampleRate);
    this.id = channel.id;
    const isMaster = channel.kind === "master";
    this.host.replaceChildren(
      this.heading(), this.eq.element, this.bandRow(),
      html("div", { className: "effects" },
        ...Object.keys(FILTERS).map((name) => this.effect(name, FILTERS[name], FILTER_FIELDS)),
        ...Object.entries(EFFECTS).map(([name, { fields, ...effect }]) => this.effect(name, effect, fields))),
      this.section("Place", this.placed("width", "Width", WIDTH, words.width), ...(isMaster ? [] : [this.placed("pan", "Pan", PAN, words.pan)])),
      ...(isMaster ? [] : [this.section("Sends", this.sendRow("reverb_db", "Reverb"), this.sendRow("delay_db", "Echo"))]),
      this.network(),
    );
  }

  section(title, ...rows) {
    return html("section", { className: "block", "aria-label": title }, html("h2", { text: title }), ...rows);
  }

  heading() {
    const flat = html("button", { type: "button", text: "Before", title: "Hear this channel without your changes (B)" });
    flat.addEventListener("click", () => this.desk.flat(this.id));
    const reset = html("button", { type: "button", text: "Reset channel", title: "Remove all your changes on this channel" });
    reset.addEventListener("click", () => {
      const changes = Object.keys(this.channel.hand).map((field) => [`${this.channel.key}.${field}`, null]);
      if (this.channel.color !== this.channel.base_color) changes.push([colorKey(this.channel), null]);
      this.desk.edit(Object.fromEntries(changes), { label: `changes on ${this.channel.name}` });
    });
    this.updates.push(() => {
      flat.setAttribute("aria-pressed", String(this.desk.isFlat(this.id)));
      reset.disabled = !Object.keys(this.channel.hand).length && this.channel.color === this.channel.base_color;
    });
    const title = html("h2", { text: this.channel.name });
    return html("div", { className: "panel-head" }, ...this.colour(), title, flat, reset);
  }

  /** A stem's or a track's colour, to change; all of one visit to the picker is one step of undo. */
  colour() {
    if (this.channel.kind === "master") return [];
    const picker = html("input", { type: "color", className: "colour", title: "Colour of this channel", "aria-label": `Colour of ${this.channel.name}` });
    let gesture = null;
    picker.addEventListener("input", () => {
      gesture ??= newGesture();
      this.desk.edit({ [colorKey(this.channel)]: picker.value }, { gesture, label: `colour of ${this.channel.name}` });
    });
    picker.addEventListener("change", () => {
      gesture = null;
    });
    this.updates.push(() => {
      picker.value = this.channel.color.toLowerCase();
    });
    return [picker];
  }

  chooseBand(place) {
    this.band = place;
    this.update();
  }

  bandRow() {
    const type = html("select", { "aria-label": "Type of band" }, ...BAND_TYPES.map((name) => html("option", { value: name, text: name.replace("_", " ") })));
    const field = (name, label, step, low, high) => {
      const input = html("input", { type: "number", step, min: low, max: high, "aria-label": label });
      input.addEventListener("change", () => {
        const value = Math.min(Math.max(Number(input.value), low), high);
        if (Number.isFinite(value)) this.eq.set(this.band, { [name]: value }, newGesture());
      });
      return input;
    };
    const hz = field("frequency_hz", "Frequency of band in Hz", 1, 10, 22000);
    const db = field("gain_db", "Gain of band in dB", 0.5, -24, 24);
    const q = field("q", "Q of band", 0.1, 0.1, 30);
    const add = html("button", { type: "button", text: "+ Band" });
    const remove = html("button", { type: "button", text: "Remove" });
    type.addEventListener("change", () => this.eq.set(this.band, { type: type.value }, newGesture()));
    add.addEventListener("click", () => this.eq.add());
    remove.addEventListener("click", () => this.eq.remove(this.band));
    this.updates.push(() => {
      const { eq } = this.channel.strip;
      this.band = Math.min(this.band, Math.max(eq.length - 1, 0));
      const band = eq[this.band];
      for (const control of [type, hz, db, q, remove]) control.disabled = !band;
      if (band) {
        type.value = band.type;
        for (const [input, value] of [[hz, band.frequency_hz], [db, band.gain_db], [q, band.q]]) {
          if (document.activeElement !== input) input.value = still(value);
        }
      }
      this.eq.show(this.channel, this.band);
    });
    const named = (text, input) => html("label", {}, html("span", { text }), input);
    return html("div", { className: "bands" }, type, named("Hz", hz), named("dB", db), named("Q", q), remove, add);
  }

  effect(name, { name: title, defaults }, fields) {
    const on = html("button", { type: "button", className: "on", text: title });
    const rows = html("div", { className: "rows" });
    on.addEventListener("click", () => this.set(name, this.channel.strip[name] ? (this.channel.base[name] ? "none" : null) : (this.channel.base[name] ?? defaults)));
    const setting = this.channel.strip[name];
    for (const [field, label, scale, step, say] of setting ? fields : []) {
      const row = sliderRow({
        label: `${title}: ${label}`, name: label, scale, step, say,
        onInput: (value, gesture) => this.set(name, { ...this.channel.strip[name], [field]: value }, gesture),
        onReset: () => this.set(name, { ...this.channel.strip[name], [field]: this.origin(name, field, defaults) }),
      });
      rows.append(row);
      this.updates.push(() => {
        const now = this.channel.strip[name];
        if (!now) return;
        const [value, origin] = [still(now[field] ?? defaults[field]), still(this.origin(name, field, defaults))];
        row.show(value, origin, value !== origin);
      });
    }
    if (setting && name in FILTERS) rows.append(this.slope(name));
    this.updates.push(() => on.setAttribute("aria-pressed", String(Boolean(this.channel.strip[name]))));
    return html("section", { className: setting ? "effect open" : "effect", "aria-label": title }, on, rows);
  }

  origin(name, field, defaults) {
    return this.channel.base[name]?.[field] ?? defaults[field];
  }

  slope(name) {
    const select = html("select", { "aria-label": `${FILTERS[name].name}: slope` }, ...[12, 24].map((db) => html("option", { value: db, text: `${db} dB/octave` })));
    select.addEventListener("change", () => this.set(name, { ...this.channel.strip[name], slope_db_per_octave: Number(select.value) }));
    this.updates.push(() => (select.value = this.channel.strip[name]?.slope_db_per_octave ?? 12));
    return html("div", { className: "row" }, html("span", { className: "name", text: "Slope" }), select);
  }

  placed(field, label, scale, say) {
    const row = sliderRow({
      label: `${label} of ${this.channel.name}`, name: label, scale, step: 0.01, say,
      onInput: (value, gesture) => this.set(field, round(shownSetting(this.channel, field).toHand(value), 0.001), gesture),
      onReset: () => this.set(field, backTo(this.channel, field)),
    });
    this.updates.push(() => {
      const { value, origin, isHanded } = shownSetting(this.channel, field);
      row.show(value, origin, isHanded);
    });
    return row;
  }

  sendRow(field, label) {
    const row = sliderRow({
      label: `${label} send of ${this.channel.name}`, name: label, scale: SEND, step: 0.5, say: words.db,
      onInput: (value, gesture) => this.set(field, value <= SEND.low ? "none" : value, gesture),
      onReset: () => this.set(field, null),
    });
    this.updates.push(() => {
      const of = (strip) => still(strip[field]) ?? SEND.low;
      row.show(of(this.channel.strip), of(this.channel.base), field in this.channel.hand);
    });
    return row;
  }

  /** What the network set, in the words of a render: it lies in front of everything above. */
  network() {
    const { model, bus, kind } = this.channel;
    const isLeftAlone = kind === "track" && !model;
    return html("div", {},
      ...(isLeftAlone ? [html("p", { className: "about", text: "The network changed nothing on this track." })] : []),
      ...(model ? [this.section("The network's settings", phraseList(model.phrases))] : []),
      ...(bus ? [this.section(kind === "master" ? "The network's mix bus" : "The network's bus", phraseList(bus.phrases))] : []));
  }

  update() {
    for (const update of this.updates) update();
  }
}

/** Settings by name. */
function phraseList(phrases) {
  const rows = phrases.map(([name, phrase]) => html("div", {}, html("dt", { text: name }), html("dd", { text: phrase })));
  return html("dl", { className: "figures" }, ...rows);
}
