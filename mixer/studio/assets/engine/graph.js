// The nodes of an audio context, real or offline: desk -> rooms -> bus -> out.

// Outputs of the desk: dry, other sources, weight, then the sends.
const FIRST_SEND = 3;
const base = new URL(".", import.meta.url);

export class Graph {
  /** Make the nodes in a context for a song of so many samples, with returns of these names. */
  static async make(context, nSamples, returns) {
    await Promise.all(["desk_worklet.js", "bus_worklet.js"].map((name) => context.audioWorklet.addModule(new URL(name, base))));
    return new Graph(context, nSamples, returns);
  }

  constructor(context, nSamples, returns) {
    this.context = context;
    this.convolved = returns.filter((name) => name !== "delay");
    this.desk = new AudioWorkletNode(context, "mixer-desk", {
      numberOfInputs: 0,
      numberOfOutputs: FIRST_SEND + this.convolved.length,
      outputChannelCount: [2, 2, 1, ...this.convolved.map(() => 2)],
      processorOptions: { n_samples: nSamples, returns },
    });
    this.bus = new AudioWorkletNode(context, "mixer-bus", { numberOfInputs: 4, outputChannelCount: [2] });
    this.rooms = new Map();
    this.desk.connect(this.bus, 0, 0);
    this.desk.connect(this.bus, 1, 2);
    this.desk.connect(this.bus, 2, 3);
    this.synced = new Map();
    for (const node of [this.desk, this.bus]) {
      node.port.addEventListener("message", ({ data }) => {
        if (data.type !== "synced") return;
        this.synced.get(data.id)?.();
        this.synced.delete(data.id);
      });
      node.port.start();
    }
  }

  /**
   * The response of a return: four channels one after another, left to left, left to right, right to
   * left, right to right; null takes it away.
   */
  setResponse(name, samples) {
    const place = this.convolved.indexOf(name);
    if (place < 0) return;
    const old = this.rooms.get(name);
    if (old) {
      this.desk.disconnect(old);
      old.disconnect();
      this.rooms.delete(name);
    }
    if (!samples) return;
    const frames = samples.length / 4;
    const buffer = new AudioBuffer({ numberOfChannels: 4, length: frames, sampleRate: this.context.sampleRate });
    for (let i = 0; i < 4; i += 1) buffer.copyToChannel(samples.subarray(i * frames, (i + 1) * frames), i);
    const room = new ConvolverNode(this.context, { buffer, disableNormalization: true });
    this.desk.connect(room, FIRST_SEND + place, 0);
    room.connect(this.bus, 0, 1);
    this.rooms.set(name, room);
  }

  tellDesk(message, transfer = []) {
    this.desk.port.postMessage(message, transfer);
  }

  tellBus(message) {
    this.bus.port.postMessage(message);
  }

  /** When both nodes have heard all that was said to them. */
  async sync() {
    await Promise.all([this.desk, this.bus].map((node) => new Promise((done) => {
      const id = Math.random();
      this.synced.set(id, done);
      node.port.postMessage({ type: "sync", id });
    })));
  }
}
