// The desk on the audio thread. Outputs: other sources; control (the desk's weight, the time in seconds, the
// gains of the mix's bus); each group's tracks (their sum, the same as it was, what is sent to each
// echo and how much more was, the gains of the group's bus, whether the tracks differ); then what each group sends
// to each return that is convolved, and how much more it sent.

import { Desk } from "./desk.js";
import { ECHOES } from "./echo.js";

const TELL_FRAMES = 1536;

class DeskNode extends AudioWorkletProcessor {
  constructor({ processorOptions: { n_samples: nSamples, groups, convolved } }) {
    super();
    this.desk = new Desk(sampleRate, nSamples, groups, [...convolved, ...ECHOES]);
    this.convolved = convolved;
    this.cross = {}; // by name of a return: the share of either channel that is sent to the other side
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
      cross: () => (this.cross[message.name] = message.cross),
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
    // Samples that run out within a block are reported at once; so is the target of a jump.
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

  process(inputs, [source, [weight, time, automation], ...outputs]) {
    const n = weight.length;
    time.fill(this.desk.time_s);
    this.desk.process(source, weight, n);
    automation.set(this.desk.automation);
    const groups = [...this.desk.groups.values()];
    groups.forEach((group, i) => {
      const [own, sends] = [outputs[i], outputs.slice(groups.length + 2 * i * this.convolved.length)];
      const echoes = ECHOES.flatMap((name) => [group.sends[name], group.differences[name]]);
      const channels = [group.audio, group.before, ...echoes].flat();
      [...channels, group.automation].forEach((samples, channel) => own[channel].set(samples));
      own.at(-1).fill(group.differs ? 1 : 0);
      this.convolved.forEach((name, place) => {
        this.send(sends[2 * place], group.sends[name], name, n);
        if (group.differs) this.send(sends[2 * place + 1], group.differences[name], name, n);
      });
    });
    this.untold += n;
    if (this.untold >= TELL_FRAMES) this.tell();
    return true;
  }

  /** What goes to a room; `cross` of either channel also to the other side. */
  send([left, right], [fromLeft, fromRight], name, n) {
    const cross = this.cross[name] ?? 0;
    for (let i = 0; i < n; i += 1) {
      left[i] = fromLeft[i] + cross * fromRight[i];
      right[i] = fromRight[i] + cross * fromLeft[i];
    }
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
