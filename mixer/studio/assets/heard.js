// What the player is told of a song's mixes, and what meters show of the one that plays.

import { MIX } from "./engine/song_engine.js";

/** The sources that can be played, as the player takes them; the mix is always among them. */
export function sourcesOf({ sources }) {
  const listed = sources.filter(({ id, audio }) => audio || id === MIX).map(({ id, name, match_db }) =>
    ({ key: id, label: name, is_stem: false, url: id, gain_db: 0, match_db }));
  return listed.some(({ key }) => key === MIX) ? listed : [{ key: MIX, label: "Mix", is_stem: false, url: MIX, gain_db: 0, match_db: 0 }, ...listed];
}

/** Figures of the bus as they are with another gain. */
export function atLevel(figures, gain_db) {
  const gain = 10 ** (gain_db / 20);
  return {
    ...figures,
    peaks: figures.peaks.map((peak) => peak * gain),
    true_peak: figures.true_peak * gain,
    momentary: figures.momentary + gain_db,
    short_term: figures.short_term + gain_db,
    integrated: figures.integrated + gain_db,
  };
}
