// The keyboard: one table, which the page obeys and the help shows.

import { html } from "../shared/axes.js";

const SEEK_STEP_S = 5;

/** `[keys as shown, what they do, key, act, {ctrl, shift}]`, by subject. */
export function keyTable(studio) {
  const { player, overview, consoleView: desk } = studio;
  const selected = () => desk.viewOf(desk.selected);
  return {
    Listening: [
      ["Space", "play, pause", " ", () => player.toggle()],
      ["← →", "5 s back, forward", "ArrowLeft", () => player.seek(player.position_s() - SEEK_STEP_S)],
      [null, null, "ArrowRight", () => player.seek(player.position_s() + SEEK_STEP_S)],
      ["Home", "to the start", "Home", () => player.seek(0)],
      ["O", "loop the section, stop looping", "o", () => overview.toggleLoop()],
      ["+ −", "zoom in, out", "+", () => overview.zoom(0.5)],
      [null, null, "-", () => overview.zoom(2)],
      ["F", "whole song", "f", () => overview.fit()],
      ["1 … 9", "listen to A, B, C …", null, null],
      ["L", "equal loudness", "l", () => player.setMatched(!player.matched)],
      ["X", "blind comparison, reveal", "x", () => studio.compare.toggleBlind()],
    ],
    Channels: [
      ["↑ ↓", "previous, next channel", "ArrowUp", () => studio.select(desk.step(-1))],
      [null, null, "ArrowDown", () => studio.select(desk.step(1))],
      ["C", "show or fold the stem's tracks", "c", () => studio.fold(studio.stemOf(desk.selected))],
      ["M", "mute", "m", () => selected().mute && selected().toggleMute()],
      ["S", "solo, for listening", "s", () => studio.solo(desk.selected)],
      ["0", "clear solo", "0", () => studio.clearSolo()],
      ["B", "with and without your changes", "b", () => studio.flat(desk.selected)],
      ["V", "to the fader", "v", () => selected().fader.focus()],
      ["P", "to the pan", "p", () => selected().pan.focus()],
      ["E", "to the equaliser", "e", () => studio.focusEqualiser()],
      ["R", "fader back to the network's", "r", () => selected().fader.reset()],
    ],
    "On a control": [
      ["↑ ↓", "move; with Shift, in fine steps", null, null],
      ["PgUp PgDn", "move in large steps", null, null],
      ["Delete", "reset", null, null],
      ["[ ]", "on a band: wider, narrower", null, null],
    ],
    Page: [
      ["Ctrl Z", "undo", "z", () => studio.song.undo(), { ctrl: true }],
      ["Ctrl Shift Z", "redo", "z", () => studio.song.redo(), { ctrl: true, shift: true }],
      [null, null, "y", () => studio.song.redo(), { ctrl: true }],
      ["Ctrl S", "save to song.toml", "s", () => studio.save({ what: "song" }), { ctrl: true }],
      ["Ctrl Enter", "render", "Enter", () => studio.renderNow(), { ctrl: true }],
      ["T", "next panel", "t", () => studio.nextPanel()],
      ["?", "these keys", "?", () => studio.help.showModal()],
      ["Esc", "close; leave a control", "Escape", () => document.activeElement?.blur()],
    ],
  };
}

export function listenToKeys(studio) {
  const rows = Object.values(keyTable(studio)).flat();
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || studio.help.open) return;
    const { target, key } = event;
    const ctrl = event.ctrlKey || event.metaKey;
    const types = target.matches?.("input:not([type=checkbox]), textarea, select");
    if (types && !ctrl) return;
    // A focused button answers to the space bar itself.
    if (key === " " && target.closest?.("button, summary, a, input")) return;
    const digit = "123456789".indexOf(key);
    if (!ctrl && digit >= 0) {
      studio.chooseByPlace(digit);
      event.preventDefault();
      return;
    }
    const wanted = key.length === 1 ? key.toLowerCase() : key;
    const row = rows.find(([, , own, act, held = {}]) =>
      act && own === wanted && Boolean(held.ctrl) === ctrl && (!held.ctrl || Boolean(held.shift) === event.shiftKey));
    if (!row) return;
    event.preventDefault();
    row[3]();
  });
}

export function helpDialog(studio) {
  const close = html("button", { type: "button", text: "Close" });
  const tables = Object.entries(keyTable(studio)).map(([subject, rows]) =>
    html("section", {}, html("h3", { text: subject }),
      html("dl", { className: "keys" }, ...rows.filter(([shownKeys]) => shownKeys).map(([shownKeys, does]) =>
        html("div", {}, html("dt", {}, ...shownKeys.split(" ").map((each) => html("kbd", { text: each }))), html("dd", { text: does }))))));
  const dialog = html("dialog", { className: "help", "aria-label": "Keyboard" }, html("div", { className: "panel-head" }, html("h2", { text: "Keyboard" }), close), html("div", { className: "help-tables" }, ...tables));
  close.addEventListener("click", () => dialog.close());
  return dialog;
}
