// What was set: a row a channel with its fader, pan, curve and sends, and the rooms that these go to.

import { dbTicks, html, legend, linear, pathOf, redrawn, shown, svg, ticks, unit } from "./axes.js";

// Drawn no lower: a room that is down by 60 dB is over.
const SILENT_DB = -60;

// A small curve shows its shape: a high-pass leaves it at the bottom.
const MOST_CURVE_DB = 12;

const percent = (value, low, high) => (100 * (Math.min(Math.max(value, low), high) - low)) / (high - low);

/** A pan as engineers write it: 35 L, C, 12 R. */
export function shownPan(pan) {
  const share = Math.round(100 * Math.abs(pan));
  if (share === 0) return "C";
  return `${share}\u00a0${pan < 0 ? "L" : "R"}`;
}

/**
 * The channels as rows of a table. A mark shows where the network put a knob; where somebody
 * moved it on, a second mark stands where it ended, with a line between them.
 * picture: {bands_hz, channels: [{name, stem, role, notes, found, set, by_hand}]}.
 */
export function consoleChart(host, picture, colourOf) {
  // What is silent was left as it is: a line says how many, and no row.
  const channels = picture.channels.filter(({ notes, by_hand: byHand }) => byHand || !notes.includes("silent"));
  const left = picture.channels.length - channels.length;
  const gains = channels.flatMap(({ found, set }) => [set.gain_db, found?.gain_db ?? 0]);
  const fader = { low: Math.min(-12, Math.floor(Math.min(...gains) / 6) * 6), high: Math.max(6, Math.ceil(Math.max(...gains) / 6) * 6) };
  const heights = channels.flatMap(({ found, set }) => [...set.curve_db, ...(found?.curve_db ?? [])]);
  const reach = Math.min(Math.max(6, Math.ceil(Math.max(...heights.map(Math.abs), 0) / 6) * 6), MOST_CURVE_DB);
  const names = [...new Set(channels.flatMap(({ set, found }) => [...Object.keys(set.sends), ...Object.keys(found?.sends ?? {})]))];
  const head = html("tr", {},
    html("th", { scope: "col", text: "Channel" }),
    html("th", { scope: "col", text: "Fader" }, scale(dbTicks(fader.low, fader.high, 3), fader)),
    html("th", { scope: "col", text: "Pan" }, scale([-1, 0, 1].map((value) => ({ value, text: "LCR"[value + 1] })), { low: -1, high: 1 })),
    html("th", { scope: "col", text: `EQ, \u00b1${reach}\u00a0dB` }, html("span", { className: "ends" }, html("span", { text: "20\u00a0Hz" }), html("span", { text: "20\u00a0kHz" }))),
    ...(names.length ? [html("th", { scope: "col", text: "Sends" })] : []));
  const rows = channels.map((channel) => {
    const { found, set } = channel;
    const label = html("th", { scope: "row" }, html("i", { className: "swatch", "aria-hidden": "true" }), html("bdi", { text: channel.name }));
    const about = [channel.role, ...channel.notes].filter(Boolean).join(", ");
    if (about) label.append(html("small", { text: about }));
    return html("tr", { className: `channel ${colourOf(channel.stem)} ${channel.name.endsWith(" bus") ? "of-bus" : ""}` },
      label,
      html("td", {}, slider("fader", fader, set.gain_db, found?.gain_db, shownGain, { zero: 0 })),
      html("td", {}, slider("pan", { low: -1, high: 1 }, set.pan, found?.pan, shownPan, { zero: 0, spread: set.width })),
      html("td", {}, curve(channel, reach)),
      ...(names.length ? [html("td", {}, sends(channel, names))] : []));
  });
  host.replaceChildren(html("table", { className: "channels" }, html("thead", {}, head), html("tbody", {}, ...rows)));
  if (left) host.append(html("p", { className: "about", text: `${left} ${left === 1 ? "track is" : "tracks are"} silent and not shown.` }));
}

const shownGain = (db) => `${db > 0.05 ? "+" : ""}${shown(db, 1, "dB")}`;

function scale(marks, { low, high }) {
  const line = html("span", { className: "scale", "aria-hidden": "true" });
  for (const { value, text } of marks) {
    const mark = html("span", { text: text.replace(/\u00a0dB$/, "") });
    mark.style.left = `${percent(value, low, high)}%`;
    line.append(mark);
  }
  return line;
}

/** A knob on a line: where it was found, and where it was moved to. */
function slider(what, { low, high }, value, found, words, { zero, spread }) {
  const line = html("span", { className: "line" });
  const at = (name, place, width) => {
    const mark = html("i", { className: name });
    mark.style.left = `${place}%`;
    if (width !== undefined) mark.style.width = `${width}%`;
    line.append(mark);
  };
  at("zero", percent(zero, low, high));
  const here = percent(value, low, high);
  if (spread) at("spread", Math.max(here - 12.5 * spread, 0), Math.min(here + 12.5 * spread, 100) - Math.max(here - 12.5 * spread, 0));
  const moved = found !== undefined && words(found) !== words(value);
  if (moved) {
    const from = percent(found, low, high);
    at("way", Math.min(from, here), Math.abs(from - here));
    at("found", from);
  }
  at("knob", here);
  const said = moved ? `${words(found)}, changed to ${words(value)}` : words(value);
  return html("span", { className: `slider ${moved ? "moved" : ""}`, role: "img", "aria-label": `${what} ${said}`, title: said }, line, html("span", { className: "value", text: words(value) }));
}

