// The bar on top: transport, what is heard and how exactly, undo and redo, what the server is at.

import { html, shownTime } from "../shared/axes.js";
import { MIX } from "./engine/song_engine.js";

const SAID_MS = 6000;

export class TopBar {
  constructor(host, studio) {
    this.studio = studio;
    const button = (text, label, act, className = "") => {
      const made = html("button", { type: "button", text, className, "aria-label": label, title: label });
      made.addEventListener("click", act);
      return made;
    };
    this.name = html("h1", {});
    this.songs = button("Songs", "Choose another song", () => studio.leave());
    this.songs.hidden = !studio.hasOtherSongs;
    this.play = button("Play", "Play (Space)", () => studio.player.toggle(), "play");
    this.time = html("output", { className: "time", "aria-label": "Position" });
    this.heard = html("p", { className: "heard", role: "status" });
    this.undo = button("Undo", "Undo (Ctrl Z)", () => studio.song.undo());
    this.redo = button("Redo", "Redo (Ctrl Shift Z)", () => studio.song.redo());
    this.solo = button("Clear solo", "Clear solo (0)", () => studio.clearSolo());
    this.save = button("Save", "Save to song.toml (Ctrl S)", () => studio.save({ what: "song" }));
    this.render = button("Render", "Render (Ctrl Enter)", () => studio.renderNow(), "primary");
    this.bar = html("progress", { max: 1, value: 0, "aria-label": "Work on the server" });
    this.work = html("span", { className: "work" });
    this.doing = html("div", { className: "doing", role: "status" }, this.bar, this.work);
    this.messages = html("div", { className: "messages", "aria-live": "assertive" });
    host.append(
      html("div", { className: "top-bar" }, this.songs, this.name, this.play, this.time, this.heard, this.doing, this.solo,
        html("div", { className: "ends" }, this.undo, this.redo, this.save, this.render, button("?", "Keyboard (?)", () => studio.help.showModal(), "round"))),
      this.messages,
    );
  }

  show(state) {
    const { player, engine } = this.studio;
    this.name.textContent = this.name.title = state.name;
    this.play.textContent = player.playing ? "Pause" : "Play";
    this.play.title = `${this.play.textContent} (Space)`;
    this.play.setAttribute("aria-label", this.play.title);
    this.undo.disabled = !state.can_undo;
    this.redo.disabled = !state.can_redo;
    this.undo.title = state.can_undo ? `Undo ${state.can_undo} (Ctrl Z)` : "Nothing to undo";
    this.redo.title = state.can_redo ? `Redo ${state.can_redo} (Ctrl Shift Z)` : "Nothing to redo";
    this.solo.hidden = engine.solo.size + engine.flat.size === 0;
    this.solo.textContent = engine.flat.size && !engine.solo.size ? "Changes on" : "Clear solo";
    this.doing.hidden = !state.doing;
    if (state.doing) {
      this.bar.value = state.doing.share;
      this.work.textContent = [state.doing.what, state.doing.detail].filter(Boolean).join(": ");
    }
    this.showHeard(state);
    this.showProblems(state);
  }

  showHeard(state) {
    const [kind, text, more] = this.words(state);
    const written = `${kind} ${text} ${more}`;
    if (written === this.written) return;
    this.written = written;
    this.heard.className = `heard ${kind}`;
    this.heard.textContent = text;
    this.heard.title = more;
  }

  /** What is heard: `[kind, in short, at length]`. */
  words(state) {
    const { player, engine, compare } = this.studio;
    if (player.fault) return ["fault", player.fault, player.fault];
    if (engine.loader?.fault) return ["fault", engine.loader.fault, engine.loader.fault];
    if (player.chosen !== MIX) {
      const source = state.sources.find(({ id }) => id === player.chosen);
      return ["other", source ? compare.nameOf(source) : "", "Another source, as it was rendered"];
    }
    if (compare.blind) return ["other", compare.nameOf({ id: MIX, name: "" }), "Names are hidden"];
    if (engine.isExact) return ["exact", "Exact", "You hear exactly what a render writes, limiter included"];
    if (engine.playedFor(MIX) !== "desk") return ["rough", "Plain sum until the mix is made", "The recordings without the network, until its mix is ready"];
    const differs = engine.approximations();
    if (!differs.length && (engine.figures?.limited || state.master.limited_db > 0.1)) differs.push("limiter");
    if (differs.length) return ["rough", `Approximate until rendered: ${differs.slice(0, 2).join(", ")}${differs.length > 2 ? " …" : ""}`, differs.join("\n")];
    return ["live", "Live", "You hear your changes at once, within 0.1 dB of the render"];
  }

  showProblems(state) {
    const key = JSON.stringify([state.problem, state.notes]);
    if (key === this.problems) return;
    this.problems = key;
    this.clear("problem");
    for (const text of [state.problem, ...state.notes].filter(Boolean)) this.message(text, `note problem ${text === state.problem ? "fault" : ""}`);
  }

  clear(kind) {
    this.messages.querySelectorAll(`.${kind}`).forEach((old) => old.remove());
  }

  message(text, className, ...actions) {
    const close = html("button", { type: "button", text: "×", "aria-label": "Close this message" });
    const made = html("div", { className: `message ${className}` }, html("p", { text }), ...actions, close);
    close.addEventListener("click", () => made.remove());
    this.messages.append(made);
    return made;
  }

  /** Something was done; what was refused before that is not of interest any more. */
  say(text) {
    this.clear("refused");
    const made = this.message(text, "said");
    setTimeout(() => made.remove(), SAID_MS);
  }

  /** Something to know, which stays until it is closed or replaced. */
  warn(text) {
    this.clear("warned");
    this.clear("refused");
    this.message(text, "note warned");
  }

  fault(text) {
    this.clear("refused");
    this.message(text, "fault refused");
  }

  lost(isLost) {
    this.clear("lost");
    if (isLost) this.message("The connection to the server is lost. Your changes so far are stored next to the song.", "fault lost");
  }

  /** Another page was quicker. */
  conflict(lost, again) {
    const apply = html("button", { type: "button", text: "Repeat my change" });
    const made = this.message(`Another page changed this song; this is its present state.${lost ? " Your last change was not applied." : ""}`, "fault conflict", ...(lost ? [apply] : []));
    apply.addEventListener("click", () => {
      made.remove();
      again();
    });
  }

  place(now_s) {
    const text = `${shownTime(now_s, 1)} / ${shownTime(this.studio.song.state.duration_s)}`;
    if (this.time.textContent !== text) this.time.textContent = text;
    const waiting = this.studio.engine.waiting;
    if (waiting !== this.waiting) this.time.classList.toggle("waiting", (this.waiting = waiting));
  }
}
