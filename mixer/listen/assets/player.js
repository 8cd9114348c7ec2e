"use strict";
// All sounds of a page play in step through a gain each; choosing one moves two gains, nothing
// else. Works in any BaseAudioContext, so that a test can render it offline.
(() => {
  // Linear and together they sum to one: mixes of one song stay equally loud while they change.
  const SWITCH_S = 0.015;
  // Fade around everything that starts, stops or jumps.
  const EDGE_S = 0.01;
  // The sound thread is ahead of what scripts see: what is written for now begins half-way, with a
  // click; this much later it begins at its beginning.
  const LEAD_S = 0.03;
  // How far ahead dips are written: timers of a hidden page come once a second.
  const AHEAD_S = 2.5;
  const SHORTEST_LOOP_S = 0.5;

  // A gain whose value at any time is known: not every browser can hold a ramp half-way.
  class Ramp {
    constructor(context, value) {
      this.node = context.createGain();
      this.node.gain.value = value;
      this.from = this.to = value;
      this.start = this.end = 0;
    }

    valueAt(time) {
      if (time >= this.end) return this.to;
      if (time <= this.start) return this.from;
      return this.from + ((this.to - this.from) * (time - this.start)) / (this.end - this.start);
    }

    move(to, time, duration) {
      const value = this.valueAt(time);
      const gain = this.node.gain;
      const cutsRamp = this.start < time && time < this.end;
      if (time < this.end) gain.cancelScheduledValues(time);
      if (cutsRamp) gain.linearRampToValueAtTime(value, time);
      else gain.setValueAtTime(value, time);
      gain.linearRampToValueAtTime(to, time + duration);
      [this.from, this.to, this.start, this.end] = [value, to, time, time + duration];
    }
  }

  // Everything sounding from one start to its stop.
  class Take {
    constructor(context, buffers, choice, loop, offset, time, output) {
      this.context = context;
      this.loop = loop;
      this.offset = offset;
      this.time = time;
      this.edge = new Ramp(context, 0);
      this.dip = context.createGain();
      this.edge.node.connect(this.dip).connect(output);
      this.ramps = new Map();
      this.sources = [];
      for (const [id, buffer] of buffers) {
        const ramp = new Ramp(context, id === choice ? 1 : 0);
        ramp.node.connect(this.edge.node);
        this.ramps.set(id, ramp);
        const source = context.createBufferSource();
        source.buffer = buffer;
        source.loop = true;
        source.loopStart = loop.start;
        source.loopEnd = loop.end;
        source.connect(ramp.node);
        source.start(time, offset);
        this.sources.push(source);
      }
      this.edge.move(1, time, EDGE_S);
      this.nextJump = time + loop.end - offset;
      this.tick();
    }

    choose(id, time) {
      for (const [name, ramp] of this.ramps) {
        const to = name === id ? 1 : 0;
        if (ramp.to !== to) ramp.move(to, time, SWITCH_S);
      }
    }

    positionAt(time) {
      const { start, end } = this.loop;
      const position = this.offset + Math.max(0, time - this.time);
      return position < end ? position : start + ((position - end) % (end - start));
    }

    stop(time) {
      this.edge.move(0, time, EDGE_S);
      for (const source of this.sources) source.stop(time + EDGE_S);
      this.sources[0].onended = () => this.dip.disconnect();
    }

    // A jump from the loop's end to its start would click: the sound dips around it.
    tick() {
      while (this.nextJump < this.context.currentTime + AHEAD_S) {
        const gain = this.dip.gain;
        gain.setValueAtTime(1, Math.max(0, this.nextJump - EDGE_S));
        gain.linearRampToValueAtTime(0, this.nextJump);
        gain.linearRampToValueAtTime(1, this.nextJump + EDGE_S);
        this.nextJump += this.loop.end - this.loop.start;
      }
    }
  }

  class Player {
    constructor(context) {
      this.context = context;
      this.volume = context.createGain();
      this.volume.connect(context.destination);
      this.buffers = new Map();
      this.choice = null;
      this.take = null;
      this.duration = 0;
      this.loop = { start: 0, end: 0 };
      this.offset = 0; // where it rests, in seconds
    }

    get playing() {
      return this.take !== null;
    }

    soon() {
      return this.context.currentTime + LEAD_S;
    }

    // buffers: Map of id to AudioBuffer, all equally long.
    load(buffers) {
      this.pause();
      this.buffers = new Map(buffers);
      this.duration = Math.min(...[...this.buffers.values()].map((buffer) => buffer.duration));
      this.loop = { start: 0, end: this.duration };
      this.offset = 0;
      this.choice = null;
    }

    choose(id) {
      this.choice = id;
      if (this.take) this.take.choose(id, this.soon());
    }

    position() {
      return this.take ? this.take.positionAt(this.context.currentTime) : this.offset;
    }

    play() {
      if (!this.take) this.start(this.offset);
    }

    pause() {
      if (!this.take) return;
      const time = this.soon();
      this.offset = this.take.positionAt(time);
      this.take.stop(time);
      this.take = null;
    }

    seek(position) {
      const { start, end } = this.loop;
      const inside = position >= start && position < end ? position : start;
      if (this.take) {
        this.take.stop(this.soon());
        this.start(inside);
      } else {
        this.offset = inside;
      }
    }

    setLoop(start, end) {
      const position = this.position();
      const first = Math.max(0, Math.min(start, this.duration - SHORTEST_LOOP_S));
      const last = Math.max(Math.min(this.duration, end), first + SHORTEST_LOOP_S);
      this.loop = { start: first, end: last };
      this.seek(position);
    }

    setVolume(gain) {
      this.volume.gain.setTargetAtTime(gain, this.context.currentTime, 0.02);
    }

    // Call it a few times a second while playing.
    tick() {
      if (this.take) this.take.tick();
    }

    start(offset) {
      this.take = new Take(
        this.context, this.buffers, this.choice, this.loop, offset, this.soon(), this.volume,
      );
    }
  }

  Listen.Player = Player;
})();
