// The songs of a batch: a table that draws the rows on the screen, and one player for all of them.

import { html, shown, shownTime } from "./axes.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const songs = read("rows").map((row, place) => ({ ...row, place }));
// Rows beyond the screen that are drawn too, so that scrolling shows no gap.
const SPARE_ROWS = 12;
// A song that is quieter than the loudest by more is played as loud as it can be.
const MOST_LOWERED_DB = 18;

const isDone = (song) => song.state === "done";
const isMarked = (song) => song.marks.length > 0;

/** Failures, then what stands out, what has remarks, what is not rendered, and the rest. */
function concern(song) {
  if (song.state === "failed") return 0;
  if (isMarked(song)) return 1;
  if (song.remarks.length) return 2;
  return isDone(song) ? 4 : 3;
}

const words = (song) => [song.error && `failed: ${song.error}`, ...song.marks, ...song.remarks].filter(Boolean).join("; ");
const number = (value, digits = 1) => (value === null ? "" : shown(value, digits));

// What is shown of a song: title, the value that it is sorted by, and how it is written.
const COLUMNS = [
  { key: "state", title: "State", size: "5rem", sort: (s) => `${concern(s)}${s.state}`, cell: (s) => html("span", { className: "state", text: isDone(s) && isMarked(s) ? "marked" : s.state }) },
  { key: "id", title: "Song", size: "minmax(10rem, 3fr)", sort: (s) => s.id.toLowerCase(), cell: (s) => html("bdi", { text: s.id }) },
  { key: "album", title: "Album", size: "minmax(5rem, 1fr)", optional: true, sort: (s) => s.album.toLowerCase(), cell: (s) => html("bdi", { text: s.album }) },
  { key: "preset", title: "Preset", size: "minmax(4.5rem, .8fr)", optional: true, sort: (s) => s.preset.toLowerCase(), cell: (s) => html("bdi", { text: s.preset }) },
  { key: "model", title: "Model", size: "minmax(4.5rem, .8fr)", optional: true, sort: (s) => s.model.toLowerCase(), cell: (s) => html("bdi", { text: s.model }) },
  { key: "duration_s", title: "Length", size: "4rem", number: true, sort: (s) => s.duration_s, cell: (s) => (s.duration_s === null ? "" : shownTime(s.duration_s)) },
  { key: "loudness_lufs", title: "LUFS", size: "4rem", number: true, sort: (s) => s.loudness_lufs, cell: (s) => (s.silent ? "silent" : number(s.loudness_lufs)) },
  { key: "target_lufs", title: "Target", size: "4rem", number: true, sort: (s) => s.target_lufs, cell: (s) => number(s.target_lufs) },
  { key: "true_peak_dbtp", title: "dBTP", size: "3.5rem", number: true, sort: (s) => s.true_peak_dbtp, cell: (s) => number(s.true_peak_dbtp) },
  { key: "limiter_db", title: "Limiter", size: "4rem", spare: true, number: true, sort: (s) => s.limiter_db, cell: (s) => number(s.limiter_db) },
  { key: "left_out", title: "Left out", size: "4.5rem", spare: true, number: true, sort: (s) => s.left_out?.length ?? null, cell: (s) => s.left_out?.length ?? "" },
  { key: "not_recognised", title: "Unknown", size: "5rem", spare: true, number: true, sort: (s) => s.not_recognised?.length ?? null, cell: (s) => s.not_recognised?.length ?? "" },
  { key: "remarks", title: "Remarks", size: "minmax(8rem, 3fr)", sort: words, cell: (s) => html("bdi", { text: words(s) }) },
  { key: "files", title: "Files", size: "12rem", sort: (s) => s.stems.length + s.sessions.length + (s.report ? 1 : 0), cell: links },
];
const used = COLUMNS.filter(({ key, optional }) => !optional || songs.some((song) => song[key]));
// On a screen of a laptop some wait in what a click on a song shows.
const isRoomy = () => window.innerWidth >= 94 * rem();
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
let columns = used;

function link(text, url, label) {
  return html("a", { text, href: url, "aria-label": label });
}

function links(song) {
  const found = html("span", { className: "links" });
  if (song.report) found.append(link("report", song.report, `report on ${song.id}`));
  if (song.stems.length) found.append(moreButton(song, `${song.stems.length} stems`));
  if (song.sessions.length) found.append(moreButton(song, song.sessions.length === 1 ? "session" : `${song.sessions.length} sessions`));
  return found;
}

