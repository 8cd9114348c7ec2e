// The groups on the audio thread. Inputs: each group's tracks (see `desk_worklet.js`), what comes back of
// each group's rooms, how much more did in the last exact render, the desk's control. Outputs: the sum, what stems send to the reverb, and the sum as
// it was in the last exact render with whether that differs.

import { ECHOES } from "./echo.js";
import { Groups } from "./groups.js";

const TELL_FRAMES = 1536;
const SILENCE = new Float32Array(128);
const NOTHING = [SILENCE, SILENCE];

class GroupsNode extends AudioWorkletProcessor {
  constructor({ processorOptions: { groups } }) {
    super();
    this.groups = new Groups(sampleRate, groups);
    this.n = groups.length;
    this.time_s = 0;
    this.untold = 0;
    this.port.onmessage = ({ data }) => {
      if (data.type === "hand") this.groups.setHand(data.hand, data.snap, this.time_s);
      if (data.type === "buses") this.groups.setBuses(data.buses);
      if (data.type === "sync") this.port.postMessage({ type: "synced", id: data.id });
    };
  }

  process(inputs, [mix, reverbSend, [beforeLeft, beforeRight, differs]]) {
    const n = mix[0].length;
    const pairs = inputs.map(([left = SILENCE, right = left]) => [left, right]);
    this.time_s = inputs[3 * this.n][1]?.[0] ?? this.time_s;
    const heard = {
      tracks: inputs.slice(0, this.n).map(tracksOf),
      returned: pairs.slice(this.n, 2 * this.n),
      differences: pairs.slice(2 * this.n, 3 * this.n),
    };
    const made = { mix, reverbSend, mixBefore: [beforeLeft, beforeRight] };
    differs.fill(this.groups.process(heard, made, n, this.time_s) ? 1 : 0);
    this.untold += n;
    if (this.untold >= TELL_FRAMES) {
      this.untold = 0;
      this.port.postMessage({ type: "peaks", peaks: this.groups.takePeaks() });
    }
    return true;
  }
}

function tracksOf(input) {
  const pairAt = (i) => (input.length ? [input[2 * i], input[2 * i + 1]] : NOTHING);
  const [automation = SILENCE, differs = SILENCE] = input.slice(-2);
  const echoes = ECHOES.map((_, i) => [pairAt(2 + 2 * i), pairAt(3 + 2 * i)]);
  return { audio: pairAt(0), before: pairAt(1), echoes, automation, differs: differs[0] > 0 };
}

registerProcessor("mixer-groups", GroupsNode);
