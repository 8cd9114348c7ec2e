// Average spectra of whole sources, from excerpts spread over the song; third octaves.

const FFT = 8192;
const EXCERPTS = 12;
export const BANDS_HZ = Array.from({ length: 30 }, (_, i) => 1000 * 2 ** ((i - 17) / 3));

/** In-place fast Fourier transform of real and imaginary parts; their length is a power of two. */
export function transform(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j], im[i], im[j]] = [re[j], re[i], im[j], im[i]];
  }
  for (let size = 2; size <= n; size *= 2) {
    const angle = (-2 * Math.PI) / size;
    for (let k = 0; k < size / 2; k += 1) {
      const [c, s] = [Math.cos(angle * k), Math.sin(angle * k)];
      for (let a = k; a < n; a += size) {
        const b = a + size / 2;
        const [x, y] = [re[b] * c - im[b] * s, re[b] * s + im[b] * c];
        [re[b], im[b]] = [re[a] - x, im[a] - y];
        re[a] += x;
        im[a] += y;
      }
    }
  }
}

/** Levels in dB by band of one spectrum of powers, `binHz` apart. */
export function bandsOf(powers, binHz) {
  return BANDS_HZ.map((hz) => {
    const [from, to] = [hz / 2 ** (1 / 6), hz * 2 ** (1 / 6)].map((edge) => edge / binHz);
    const first = Math.ceil(from);
    const last = Math.min(Math.floor(to), powers.length - 1);
    if (last < first) return powers[Math.round(hz / binHz)] ?? 0;
    let sum = 0;
    for (let i = first; i <= last; i += 1) sum += powers[i];
    return sum;
  }).map((power) => 10 * Math.log10(Math.max(power, 1e-12)));
}

/** Mean spectrum of an audio; `fetchBlock(id, start, frames, version)` as of the loader. Null in silence. */
export async function averageSpectrum(audio, sampleRate, fetchBlock) {
  const powers = new Float64Array(FFT / 2 + 1);
  const scale = audio.full_scale / 32767 / FFT;
  let n = 0;
  for (let i = 0; i < EXCERPTS; i += 1) {
    const start = Math.floor(((i + 0.5) / EXCERPTS) * Math.max(audio.n_frames - FFT, 0));
    const frames = Math.min(FFT, audio.n_frames);
    if (start + frames > audio.ready_frames) continue;
    const samples = await fetchBlock(audio.id, start, frames, audio.version);
    if (!samples) continue;
    addPowers(samples, powers, scale);
    n += 1;
  }
  if (!n) return null;
  return bandsOf(powers.map((power) => power / n), sampleRate / FFT);
}

/** Left is the real part, right the imaginary one: powers of both in one transform. */
function addPowers(samples, powers, scale) {
  const [re, im] = [new Float64Array(FFT), new Float64Array(FFT)];
  for (let i = 0; i < samples.length / 2; i += 1) {
    const window = 1 - Math.cos((2 * Math.PI * i) / FFT);
    re[i] = samples[2 * i] * window * scale;
    im[i] = samples[2 * i + 1] * window * scale;
  }
  transform(re, im);
  for (let k = 1; k < FFT / 2; k += 1) {
    powers[k] += re[k] ** 2 + im[k] ** 2 + re[FFT - k] ** 2 + im[FFT - k] ** 2;
  }
}
