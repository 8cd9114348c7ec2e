"""Singers, fast: the demo song's glottis and mouth, with the tract as a filter on short frames.

The pulse, the articulation and the vowels are `mixer.demo_song`'s. There each harmonic is summed
by itself; here a band-limited pulse is read from tables and filtered by the magnitude of the
moving tract, frame by frame, which is some ten times as fast and close enough for a data set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft

from mixer.demo_song.articulation import CONTROL_S, Articulation, articulate
from mixer.demo_song.lyric import Phrase, Syllable
from mixer.demo_song.phonemes import BANDWIDTHS_HZ, UPPER_FORMANTS_HZ
from mixer.demo_song.score import DemoSong
from mixer.demo_song.singer import (
    HARD_TILT_HZ,
    NASAL_BANDWIDTH_HZ,
    NASAL_POLE_HZ,
    NASAL_ZERO_SHIFT_HZ,
    SOFT_TILT_HZ,
    glottal_series,
)
from training.synthesis.score import Sheet
from training.synthesis.voice_part import SungPhrase

_HOP, _FRAME = 256, 512
_TABLE = 2048
_BRILLIANT_HZ = 4300.0
# A close microphone hears the teeth; by this the stem's level above 8 kHz comes up to that of
# real lead vocals.
_CLOSE_HISS = 2.8
_LONGEST_SONG_BARS = 10_000


@dataclass(frozen=True)
class Singer:
    """A singer.

    Attributes:
        size: how much shorter than a tenor's the vocal tract is; formants scale with it. Women's
            are about 15 % higher than men's (Hillenbrand et al. 1995).
        breathiness: factor on the noise of the glottis.
        roughness: 0 to 1, irregularity of the pulses, as in a scream.
        timing_spread_s: spread in seconds of the syllables' timing.
        detune_cents: spread of intonation in cents.
        brilliance_db: what stands above about 4 kHz beyond the cascade of formants, which stops
            short of the poles that a real tract goes on having (Fant's higher-pole correction),
            and what a close microphone adds.
    """

    size: float = 1.0
    breathiness: float = 1.0
    roughness: float = 0.0
    timing_spread_s: float = 0.012
    detune_cents: float = 6.0
    brilliance_db: float = 12.0


def sing(
    phrases: Sequence[SungPhrase],
    sheet: Sheet,
    singer: Singer,
    n_samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """A part as a singer sings it, float32 (samples,), level arbitrary."""
    if not phrases:
        return np.zeros(n_samples, np.float32)
    # A smaller singer is a tenor on a slow tape, played fast: everything scales with the tract.
    tape_rate = sample_rate / singer.size
    duration_s = n_samples / tape_rate
    song = _one_second_a_beat(duration_s)
    lyric = tuple(_as_lyric(phrase, sheet, singer, rng) for phrase in phrases)
    controls = articulate(lyric, song, rng)
    controls = replace(
        controls,
        f0_hz=controls.f0_hz * 2.0 ** (rng.normal(0.0, singer.detune_cents) / 1200.0),
        breath=controls.breath * singer.breathiness,
        hiss=controls.hiss * _CLOSE_HISS,
    )
    return _voice(controls, n_samples, tape_rate, singer, rng)


def _one_second_a_beat(duration_s: float) -> DemoSong:
    bars = min(_LONGEST_SONG_BARS, int(np.ceil(duration_s / 4.0)) + 1)
    return DemoSong("", "", 60.0, bars, (), ())


def _as_lyric(phrase: SungPhrase, sheet: Sheet, singer: Singer, rng: np.random.Generator) -> Phrase:
    late_s = float(rng.normal(0.0, singer.timing_spread_s))
    down = 12.0 * np.log2(singer.size)
    syllables = []
    for sung in phrase.syllables:
        jitter_s = late_s + float(rng.normal(0.0, 0.3 * singer.timing_spread_s))
        start_s = max(0.0, sheet.seconds(sung.beat) + jitter_s)
        stop_s = max(start_s + 0.08, sheet.seconds(sung.beat + sung.beats) + jitter_s)
        syllables.append(
            Syllable(
                start_s * singer.size,
                (stop_s - start_s) * singer.size,
                sung.midi - down,
                sung.onset,
                sung.vowel,
                sung.coda,
            )
        )
    return Phrase(phrase.effort, tuple(syllables))


def _voice(
    controls: Articulation,
    n_samples: int,
    sample_rate: float,
    singer: Singer,
    rng: np.random.Generator,
) -> np.ndarray:
    pulses, phase = _pulses(controls.f0_hz, n_samples, sample_rate, singer.roughness, rng)
    turbulence = rng.standard_normal(n_samples, np.float32)
    turbulence *= 1.0 + 0.6 * np.cos(2.0 * np.pi * phase)
    n_frames = n_samples // _HOP + 2
    at = np.minimum(
        np.round((np.arange(n_frames) - 1.0) * _HOP / sample_rate / CONTROL_S).astype(int),
        len(controls.voice) - 1,
    )
    at = np.maximum(at, 0)
    sounding = np.flatnonzero(
        (controls.voice[at] > 1e-5) | (controls.breath[at] > 1e-6) | (controls.hiss[at] > 1e-6)
    )
    voiced, noisy = _responses(controls, at[sounding], sample_rate, singer.brilliance_db)
    spectrum = _frames(pulses, sounding) * voiced
    spectrum += _frames(turbulence, sounding) * noisy
    return _overlap_add(spectrum, sounding, n_samples)


def _pulses(
    f0_hz: np.ndarray,
    n_samples: int,
    sample_rate: float,
    roughness: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The glottal wave, float32, and its phase in turns: a table for each half octave of pitch."""
    time_s = np.arange(n_samples) / sample_rate
    pitch_hz = np.interp(time_s, np.arange(len(f0_hz)) * CONTROL_S, f0_hz)
    if roughness > 0.0:
        slow = np.repeat(rng.standard_normal(n_samples // 128 + 2), 128)[:n_samples]
        pitch_hz *= 1.0 + 0.06 * roughness * slow
    phase = np.cumsum(pitch_hz / sample_rate)
    phase -= np.floor(phase)
    lowest = float(f0_hz.min())
    step = np.clip((2.0 * np.log2(pitch_hz / lowest)).astype(np.int64), 0, 9)
    tables = np.zeros((10, _TABLE + 1), np.float32)
    for index in range(int(step.max()) + 1):
        top_hz = lowest * 2.0 ** (0.5 * (index + 1))
        count = max(1, min(_TABLE // 4, int(0.47 * sample_rate / top_hz)))
        series = np.zeros(_TABLE // 2 + 1, np.complex128)
        series[1 : count + 1] = glottal_series(count)
        wave = np.fft.irfft(series) * _TABLE / 2.0
        tables[index] = np.append(wave, wave[0])
    position = phase * _TABLE
    whole = position.astype(np.int64)
    part = (position - whole).astype(np.float32)
    flat = tables.ravel()
    offset = step * (_TABLE + 1) + whole
    return flat[offset] * (1.0 - part) + flat[offset + 1] * part, phase.astype(np.float32)


def _responses(
    controls: Articulation, at: np.ndarray, sample_rate: float, brilliance_db: float
) -> tuple[np.ndarray, np.ndarray]:
    """Magnitudes of what the pulses and the noise go through, float32 (frames, bins) each."""
    frequency_hz = np.arange(_FRAME + 1, dtype=np.float32) * np.float32(0.5 * sample_rate / _FRAME)
    square = frequency_hz**2
    tract: np.ndarray = np.ones(len(frequency_hz), np.float32)
    for centre_hz, bandwidth_hz in zip(UPPER_FORMANTS_HZ, BANDWIDTHS_HZ[3:], strict=True):
        tract = tract / _resonance(np.asarray(centre_hz, np.float32), bandwidth_hz, square)
    tract = tract / _resonance(np.asarray(NASAL_POLE_HZ, np.float32), NASAL_BANDWIDTH_HZ, square)
    shelf = square**2 / (square**2 + np.float32(_BRILLIANT_HZ**4))
    tract = tract * (1.0 + (np.float32(10.0 ** (brilliance_db / 10.0)) - 1.0) * shelf)
    zero_hz = (NASAL_POLE_HZ + NASAL_ZERO_SHIFT_HZ * controls.nasal[at, None]).astype(np.float32)
    power = tract * _resonance(zero_hz, NASAL_BANDWIDTH_HZ, square)
    formants_hz = controls.formants_hz[at].astype(np.float32)
    for index in range(3):
        power /= _resonance(formants_hz[:, index, None], BANDWIDTHS_HZ[index], square)
    magnitude = np.sqrt(power)
    tilt_hz = SOFT_TILT_HZ * (HARD_TILT_HZ / SOFT_TILT_HZ) ** controls.effort[at, None]
    tilt = 1.0 / np.sqrt(1.0 + square / np.asarray(tilt_hz**2, np.float32))
    voiced = magnitude * tilt * controls.voice[at, None].astype(np.float32)
    # Turbulence at the glottis has little below 500 Hz and, unlike the pulse, no tilt.
    rise = frequency_hz / np.hypot(frequency_hz, np.float32(1500.0))
    noisy = magnitude * rise * controls.breath[at, None].astype(np.float32)
    hissing = np.flatnonzero(controls.hiss[at] > 1e-5)
    octaves = np.log2(np.maximum(frequency_hz, 50.0) / controls.hiss_hz[at[hissing], None]).astype(
        np.float32
    )
    hiss = controls.hiss[at[hissing], None].astype(np.float32)
    noisy[hissing] += hiss * np.exp(-0.5 * (octaves / np.float32(0.35)) ** 2)
    return voiced, noisy


def _resonance(centre_hz: np.ndarray, bandwidth_hz: float, square: np.ndarray) -> np.ndarray:
    """|denominator|^2 of a resonance at the squares of frequencies, 1 at 0 Hz."""
    size = centre_hz**2 + np.float32(0.25 * bandwidth_hz**2)
    return ((size - square) ** 2 + np.float32(bandwidth_hz**2) * square) / size**2


def _frames(sound: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Spectra of windowed frames, complex64 (frames, bins), zero-padded to twice their length."""
    padded = np.pad(sound, (_HOP, _FRAME + _HOP))
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    cut = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[frames * _HOP] * window
    return np.asarray(scipy.fft.rfft(cut, 2 * _FRAME, axis=1))


def _overlap_add(spectrum: np.ndarray, frames: np.ndarray, n_samples: int) -> np.ndarray:
    pieces = scipy.fft.irfft(spectrum, axis=1).astype(np.float32, copy=False)
    # A magnitude has no delay: what rings before the frame is at the end of the buffer.
    pieces = np.roll(pieces, _FRAME // 2, axis=1)
    n_frames = n_samples // _HOP + 2
    out = np.zeros((n_frames + 4, _HOP), np.float32)
    for quarter in range(2 * _FRAME // _HOP):
        out[frames + quarter] += pieces[:, quarter * _HOP : (quarter + 1) * _HOP]
    start = _HOP + _FRAME // 2
    sound = out.ravel()[start : start + n_samples]
    return np.pad(sound, (0, n_samples - len(sound)))