function curve({ found, set }, reach) {
  const values = [found?.curve_db ?? [], set.curve_db];
  if (!values[0].length && !values[1].length) return html("span", { className: "flat", text: "EQ flat" });
  const n = Math.max(values[0].length, values[1].length);
  const filled = values.map((points) => (points.length ? points : new Array(n).fill(0)));
  const x = linear(0, n - 1, 0, 100);
  const inside = linear(-reach, reach, 29, 1);
  const y = (value) => inside(Math.min(Math.max(value, -reach), reach));
  const line = (points, name) => svg("path", { class: name, d: pathOf([...points.keys()], points, x, y) });
  const moved = found && filled[0].some((value, i) => Math.abs(value - filled[1][i]) > 0.05);
  const largest = filled[1].reduce((best, value, i) => (Math.abs(value) > Math.abs(filled[1][best]) ? i : best), 0);
  const drawing = svg("svg", { viewBox: "0 0 100 30", preserveAspectRatio: "none", role: "img",
    "aria-label": `EQ, farthest ${shownGain(filled[1][largest])}` },
  svg("path", { class: "grid", d: "M0 15H100" }),
  svg("path", { class: "area", d: `${pathOf([...filled[1].keys()], filled[1], x, y)}L100 15L0 15Z` }));
  if (moved) drawing.append(line(filled[0], "curve dashed"));
  drawing.append(line(filled[1], "curve"));
  return drawing;
}

function sends({ found, set }, names) {
  const used = names.filter((name) => name in set.sends || name in (found?.sends ?? {}));
  if (!used.length) return html("span", { className: "flat", text: "no sends" });
  return html("ul", { className: "sends" }, ...used.map((name) => {
    const level = set.sends[name];
    const bar = html("i", { className: "bar" });
    bar.style.width = `${percent(level ?? SILENT_DB, -42, 0)}%`;
    return html("li", {}, html("span", { text: name }), html("span", { className: "meter-line" }, bar),
      html("span", { className: "value", text: level === undefined ? "off" : shown(level, 0, "dB") }));
  }));
}

/**
 * Rooms as they die away, echoes as they come back: those that something is sent to, the others named.
 * rooms: [{name, pre_delay_s, decay_s, feedback}]; used: a set of names.
 */
export function roomChart(host, rooms, used) {
  const about = (room) => {
    if (room.decay_s !== null) return `${room.name}: 60\u00a0dB in ${shown(room.decay_s, 1, "s")}`;
    return `${room.name}: every ${shown(1000 * room.pre_delay_s, 0, "ms")}`;
  };
  const drawn = rooms.filter((room) => used.has(room.name));
  const shownRooms = drawn.map((room, i) => ({ ...room, colour: `stem-${(i + 1) % 8}`, label: about(room) }));
  const others = rooms.filter((room) => !used.has(room.name)).map((room) => room.name);
  const unused = html("p", { className: "about", text: others.length ? `Nothing is sent to: ${others.join(", ")}.` : "" });
  if (!drawn.length) {
    host.replaceChildren(unused);
    return;
  }
  const length = Math.min(Math.max(...drawn.map((room) => room.pre_delay_s + (room.decay_s ?? 0)), 1) * 1.05, 6);
  const plot = html("div", { className: "plot", role: "img", "aria-label": `Rooms and echoes: ${shownRooms.map((room) => room.label).join("; ")}` });
  host.replaceChildren(legend(shownRooms), plot, unused);
  redrawn(plot, (width) => {
    const u = unit();
    const height = Math.round(Math.min(Math.max(width * 0.22, 170), 300 * u));
    const [left, right, up, down] = [56, 10, 10, 24].map((size) => size * u);
    const x = linear(0, length, left, width - right);
    const y = linear(SILENT_DB, 0, height - down, up);
    const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    for (const { value, text } of dbTicks(SILENT_DB, 0, 5)) {
      drawing.append(svg("path", { class: "grid", d: `M${left} ${y(value)}H${width - right}` }));
      const name = svg("text", { x: left - 8 * u, y: y(value) + 4 * u, "text-anchor": "end" });
      name.textContent = text;
      drawing.append(name);
    }
    for (const { value, text } of ticks(0, length, width / (90 * u), "s")) {
      drawing.append(svg("path", { class: "grid", d: `M${x(value)} ${up}V${height - down}` }));
      const name = svg("text", { x: x(value), y: height - 6 * u, "text-anchor": "middle" });
      name.textContent = text;
      drawing.append(name);
    }
    for (const room of shownRooms) {
      const group = svg("g", { class: room.colour });
      if (room.decay_s !== null) {
        const until = Math.min(room.pre_delay_s + room.decay_s, length);
        const level = (SILENT_DB * (until - room.pre_delay_s)) / room.decay_s;
        group.append(svg("path", { class: "curve", d: `M${x(room.pre_delay_s)} ${y(SILENT_DB)}V${y(0)}L${x(until)} ${y(level)}` }));
      } else {
        for (let k = 1; k * room.pre_delay_s < length; k += 1) {
          const level = 20 * (k - 1) * Math.log10(Math.max(room.feedback, 1e-6));
          if (level <= SILENT_DB) break;
          group.append(svg("path", { class: "curve", d: `M${x(k * room.pre_delay_s)} ${y(SILENT_DB)}V${y(level)}` }),
            svg("circle", { class: "dot", cx: x(k * room.pre_delay_s), cy: y(level), r: 3.5 * u }));
        }
      }
      drawing.append(group);
    }
    plot.replaceChildren(drawing);
  });
}
