// Where the playhead is, counted in samples: the one clock of all streams, so none can drift.

// What fades in and out around a jump, in blocks of 128 samples.
const FADE_BLOCKS = 3;

export class Transport {
  constructor(nSamples) {
    this.nSamples = nSamples;
    this.position = 0;
    this.playing = false; // as asked for
    this.waiting = false; // for blocks that are not here
    this.loop = null; // [from, to] in samples
    this.jump = null; // where to go once it is silent
    this.fade = 0; // 0 to 1
    this.ended = false; // the song is over
    this.onJump = () => {};
  }

  play() {
    if (this.position >= this.nSamples) this.position = 0;
    this.playing = true;
    this.ended = false;
  }

  pause() {
    this.playing = false;
  }

  seek(position) {
    this.jump = Math.min(Math.max(Math.round(position), 0), this.nSamples);
    this.land();
  }

  /**
   * Begin a block of n samples: returns where its parts lie, `[{position, offset, n}]`, and the fade's
   * gains at its ends; null where nothing sounds. `covers(parts)` says whether samples are here.
   */
  begin(n, covers) {
    this.land();
    const here = covers(this.parts(n).parts);
    const runs = this.playing && this.jump === null;
    this.waiting = runs && !here;
    // Before the samples run out, and before a jump, what sounds fades; a loop jumps without.
    const goes = runs && here && covers(this.parts((FADE_BLOCKS + 2) * n).parts);
    // The song's first sample is not faded in.
    const from = goes && this.position === 0 ? 1 : this.fade;
    const to = goes ? Math.min(from + 1 / FADE_BLOCKS, 1) : Math.max(from - 1 / FADE_BLOCKS, 0);
    this.fade = here ? to : 0;
    if (!here || (from === 0 && to === 0)) return null;
    const { parts, end } = this.parts(n);
    this.position = end;
    if (end >= this.nSamples) this.stop();
    return { parts, from, to };
  }

  stop() {
    this.playing = false;
    this.ended = true;
    this.fade = 0;
    this.position = this.nSamples;
  }

  land() {
    if (this.jump === null || this.fade > 0) return;
    this.position = this.jump;
    this.jump = null;
    this.onJump();
  }

  /** Where the next n samples lie, round the loop, and where the playhead is then. */
  parts(n) {
    const parts = [];
    let [position, done] = [this.position, 0];
    while (done < n) {
      const end = this.loop && position < this.loop[1] ? this.loop[1] : Infinity;
      const count = Math.min(n - done, end - position);
      parts.push({ position, offset: done, n: count });
      done += count;
      position += count;
      if (position === end) [position] = this.loop;
    }
    return { parts, end: position };
  }
}
