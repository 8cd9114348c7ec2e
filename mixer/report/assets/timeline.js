// The player's face: transport, a lane for each source, and what runs along the same time.

import { crosshair, dbTicks, html, legend, linear, pathOf, redrawn, shown, shownTime, svg, timeTicks, unit } from "./axes.js";
import { STEMS } from "./player.js";

const SEEK_STEP_S = 5;

/** Build the timeline into its host; returns what must be called to show the player's state. */
export function timeline(host, figures, player) {
  const { start_s: start, length_s: length, song_s: song } = player.data;
  const lanes = new Map();
  const playheads = [];
  const seekTo = (songTime) => player.seek(songTime - start);

  const play = html("button", { className: "play", type: "button", text: "Play" });
  const time = html("output", { "aria-label": "Position" });
  const match = html("button", { type: "button", text: "Equal loudness", title: "L" });
  const clear = html("button", { type: "button", text: "Clear solo and mute", title: "0" });
  const level = svg("rect", { class: "level", height: 10, width: 0 });
  const meter = html("span", { className: "meter" }, "Peak",
    svg("svg", { viewBox: "0 0 144 10", "aria-hidden": "true" }, svg("rect", { width: 144, height: 10 }), level),
    html("span", { text: "" }));
  const status = html("p", { className: "status", role: "status" });
  play.addEventListener("click", () => player.toggle());
  match.addEventListener("click", () => player.setMatched(!player.matched));
  clear.addEventListener("click", () => player.clear());
  const transport = html("div", { className: "transport" }, play, time, match);
  if (player.stems.length) transport.append(clear);
  if (player.engine.kind === "buffers") transport.append(meter);
  host.append(transport, status);

  const chart = (title, name, low) => {
    const head = html("div", { className: "head" }, html("h3", { text: title }));
    const track = html("div", { className: "track" });
    host.append(html("div", { className: `lane chart ${low ? "low" : ""}`, id: name }, head, track));
    return { head, track };
  };
  const placed = (track) => {
    const playhead = html("div", { className: "playhead" });
    track.append(...sectionLines(figures.markers ?? [], song), playhead);
    playheads.push(playhead);
    track.addEventListener("pointerdown", (event) => {
      const box = track.getBoundingClientRect();
      seekTo(((event.clientX - box.left) / box.width) * song);
    });
  };

  const sums = figures.sources.filter((source) => !source.is_stem);
  if (figures.markers?.length) host.append(sectionsLane(figures.markers, song, seekTo));
  else host.append(html("p", { className: "about", text: "No sections: [[markers]] in song.toml names them." }));
  let digit = 0;
  const addLane = (source, group) => {
    const lane = laneOf(source, group, figures.waveforms, player, (digit += 1));
    if (length < song - 0.01) shade(lane.drawing, start / song, (start + length) / song);
    placed(lane.track);
    lanes.set(source.key, lane);
    host.append(lane.row);
  };
  for (const source of sums) addLane(source, sums);
  const stems = figures.sources.filter((source) => source.is_stem);
  if (stems.length) {
    const gain = html("small");
    host.append(html("h3", { className: "part", text: "Wet stems, as in the mix" }, gain));
    const [first] = player.stems;
    const showGain = () => (gain.textContent = first && player.matched ? `all ${signed(player.sources.get(first).match_db)}` : "");
    player.listeners.push(showGain);
    showGain();
    for (const source of stems) addLane(source, stems);
  }
  host.append(html("h3", { className: "part", text: "Over time" }));
  const loudness = chart("Short-term loudness, LUFS", "loudness-lane");
  loudnessLane(loudness, figures, sums);
  placed(loudness.track);
  const reduction = chart("Peaks lowered by the bus, dB", "reduction-lane", true);
  reductionLane(reduction, figures);
  placed(reduction.track);

  const place = () => {
    const now = start + player.position_s();
    time.textContent = `${shownTime(now, 1)} / ${shownTime(song)}`;
    for (const head of playheads) head.style.left = `${(100 * now) / song}%`;
  };
  const state = () => {
    play.textContent = player.playing ? "Pause" : "Play";
    play.disabled = player.chosen === null;
    match.setAttribute("aria-pressed", String(player.matched));
    clear.disabled = player.solo.size + player.muted.size === 0;
    status.textContent = player.fault || (player.waiting ? "Loading …" : about(player, start, length, song));
    status.classList.toggle("fault", Boolean(player.fault));
    for (const lane of lanes.values()) lane.show();
    place();
  };
  const tick = () => {
    if (player.playing) {
      place();
      if (player.position_s() >= length - 0.01) player.pause();
      const peakDb = 20 * Math.log10(Math.max(player.engine.peak() ?? 0, 1e-6));
      level.setAttribute("width", Math.max(0, Math.min(144, (144 * (peakDb + 60)) / 60)));
      level.classList.toggle("hot", peakDb > -0.1);
      meter.lastChild.textContent = peakDb < -60 ? "" : shown(peakDb, 0, "dBFS");
    }
    requestAnimationFrame(tick);
  };
  player.listeners.push(state);
  state();
  tick();
}

