// Numbers that move without a click.

// Settings reach their new values in this many blocks of 128 samples.
export const RAMP_BLOCKS = 4;

/** A number that goes to a new value in a straight line. */
export class Ramp {
  constructor(value) {
    this.now = this.goal = value;
    this.left = 0;
  }

  set(goal, snap = false, blocks = RAMP_BLOCKS) {
    if (goal === this.goal && !snap) return;
    this.goal = goal;
    this.left = snap ? 0 : blocks;
    if (snap) this.now = goal;
  }

  /** Value at the end of the next block. */
  next() {
    if (this.left === 0) return this.now;
    this.now += (this.goal - this.now) / this.left;
    this.left -= 1;
    if (this.left === 0) this.now = this.goal;
    return this.now;
  }
}
