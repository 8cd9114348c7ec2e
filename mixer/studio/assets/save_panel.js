// Saving: song.toml, presets, renders with their progress and files, takes.

import { html, shown } from "../shared/axes.js";
import { downloadUrl } from "./api.js";
import { words } from "./scales.js";

const CHECKS = [["stems", "Stems"], ["tracks", "Tracks"], ["report", "Report"]];
// What sessions hold.
const DAW_AUDIO = { dry: "dry recordings, editable strips", wet: "wet stems", both: "both" };
const size = (n) => (n < 1e5 ? `${shown(Math.ceil(n / 1e3), 0)}\u00a0kB` : `${shown(n / 1e6, n < 1e7 ? 1 : 0)}\u00a0MB`);

export class SavePanel {
  /** `desk`: song, choices, save(body), render(body), cancel(job), takes(). */
  constructor(host, desk) {
    this.desk = desk;
    this.jobs = html("div", { className: "jobs", role: "status", "aria-live": "polite" });
    this.takes = html("div");
    host.append(this.saving(), this.rendering(desk.choices.outputs), this.jobs,
      html("section", { className: "block", "aria-label": "Takes" }, html("h2", { text: "Takes" }), this.takes));
  }

  saving() {
    this.save = html("button", { type: "button", text: "Save to song.toml", title: "Ctrl S" });
    this.save.addEventListener("click", () => this.desk.save({ what: "song" }));
    this.saved = html("span", { className: "about" });
    const name = html("input", { type: "text", placeholder: "my-sound", "aria-label": "Name of the preset", maxlength: 60 });
    const replace = this.box("overwrite", "Replace a preset of that name");
    const form = html("form", { className: "own-words" }, name, html("button", { type: "submit", text: "Save as preset" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (name.value.trim()) this.desk.save({ what: "preset", name: name.value.trim(), overwrite: replace.box.checked });
    });
    return html("section", { className: "block", "aria-label": "Save" }, html("h2", { text: "Save" }), html("div", { className: "tools" }, this.save, this.saved), form, replace.row);
  }

  rendering(outputs) {
    const select = (label) => {
      const made = html("select", { "aria-label": label });
      return [made, html("label", { className: "row" }, html("span", { className: "name", text: label }), made)];
    };
    const option = (word, title = word) => html("option", { value: word, text: title });
    const [format, formatRow] = select("Format");
    const [depth, depthRow] = select("Bit depth");
    format.append(...outputs.format.map(({ word, title }) => option(word, title)));
    const offerDepths = () => {
      const depths = outputs.format.find(({ word }) => word === format.value).bit_depths;
      depth.replaceChildren(...depths.map((word) => option(word, word === "32f" ? "32 bit float" : `${word} bit`)));
      depthRow.hidden = !depths.length;
    };
    format.addEventListener("change", offerDepths);
    offerDepths();
    const boxes = CHECKS.map(([key, label]) => this.box(key, label));
    const deliver = outputs.deliver.map(({ word, title }) => this.box(word, title));
    const daw = outputs.daw.map(({ word, title }) => this.box(word, title));
    const group = (title, parts) => (parts.length ? html("fieldset", {}, html("legend", { text: title }), ...parts.map(({ row }) => row)) : "");
    const [audio, audioRow] = select("Audio in sessions");
    audio.append(...outputs.daw_audio.map((word) => option(word, DAW_AUDIO[word] ?? word)));
    const offerAudio = () => (audioRow.hidden = !daw.some(({ box }) => box.checked));
    for (const { box } of daw) box.addEventListener("change", offerAudio);
    offerAudio();
    this.go = html("button", { type: "button", className: "primary", text: "Render", title: "Ctrl Enter" });
    this.ask = () => {
      const body = Object.fromEntries(boxes.map(({ key, box }) => [key, box.checked]));
      if (format.value) body.format = format.value;
      if (depth.value) body.bit_depth = depth.value;
      const chosen = (parts) => parts.filter(({ box }) => box.checked).map(({ key }) => key);
      if (chosen(deliver).length) body.deliver = chosen(deliver);
      if (chosen(daw).length) Object.assign(body, { daw: chosen(daw), daw_audio: audio.value });
      this.desk.render(body);
    };
    this.go.addEventListener("click", () => this.ask());
    return html("section", { className: "block", "aria-label": "Render" }, html("h2", { text: "Render" }), formatRow, depthRow,
      group("Also write", boxes), group("Versions", deliver), group("DAW session", daw), audioRow, this.go);
  }

  box(key, label) {
    const box = html("input", { type: "checkbox" });
    return { key, box, row: html("label", { className: "check" }, box, html("span", { text: label })) };
  }

  show(state) {
    this.saved.textContent = state.saved ? "Everything is in song.toml." : "Changes are stored next to the song, but not yet in song.toml.";
    const shownJobs = JSON.stringify(state.jobs);
    if (shownJobs !== this.shownJobs) {
      this.shownJobs = shownJobs;
      this.jobs.replaceChildren(...[...state.jobs].reverse().map((job) => this.job(job, state.id)));
      const newest = state.jobs.at(-1);
      const told = newest && `${newest.id} ${newest.state}`;
      if (told && told !== this.told) this.jobs.firstChild.scrollIntoView({ block: "nearest" });
      this.told = told;
    }
    this.showTakes();
  }

  job(job, songId) {
    const isOpen = job.state === "waiting" || job.state === "running";
    const card = html("section", { className: `job ${job.state}`, "aria-label": job.name || "Render" }, html("h3", { text: `${job.name || "Render"}: ${job.state}` }));
    if (isOpen) {
      const bar = html("progress", { max: 1, value: job.doing?.share ?? 0, "aria-label": "Progress" });
      const cancel = html("button", { type: "button", text: "Cancel" });
      cancel.addEventListener("click", () => this.desk.cancel(job.id));
      card.append(html("div", { className: "tools" }, bar, cancel), html("p", { className: "about", text: [job.doing?.what, job.doing?.detail].filter(Boolean).join(": ") }));
    }
    if (job.problem) card.append(html("p", { className: "fault", text: job.problem }));
    for (const remark of job.remarks) card.append(html("p", { className: "about", text: remark }));
    if (job.files.length) {
      card.append(html("ul", { className: "files" }, ...job.files.map(({ name, n_bytes: bytes }, place) =>
        html("li", {}, html("a", { href: downloadUrl(songId, job.id, place), download: name.split("/").at(-1), text: name }), html("small", { text: ` ${size(bytes)}` })))),
        html("p", { className: "about", text: `In ${job.folder}` }));
    }
    return card;
  }

  showTakes() {
    const takes = this.desk.takes();
    const written = JSON.stringify(takes);
    if (written === this.writtenTakes) return;
    this.writtenTakes = written;
    if (!takes.length) {
      this.takes.replaceChildren(html("p", { className: "about", text: "No takes yet: each render of a changed mix becomes one." }));
      return;
    }
    this.takes.replaceChildren(...takes.map((take) => html("div", { className: "take" },
      html("b", { text: take.words || `Take ${take.number}` }), html("span", { text: take.file }),
      html("small", { text: [words.lufs(take.loudness_lufs), words.dbtp(take.true_peak_dbtp), ...take.asked].join(", ") }))));
  }
}
