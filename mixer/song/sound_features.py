"""Features of a recording's sound, independent of its level, in about two hundred numbers.

Tonal or noisy, how strong and how steady its pitch is, how fast it starts and how soon it is gone,
where its power lies and how that moves: what tells a kick from a bass and a voice from a guitar.
Training and rendering listen by this same code.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, power_to_db
from mixer.dsp.erb_bands import band_centres_hz, band_weights
from mixer.dsp.fourier import dct, irfft, rfft
from mixer.dsp.running import running_mean

RATE_HZ = 22_050
EXCERPT_S, N_EXCERPTS = 1.2, 16
# The loudest of them are looked at: a track that rests says nothing.
_N_KEPT = 10
# Below this mean power an excerpt is silence: -80 dBFS.
_SILENCE = 1e-8
# Anything louder is a damaged file: float audio in the scale of 32-bit integers reaches 2e9.
_LOUDEST = 1e10
# Fine spectra of 93 ms tell partials apart; short ones of 12 ms show a beater.
_N_FFT, _HOP = 2048, 512
_N_SHORT, _SHORT_HOP = 256, 128
_SHORT_RATE_HZ = RATE_HZ / _SHORT_HOP
# Frames further below the loudest are not the instrument's any more.
_ACTIVE_WITHIN_DB = 40.0
_N_BANDS, _N_CEPSTRA = 40, 14
_REGIONS_HZ = ((40.0, 250.0), (250.0, 1_000.0), (1_000.0, 4_000.0), (4_000.0, 11_000.0))
_ENVELOPES_HZ = ((0.0, 11_025.0), (0.0, 200.0), (200.0, 2_500.0), (2_500.0, 11_025.0))
_MODULATIONS_HZ = ((0.8, 3.0), (3.0, 6.0), (6.0, 12.0), (12.0, 25.0), (25.0, 60.0))
_LONGEST_LAG, _SHORTEST_LAG = RATE_HZ // 40, RATE_HZ // 1_000
_PITCHED, _CLEARLY_PITCHED = 0.5, 0.8
_ONSET_DB = 9.0
# After an onset, in short frames: 46, 105 and 209 ms.
_DECAY_FRAMES = (8, 18, 36)

_GOLDEN = 0.6180339887

Floats = NDArray[np.floating[Any]]


def excerpt_starts_s(duration_s: float, shift: float = 0.5) -> list[float]:
    """Starts of excerpts, spread over a recording without coinciding with bar lines for long.

    Args:
        duration_s: of the recording.
        shift: 0 to 1, other places.
    """
    room_s = max(0.0, duration_s - EXCERPT_S)
    return [
        room_s * share for share in sorted((shift + n * _GOLDEN) % 1.0 for n in range(N_EXCERPTS))
    ]


def describe_sound(excerpts: FloatArray) -> NDArray[np.float32] | None:
    """Features of a recording's sound.

    Args:
        excerpts: float32 (excerpts, channels, samples) at `RATE_HZ`, mono or stereo, each of about
            `EXCERPT_S`, from all over the recording.

    Returns:
        float32 (features,), each about -4 to 4; None for silence and for what is not audio.
    """
    if not np.abs(excerpts).max(initial=0.0) < _LOUDEST:  # NaN among them
        return None
    mid = excerpts.mean(axis=1, dtype=np.float32)
    side = excerpts[:, 0] - mid
    power = np.square(mid).mean(axis=1) + np.square(side).mean(axis=1)
    if power.max(initial=0.0) < _SILENCE:
        return None
    loudest = np.sort(np.argsort(-power, kind="stable")[:_N_KEPT])
    level_db = _db(power / power.max(), -60.0)
    # A recording that is all side is heard by its side.
    total = mid if np.square(mid).sum() > 0.01 * power.sum() * mid.shape[1] else side
    kept = total[loudest] / np.float32(np.sqrt(np.square(total[loudest]).mean()) + 1e-12)
    spectra = _power_spectra(kept, _N_FFT, _HOP)
    features = [
        *_shape(spectra),
        *_tonality(spectra),
        *_pitch(spectra),
        *_movement(kept),
        *_width(mid[loudest], side[loudest]),
        2.0 * float((level_db > -_ACTIVE_WITHIN_DB).mean()) - 1.0,
        float(level_db.std()) / 10.0 - 1.0,
        float(excerpts.shape[1] == 1),
    ]
    return np.clip(np.array(features), -4.0, 4.0).astype(np.float32)


def _power_spectra(audio: FloatArray, n_fft: int, hop: int) -> NDArray[np.float32]:
    """(excerpts, frames, bins) of mono (excerpts, samples), Hann-windowed."""
    frames = np.lib.stride_tricks.sliding_window_view(audio, n_fft, axis=-1)[:, ::hop]
    spectra = rfft(frames * _hann(n_fft), axis=-1)
    return np.square(spectra.real) + np.square(spectra.imag)


def _shape(spectra: NDArray[np.float32]) -> list[float]:
    """Where the power is in all, and how its distribution over hearing's bands moves."""
    weights = _bands()
    bands = spectra @ weights.T
    total = bands.sum(axis=-1)
    active = total > 10.0 ** (-_ACTIVE_WITHIN_DB / 10.0) * total.max()
    mean = bands[active].mean(axis=0, dtype=np.float64)
    spectrum_db = _db(mean / mean.sum(), -60.0)
    coarse = spectrum_db[: len(spectrum_db) // 2 * 2].reshape(-1, 2).mean(axis=1)
    log_db = _db(bands / (bands.max() + 1e-20), -90.0)
    cepstra = dct(log_db)[..., 1 : _N_CEPSTRA + 1]
    steps = np.abs(np.diff(cepstra, axis=1))[active[:, 1:] & active[:, :-1]]
    step = steps.mean(axis=0) if len(steps) else np.zeros(_N_CEPSTRA)
    centroid = _centroids(bands[active])
    return [
        *(coarse / 15.0 + 1.5),
        *(cepstra[active].mean(axis=0) / 30.0),
        *(cepstra[active].std(axis=0) / 15.0 - 1.0),
        *(step / 8.0 - 1.0),
        *(np.percentile(centroid, (10.0, 50.0, 90.0)) / 9.0 - 2.0),
        2.0 * float(active.mean()) - 1.0,
    ]


def _centroids(bands: Floats) -> Floats:
    """The middle of the power of each frame, in bands."""
    place = np.arange(bands.shape[1])
    return np.asarray((bands @ place) / (bands.sum(axis=1) + 1e-20))


def _tonality(spectra: NDArray[np.float32]) -> list[float]:
    """Lines or noise in four regions, and whether the lines stay from frame to frame."""
    total = spectra.sum(axis=-1)
    logs = np.log(spectra + 1e-9 * total.max())
    figures: list[float] = []
    for low_hz, high_hz in _REGIONS_HZ:
        place = slice(int(low_hz * _N_FFT / RATE_HZ), int(high_hz * _N_FFT / RATE_HZ))
        power = spectra[..., place].mean(axis=-1)
        flatness = logs[..., place].mean(axis=-1) - np.log(power + 1e-9 * total.max())
        weight = np.sqrt(power) + 1e-12
        mean = float((flatness * weight).sum() / weight.sum())
        spread = float((np.square(flatness - mean) * weight).sum() / weight.sum())
        lines = logs[..., place]
        lines = lines - running_mean(lines, 15)
        # Frames that share no sample.
        after = _N_FFT // _HOP
        one, two = lines[:, :-after], lines[:, after:]
        like = (one * two).sum(axis=-1)
        like /= np.sqrt(np.square(one).sum(axis=-1) * np.square(two).sum(axis=-1)) + 1e-9
        pair = np.sqrt(weight[:, :-after] * weight[:, after:])
        stays = float((like * pair).sum() / pair.sum())
        figures += [mean / 2.0 + 1.0, np.sqrt(spread) - 1.0, 3.0 * stays - 1.0]
    return figures


def _pitch(spectra: NDArray[np.float32]) -> list[float]:
    """Strength, height and steadiness of the pitch, by the autocorrelation of each frame."""
    total = spectra.sum(axis=-1)
    active = total > 10.0 ** (-_ACTIVE_WITHIN_DB / 10.0) * total.max()
    lags = irfft(spectra, axis=-1)[..., : _LONGEST_LAG + 2]
    lags /= (lags[..., :1] + 1e-20) * _window_lags()
    lag, strength = _first_high_peaks(lags)
    strength = np.clip(strength, 0.0, 1.0)
    semitones = 12.0 * np.log2(RATE_HZ / lag / 40.0)
    voiced = active & (strength > _PITCHED)
    steps = np.diff(semitones, axis=1)[voiced[:, 1:] & voiced[:, :-1]]
    near = steps[np.abs(steps) < 3.0]
    heights = semitones[voiced] if voiced.any() else np.array([-12.0])
    shares = [(np.abs(near) < limit).mean() if len(near) else 0.0 for limit in (0.05, 0.15, 0.5)]
    return [
        *(4.0 * np.percentile(strength[active], (10.0, 30.0, 50.0, 70.0, 90.0)) - 2.0),
        4.0 * float((strength[active] > _CLEARLY_PITCHED).mean()) - 2.0,
        4.0 * float(voiced.sum() / active.sum()) - 2.0,
        *(np.percentile(heights, (10.0, 50.0, 90.0)) / 12.0 - 2.0),
        float(heights.std()) / 6.0 - 1.0,
        *(4.0 * np.array(shares) - 2.0),
        4.0 * (len(near) / max(len(steps), 1)) - 2.0,
        2.0 * float(near.mean()) if len(near) else 0.0,
    ]


def _first_high_peaks(lags: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """The shortest lag whose peak is nearly the highest, refined by a parabola, and its height."""
    inner = lags[..., _SHORTEST_LAG : _LONGEST_LAG + 1]
    before = lags[..., _SHORTEST_LAG - 1 : _LONGEST_LAG]
    after = lags[..., _SHORTEST_LAG + 1 : _LONGEST_LAG + 2]
    peaks = np.where((inner >= before) & (inner >= after), inner, 0.0)
    place = np.argmax(peaks >= 0.9 * peaks.max(axis=-1, keepdims=True), axis=-1)[..., None]
    here, left, right = (np.take_along_axis(x, place, -1)[..., 0] for x in (inner, before, after))
    bend = left - 2.0 * here + right
    shift = np.where(bend < -1e-9, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0)
    return place[..., 0] + _SHORTEST_LAG + np.clip(shift, -0.5, 0.5), here


def _movement(audio: FloatArray) -> list[float]:
    """Starts, ends and modulation of the level, in all and in three regions."""
    spectra = _power_spectra(audio, _N_SHORT, _SHORT_HOP)
    figures: list[float] = []
    for low_hz, high_hz in _ENVELOPES_HZ:
        place = slice(
            int(low_hz * _N_SHORT / RATE_HZ), int(np.ceil(high_hz * _N_SHORT / RATE_HZ)) + 1
        )
        power = spectra[..., place].sum(axis=-1, dtype=np.float64)
        figures += _envelope(power / (power.max() + 1e-20))
    return figures


def _envelope(power: Floats) -> list[float]:
    level_db = _db(power, -70.0)
    floor = level_db.max() - 50.0
    heard = np.maximum(level_db, floor)
    rises = heard[:, 3:] - heard[:, :-3]
    onsets = _onsets(heard)
    seconds = power.size / _SHORT_RATE_HZ
    falls = _falls(heard, onsets)
    return [
        *(2.0 * (level_db > -below_db).mean() - 1.0 for below_db in (10.0, 20.0, 40.0)),
        _db(power.mean(), -40.0) / 8.0 + 2.0,
        *(np.percentile(rises, (90.0, 97.0, 99.5)) / 12.0 - 1.0),
        len(onsets) / seconds / 4.0 - 1.0,
        *(falls / 12.0 + 1.0),
        *_modulation(np.sqrt(power)),
    ]


def _onsets(level_db: Floats) -> NDArray[np.intp]:
    """(onsets, 2): excerpt and frame of the top of each sudden rise."""
    rise = level_db[:, 3:] - level_db[:, :-3]
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(rise, ((0, 0), (6, 6)), constant_values=-1.0), 13, axis=-1
    ).max(axis=-1)
    loud = level_db[:, 3:] > level_db.max() - 25.0
    found = np.argwhere((rise >= around) & (rise > _ONSET_DB) & loud)
    found[:, 1] += 3
    return found


def _falls(level_db: Floats, onsets: NDArray[np.intp]) -> Floats:
    """How far the level stands below an onset's top later, in dB, mean; 0 without onsets."""
    last = level_db.shape[1] - 1 - _DECAY_FRAMES[-1]
    onsets = onsets[onsets[:, 1] <= last]
    if not len(onsets):
        return np.full(len(_DECAY_FRAMES), 0.0)
    excerpt, frame = onsets.T
    top = np.max([level_db[excerpt, np.minimum(frame + i, last)] for i in range(5)], axis=0)
    return np.array([np.mean(level_db[excerpt, frame + n] - top) for n in _DECAY_FRAMES])


def _modulation(amplitude: Floats) -> list[float]:
    """Power of the envelope's movement in five ranges, against its mean, in dB."""
    n = amplitude.shape[1]
    moving = amplitude - amplitude.mean(axis=1, keepdims=True)
    spectrum = np.abs(rfft(moving * np.hanning(n), axis=1)) ** 2
    frequency_hz = np.arange(spectrum.shape[1]) * _SHORT_RATE_HZ / n
    reference = np.square(amplitude.mean(axis=1)).sum() * n * n / 8.0 + 1e-20
    return [
        float(_db(spectrum[:, (frequency_hz >= low) & (frequency_hz < high)].sum() / reference,
                  -60.0)) / 10.0 + 1.0
        for low, high in _MODULATIONS_HZ
    ]  # fmt: skip


def _width(mid: FloatArray, side: FloatArray) -> list[float]:
    """Side against middle in dB in three regions."""
    figures = []
    powers = [_power_spectra(x, _N_FFT, 4 * _HOP).sum(axis=(0, 1)) for x in (mid, side)]
    for low_hz, high_hz in _ENVELOPES_HZ[1:]:
        place = slice(int(low_hz * _N_FFT / RATE_HZ), int(high_hz * _N_FFT / RATE_HZ))
        of_mid, of_side = (float(power[place].sum(dtype=np.float64)) for power in powers)
        ratio_db = 10.0 * np.log10((of_side + 1e-12) / (of_mid + 1e-12))
        figures.append(float(np.clip(ratio_db, -40.0, 10.0)) / 15.0 + 1.0)
    return figures


def _db(power: Any, floor_db: float) -> Any:
    return power_to_db(power, 10.0 ** (floor_db / 10.0))


@cache
def _hann(length: int) -> NDArray[np.float32]:
    return np.hanning(length + 1)[:-1].astype(np.float32)


@cache
def _bands() -> NDArray[np.float32]:
    """(bands, bins): those whose centre lies below half the rate."""
    below = int((band_centres_hz(_N_BANDS) < RATE_HZ / 2).sum())
    return band_weights(_N_BANDS, _N_FFT, RATE_HZ)[:below]


@cache
def _window_lags() -> NDArray[np.float32]:
    """The window's own autocorrelation, wrapped as the frames' is, from 1 at no lag."""
    power = np.square(np.abs(rfft(_hann(_N_FFT).astype(np.float64))))
    lags = irfft(power)[: _LONGEST_LAG + 2]
    return (lags / lags[0]).astype(np.float32)
