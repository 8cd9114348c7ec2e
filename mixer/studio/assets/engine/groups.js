// All groups of tracks with what comes back of their rooms, each through its bus and its strip, into the
// mix. It knows no audio context: blocks of samples in, blocks out.

import { Echo } from "./echo.js";
import { Group } from "./group.js";
import { pair, silence } from "./mixing.js";

const DELAY = "delay";
export const REVERB = "reverb";

export class Groups {
  /** `keys`: of all groups, in the order in which they come in. */
  constructor(sampleRate, keys) {
    this.sampleRate = sampleRate;
    this.groups = new Map(keys.map((key) => [key, new Group(sampleRate, [REVERB, DELAY])]));
    this.echo = new Echo(sampleRate); // of the stems' own sends
    this.delaySend = pair();
  }

  /** The hand, as `Desk.setHand` takes it: what it says of groups and of echoes. */
  setHand({ groups = {}, delay = {}, echo = {}, tempo = null }, snap, time_s) {
    for (const [key, group] of this.groups) {
      group.set(groups[key] ?? {}, snap, time_s);
      group.setEchoes({ delay, echo }, tempo);
    }
    this.echo.set(delay, tempo);
  }

  /** Settings of the buses' compressors: `{key: {compressor}}`. */
  setBuses(buses) {
    for (const [key, { bus }] of this.groups) bus.set(buses[key]?.compressor ?? null);
  }

  /**
   * One block of n <= 128 samples. `tracks`, `returned` and `differences`: of each group, in their order,
   * as `Group` takes them. Overwrites `mix`, what stems send to the reverb, and `mixBefore`: the mix as
   * it was in the last exact render. Returns whether that is another one.
   */
  process({ tracks, returned, differences }, { mix, reverbSend, mixBefore }, n, time_s) {
    for (const audio of [mix, reverbSend, mixBefore, this.delaySend]) silence(audio);
    const returns = { [REVERB]: reverbSend, [DELAY]: this.delaySend };
    const groups = [...this.groups.values()];
    const follows = groups.some((group, i) => group.stripDiffers || tracks[i].differs);
    groups.forEach((group, i) => {
      if (group.channel.silent && !follows) return;
      group.process(tracks[i], returned[i], differences[i], { mix, mixBefore, returns }, n, time_s, follows);
    });
    this.echo.process(this.delaySend[0], this.delaySend[1], mix[0], mix[1], n);
    return follows;
  }

  /** Peaks since the last call, linear, by key. */
  takePeaks() {
    const peaks = {};
    for (const [key, { channel }] of this.groups) {
      peaks[key] = channel.peak;
      channel.peak = 0;
    }
    return peaks;
  }
}
