"""Sung and spoken tracks of recorded syllables.

Composed voices are synthetic, and a network trained only on them does not recognise people.
Debian's `klettres-data` (GPL-2.0-or-later) has single letters and syllables, spoken by about twenty
people in as many languages: here they speak in rhythm, or sing with sustained vowels at the pitch
of notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from mixer.audio import probe, read_resampled_blocks
from mixer.dsp.blocks import FloatArray
from mixer.song.sound_features import RATE_HZ

SYLLABLES = Path("/usr/share/klettres")
TRACK_S = 24.0
_FEWEST_SYLLABLES, _MOST_SYLLABLES = 12, 80
_SCALE = np.array((0, 2, 3, 5, 7, 8, 10))
_VOICE_HZ = (80.0, 400.0)
_FADE = round(0.008 * RATE_HZ)


@dataclass(frozen=True)
class Syllable:
    """A recorded syllable of a speaker.

    Attributes:
        sound: float32 (samples,) at `RATE_HZ`, with a peak of 1.
        vowel: position in samples at which it is loudest and periodic; None if it is not periodic.
        period: pitch period at that position, in samples.
    """

    sound: NDArray[np.float32]
    vowel: int | None
    period: float


def speakers(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Recordings of each language's speaker, sorted by name."""
    for language in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(language.rglob("*.ogg"))
        if len(files) >= _FEWEST_SYLLABLES:
            yield language.name, files


def voice_tracks(
    files: Sequence[Path], n_tracks: int, rng: np.random.Generator
) -> Iterator[tuple[str, FloatArray]]:
    """Yield role and float32 (channels, samples) of each track of a speaker."""
    chosen = rng.permutation(len(files))[:_MOST_SYLLABLES]
    syllables = [syllable for place in chosen if (syllable := _syllable(files[place])) is not None]
    singable = [syllable for syllable in syllables if syllable.vowel is not None]
    for number in range(n_tracks):
        kind = number % 3
        if kind == 0 or not singable:
            yield "lead_vocal", _spoken(syllables, rng)[None]
        elif kind == 1:
            yield "lead_vocal", _sung(singable, _melody(rng), rng)[None]
        else:
            yield "backing_vocals", _choir(singable, rng)


def _syllable(path: Path) -> Syllable | None:
    # Not `read_audio`: a few files lack their last page, but the rest of them is usable.
    audio = np.concatenate(list(read_resampled_blocks(probe(path)[0], RATE_HZ)), axis=1)
    mono = audio.mean(axis=0)
    loud = np.flatnonzero(np.abs(mono) > 0.02 * np.abs(mono).max(initial=1e-9))
    if len(loud) < RATE_HZ // 10:
        return None
    sound = mono[loud[0] : loud[-1] + 1]
    sound = (sound / np.abs(sound).max()).astype(np.float32)
    n = 1024
    if len(sound) < 3 * n:
        return Syllable(sound, None, 0.0)
    smooth = scipy.signal.fftconvolve(np.square(sound), np.ones(n) / n, "same")
    place = int(np.argmax(smooth[n:-n])) + n
    frame = sound[place - n : place + n] * np.hanning(2 * n)
    lags = scipy.signal.fftconvolve(frame, frame[::-1])[2 * n - 1 :]
    low, high = (int(RATE_HZ / frequency_hz) for frequency_hz in reversed(_VOICE_HZ))
    lag = int(np.argmax(lags[low:high])) + low
    return Syllable(sound, place if lags[lag] > 0.4 * lags[0] else None, float(lag))