/** A song's sections over its length: each a button that goes there. */
function sectionsLane(markers, song, seekTo) {
  const track = html("div", { className: "track" });
  markers.forEach(({ time_s: from, name }, i) => {
    const until = markers[i + 1]?.time_s ?? song;
    const section = html("button", { className: "section", type: "button", title: `${name}, ${shownTime(from)}` }, html("bdi", { text: name }));
    section.style.left = `${(100 * Math.min(from, song)) / song}%`;
    section.style.width = `${(100 * Math.max(Math.min(until, song) - from, 0)) / song}%`;
    section.addEventListener("click", () => seekTo(from));
    track.append(section);
  });
  return html("div", { className: "lane sections" }, html("div", { className: "head" }, html("h3", { text: "Sections" })), track);
}

/** Where sections begin, through another lane. */
function sectionLines(markers, song) {
  return markers.filter(({ time_s: from }) => from > 0 && from < song).map(({ time_s: from }) => {
    const line = html("i", { className: "section-line", "aria-hidden": "true" });
    line.style.left = `${(100 * from) / song}%`;
    return line;
  });
}

/** One line under the transport: what can be heard, and how. */
function about(player, start, length, song) {
  if (player.chosen === null) return "No audio with this report: render with --report --stems, or with --embed.";
  const parts = [];
  if (length < song - 0.01) {
    parts.push(`Preview: ${shownTime(start)} to ${shownTime(start + length)}, the loudest ${Math.round(length)} s`);
  }
  if (player.matched) parts.push("All sources at the same loudness; nothing is limited to get there");
  else parts.push("Every source at its own level");
  if (player.engine.kind === "elements") parts.push("Opened from a disk: files play within 2 ms of each other, without a level meter");
  return `${parts.join(". ")}.`;
}

