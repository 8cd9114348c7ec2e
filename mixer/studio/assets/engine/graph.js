// The nodes of an audio context, real or offline, in the order of the render: desk (tracks) -> rooms of
// each group -> groups -> room of the stems' own sends -> bus -> out.

import { ECHOES } from "./echo.js";
import { REVERB } from "./groups.js";

// Outputs of the desk: other sources, control, then of each group its tracks, then its sends, each with how
// much more it was in the last exact render.
const SOURCE = 0;
const CONTROL = 1;
const FIRST_GROUP = 2;
const GROUP_CHANNELS = 6 + 4 * ECHOES.length;
// Inputs of the bus.
const BUS = { dry: 0, returned: 1, source: 2, control: 3, before: 4 };
const WORKLETS = ["desk_worklet.js", "groups_worklet.js", "bus_worklet.js"];
// What two ways to the same response may differ by, of its loudest sample: rounding.
const MOST_OFF = 1e-5;
const base = new URL(".", import.meta.url);

export class Graph {
  /** Make the nodes in a context for a song of so many samples, with groups and returns of these names. */
  static async make(context, nSamples, groups, returns) {
    await Promise.all(WORKLETS.map((name) => context.audioWorklet.addModule(new URL(name, base))));
    return new Graph(context, nSamples, groups, returns);
  }

  constructor(context, nSamples, groups, returns) {
    this.context = context;
    this.groupKeys = groups;
    this.convolved = returns.filter((name) => !ECHOES.includes(name));
    const sends = groups.flatMap(() => this.convolved.flatMap(() => [2, 2]));
    const node = (name, options) => new AudioWorkletNode(context, name, options);
    this.desk = node("mixer-desk", {
      numberOfInputs: 0,
      numberOfOutputs: FIRST_GROUP + groups.length + sends.length,
      outputChannelCount: [2, 3, ...groups.map(() => GROUP_CHANNELS), ...sends],
      processorOptions: { n_samples: nSamples, groups, convolved: this.convolved },
    });
    this.groups = node("mixer-groups", {
      numberOfInputs: 3 * groups.length + 1,
      numberOfOutputs: 3,
      outputChannelCount: [2, 2, 3],
      processorOptions: { groups },
    });
    this.bus = node("mixer-bus", { numberOfInputs: 5, outputChannelCount: [2] });
    groups.forEach((_, i) => this.desk.connect(this.groups, FIRST_GROUP + i, i));
    this.desk.connect(this.groups, CONTROL, 3 * groups.length);
    this.desk.connect(this.bus, SOURCE, BUS.source);
    this.desk.connect(this.bus, CONTROL, BUS.control);
    this.groups.connect(this.bus, 0, BUS.dry);
    this.groups.connect(this.bus, 2, BUS.before);
    this.groupOf = new Map(); // of tracks, by key
    this.buffers = new Map(); // by name of a return: {all, straight}, see `setResponse`
    this.sends = new Map(); // key -> {name, group, isDifference}: what rooms there have to be
    this.rooms = new Map(); // key -> {name, from, output, node}
    this.synced = new Map();
    for (const each of this.nodes) {
      each.port.addEventListener("message", ({ data }) => {
        if (data.type !== "synced") return;
        this.synced.get(data.id)?.();
        this.synced.delete(data.id);
      });
      each.port.start();
    }
  }

  get nodes() {
    return [this.desk, this.groups, this.bus];
  }

  /**
   * The response of a return: four channels one after another, left to left, left to right, right to
   * left, right to right; null takes it away. A room that only mixes the sides before it convolves each
   * once needs two of them, at half the cost: the desk mixes.
   */
  setResponse(name, samples) {
    if (!this.convolved.includes(name)) return;
    for (const [key, room] of this.rooms) if (room.name === name) this.removeRoom(key, room);
    this.buffers.delete(name);
    if (!samples) return;
    const frames = samples.length / 4;
    const channels = [0, 1, 2, 3].map((i) => samples.subarray(i * frames, (i + 1) * frames));
    const cross = crossOf(channels);
    const straight = cross === null ? channels : [channels[0], channels[3]];
    this.desk.port.postMessage({ type: "cross", name, cross: cross ?? 0 });
    const sampleRate = this.context.sampleRate;
    const [all, own] = [channels, straight].map((each) => {
      const buffer = new AudioBuffer({ numberOfChannels: each.length, length: frames, sampleRate });
      each.forEach((channel, i) => buffer.copyToChannel(channel, i));
      return buffer;
    });
    this.buffers.set(name, { all, straight: own });
    this.addRooms();
  }