function moreButton(song, text) {
  const button = html("button", { type: "button", className: "more", text });
  button.addEventListener("click", () => select(song));
  return button;
}

// --- which songs, in which order ---

const view = { show: "all", album: "", find: "", key: null, down: false, songs: [], selected: null };

const WHICH = {
  all: ["All", () => true],
  failed: ["Failed", (song) => song.state === "failed"],
  marked: ["Marked", (song) => song.state !== "failed" && isMarked(song)],
  left: ["Not rendered", (song) => !isDone(song) && song.state !== "failed"],
  done: ["Done", isDone],
};

const searched = new Map(songs.map((song) => [song, [song.id, song.album, song.preset, song.model, song.state, words(song)].join("\n").toLowerCase()]));

function compare(a, b) {
  if (a === b) return 0;
  // What is not known comes last, whichever way one sorts.
  if (a === null || a === "") return 2;
  if (b === null || b === "") return -2;
  return a < b ? -1 : 1;
}

function arrange() {
  const [, keep] = WHICH[view.show];
  const text = view.find.toLowerCase();
  const kept = songs.filter((song) => keep(song) && (!view.album || song.album === view.album) && (!text || searched.get(song).includes(text)));
  const column = columns.find(({ key }) => key === view.key);
  const keys = new Map(kept.map((song) => [song, column ? column.sort(song) : concern(song)]));
  kept.sort((a, b) => {
    const order = compare(keys.get(a), keys.get(b));
    if (order === 0) return a.place - b.place;
    return view.down && Math.abs(order) === 1 ? -order : order;
  });
  view.songs = kept;
  status.textContent = kept.length === songs.length ? `${songs.length} songs` : `${kept.length} of ${songs.length} songs`;
  empty.hidden = kept.length > 0;
  empty.textContent = songs.length ? "No song fits: choose All, or find something else." : "The manifest lists no song.";
  for (const [key, head] of heads) {
    const sorted = key === view.key ? (view.down ? "descending" : "ascending") : "none";
    head.setAttribute("aria-sort", sorted);
  }
  table.setAttribute("aria-rowcount", String(kept.length + 1));
  body.style.height = `${kept.length * rowHeight()}px`;
  drawn.clear();
  body.replaceChildren();
  draw();
}

// --- the table: rows on the screen alone ---

const heads = new Map();
const head = html("div", { role: "row", className: "row head" });

/** The columns that there is room for, and their heads. */
function layOut() {
  columns = used.filter(({ spare }) => !spare || isRoomy());
  heads.clear();
  head.replaceChildren(html("div", { role: "columnheader" }, html("span", { className: "hidden", text: "Play" })));
  for (const { key, title, number: isNumber } of columns) {
    const button = html("button", { type: "button", text: title });
    button.addEventListener("click", () => {
      // Up, down, and back to failures first.
      if (view.key !== key) [view.key, view.down] = [key, false];
      else if (!view.down) view.down = true;
      else [view.key, view.down] = [null, false];
      arrange();
    });
    const cell = html("div", { role: "columnheader", className: isNumber ? "number" : "" }, button);
    heads.set(key, cell);
    head.append(cell);
  }
  table.style.setProperty("--columns", ["2.75rem", ...columns.map(({ size }) => size)].join(" "));
  // Lines of a grid count from 1, and the first column plays.
  table.style.setProperty("--first-number", columns.findIndex(({ number }) => number) + 2);
}

const body = html("div", { role: "rowgroup", className: "body" });
const table = html("div", { role: "table", className: "songs", "aria-label": "Songs" }, html("div", { role: "rowgroup", className: "heads" }, head), body);
const empty = html("p", { className: "empty" });
const status = html("p", { className: "status", role: "status" });
const drawn = new Map();

const rowHeight = () => parseFloat(getComputedStyle(table).getPropertyValue("--row")) * rem();

