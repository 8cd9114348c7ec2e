// The bus on the audio thread. Inputs: dry, what comes back from the room, other sources, the weight.

import { Bus } from "./bus.js";

const TELL_FRAMES = 1536;
const SILENCE = new Float32Array(128);

class BusNode extends AudioWorkletProcessor {
  constructor() {
    super();
    this.bus = new Bus(sampleRate);
    this.untold = 0;
    this.port.onmessage = ({ data }) => {
      if (data.type === "master") this.bus.set(data.master, data.snap);
      if (data.type === "reset") this.bus.loudness.reset();
      if (data.type === "sync") this.port.postMessage({ type: "synced", id: data.id });
    };
  }

  process(inputs, [out]) {
    const n = out[0].length;
    const [dry, returned, source] = inputs.slice(0, 3).map(([left = SILENCE, right = left]) => [left, right]);
    const weight = inputs[3][0] ?? SILENCE;
    this.bus.process(dry, returned, source, weight, out, n, 0);
    this.untold += n;
    if (this.untold >= TELL_FRAMES) {
      this.untold = 0;
      this.port.postMessage({ type: "figures", figures: this.bus.figures() });
    }
    return true;
  }
}

registerProcessor("mixer-bus", BusNode);
