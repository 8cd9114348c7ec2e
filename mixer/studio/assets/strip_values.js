// What the console shows of a strip: where the network and presets put a setting, and where the hand.

import { still } from "./scales.js";

/** A folded stem of one track shows what the network set on that one. */
export const standingFor = (channel, isFolded) =>
  isFolded && !channel.model && channel.tracks.length === 1 ? { ...channel, model: channel.tracks[0].model } : channel;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** `{value, origin, isHanded, fromValue}` of a channel's fader, pan or width, with the network's part. */
export function shownSetting(channel, field) {
  const [now, base] = [still(channel.strip[field]), still(channel.base[field])];
  const { model } = channel;
  const isHanded = field in channel.hand || now !== base; // a request for a role moves its tracks
  const moves = Array.isArray(channel.strip[field]);
  if (field === "gain_db") {
    const own = model?.gain_db ?? 0;
    return { value: own + now, origin: own + base, isHanded, moves, toHand: (value) => clamp(value - own, -60, 24) };
  }
  if (field === "pan") {
    const own = model?.pan ?? 0;
    const at = (pan) => clamp(own + pan, -1, 1);
    return { value: at(now), origin: at(base), isHanded, moves, toHand: (value) => clamp(value - own, -1, 1) };
  }
  const own = model?.width ?? 1;
  return {
    value: own * now, origin: own * base, isHanded, moves,
    toHand: (value) => clamp(own > 0 ? value / own : value, 0, 2),
  };
}

/** The network's equaliser at frequencies, in dB: straight between its points on a scale of octaves. */
export function modelCurveDb(model, frequenciesHz) {
  if (!model?.curve_hz?.length) return frequenciesHz.map(() => 0);
  const [hz, db] = [model.curve_hz, model.curve_db];
  return frequenciesHz.map((frequency) => {
    const i = hz.findIndex((point) => point >= frequency);
    if (i === 0) return db[0];
    if (i < 0) return db.at(-1);
    const share = Math.log(frequency / hz[i - 1]) / Math.log(hz[i] / hz[i - 1]);
    return db[i - 1] + share * (db[i] - db[i - 1]);
  });
}

/** Whether the hand changed anything on a channel, a request for the role of a track included. */
export const isTouched = ({ hand, strip, base }) => Object.keys(hand).length > 0 || JSON.stringify(strip) !== JSON.stringify(base);

/** The edit that takes a setting back: where only a role's moved it, the track gets its own. */
export const backTo = ({ hand, base }, field) => (field in hand ? null : base[field]);
