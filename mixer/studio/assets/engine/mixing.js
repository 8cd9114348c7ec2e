// Sums and ramps of pairs of channels, a block at a time.

const QUANTUM = 128;

export const pair = () => [new Float32Array(QUANTUM), new Float32Array(QUANTUM)];

export function silence([left, right]) {
  left.fill(0);
  right.fill(0);
}

/** Overwrite a pair with another. */
export function copyTo([toLeft, toRight], [left, right], n) {
  toLeft.set(left.subarray(0, n));
  toRight.set(right.subarray(0, n));
}

/** Multiply by a gain that goes in a straight line. */
export function fade([left, right], n, from, to) {
  for (let i = 0; i < n; i += 1) {
    const gain = from + ((to - from) * (i + 1)) / n;
    left[i] *= gain;
    right[i] *= gain;
  }
}

/** Add a pair to another, at a gain that may move. */
export function addTo([toLeft, toRight], [left, right], n, ramp = null) {
  const from = ramp ? ramp.now : 1;
  const to = ramp ? ramp.next() : 1;
  if (from === 0 && to === 0) return;
  const step = (to - from) / n;
  for (let i = 0; i < n; i += 1) {
    const gain = from + step * (i + 1);
    toLeft[i] += gain * left[i];
    toRight[i] += gain * right[i];
  }
}