function rowOf(song, index) {
  const row = html("div", { role: "row", className: `row song ${song.state === "failed" ? "failed" : ""} ${isMarked(song) ? "marked" : ""}`, "aria-rowindex": String(index + 2) });
  const play = html("button", { type: "button", className: "play", "aria-label": `play ${song.id}`, text: "▶" });
  play.disabled = !song.mix;
  play.addEventListener("click", () => (playing === song && !audio.paused ? audio.pause() : start(song)));
  row.append(html("div", { role: "cell", className: "play-cell" }, play));
  for (const [place, { key, title, number: isNumber, cell }] of columns.entries()) {
    const shownCell = html("div", { role: "cell", className: `${key} ${isNumber ? "number" : ""}`, "data-title": title, "aria-colindex": String(place + 2) });
    shownCell.append(cell(song));
    if (!shownCell.textContent) shownCell.classList.add("none");
    row.append(shownCell);
  }
  row.addEventListener("click", (event) => event.target.closest("a, button") || select(song));
  row.style.transform = `translateY(${index * rowHeight()}px)`;
  return row;
}

function draw() {
  const height = rowHeight();
  const top = -body.getBoundingClientRect().top;
  const first = Math.max(Math.floor(top / height) - SPARE_ROWS, 0);
  const last = Math.min(Math.ceil((top + window.innerHeight) / height) + SPARE_ROWS, view.songs.length);
  for (const [index, row] of drawn) {
    if (index < first || index >= last) {
      row.remove();
      drawn.delete(index);
    }
  }
  for (let index = first; index < last; index += 1) {
    if (drawn.has(index)) continue;
    const row = rowOf(view.songs[index], index);
    drawn.set(index, row);
    body.append(row);
  }
  showState();
}

function showState() {
  for (const [index, row] of drawn) {
    const song = view.songs[index];
    row.classList.toggle("selected", song === view.selected);
    const here = song === playing && !audio.paused;
    row.querySelector(".play").textContent = here ? "❚❚" : "▶";
    row.querySelector(".play").setAttribute("aria-label", `${here ? "pause" : "play"} ${song.id}`);
  }
}

// --- the player: all songs at one loudness ---

const audio = html("audio", { controls: "", preload: "none" });
const match = html("button", { type: "button", text: "Equal loudness", "aria-pressed": "true", title: "L" });
const what = html("p", { className: "what" });
const detail = html("div", { className: "detail" });
let playing = null;
const levels = songs.map((song) => song.loudness_lufs).filter((level) => level !== null);
const commonLufs = levels.length ? Math.max(levels.reduce((a, b) => Math.min(a, b)), levels.reduce((a, b) => Math.max(a, b)) - MOST_LOWERED_DB) : 0;

/** What a song is lowered by: an element cannot be raised, so the quietest one is left as it is. */
const matchDb = (song) => (song.loudness_lufs === null ? 0 : Math.min(commonLufs - song.loudness_lufs, 0));

function start(song) {
  if (!song.mix) return;
  if (playing !== song) {
    playing = song;
    audio.src = song.mix;
  }
  select(song);
  setVolume();
  audio.play().catch((error) => {
    if (error.name !== "AbortError") what.textContent = `${song.id} cannot be played: is its mix still beside this page?`;
  });
}

function setVolume() {
  const isMatched = match.getAttribute("aria-pressed") === "true";
  const gainDb = playing && isMatched ? matchDb(playing) : 0;
  audio.volume = 10 ** (gainDb / 20);
  const gain = !isMatched ? "at its own level" : gainDb < -0.05 ? `lowered by ${shown(-gainDb, 1, "dB")} to the common loudness` : "at the common loudness";
  what.classList.toggle("hint", !playing);
  what.textContent = playing ? `${playing.id}, ${gain}` : "Choose a song to play it; L matches loudness, J and K go to the next and previous song, the space bar pauses.";
}

function step(by) {
  const from = view.songs.indexOf(view.selected);
  for (let at = from + by; at >= 0 && at < view.songs.length; at += by) {
    if (!view.songs[at].mix) continue;
    reveal(at);
    start(view.songs[at]);
    return;
  }
}

function reveal(index) {
  const top = body.getBoundingClientRect().top + index * rowHeight();
  const [low, high] = [head.getBoundingClientRect().bottom, panel.getBoundingClientRect().top - rowHeight()];
  if (top < low || top > high) window.scrollBy(0, top - (low + high) / 2);
}

