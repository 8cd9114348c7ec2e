"""The voice: harmonics of a glottal pulse and two noises, through a vocal tract that moves.

Source and filter after Klatt and Klatt, "Analysis, synthesis, and perception of voice quality
variations", JASA 1990 (the KLGLOTT88 pulse; cascade formants with a nasal pole and zero). The
filter is evaluated at each harmonic, so it moves without clicks and nothing folds at Nyquist.
"""

import numpy as np
from scipy import signal

from mixer.demo_song.articulation import CONTROL_S, Articulation, articulate
from mixer.demo_song.lyric import LYRIC
from mixer.demo_song.phonemes import BANDWIDTHS_HZ, UPPER_FORMANTS_HZ
from mixer.demo_song.score import DemoSong

OPEN_QUOTIENT = 0.62
TOP_HZ = 10_000.0
NASAL_POLE_HZ, NASAL_BANDWIDTH_HZ = 270.0, 100.0
# Where the nose's zero stands when the velum is fully open.
NASAL_ZERO_SHIFT_HZ = 900.0
# The glottis closes more abruptly when the singer pushes: less low-pass on the source.
SOFT_TILT_HZ, HARD_TILT_HZ = 900.0, 4500.0
NOISE_WINDOW_S = 0.0116


def sing(song: DemoSong, rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """The sung part as a mono track, float64 `(samples,)`, level arbitrary but relative."""
    controls = articulate(LYRIC, song, rng)
    return render_voice(controls, round(song.duration_s * sample_rate), rng, sample_rate)


def render_voice(
    controls: Articulation, samples: int, rng: np.random.Generator, sample_rate: int
) -> np.ndarray:
    """Sound of `controls`, float64 `(samples,)`."""
    f0_hz = _at_samples(controls.f0_hz, samples, sample_rate)
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / sample_rate
    voiced = _harmonics(controls, phase, sample_rate)
    return voiced + _noises(controls, phase, rng, sample_rate)


def tract_response(
    formants_hz: np.ndarray, nasal: np.ndarray, frequency_hz: np.ndarray
) -> np.ndarray:
    """Complex response of the tract at `frequency_hz`, complex128 `(frames, frequencies)`.

    `formants_hz` is `(frames, 3)`, `nasal` `(frames,)`, `frequency_hz` `(frames or 1,
    frequencies)`; unit gain at 0 Hz.
    """
    s = 1j * frequency_hz
    response = np.ones((len(formants_hz), frequency_hz.shape[-1]), np.complex128)
    upper = np.broadcast_to(UPPER_FORMANTS_HZ, (len(formants_hz), len(UPPER_FORMANTS_HZ)))
    all_hz = np.concatenate([formants_hz, upper], axis=1)
    for column, bandwidth_hz in enumerate(BANDWIDTHS_HZ):
        response /= _pole_pair(all_hz[:, column, None], bandwidth_hz, s)
    zero_hz = NASAL_POLE_HZ + NASAL_ZERO_SHIFT_HZ * nasal[:, None]
    response *= _pole_pair(zero_hz, NASAL_BANDWIDTH_HZ, s)
    response /= _pole_pair(np.full((1, 1), NASAL_POLE_HZ), NASAL_BANDWIDTH_HZ, s)
    return response


def _pole_pair(centre_hz: np.ndarray, bandwidth_hz: float, s: np.ndarray) -> np.ndarray:
    """Denominator of a resonance, 1 at 0 Hz: (s - p)(s - p*) / |p|^2, everything in Hz."""
    size = centre_hz**2 + 0.25 * bandwidth_hz**2
    return (s * s + bandwidth_hz * s + size) / size


def glottal_series(count: int) -> np.ndarray:
    """Fourier coefficients 1 to `count` of the flow derivative's period, complex128 `(count,)`.

    KLGLOTT88: flow t^2 - t^3 while open, shut for the rest; unit power over the harmonics.
    """
    grid = np.arange(8192) / 8192.0
    open_part = grid / OPEN_QUOTIENT
    derivative = np.where(open_part < 1.0, 2.0 * open_part - 3.0 * open_part**2, 0.0)
    series = np.fft.rfft(derivative)[1 : count + 1]
    return np.asarray(series / np.sqrt(np.sum(np.abs(series) ** 2)))


def _harmonics(controls: Articulation, phase: np.ndarray, sample_rate: int) -> np.ndarray:
    """Sum of the harmonics of `phase` under the tract's moving response, block by block."""
    top_hz = min(TOP_HZ, 0.45 * sample_rate)
    count = int(top_hz / controls.f0_hz.min())
    source = glottal_series(count)
    sound = np.zeros(len(phase))
    position = np.arange(len(phase)) / (CONTROL_S * sample_rate)
    frame_of = np.minimum(position.astype(np.int64), len(controls.voice) - 2)
    between = (position - frame_of).astype(np.float32)
    block = 8192
    for start in range(0, len(phase), block):
        span = slice(start, start + block)
        first, last = frame_of[span][0], frame_of[span][-1] + 2
        if controls.voice[first:last].max() < 1e-5:
            continue
        weights = _harmonic_weights(controls, slice(first, last), source, top_hz)
        here, part = frame_of[span] - first, between[span]
        turn = np.exp(1j * phase[span]).astype(np.complex64)
        wave = np.ones_like(turn)
        for weight, step in zip(weights, np.diff(weights, axis=1, append=0), strict=True):
            wave *= turn
            sound[span] += ((weight[here] + part * step[here]) * wave).real
    return sound


def _harmonic_weights(
    controls: Articulation, frames: slice, source: np.ndarray, top_hz: float
) -> np.ndarray:
    """Complex amplitude of each harmonic in each frame, complex64 `(harmonics, frames)`."""
    f0_hz = controls.f0_hz[frames, None]
    frequency_hz = f0_hz * np.arange(1, len(source) + 1)
    weights = tract_response(controls.formants_hz[frames], controls.nasal[frames], frequency_hz)
    tilt_hz = SOFT_TILT_HZ * (HARD_TILT_HZ / SOFT_TILT_HZ) ** controls.effort[frames, None]
    weights *= source / (1.0 + 1j * frequency_hz / tilt_hz)
    # Fades out below the top, so that a rising pitch drops no harmonic at once.
    weights *= np.clip((top_hz - frequency_hz) / (0.2 * top_hz), 0.0, 1.0)
    weights *= controls.voice[frames, None]
    return np.ascontiguousarray(weights.T.astype(np.complex64))


def _noises(
    controls: Articulation, phase: np.ndarray, rng: np.random.Generator, sample_rate: int
) -> np.ndarray:
    """Breath through the formants, pulsing with the glottis, and hiss from the teeth."""
    white = rng.standard_normal(len(phase)) * (1.0 + 0.6 * np.cos(phase))
    n_fft = 2 ** round(np.log2(NOISE_WINDOW_S * sample_rate))
    overlap = n_fft * 3 // 4
    frequency_hz, at_s, spectrum = signal.stft(white, sample_rate, nperseg=n_fft, noverlap=overlap)
    frame = np.minimum(np.round(at_s / CONTROL_S).astype(int), len(controls.voice) - 1)
    breath, hiss = controls.breath[frame], controls.hiss[frame]
    sounding = np.flatnonzero((breath > 1e-6) | (hiss > 1e-6))
    shape = np.zeros(spectrum.T.shape)
    kept = frame[sounding]
    tract = np.abs(
        tract_response(controls.formants_hz[kept], controls.nasal[kept], frequency_hz[None, :])
    )
    # Turbulence at the glottis has little below 500 Hz and, unlike the pulse, no tilt.
    turbulence = frequency_hz / np.hypot(frequency_hz, 1500.0)
    shape[sounding] = breath[sounding, None] * tract * turbulence
    octaves = np.log2(np.maximum(frequency_hz, 50.0)[None, :] / controls.hiss_hz[kept, None])
    shape[sounding] += hiss[sounding, None] * np.exp(-0.5 * (octaves / 0.35) ** 2)
    noise = signal.istft(spectrum * shape.T, sample_rate, nperseg=n_fft, noverlap=overlap)[1]
    return np.asarray(noise[: len(phase)])


def _at_samples(curve: np.ndarray, samples: int, sample_rate: int) -> np.ndarray:
    frame_s = np.arange(len(curve)) * CONTROL_S
    return np.interp(np.arange(samples) / sample_rate, frame_s, curve)
