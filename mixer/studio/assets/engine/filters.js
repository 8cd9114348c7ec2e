// Second-order sections, as `mixer.dsp.biquad` defines them: R. Bristow-Johnson's
// cookbook by the bilinear transform. A section is [b0, b1, b2, a1, a2] with a0 = 1.

// Q of the sections of Butterworth filters of second and fourth order.
const SECTION_QS = { 12: [Math.SQRT1_2], 24: [0.541196100146197, 1.306562964876377] };
// Above this share of the sample rate the bilinear transform has no frequencies left.
const HIGHEST_SHARE = 0.49;

export const IDENTITY = [1, 0, 0, 0, 0];

const omegaOf = (frequencyHz, sampleRate) => 2 * Math.PI * Math.min(frequencyHz / sampleRate, HIGHEST_SHARE);

const section = ([b0, b1, b2], [a0, a1, a2]) => [b0 / a0, b1 / a0, b2 / a0, a1 / a0, a2 / a0];

/** Sections of a Butterworth "high_pass" or "low_pass" of 12 or 24 dB an octave, -3 dB at its frequency. */
export function butterworth(kind, frequencyHz, slopeDbPerOctave, sampleRate) {
  const omega = omegaOf(frequencyHz, sampleRate);
  const cosine = Math.cos(omega);
  const sign = kind === "low_pass" ? 1 : -1;
  const outer = (1 - sign * cosine) / 2;
  return SECTION_QS[slopeDbPerOctave].map((q) => {
    const alpha = Math.sin(omega) / (2 * q);
    return section([outer, sign * 2 * outer, outer], [1 + alpha, -2 * cosine, 1 - alpha]);
  });
}

/** The section of a "peak", "low_shelf", "high_shelf" or "notch". */
export function eqBand(kind, frequencyHz, gainDb, q, sampleRate) {
  const omega = omegaOf(frequencyHz, sampleRate);
  const cosine = Math.cos(omega);
  const alpha = Math.sin(omega) / (2 * q);
  const amplitude = 10 ** (gainDb / 40);
  if (kind === "notch") {
    return section([1, -2 * cosine, 1], [1 + alpha, -2 * cosine, 1 - alpha]);
  }
  if (kind === "peak") {
    return section(
      [1 + alpha * amplitude, -2 * cosine, 1 - alpha * amplitude],
      [1 + alpha / amplitude, -2 * cosine, 1 - alpha / amplitude],
    );
  }
  // A high shelf is the low shelf with its spectrum turned round.
  const turn = kind === "high_shelf" ? -1 : 1;
  const c = turn * cosine;
  const [up, down, slope] = [amplitude + 1, amplitude - 1, 2 * Math.sqrt(amplitude) * alpha];
  return section(
    [
      amplitude * (up - down * c + slope),
      turn * 2 * amplitude * (down - up * c),
      amplitude * (up - down * c - slope),
    ],
    [up + down * c + slope, turn * -2 * (down + up * c), up + down * c - slope],
  );
}

/** Sections one after another for one channel, sample by sample. */
export class SectionChain {
  constructor(n) {
    this.sections = Array(n).fill(IDENTITY);
    this.memory = new Float64Array(4 * n); // x1 x2 y1 y2 of each
  }

  through(sample) {
    const m = this.memory;
    let x = sample;
    for (let s = 0; s < this.sections.length; s += 1) {
      const c = this.sections[s];
      const k = 4 * s;
      const y = c[0] * x + c[1] * m[k] + c[2] * m[k + 1] - c[3] * m[k + 2] - c[4] * m[k + 3];
      m[k + 1] = m[k];
      m[k] = x;
      m[k + 3] = m[k + 2];
      m[k + 2] = Math.abs(y) < 1e-30 ? 0 : y;
      x = y;
    }
    return x;
  }

  forget() {
    this.memory.fill(0);
  }
}

/** Complex gain [real, imaginary] of a section at a frequency. */
function responseAt([b0, b1, b2, a1, a2], frequencyHz, sampleRate) {
  const omega = (2 * Math.PI * frequencyHz) / sampleRate;
  const [c1, s1, c2, s2] = [Math.cos(omega), -Math.sin(omega), Math.cos(2 * omega), -Math.sin(2 * omega)];
  const [nr, ni] = [b0 + b1 * c1 + b2 * c2, b1 * s1 + b2 * s2];
  const [dr, di] = [1 + a1 * c1 + a2 * c2, a1 * s1 + a2 * s2];
  const power = dr * dr + di * di;
  return [(nr * dr + ni * di) / power, (ni * dr - nr * di) / power];
}

/** Gain in dB at a frequency of stages `[{sections, amount}]`, each blended with what came in. */
export function stagesDbAt(stages, frequencyHz, sampleRate) {
  let power = 1;
  for (const { sections, amount } of stages) {
    let [re, im] = [1, 0];
    for (const each of sections) {
      const [r, i] = responseAt(each, frequencyHz, sampleRate);
      [re, im] = [re * r - im * i, re * i + im * r];
    }
    [re, im] = [1 + amount * (re - 1), amount * im];
    power *= re * re + im * im;
  }
  return 10 * Math.log10(Math.max(power, 1e-20));
}