def _melody(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Start and length in seconds, and semitones above the lowest note, of a melody's notes."""
    beat_s = 60.0 / rng.uniform(70.0, 150.0)
    at_s, step, notes = float(rng.uniform(0.0, 1.0)), int(rng.integers(0, 8)), []
    while at_s < TRACK_S:
        length_s = beat_s * float(rng.choice((0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 4.0)))
        step = int(np.clip(step + rng.integers(-2, 3), 0, 9))
        notes.append(
            (at_s, length_s * rng.uniform(0.7, 1.0), 12.0 * (step // 7) + _SCALE[step % 7])
        )
        at_s += length_s + (beat_s * 4.0 if rng.random() < 0.12 else 0.0)
    return notes


def _spoken(syllables: Sequence[Syllable], rng: np.random.Generator) -> NDArray[np.float32]:
    """A track of one syllable after another, as in speech or rap."""
    track = np.zeros(round(TRACK_S * RATE_HZ), np.float32)
    speed = float(np.exp(rng.normal(0.0, 0.1)))
    at_s, grid_s = 0.0, float(rng.uniform(0.12, 0.3))
    while at_s < TRACK_S:
        sound = syllables[int(rng.integers(len(syllables)))].sound
        own = speed * float(np.exp(rng.normal(0.0, 0.04)))
        place = np.arange(0.0, len(sound) - 1, own)
        spoken = np.interp(place, np.arange(len(sound)), sound)[: round(0.5 * RATE_HZ)]
        _add(track, spoken * rng.uniform(0.5, 1.0), at_s)
        at_s += max(grid_s, 0.8 * len(spoken) / RATE_HZ)
        if rng.random() < 0.1:
            at_s += grid_s * float(rng.integers(2, 12))
    return track


def _sung(
    syllables: Sequence[Syllable],
    melody: Sequence[tuple[float, float, float]],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    track = np.zeros(round(TRACK_S * RATE_HZ), np.float32)
    # The lowest note has the speaker's own pitch, so that formants stay about where they were.
    own_hz = RATE_HZ / float(np.median([syllable.period for syllable in syllables]))
    lowest_hz = own_hz * 2.0 ** (rng.uniform(-4.0, 4.0) / 12.0)
    vibrato = rng.uniform(0.0, 0.03), rng.uniform(4.5, 6.5)
    for at_s, length_s, semitones in melody:
        syllable = syllables[int(rng.integers(len(syllables)))]
        pitch_hz = lowest_hz * 2.0 ** ((semitones + rng.normal(0.0, 0.15)) / 12.0)
        note = _held(syllable, length_s, pitch_hz, vibrato, rng)
        _add(track, note * rng.uniform(0.5, 1.0), at_s)
    return track


def _held(
    syllable: Syllable,
    length_s: float,
    pitch_hz: float,
    vibrato: tuple[float, float],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Sing a syllable on a note: its vowel repeated period by period, at the speed of the pitch."""
    assert syllable.vowel is not None
    n_out = round(length_s * RATE_HZ)
    depth, rate_hz = vibrato
    seconds = np.arange(n_out) / RATE_HZ
    bend = depth * np.sin(2.0 * np.pi * rate_hz * seconds) * np.minimum(seconds / 0.3, 1.0)
    glide = 0.06 * rng.normal() * np.exp(-seconds / 0.06)
    wobble = 0.004 * scipy.signal.lfilter([0.02], [1.0, -0.98], rng.standard_normal(n_out)) * 7.0
    speed = pitch_hz * syllable.period / RATE_HZ * (1.0 + bend + glide + wobble)
    place = np.cumsum(speed)
    source = _with_long_vowel(syllable, int(place[-1]) + 2)
    note = np.interp(place, np.arange(len(source)), source)
    fade = min(_FADE, n_out // 4)
    note[-fade:] *= np.linspace(1.0, 0.0, fade)
    return np.asarray(note)


def _with_long_vowel(syllable: Syllable, n_samples: int) -> NDArray[np.float64]:
    """Extend a syllable to `n_samples` by repeating a few periods of its vowel."""
    assert syllable.vowel is not None
    sound = syllable.sound.astype(np.float64)
    missing = n_samples - len(sound)
    loop = round(6 * syllable.period)
    start = max(0, min(syllable.vowel - loop, len(sound) - 2 * loop))
    if missing <= 0 or len(sound) < 2 * loop:
        return np.pad(sound, (0, max(0, missing)))
    fade = np.linspace(0.0, 1.0, loop)
    # Crossfade from the end of the repeated part to its beginning, so that it repeats without a
    # step.
    body = (
        sound[start + loop : start + 2 * loop] * (1.0 - fade) + sound[start : start + loop] * fade
    )
    repeats = -(-missing // loop)
    return np.concatenate([sound[: start + loop], np.tile(body, repeats), sound[start + loop :]])


def _choir(syllables: Sequence[Syllable], rng: np.random.Generator) -> FloatArray:
    """Two to four takes of a melody or of its harmony, at different pan positions."""
    melody = _melody(rng)
    takes = []
    for _ in range(int(rng.integers(2, 5))):
        shift = float(rng.choice((0.0, 0.0, 3.0, 4.0, 7.0, 12.0)))
        moved = [(at + abs(rng.normal(0.0, 0.02)), length, n + shift) for at, length, n in melody]
        takes.append(_sung(syllables, moved, rng))
    pans = rng.uniform(0.0, 1.0, len(takes))
    left = sum(np.sqrt(1.0 - pan) * take for pan, take in zip(pans, takes, strict=True))
    right = sum(np.sqrt(pan) * take for pan, take in zip(pans, takes, strict=True))
    return np.stack([left, right]).astype(np.float32)


def _add(track: NDArray[np.float32], sound: NDArray[np.floating], at_s: float) -> None:
    start = round(at_s * RATE_HZ)
    end = min(len(track), start + len(sound))
    if start < end:
        track[start:end] += sound[: end - start].astype(np.float32)
