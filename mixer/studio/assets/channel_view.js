// One channel of the console: name, role, equaliser in small, pan, fader, meter, mute and solo.

import { html, svg, shown } from "../shared/axes.js";
import { stagesDbAt } from "./engine/filters.js";
import { stagesOf } from "./engine/strip.js";
import { FADER, PAN, round, signed, words } from "./scales.js";
import { slider } from "./slider.js";
import { backTo, isTouched, modelCurveDb, shownSetting } from "./strip_values.js";

const SMALL_HZ = Array.from({ length: 40 }, (_, i) => 20 * 1000 ** (i / 39));
const METER_FLOOR_DB = -60;
// As the fader's rail is marked in studio.css.
const MARKS_DB = [12, 0, -12, -24, -36];

function faderScale() {
  const marks = MARKS_DB.map((db) => {
    const mark = html("span", { text: shown(db, 0) });
    mark.style.setProperty("--at", FADER.share(db));
    return mark;
  });
  return html("div", { className: "scale", "aria-hidden": "true" }, ...marks);
}

export class ChannelView {
  /** `desk`: edit(changes, options), select(id), solo(id), fold(id), roles, sampleRate. */
  constructor(channel, desk) {
    this.id = channel.id;
    this.desk = desk;
    this.key = channel.key;
    this.held = 0;
    this.build(channel);
  }

  build(channel) {
    const { name, kind } = channel;
    this.select = html("button", { className: "name", type: "button", title: name }, html("span", { text: name }));
    this.select.addEventListener("click", () => this.desk.select(this.id));
    this.curve = svg("path", { class: "hand" });
    this.own = svg("path", { class: "model" });
    const eq = html("button", { className: "eq", type: "button", "aria-label": `Equaliser of ${name}` },
      svg("svg", { viewBox: "0 0 78 26", preserveAspectRatio: "none", "aria-hidden": "true" }, svg("path", { class: "zero", d: "M0 13H78" }), this.own, this.curve));
    eq.addEventListener("click", () => this.desk.select(this.id, "channel"));
    this.pan = this.control(`Pan of ${name}`, "pan", PAN, 0.01, words.pan, "pan");
    this.fader = this.control(`Fader of ${name}`, "gain_db", FADER, 0.1, words.db, "fader");
    this.level = html("i");
    this.meter = html("div", { className: "meter", "aria-hidden": "true" }, this.level);
    this.value = html("output", { className: "db" });
    this.offset = html("span", { className: "off" });
    this.element = html("section", { className: `channel ${kind}`, "data-channel": this.id, "aria-label": `${name}, ${kind}` },
      html("div", { className: "head" }, ...this.foldButton(channel), this.select), ...this.roleSelect(channel),
      eq, this.pan, html("div", { className: "throw" }, faderScale(), this.fader, this.meter),
      html("div", { className: "values" }, this.value, this.offset), ...this.flags(channel));
  }

  control(label, field, scale, step, say, className) {
    return slider({
      label, scale, step, say, className,
      onInput: (value, gesture) => {
        const { toHand } = shownSetting(this.channel, field);
        this.desk.edit({ [`${this.key}.${field}`]: round(toHand(value), 0.001) }, { gesture, label });
      },
      onReset: () => this.desk.edit({ [`${this.key}.${field}`]: backTo(this.channel, field) }, { label: `${label} back` }),
    });
  }

  foldButton({ kind, tracks, name }) {
    if (kind !== "stem" || !tracks.length) return [];
    this.fold = html("button", { className: "fold", type: "button", "aria-label": `Tracks of ${name}` });
    this.fold.addEventListener("click", () => this.desk.fold(this.id));
    return [this.fold];
  }

  roleSelect({ kind, role, name, file }) {
    if (kind !== "track") return [html("div", { className: "role", text: kind === "stem" ? "stem" : "mix bus" })];
    this.role = html("select", { className: "role", "aria-label": `Role of ${name}` },
      ...this.desk.roles.map((each) => html("option", { value: each.name, text: each.name.replaceAll("_", " ") })));
    this.role.value = role;
    this.role.addEventListener("change", () =>
      this.desk.edit({ [`files.${JSON.stringify(file)}.role`]: this.role.value }, { label: `role of ${name}` }));
    return [this.role];
  }

  flags({ kind, name }) {
    if (kind === "master") return [];
    this.mute = html("button", { className: "flag mute", type: "button", text: "M", "aria-label": `Mute ${name}`, title: "Mute (M)" });
    this.soloed = html("button", { className: "flag solo", type: "button", text: "S", "aria-label": `Solo ${name}`, title: "Solo, for listening (S)" });
    this.mute.addEventListener("click", () => this.toggleMute());
    this.soloed.addEventListener("click", () => this.desk.solo(this.id));
    return [html("div", { className: "flags" }, this.mute, this.soloed)];
  }

  toggleMute() {
    const { strip, base, name } = this.channel;
    const mute = !strip.mute;
    this.desk.edit({ [`${this.key}.mute`]: mute === base.mute ? null : mute }, { label: `mute ${name}` });
  }

  /** `flags`: {heard, soloed, selected, folded}. */
  show(channel, flags) {
    this.channel = channel;
    if (channel.color) this.element.style.setProperty("--c", channel.color);
    const fader = shownSetting(channel, "gain_db");
    this.fader.show(fader.value, fader.origin, fader.isHanded);
    this.value.textContent = shown(fader.value, 1);
    this.offset.textContent = fader.isHanded ? signed(fader.value - fader.origin, 1, "") : "";
    const pan = shownSetting(channel, "pan");
    this.pan.show(pan.value, pan.origin, pan.isHanded);
    if (this.role) this.role.value = channel.role;
    this.mute?.setAttribute("aria-pressed", String(Boolean(channel.strip.mute)));
    this.soloed?.setAttribute("aria-pressed", String(flags.soloed));
    this.select.setAttribute("aria-pressed", String(flags.selected));
    this.element.classList.toggle("selected", flags.selected);
    this.element.classList.toggle("touched", isTouched(channel) || (flags.folded && channel.tracks.some(isTouched)));
    this.element.classList.toggle("silent", !flags.heard);
    this.element.classList.toggle("late", channel.live === false);
    this.element.title = channel.live === false ? "You hear changes here after the next render" : "";
    this.element.hidden = flags.hidden;
    if (this.fold) this.fold.setAttribute("aria-expanded", String(!flags.folded));
    this.drawCurves(channel);
  }

  drawCurves({ model, strip }) {
    const { sampleRate } = this.desk;
    const path = (values) => values.map((db, i) =>
      `${i ? "L" : "M"}${2 * i} ${(13 - Math.min(Math.max(db, -12), 12)).toFixed(1)}`).join("");
    const own = modelCurveDb(model, SMALL_HZ);
    const stages = stagesOf(strip, sampleRate);
    this.own.setAttribute("d", model?.curve_hz?.length ? path(own) : "");
    this.curve.setAttribute("d", stages.length ? path(SMALL_HZ.map((hz, i) => own[i] + stagesDbAt(stages, hz, sampleRate))) : "");
  }

  /** A peak, linear; the meter falls by itself. */
  showPeak(peak) {
    const db = peak > 0 ? 20 * Math.log10(peak) : METER_FLOOR_DB;
    const share = Math.min(Math.max((db - METER_FLOOR_DB) / (6 - METER_FLOOR_DB), 0), 1);
    this.held = Math.max(share, this.held - 0.02);
    this.level.style.setProperty("--level", this.held.toFixed(3));
    this.meter.classList.toggle("hot", db > 0);
  }
}
