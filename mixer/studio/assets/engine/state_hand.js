// What of a song's state the desk is to play: strips without what their samples hold already, who is
// heard, and the bus.

import { notLinear } from "./strip.js";

const NEUTRAL = {
  high_pass: null, low_pass: null, eq: [], gate: null, compressor: null, de_esser: null,
  saturation: null, duck: null, plugins: [], width: 1, pan: 0, gain_db: 0, reverb_db: null, delay_db: null,
  amount: 1,
};

/** A strip without the fields that are baked into its samples; neutral where the hand is taken off. */
export function liveStrip({ strip, base, audio }, isFlat = false) {
  const from = isFlat ? base : strip;
  const live = { ...from };
  for (const name of audio?.baked ?? []) live[name] = NEUTRAL[name];
  return live;
}

/** Ids of the channels that are heard: those in solo where there are some, else all; no muted ones. */
export function heardIds(state, solo) {
  const heard = new Set();
  const channels = state.stems.flatMap((stem) => [stem, ...stem.tracks]);
  const soloed = new Set([...solo, ...channels.filter(({ strip }) => strip.solo).map(({ id }) => id)]);
  const alone = soloed.size > 0;
  for (const stem of state.stems) {
    if (stem.strip.mute) continue;
    const isSoloed = soloed.has(stem.id);
    for (const track of stem.tracks) {
      if (!track.strip.mute && (!alone || isSoloed || soloed.has(track.id))) heard.add(track.id);
    }
    if (!alone || isSoloed || stem.tracks.some(({ id }) => heard.has(id))) heard.add(stem.id);
  }
  return heard;
}

/** `{hand, master}` as the desk and the bus take them. */
export function heardStrips(state, { solo, flat }) {
  const heard = heardIds(state, solo);
  const hand = { tracks: {}, groups: {}, tempo: state.tempo_bpm };
  for (const stem of state.stems) {
    hand.groups[stem.id] = { strip: liveStrip(stem, flat.has(stem.id)), heard: heard.has(stem.id) };
    for (const track of stem.tracks) {
      hand.tracks[track.id] = {
        strip: liveStrip(track, flat.has(track.id)), heard: heard.has(track.id), sends: track.sends_db,
      };
    }
  }
  hand.delay = state.returns.find(({ name }) => name === "delay")?.settings ?? {};
  const { strip, gain_db: gainDb, true_peak_dbtp: ceiling } = state.master;
  return { hand, master: { strip, gain_db: gainDb, ceiling_dbtp: ceiling } };
}

/** What makes the live desk differ from the render, in words; empty where it is the same. */
export function approximations(state) {
  const found = [];
  const channels = state.stems.flatMap((stem) => [stem, ...stem.tracks]);
  for (const channel of [...channels, { ...state.master, name: "master" }]) {
    const { strip, hand, audio, name } = channel;
    for (const effect of notLinear(strip)) {
      const isBaked = audio?.baked.includes(effect) && !(effect in hand);
      if (!isBaked) found.push(`${name}: ${effect.replace("_", "-")}`);
    }
    for (const field of audio?.baked ?? []) {
      if (field in hand && !found.includes(`${name}: ${field}`)) found.push(`${name}: ${field.replace("_db", "").replace("_", "-")}`);
    }
    if (channel.live === false && Object.keys(hand).length) found.push(`${name}: all of its strip`);
  }
  return found;
}
