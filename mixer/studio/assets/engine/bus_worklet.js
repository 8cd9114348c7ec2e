// The bus on the audio thread. Inputs: the stems' sum, what comes back from the room of their own sends,
// other sources, the desk's control, and the sum as it was with whether it differs.

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
      if (data.type === "buses") this.bus.mix.set(data.buses.master?.compressor ?? null);
      if (data.type === "reset") this.bus.loudness.reset();
      if (data.type === "sync") this.port.postMessage({ type: "synced", id: data.id });
    };
  }

  process(inputs, [out]) {
    const n = out[0].length;
    const [dry, returned, source] = inputs.slice(0, 3).map(([left = SILENCE, right = left]) => [left, right]);
    const [weight = SILENCE, , automation = SILENCE] = inputs[3];
    const [left, right, differs = SILENCE] = inputs[4];
    const before = differs[0] > 0 ? [left, right] : null;
    this.bus.process({ dry, returned, before, automation, source, weight }, out, n, 0);
    this.untold += n;
    if (this.untold >= TELL_FRAMES) {
      this.untold = 0;
      this.port.postMessage({ type: "figures", figures: this.bus.figures() });
    }
    return true;
  }
}

registerProcessor("mixer-bus", BusNode);