  removeRoom(key, { from, output, node }) {
    from.disconnect(node, output);
    node.disconnect();
    this.rooms.delete(key);
  }

  /**
   * A room for everyone who sends to it: what comes back passes the sender's own group. Compressors also
   * hear what came back in the last exact render, where a group sent something else: that is what comes
   * back now and, from a room of its own, that of the difference, which has no past.
   */
  addRooms() {
    for (const [key, { name, group, isDifference }] of this.sends) {
      if (!this.buffers.has(name) || this.rooms.has(key)) continue;
      const { all, straight } = this.buffers.get(name);
      const buffer = group === null ? all : straight;
      const node = new ConvolverNode(this.context, { buffer, disableNormalization: true });
      const n = this.groupKeys.length;
      const place = this.groupKeys.indexOf(group);
      const send = 2 * (place * this.convolved.length + this.convolved.indexOf(name)) + isDifference;
      const [from, output] = group === null ? [this.groups, 1] : [this.desk, FIRST_GROUP + n + send];
      from.connect(node, output);
      if (group === null) node.connect(this.bus, 0, BUS.returned);
      else node.connect(this.groups, 0, n * (1 + isDifference) + place);
      this.rooms.set(key, { name, from, output, node });
    }
  }

  want(name, group, isDifference = 0) {
    this.sends.set(JSON.stringify([name, group, isDifference]), { name, group, isDifference });
  }

  /** What is sent where by a hand; a room that was used once stays, since it may be again. */
  findSends({ tracks = {}, groups = {} }) {
    for (const [key, { isDifference }] of this.sends) if (isDifference) this.sends.delete(key);
    for (const [key, { strip = {}, sends = {}, before }] of Object.entries(tracks)) {
      const group = this.groupOf.get(key);
      if (group === undefined) continue;
      for (const name of [...Object.keys(sends), ...ownSends(strip), ...ownSends(before?.strip)]) {
        this.want(name, group);
        if (before) this.want(name, group, 1);
      }
    }
    for (const { strip } of Object.values(groups)) for (const name of ownSends(strip)) this.want(name, null);
    for (const [key, room] of this.rooms) if (!this.sends.has(key)) this.removeRoom(key, room);
  }

  tellDesk(message, transfer = []) {
    if (message.type === "track") this.groupOf.set(message.key, message.group);
    this.desk.port.postMessage(message, transfer);
  }

  tellBus(message) {
    this.bus.port.postMessage(message);
  }

  /** The hand, as `Desk.setHand` takes it; `snap`: at once, since nothing sounds. */
  setHand(hand, snap) {
    this.desk.port.postMessage({ type: "hand", hand });
    this.groups.port.postMessage({ type: "hand", hand, snap });
    this.findSends(hand);
    this.addRooms();
  }

  /**
   * The buses in the last exact render: `{key: {automation, compressor}}`, the mix's as "master". An automation goes
   * over to the desk; null means the one that it has.
   */
  setBuses(buses) {
    const transfer = Object.values(buses).flatMap(({ automation }) => (automation ? [automation.buffer] : []));
    const compressors = Object.fromEntries(Object.entries(buses).map(([key, { compressor }]) => [key, { compressor }]));
    this.desk.port.postMessage({ type: "buses", buses }, transfer);
    for (const each of [this.groups, this.bus]) each.port.postMessage({ type: "buses", buses: compressors });
  }

  /** When all nodes have heard all that was said to them. */
  async sync() {
    await Promise.all(this.nodes.map((node) => new Promise((done) => {
      const id = Math.random();
      this.synced.set(id, done);
      node.port.postMessage({ type: "sync", id });
    })));
  }
}

const ownSends = ({ reverb_db: reverb = null } = {}) => (reverb === null ? [] : [REVERB]);

/**
 * How much of either side comes back on the other, where the room differs in nothing else between them;
 * null where it does.
 */
function crossOf([leftLeft, leftRight, rightLeft, rightRight]) {
  let [same, both, loudest] = [0, 0, 0];
  for (let i = 0; i < leftLeft.length; i += 1) {
    same += leftLeft[i] ** 2;
    both += leftLeft[i] * rightLeft[i];
    loudest = Math.max(loudest, Math.abs(leftLeft[i]), Math.abs(rightRight[i]));
  }
  const cross = same > 0 ? both / same : 0;
  for (let i = 0; i < leftLeft.length; i += 1) {
    const off = Math.max(Math.abs(rightLeft[i] - cross * leftLeft[i]), Math.abs(leftRight[i] - cross * rightRight[i]));
    if (off > MOST_OFF * loudest) return null;
  }
  return cross;
}
