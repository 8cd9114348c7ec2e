// What of a song's state the desk is to play: strips without what their samples hold already, who is
// heard, and the bus.

import { ECHOES } from "./echo.js";
import { renderedOnly } from "./strip.js";

const NEUTRAL = {
  high_pass: null, low_pass: null, eq: [], gate: null, compressor: null, de_esser: null,
  saturation: null, duck: null, plugins: [], width: 1, pan: 0, gain_db: 0, reverb_db: null, delay_db: null,
  amount: 1,
};

/** A strip without the fields that are baked into the samples that play; neutral where the hand is off. */
export function liveStrip({ strip, base }, baked, isFlat = false) {
  const live = { ...(isFlat ? base : strip) };
  for (const name of baked) live[name] = NEUTRAL[name];
  return live;
}

/** Tracks of a stem that play by themselves; none where something that listens is in the stem's samples. */
export function playedTracks({ audio, tracks }) {
  return audio?.baked.length ? [] : tracks.filter((track) => track.audio && track.live);
}

/**
 * Ids of the channels that are heard: those in solo where there are some, else all; no muted ones. A track
 * that was unmuted by hand is heard although its stem is muted, as in a render.
 */
export function heardIds(state, solo) {
  const heard = new Set();
  const channels = state.stems.flatMap((stem) => [stem, ...stem.tracks]);
  const soloed = new Set([...solo, ...channels.filter(({ strip }) => strip.solo).map(({ id }) => id)]);
  const alone = soloed.size > 0;
  for (const stem of state.stems) {
    const isOut = (track) => stem.strip.mute && track.hand?.mute !== false;
    if (stem.strip.mute && stem.tracks.every(isOut)) continue;
    const isSoloed = soloed.has(stem.id);
    for (const track of stem.tracks) {
      if (!isOut(track) && !track.strip.mute && (!alone || isSoloed || soloed.has(track.id))) heard.add(track.id);
    }
    if (!alone || isSoloed || stem.tracks.some(({ id }) => heard.has(id))) heard.add(stem.id);
  }
  return heard;
}

/** The strips of all channels in the last exact render, by id; null before it. */
export function stripsBefore({ exact, stems }) {
  if (!exact) return null;
  const channels = stems.flatMap((stem) => [stem, ...stem.tracks]);
  return new Map(channels.map(({ id, strip }) => [id, exact.strips[id] ?? strip]));
}

function withStrips(state, strips) {
  const as = (channel) => ({ ...channel, strip: strips.get(channel.id) ?? channel.strip });
  return { ...state, stems: state.stems.map((stem) => ({ ...as(stem), tracks: stem.tracks.map(as) })) };
}

/**
 * `{hand, master}` as the desk and the bus take them. `bakedOf(channel)`: fields that are in the samples
 * that play; `before`: from `stripsBefore`.
 */
export function heardStrips(state, { solo, flat, bakedOf = ({ audio }) => audio?.baked ?? [], before = null }) {
  const heard = heardIds(state, solo);
  const wasHeard = before ? heardIds(withStrips(state, before), solo) : heard;
  const handOf = (channel) => {
    const { id, base } = channel;
    const now = { strip: liveStrip(channel, bakedOf(channel), flat.has(id)), heard: heard.has(id) };
    const strip = before?.get(id);
    if (!strip) return now;
    const was = { strip: liveStrip({ strip, base }, bakedOf(channel)), heard: wasHeard.has(id) };
    return JSON.stringify(was) === JSON.stringify(now) ? now : { ...now, before: was };
  };
  const hand = { tracks: {}, groups: {}, tempo: state.tempo_bpm };
  for (const stem of state.stems) {
    hand.groups[stem.id] = handOf(stem);
    for (const track of stem.tracks) hand.tracks[track.id] = { ...handOf(track), sends: track.sends_db };
  }
  for (const echo of ECHOES) hand[echo] = state.returns.find(({ name }) => name === echo)?.settings ?? {};
  const { strip, gain_db: gainDb, true_peak_dbtp: ceiling } = state.master;
  return { hand, master: { strip, gain_db: gainDb, ceiling_dbtp: ceiling } };
}

/**
 * What makes the live desk differ from the render, in words; empty where it is the same. `bakedOf(channel)`
 * as above; `wasBaked(channel, field)`: the field is in the samples with the value that it has now.
 */
export function approximations(state, bakedOf, wasBaked) {
  const silentTracks = state.stems.filter((stem) => stem.audio && !playedTracks(stem).length).flatMap(({ tracks }) => tracks);
  const found = new Set();
  const say = (name, field) => found.add(`${name}: ${field.replace(/_(db|ms|hz)$/, "").replace("_", "-")}`);
  const channels = state.stems.flatMap((stem) => [stem, ...stem.tracks]);
  for (const channel of [...channels, { ...state.master, id: "master", name: "master" }]) {
    const { strip, hand, name, live } = channel;
    const baked = bakedOf(channel);
    for (const effect of renderedOnly(strip)) if (!baked.includes(effect)) say(name, effect);
    for (const field of baked) if (!wasBaked(channel, field)) say(name, field);
    const isChanged = Object.keys(hand).some((field) => !wasBaked(channel, field.split(".")[0]));
    if ((live === false || silentTracks.includes(channel)) && isChanged) say(name, "its strip");
  }
  // The render calculates again what gain reaches the target.
  const { exact, revision, master } = state;
  if (master.loudness_lufs !== null && exact && exact.revision !== revision) say("mix", "loudness target");
  return [...found];
}