/** A source's row: what chooses it, solo and mute for a stem, and its waveform. */
function laneOf(source, group, waveforms, player, digit) {
  const { key, label, is_stem: isStem, colour } = source;
  const canPlay = isStem ? player.stems.includes(key) : player.sums.includes(key);
  const gain = html("span", { className: "gain" });
  const choose = html("button", { className: "choose", type: "button", title: `${digit}` },
    html("i", { className: `swatch ${colour}`, "aria-hidden": "true" }), html("span", { className: "label", text: label }), gain);
  if (digit <= 9) choose.append(html("kbd", { text: digit, "aria-hidden": "true" }));
  choose.disabled = !canPlay;
  if (!canPlay) choose.title = "its audio is not next to the report";
  choose.addEventListener("click", () => (isStem ? player.select(key) : player.choose(key)));
  const head = html("div", { className: "head" }, choose);
  const flags = {};
  for (const [name, letter] of isStem ? [["solo", "S"], ["mute", "M"]] : []) {
    const flag = html("button", { className: `flag ${name}`, type: "button", text: letter, "aria-label": `${name} ${label}` });
    flag.disabled = !canPlay;
    flag.addEventListener("click", () => (name === "solo" ? player.toggleSolo(key) : player.toggleMute(key)));
    flags[name] = flag;
    head.append(flag);
  }
  const outline = svg("path", { class: "fill", d: outlineOf(waveforms[key]) });
  const scaled = svg("g", {}, outline);
  const drawing = svg("svg", { viewBox: "0 0 1000 2", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("g", { class: `wave ${colour}` }, scaled));
  const track = html("div", { className: "track" }, drawing);
  const row = html("div", { className: `lane ${isStem ? "stem" : "sum"}`, "data-source": key }, head, track);
  const show = () => {
    const audible = player.audible(key);
    row.classList.toggle("audible", audible);
    row.classList.toggle("selected", isStem && player.chosen === STEMS && player.selected === key);
    choose.setAttribute("aria-pressed", String(isStem ? player.chosen === STEMS && audible : audible));
    if (isStem) {
      flags.solo.setAttribute("aria-pressed", String(player.solo.has(key)));
      flags.mute.setAttribute("aria-pressed", String(player.muted.has(key)));
    }
    const matchDb = canPlay && player.matched ? player.sources.get(key).match_db : 0;
    gain.textContent = canPlay && player.matched && !isStem ? signed(matchDb) : "";
    // Drawn as loud as it is heard; the highest of its group fills its lane.
    const heardPeak = (k) => waveforms[k].peak * (player.matched ? 10 ** (player.sources.get(k).match_db / 20) : 1);
    const height = (0.94 * heardPeak(key)) / Math.max(...group.map((s) => heardPeak(s.key)), 1e-6);
    scaled.setAttribute("transform", `translate(0 1) scale(1 ${height.toFixed(4)})`);
  };
  return { row, track, drawing, show };
}

const signed = (db) => `${db > 0 ? "+" : ""}${shown(db, 1, "dB")}`;

/** Outline of a waveform in a box 1000 wide, from -1 to 1. */
export function outlineOf({ low, high }) {
  const x = (i) => ((1000 * (i + 0.5)) / high.length).toFixed(1);
  const above = high.map((value, i) => `${x(i)} ${(-(value + 0.6) / 127).toFixed(3)}`);
  const below = low.map((value, i) => `${x(i)} ${(-(value - 0.6) / 127).toFixed(3)}`).reverse();
  return `M${[...above, ...below].join("L")}Z`;
}

/** Grey out what the preview does not hold. */
export function shade(drawing, from, to) {
  drawing.append(svg("rect", { class: "shade", x: 0, y: 0, width: 1000 * from, height: 2 }),
    svg("rect", { class: "shade", x: 1000 * to, y: 0, width: 1000 * (1 - to), height: 2 }));
}

/** Short-term loudness of the sums over the song. */
function loudnessLane({ head, track }, figures, sums) {
  head.append(legend(sums.map((s) => ({ ...s, label: `${s.label} ${shown(s.loudness_lufs, 1)}` }))));
  const readout = html("p", { className: "readout" });
  head.append(readout);
  const curves = sums.map((source) => ({ ...source, ...figures.loudness[source.key] }));
  const heard = curves.flatMap((curve) => curve.lufs.filter((value) => value !== null));
  if (!heard.length) {
    readout.textContent = figures.duration_s < 3 ? "The song is shorter than the 3 s that short-term loudness takes." : "Silent.";
    track.classList.add("empty");
    return;
  }
  const high = Math.ceil((Math.max(...heard) + 1) / 3) * 3;
  const low = Math.max(Math.floor((Math.min(...heard) - 1) / 3) * 3, high - 42);
  const times = curves[0].time_s;
  const holder = html("div");
  track.append(holder);
  redrawn(track, (width) => {
    const height = track.clientHeight;
    const x = linear(0, figures.duration_s, 0, width);
    const y = linear(low, high, height - 18 * unit(), 6);
    const drawing = timeGrid(width, height, figures.duration_s, x);
    for (const { value: lufs, text } of dbTicks(low, high, 5, "LUFS")) {
      drawing.append(svg("path", { class: "grid", d: `M0 ${y(lufs)}H${width}` }));
      const name = svg("text", { x: 4, y: y(lufs) - 3 * unit() });
      name.textContent = text;
      if (y(lufs) > 14) drawing.append(name);
    }
    for (const { colour, lufs, time_s: at } of curves) {
      const values = lufs.map((v) => (v === null ? null : Math.max(v, low)));
      drawing.append(svg("g", { class: colour }, svg("path", { class: "curve", d: pathOf(at, values, x, y) })));
    }
    holder.replaceChildren(drawing);
    crosshair(track, times.map(x), (index) => {
      readout.textContent = index === null ? "" : `${shownTime(times[index], 1)}: ` +
        curves.map((c) => `${c.label} ${shown(c.lufs[index], 1)}`).join(", ") + " LUFS";
    });
  });
}

/** How far the peaks were brought down, hanging from the top. */
function reductionLane({ head, track }, figures) {
  const values = figures.reduction_db;
  const deepest = values ? Math.max(...values) : 0;
  if (deepest < 0.05) {
    const why = values ? "No peak of the mix is lower than in the wet stems' sum." : "Not known: the mix was rendered without its wet stems.";
    head.append(html("p", { className: "about", text: why }));
    track.classList.add("empty");
    return;
  }
  head.append(html("p", { className: "about",
    text: `Peaks of the mix under those of the wet stems' sum: deepest ${shown(deepest, 1, "dB")}` }));
  const holder = html("div");
  track.append(holder);
  redrawn(track, (width) => {
    const height = track.clientHeight;
    const most = Math.max(Math.ceil(deepest / 3) * 3, 3);
    const x = linear(0, figures.duration_s, 0, width);
    const y = linear(0, -most, 4, height - 18 * unit());
    const drawing = timeGrid(width, height, figures.duration_s, x);
    const at = (i) => (width * (i + 0.5)) / values.length;
    const outline = values.map((db, i) => `L${at(i).toFixed(1)} ${y(-db).toFixed(1)}`).join("");
    drawing.append(svg("g", { class: "bus" }, svg("path", { class: "fill", d: `M0 ${y(0)}${outline}L${width} ${y(0)}Z` })));
    for (const { value: db, text } of dbTicks(-most, 0, 3)) {
      drawing.append(svg("path", { class: "grid", d: `M0 ${y(db)}H${width}` }));
      const name = svg("text", { x: 4, y: y(db) - 3 * unit() });
      name.textContent = text;
      if (db < 0) drawing.append(name);
    }
    holder.replaceChildren(drawing);
  });
}

export function timeGrid(width, height, duration, x) {
  const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  for (const t of timeTicks(duration, width / (70 * unit()))) {
    drawing.append(svg("path", { class: "grid", d: `M${x(t)} 0V${height - 14 * unit()}` }));
    const name = svg("text", { x: x(t), y: height - 3, "text-anchor": t ? (x(t) > width - 20 ? "end" : "middle") : "start", dx: t ? 0 : 4 });
    name.textContent = shownTime(t);
    drawing.append(name);
  }
  return drawing;
}

/** Keys that work anywhere on the page but in something that uses them itself. */
export function keyboard(player) {
  const order = [...player.data.sources.map((source) => source.key)];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const onControl = event.target.closest?.("button, summary, a, input, select");
    const digit = "123456789".indexOf(event.key);
    const actions = {
      " ": () => player.toggle(),
      ArrowLeft: () => player.seek(player.position_s() - SEEK_STEP_S),
      ArrowRight: () => player.seek(player.position_s() + SEEK_STEP_S),
      Home: () => player.seek(0),
      s: () => player.selected && player.toggleSolo(player.selected),
      m: () => player.selected && player.toggleMute(player.selected),
      l: () => player.setMatched(!player.matched),
      0: () => player.clear(),
    };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === " " && onControl) return; // a focused button answers to the space bar itself
    if (digit >= 0 && digit < order.length) {
      const chosen = order[digit];
      if (player.stems.includes(chosen)) player.select(chosen);
      else if (player.sums.includes(chosen)) player.choose(chosen);
    } else if (actions[key]) {
      actions[key]();
    } else {
      return;
    }
    event.preventDefault();
  });
}
