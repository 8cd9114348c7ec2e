// Everything put in its place.

import { html, tabs } from "./axes.js";
import { bandChart, directionChart, frequencyChart, maskingChart } from "./charts.js";
import { consoleChart, roomChart } from "./console.js";
import { engineFor } from "./engines.js";
import { Player } from "./player.js";
import { keyboard, timeline } from "./timeline.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const figures = read("figures");
const playerData = read("player-data");
const player = new Player(playerData, engineFor(playerData));
const sums = figures.sources.filter((source) => !source.is_stem);
const stems = figures.sources.filter((source) => source.is_stem);
const labelOf = (key) => key.charAt(0).toUpperCase() + key.slice(1);
const colourOf = (key) => figures.sources.find((source) => source.key === key)?.colour ?? figures.colours[key] ?? "mix";

timeline(document.getElementById("timeline"), figures, player);
keyboard(player);

/** What was set, where the page has a place for it: channels, their curves, and rooms. */
function showConsole(picture, host) {
  consoleChart(host, picture, colourOf);
  const curveHost = document.getElementById("curve-chart");
  const curved = picture.channels.filter(({ found, set }) => set.curve_db.length || found?.curve_db.length);
  if (curved.length) {
    const plot = html("div");
    const owners = [...new Set(curved.map(({ stem }) => stem))];
    curveHost.append(html("h3", { className: "part", text: "EQ curves" }),
      tabs("EQ curves of", owners.map(labelOf), (index) => {
        const own = curved.filter(({ stem }) => stem === owners[index]);
        const flat = picture.bands_hz.map(() => 0);
        const full = (values) => (values.length ? values : flat);
        const curves = own.map(({ name, set }, i) => ({ label: name, colour: own.length > 1 ? `stem-${i % 8}` : colourOf(owners[index]), values: full(set.curve_db) }));
        // One channel alone: what its network set, and what the user changed.
        const [{ found, by_hand: byHand }] = own;
        if (own.length === 1 && byHand && found) {
          curves.unshift({ label: "as the network set it", colour: "", dashed: true, values: full(found.curve_db) });
        }
        frequencyChart(plot, `EQ curves of ${labelOf(owners[index])}`, picture.bands_hz, curves, { signed: true });
      }), plot);
  }
  if (picture.rooms.length) {
    const host = html("div");
    const used = new Set(picture.channels.flatMap(({ set }) => Object.keys(set.sends)));
    document.getElementById("room-chart").append(html("h3", { className: "part", text: "Rooms and echoes" }), host);
    roomChart(host, picture.rooms, used);
  }
}

const consoleHost = document.getElementById("console-chart");
if (consoleHost) showConsole(figures.console, consoleHost);

const spectrumHost = document.getElementById("spectrum-chart");
const spectrumPlot = html("div");
spectrumHost.append(
  tabs("Spectrum of", ["Sums", ...stems.map((stem) => stem.label)], (index) => {
    if (index === 0) {
      const { bands_hz: bandsHz, curves_db: curvesDb, target_db: targetDb } = figures.spectrum;
      const curves = sums.map((source) => ({ ...source, values: curvesDb[source.key] }));
      if (targetDb) {
        curves.unshift({ label: "Profile (coarse)", colour: "", dashed: true, values: targetDb });
      }
      frequencyChart(spectrumPlot, "Spectrum of the sums against the profile", bandsHz, curves);
      return;
    }
    const { key, label, colour } = stems[index - 1];
    const own = figures.stem_spectra[key];
    const curves = [
      { label: "Profile", colour: "", dashed: true, values: own.target_db },
      { label: "As recorded", colour: "input-sum", values: own.recorded_db },
      { label: "In the mix", colour, values: own.wet_db },
    ].filter((curve) => curve.values);
    frequencyChart(spectrumPlot, `Spectrum of ${label} against the profile`, own.bands_hz, curves);
  }),
  spectrumPlot,
);

const fieldHost = document.getElementById("field-chart");
const directions = html("div");
const bands = html("div");
const showField = (shownSources) => {
  const curves = shownSources.map((s) => ({ ...s, values: figures.directions_db[s.key] }));
  directionChart(directions, "Energy by direction", -48, curves);
  bandChart(bands, "Width and correlation by band", shownSources.map((s) => ({ ...s, bands: figures.bands[s.key] })));
};
const groups = stems.length ? [["Sums", sums], ["Wet stems", stems]] : [["Sums", sums]];
fieldHost.append(
  tabs("Stereo field of", groups.map(([name]) => name), (index) => showField(groups[index][1])),
  html("div", { className: "two" }, directions, bands),
);

const maskingHost = document.getElementById("masking-chart");
if (maskingHost) {
  maskingChart(maskingHost, figures.masking.edges_hz, figures.masking.rows, colourOf);
}

// On a phone the long lists wait until they are asked for.
if (window.matchMedia("(max-width: 720px)").matches) {
  for (const list of document.querySelectorAll("details.long")) list.open = false;
}

// For whoever listens by script: the state, and the same calls that the buttons make.
window.mixReport = { player };
