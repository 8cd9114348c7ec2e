// The desk on the audio thread. Outputs: dry, other sources, the desk's weight, then what is sent to each
// return that is convolved.

import { Desk } from "./desk.js";

const TELL_FRAMES = 1536;

class DeskNode extends AudioWorkletProcessor {
  constructor({ processorOptions: { n_samples: nSamples, returns } }) {
    super();
    this.desk = new Desk(sampleRate, nSamples, returns);
    this.untold = 0;
    this.port.onmessage = ({ data }) => this.hear(data);
  }

  hear(message) {
    const { desk } = this;
    const { transport } = desk;
    const answers = {
      stream: () => desk.addStream(message.key, message.n_samples, message.full_scale),
      forget: () => this.forget(message.key),
      track: () => desk.setTrack(message.key, message.group, message.stream),
      remove: () => desk.removeTrack(message.key),
      source: () => desk.setSource(message.key, message.stream),
      block: () => desk.streams.get(message.key)?.put(message.index, message.samples),
      drop: () => this.giveBack(desk.streams.get(message.key)?.take(message.index)),
      hand: () => desk.setHand(message.hand),
      buses: () => desk.setBuses(message.buses),
      choose: () => desk.choose(message.to, message.gain, message.desk_runs),
      play: () => transport.play(),
      pause: () => transport.pause(),
      seek: () => transport.seek(message.position),
      loop: () => (transport.loop = message.range),
      sync: () => this.port.postMessage({ type: "synced", id: message.id }),
    };
    answers[message.type]();
    // What runs out within a block is told at once; so is where a jump went.
    if (message.type === "seek" || message.type === "play" || message.type === "pause") this.tell();
  }

  forget(key) {
    const { streams } = this.desk;
    for (const samples of streams.get(key)?.blocks.values() ?? []) this.giveBack(samples);
    streams.delete(key);
  }

  /** The audio thread makes little garbage, so it collects late: memory goes back to where it is freed soon. */
  giveBack(samples) {
    if (samples) this.port.postMessage({ type: "dropped", samples }, [samples.buffer]);
  }

  process(inputs, [dry, source, [weight], ...sends]) {
    const n = dry[0].length;
    this.desk.process(dry, source, weight, sends, n);
    this.untold += n;
    if (this.untold >= TELL_FRAMES) this.tell();
    return true;
  }

  tell() {
    this.untold = 0;
    const { transport, choice, pending } = this.desk;
    this.port.postMessage({
      type: "told",
      position: transport.jump ?? transport.position,
      playing: transport.playing,
      ended: transport.ended,
      waiting: transport.waiting,
      choice: choice.to,
      pending: pending ? pending.to : null,
      peaks: this.desk.takePeaks(),
    });
  }
}

registerProcessor("mixer-desk", DeskNode);
