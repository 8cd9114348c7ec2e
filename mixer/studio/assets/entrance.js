// Where the page begins: the one song at once, or the list of songs.

import { html } from "../shared/axes.js";
import * as api from "./api.js";
import { Studio } from "./studio.js";

const byId = (id) => document.getElementById(id);

async function openSong(id, hasOthers = false) {
  byId("songs").hidden = true;
  byId("status").classList.remove("fault");
  byId("status").textContent = "Opening the song …";
  const path = `/api/songs/${encodeURIComponent(id)}`;
  let state = await api.send("POST", `${path}/open`);
  const [choices, { takes }] = await Promise.all([api.get("/api/choices"), api.get(`${path}/takes`).catch(() => ({ takes: [] }))]);
  while (!state.stems.length && state.phase !== "failed") {
    byId("status").textContent = state.doing ? `${state.doing.what}: ${state.doing.detail}` : "Reading the recordings …";
    await new Promise((done) => setTimeout(done, 200));
    state = await api.get(`${path}/state`);
  }
  if (!state.stems.length) throw new Error(state.problem);
  byId("status").hidden = true;
  byId("desk").hidden = false;
  window.mixStudio = new Studio(state, choices, takes, hasOthers);
}

function listSongs({ folder, songs }) {
  const rows = songs.map(({ id, name, phase, problem }) => {
    const open = html("button", { type: "button", className: "song", text: name });
    open.disabled = Boolean(problem);
    open.addEventListener("click", () => openSong(id, songs.length > 1).catch(refuse));
    return html("li", {}, open, html("small", { text: problem ?? (phase === "closed" ? "" : phase) }));
  });
  byId("songs").replaceChildren(html("p", { className: "about", text: `Songs in ${folder}` }), html("h1", { text: "Choose a song" }), html("ul", {}, ...rows));
  byId("songs").hidden = false;
  byId("status").textContent = songs.length ? "" : "This folder contains no songs.";
}

function refuse(error) {
  byId("status").hidden = false;
  byId("songs").hidden = false;
  byId("status").textContent = error.message;
  byId("status").classList.add("fault");
}

async function begin() {
  const listed = await api.get("/api/songs");
  if (listed.songs.length === 1 && !listed.songs[0].problem) await openSong(listed.songs[0].id);
  else listSongs(listed);
}

begin().catch(refuse);