function select(song) {
  view.selected = song;
  const part = (title, ...content) => html("div", {}, html("dt", { text: title }), html("dd", {}, ...content));
  const list = (texts) => html("ul", {}, ...texts.map((text) => html("li", {}, html("bdi", { text }))));
  const parts = [];
  if (song.error) parts.push(part("Failed", html("span", { className: "bad", text: song.error })));
  if (song.marks.length) parts.push(part("Stands out", list(song.marks)));
  if (song.remarks.length) parts.push(part("Remarks", list(song.remarks)));
  if (song.left_out?.length) parts.push(part("Left out", list(song.left_out)));
  if (song.not_recognised?.length) parts.push(part("Not recognised", list(song.not_recognised)));
  if (isDone(song)) {
    const goal = song.target_lufs === null ? "no target" : `target ${shown(song.target_lufs, 1, "LUFS")}`;
    const ceiling = song.ceiling_dbtp === null ? "no ceiling" : `ceiling ${shown(song.ceiling_dbtp, 1, "dBTP")}`;
    parts.push(part("Made with", [song.model, song.preset && `preset ${song.preset}`, song.album && `album ${song.album}`].filter(Boolean).join(", ")));
    parts.push(part("Requested", `${goal}, ${ceiling}`));
    const files = html("span", { className: "links" }, link("mix", song.mix, `mix of ${song.id}`));
    if (song.report) files.append(link("report", song.report, `report on ${song.id}`));
    for (const { name, url } of song.stems) files.append(link(`stem ${name}`, url, `${name} of ${song.id}`));
    for (const { name, url } of song.sessions) files.append(link(`${name} session`, url, `${name} session of ${song.id}`));
    if (song.limiter_db !== null) parts.push(part("Limiter", `${shown(song.limiter_db, 1, "dB")} at most`));
    parts.push(part("Files", files));
  }
  const close = html("button", { type: "button", className: "close", text: "Close" });
  close.addEventListener("click", () => {
    view.selected = null;
    detail.replaceChildren();
    showState();
  });
  detail.replaceChildren(html("div", { className: "title" }, html("h2", {}, html("bdi", { text: song.id })), close), html("dl", {}, ...parts));
  showState();
}

match.addEventListener("click", () => {
  match.setAttribute("aria-pressed", String(match.getAttribute("aria-pressed") !== "true"));
  setVolume();
});
audio.addEventListener("play", showState);
audio.addEventListener("pause", showState);
audio.addEventListener("ended", showState);

// --- everything put in its place ---

const controls = html("div", { className: "controls" });
for (const [key, [title, keep]] of Object.entries(WHICH)) {
  const count = songs.filter(keep).length;
  const button = html("button", { type: "button", text: `${title} ${count}`, "aria-pressed": String(key === view.show) });
  button.disabled = count === 0 && key !== "all";
  button.addEventListener("click", () => {
    view.show = key;
    for (const other of controls.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    arrange();
  });
  controls.append(button);
}
const albums = [...new Set(songs.map((song) => song.album).filter(Boolean))];
if (albums.length) {
  const choose = html("select", { "aria-label": "Album" }, html("option", { value: "", text: "All albums" }), ...albums.map((name) => html("option", { value: name, text: name })));
  choose.addEventListener("change", () => {
    view.album = choose.value;
    arrange();
  });
  controls.append(choose);
}
const find = html("input", { type: "search", placeholder: "Find", "aria-label": "Find" });
find.addEventListener("input", () => {
  view.find = find.value;
  arrange();
});
controls.append(find);
const panel = html("section", { className: "panel", "aria-label": "Player" }, detail, html("div", { className: "player" }, audio, match, what));
document.getElementById("songs").append(controls, status, table, empty);
document.body.append(panel);
new ResizeObserver(() => document.body.style.setProperty("--panel", `${panel.offsetHeight}px`)).observe(panel);
setVolume();
layOut();
arrange();

let asked = false;
const soon = () => {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
};
window.addEventListener("scroll", soon, { passive: true });
let width = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== width) {
    width = window.innerWidth;
    layOut();
    arrange(); // rows may have another height now
  } else {
    soon();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.("input, select, audio")) return;
  if (event.key === " " && event.target.closest?.("button, a, summary")) return;
  const actions = {
    " ": () => (playing && !audio.paused ? audio.pause() : start(view.selected ?? playing ?? view.songs.find((song) => song.mix) ?? {})),
    j: () => step(1),
    k: () => step(-1),
    l: () => match.click(),
  };
  const action = actions[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});
