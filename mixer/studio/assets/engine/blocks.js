// A stream of samples in blocks, as far as they are here. Samples are 16-bit integers as the server
// sends them, left and right in turn, times a scale of the stream's own: half the memory of floats.

export const BLOCK_SAMPLES = 65536;

export class BlockStream {
  constructor(nSamples, fullScale) {
    this.nSamples = nSamples;
    this.scale = fullScale / 32767;
    this.blocks = new Map(); // index -> Int16Array
  }

  put(index, samples) {
    this.blocks.set(index, samples);
  }

  /** Take a block away. */
  take(index) {
    const samples = this.blocks.get(index);
    this.blocks.delete(index);
    return samples;
  }

  /** Whether all samples from a position on are here; what lies outside of the stream is silence. */
  covers(position, n) {
    const last = Math.min(position + n, this.nSamples) - 1;
    for (let index = Math.floor(position / BLOCK_SAMPLES); index * BLOCK_SAMPLES <= last; index += 1) {
      if (!this.blocks.has(index)) return false;
    }
    return true;
  }

  /** Read n samples from a position into left and right from an offset on; silence where there are none. */
  read(position, n, left, right, offset = 0) {
    let done = 0;
    while (done < n) {
      const index = Math.floor((position + done) / BLOCK_SAMPLES);
      const first = position + done - index * BLOCK_SAMPLES;
      const count = Math.min(n - done, BLOCK_SAMPLES - first);
      this.copy(this.blocks.get(index), first, count, left, right, offset + done);
      done += count;
    }
  }

  copy(block, first, count, left, right, to) {
    const here = block ? Math.max(Math.min(count, block.length / 2 - first), 0) : 0;
    for (let i = 0; i < here; i += 1) {
      left[to + i] = block[2 * (first + i)] * this.scale;
      right[to + i] = block[2 * (first + i) + 1] * this.scale;
    }
    left.fill(0, to + here, to + count);
    right.fill(0, to + here, to + count);
  }
}
