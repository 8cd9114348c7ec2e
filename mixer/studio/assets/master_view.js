// The master: its channel, loudness and true peak as they sound and as they were rendered, targets,
// correlation.

import { html, shown } from "../shared/axes.js";
import { ChannelView } from "./channel_view.js";

export class MasterView {
  constructor(master, desk) {
    this.desk = desk;
    this.view = new ChannelView(master, desk);
    const figure = (name, title) => {
      const value = html("dd", { text: "–" });
      return { value, row: html("div", { title }, html("dt", { text: name }), value) };
    };
    this.figures = {
      short_term: figure("Short", "Short-term loudness (3 s) of the playback"),
      integrated: figure("Integrated", "Integrated loudness of the playback since it started"),
      true_peak: figure("Peak", "Highest true peak of the playback since it started"),
      loudness: figure("Loudness", "Integrated loudness of the last exact render"),
      peak: figure("Peak", "True peak of the last exact render"),
      limited: figure("Limited", "Deepest limiting of the last exact render"),
    };
    const list = (title, names) => html("section", { "aria-label": title }, html("h3", { text: title }),
      html("dl", {}, ...names.map((name) => this.figures[name].row)));
    this.needle = html("i");
    this.correlation = html("div", { className: "correlation", role: "meter", "aria-label": "Correlation of left and right", "aria-valuemin": -1, "aria-valuemax": 1, "aria-valuenow": 0, title: "Correlation: −1 out of phase, 0 wide, 1 mono" }, this.needle);
    this.correlated = html("output", { "aria-hidden": "true" });
    this.loudness = this.target("loudness_lufs", "Loudness target, LUFS", -70, -5, 0.5);
    this.ceiling = this.target("true_peak_dbtp", "Peak ceiling, dBTP", -30, 0, 0.1);
    this.box = html("div", { className: "master-figures" },
      list("Playing", ["short_term", "integrated", "true_peak"]), list("Rendered", ["loudness", "peak", "limited"]),
      html("div", { className: "correlated" }, html("span", { text: "Correlation", "aria-hidden": "true" }), this.correlated, this.correlation),
      this.loudness.row, this.ceiling.row);
    this.element = html("div", { className: "master" }, this.view.element, this.box);
    this.peak = 0;
  }

  target(field, label, low, high, step) {
    const input = html("input", { type: "number", min: low, max: high, step, placeholder: "none", "aria-label": label });
    input.addEventListener("change", () => {
      const value = input.value === "" ? "none" : Math.min(Math.max(Number(input.value), low), high);
      this.desk.edit({ [`master.${field}`]: value }, { label });
    });
    const back = html("button", { type: "button", className: "back", text: "↺", title: "Back to the value without your change", "aria-label": `${label} as without your change` });
    back.addEventListener("click", () => this.desk.edit({ [`master.${field}`]: null }, { label: `${label} back` }));
    return { field, input, back, row: html("div", { className: "target" }, html("label", {}, html("span", { text: label }), input), back) };
  }

  show(master, flags) {
    this.view.show(master, flags);
    for (const { field, input, back } of [this.loudness, this.ceiling]) {
      if (document.activeElement !== input) input.value = master[field] ?? "";
      back.hidden = !(field in master.hand);
    }
    const { measured_loudness_lufs: lufs, measured_true_peak_dbtp: dbtp, limited_db: limited } = master;
    this.figures.loudness.value.textContent = shown(lufs, 1, "LUFS");
    this.figures.peak.value.textContent = shown(dbtp, 1, "dBTP");
    this.figures.limited.value.textContent = shown(limited, 1, "dB");
  }

  /** Another mix plays, or this one from its start. */
  reset() {
    this.peak = 0;
  }

  /** What sounds now. */
  showFigures(figures) {
    this.view.showPeak(Math.max(...figures.peaks));
    this.peak = Math.max(this.peak, figures.true_peak);
    this.figures.short_term.value.textContent = shown(figures.short_term, 1, "LUFS");
    this.figures.integrated.value.textContent = shown(figures.integrated, 1, "LUFS");
    this.figures.true_peak.value.textContent = this.peak > 0 ? shown(20 * Math.log10(this.peak), 1, "dBTP") : "–";
    this.figures.true_peak.value.classList.toggle("hot", this.peak > 1);
    const correlation = figures.correlation ?? 0;
    this.needle.style.setProperty("--at", (correlation + 1) / 2);
    this.correlation.classList.toggle("bad", correlation < -0.2);
    this.correlation.setAttribute("aria-valuenow", correlation.toFixed(2));
    this.correlated.textContent = shown(correlation, 2);
  }
}
