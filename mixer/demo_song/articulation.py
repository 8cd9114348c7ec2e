"""Smooth curves of pitch, mouth and breath over time, made from the vocal part."""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from mixer.demo_song.lyric import Phrase, Syllable
from mixer.demo_song.phonemes import (
    BURST,
    BURST_S,
    CONSONANT_S,
    CONSONANTS,
    DIPHTHONGS,
    INHALE,
    REST,
    VOWELS,
    Phoneme,
)
from mixer.demo_song.score import DemoSong, midi_to_hz

CONTROL_S = 0.003
# How fast each part of the body moves (full width of the smoothing window).
TONGUE_S, GLOTTIS_S, TEETH_S, PITCH_S = 0.08, 0.03, 0.012, 0.11
BREATH_S, SHORTEST_BREATH_S, BREATH_HOLD_S = 0.3, 0.12, 0.04
VIBRATO_HZ, VIBRATO_CENTS = 5.4, 38.0
VIBRATO_WAIT_S, VIBRATO_SWELL_S = 0.28, 0.4
SCOOP_CENTS, SCOOP_S = -90.0, 0.05
DRIFT_CENTS, JITTER_CENTS = 6.0, 3.0
# Loudness between the softest and the hardest phrase: dry voices are this uneven.
EFFORT_RANGE_DB = 16.0
LONGEST_TAPER_S, SWELL_FROM_S, SWELL = 0.3, 0.5, 0.25


@dataclass(frozen=True)
class Gesture:
    """One sound held from `start_s` to `stop_s`, gliding to `towards` if that is given."""

    start_s: float
    stop_s: float
    phoneme: Phoneme
    effort: float
    towards: Phoneme | None = None


@dataclass(frozen=True)
class Articulation:
    """Control curves, one value each `CONTROL_S`: all `(frames,)`, formants `(frames, 3)`."""

    f0_hz: np.ndarray
    formants_hz: np.ndarray
    voice: np.ndarray
    breath: np.ndarray
    hiss: np.ndarray
    hiss_hz: np.ndarray
    nasal: np.ndarray
    effort: np.ndarray


def articulate(lyric: tuple[Phrase, ...], song: DemoSong, rng: np.random.Generator) -> Articulation:
    """The control curves of `lyric` over the whole of `song`."""
    frames = round(song.duration_s / CONTROL_S) + 1
    gestures: list[Gesture] = []
    for phrase in lyric:
        earliest_s = gestures[-1].stop_s if gestures else 0.0
        gestures += _phrase_gestures(phrase, earliest_s, song)
    curves = _step_curves(gestures, frames)
    loudness = 10.0 ** (EFFORT_RANGE_DB * (_smooth(curves["effort"], 0.15) - 1.0) / 20.0)
    support = _breath_support(lyric, song, frames)
    shimmer = 10.0 ** (_wander(frames, 0.5, 8.0, rng) / 20.0)
    return Articulation(
        f0_hz=_pitch_curve(lyric, song, frames, rng),
        formants_hz=np.stack([_smooth(curves[f"f{n}"], TONGUE_S) for n in (1, 2, 3)], axis=-1),
        voice=_smooth(curves["voice"] * support, GLOTTIS_S) * loudness * shimmer,
        breath=_smooth(curves["breath"] * support, GLOTTIS_S) * loudness,
        hiss=_smooth(curves["hiss"], TEETH_S) * loudness,
        hiss_hz=_smooth(curves["hiss_hz"], GLOTTIS_S),
        nasal=_smooth(curves["nasal"], GLOTTIS_S),
        effort=_smooth(curves["effort"], 0.15),
    )


def _phrase_gestures(phrase: Phrase, earliest_s: float, song: DemoSong) -> list[Gesture]:
    """A breath in (after `earliest_s`), then every sound end to end; vowels start on their beat."""
    gestures: list[Gesture] = []
    first = phrase.syllables[0]
    start_s = first.beat * song.beat_s - sum(CONSONANT_S[name] for name in first.onset)
    breath_stop_s = start_s - BREATH_HOLD_S
    breath_start_s = max(earliest_s + BREATH_HOLD_S, breath_stop_s - BREATH_S)
    if breath_stop_s - breath_start_s >= SHORTEST_BREATH_S:
        gestures.append(Gesture(breath_start_s, breath_stop_s, INHALE, phrase.effort))
    following = (*phrase.syllables[1:], None)
    for syllable, after in zip(phrase.syllables, following, strict=True):
        # The phrase opens, blooms on its highest notes and tapers towards its end.
        effort = phrase.effort + 0.015 * (syllable.midi - 57) - (0.08 if after is None else 0.0)
        stop_s = (syllable.beat + syllable.beats) * song.beat_s
        if after is not None:
            stop_s = after.beat * song.beat_s - sum(CONSONANT_S[name] for name in after.onset)
        gestures += _syllable_gestures(syllable, stop_s, effort, song)
    return gestures


def _syllable_gestures(
    syllable: Syllable, stop_s: float, effort: float, song: DemoSong
) -> list[Gesture]:
    on_beat_s = syllable.beat * song.beat_s
    gestures: list[Gesture] = []
    at_s = on_beat_s - sum(CONSONANT_S[name] for name in syllable.onset)
    for name in syllable.onset:
        gestures += _consonant(name, at_s, effort)
        at_s += CONSONANT_S[name]
    vowel_stop_s = stop_s - sum(CONSONANT_S[name] for name in syllable.coda)
    first, second = DIPHTHONGS.get(syllable.vowel, (syllable.vowel, None))
    gestures.append(
        Gesture(at_s, vowel_stop_s, VOWELS[first], effort, VOWELS[second] if second else None)
    )
    for name in syllable.coda:
        gestures += _consonant(name, vowel_stop_s, effort)
        vowel_stop_s += CONSONANT_S[name]
    return gestures


def _consonant(name: str, at_s: float, effort: float) -> list[Gesture]:
    stop_s = at_s + CONSONANT_S[name]
    if name != "D":
        return [Gesture(at_s, stop_s, CONSONANTS[name], effort)]
    release_s = stop_s - BURST_S
    return [
        Gesture(at_s, release_s, CONSONANTS[name], effort),
        Gesture(release_s, stop_s, BURST, effort),
    ]


def _step_curves(gestures: list[Gesture], frames: int) -> dict[str, np.ndarray]:
    """Each quantity as steps and glides, still to be smoothed; between phrases the mouth waits."""
    names = ("f1", "f2", "f3", "voice", "breath", "hiss", "hiss_hz", "nasal", "effort")
    rest = (*REST.formants_hz, 0.0, 0.0, 0.0, REST.hiss_hz, 0.0, gestures[0].effort)
    curves = {name: np.full(frames, value) for name, value in zip(names, rest, strict=True)}
    for gesture in gestures:
        start, stop = (round(t / CONTROL_S) for t in (gesture.start_s, gesture.stop_s))
        span = slice(max(0, start), max(0, stop))
        # A diphthong dwells on its first vowel and moves in the last third.
        at = (np.arange(start, stop) - start) / max(1, stop - start)
        glide = np.clip((at - 0.55) / 0.4, 0.0, 1.0)[max(0, -start) :]
        for index in range(3):
            here = gesture.phoneme.formants_hz[index]
            there = (gesture.towards or gesture.phoneme).formants_hz[index]
            curves[f"f{index + 1}"][span] = here + (there - here) * glide
            # After a phrase the mouth stays as it is until it prepares the next sound.
            curves[f"f{index + 1}"][max(0, stop) :] = there
        for name in ("voice", "breath", "hiss", "hiss_hz", "nasal"):
            curves[name][span] = getattr(gesture.phoneme, name)
        curves["effort"][start:] = gesture.effort
    return curves


def _breath_support(lyric: tuple[Phrase, ...], song: DemoSong, frames: int) -> np.ndarray:
    """Gain of the lungs: a long note swells in its middle, the last one of a phrase dies away."""
    t_s = np.arange(frames) * CONTROL_S
    support = np.ones(frames)
    for phrase in lyric:
        for syllable in phrase.syllables:
            start_s, long_s = syllable.beat * song.beat_s, syllable.beats * song.beat_s
            if long_s >= SWELL_FROM_S:
                at = np.clip((t_s - start_s) / long_s, 0.0, 1.0)
                support *= 1.0 + SWELL * np.sin(np.pi * at) ** 2
        taper_s = min(LONGEST_TAPER_S, 0.4 * long_s)
        left = np.clip((start_s + long_s - t_s) / taper_s, 0.0, 1.0)
        fading = (t_s >= start_s) & (t_s <= start_s + long_s)
        support[fading] *= np.sin(0.5 * np.pi * left[fading]) ** 1.5
    return support


def _pitch_curve(
    lyric: tuple[Phrase, ...], song: DemoSong, frames: int, rng: np.random.Generator
) -> np.ndarray:
    """Fundamental in Hz: notes joined by portamento, a scoop into each phrase, late vibrato."""
    t_s = np.arange(frames) * CONTROL_S
    syllables = [syllable for phrase in lyric for syllable in phrase.syllables]
    midi = np.full(frames, float(syllables[0].midi))
    cents = np.zeros(frames)
    for syllable in syllables:
        on_s = syllable.beat * song.beat_s
        # The slide is under way during the consonant, so that the vowel lands on the note.
        midi[t_s >= on_s - 0.05] = syllable.midi
        long_s = syllable.beats * song.beat_s
        depth = np.clip((t_s - on_s - VIBRATO_WAIT_S) / VIBRATO_SWELL_S, 0.0, 1.0)
        inside = (t_s >= on_s) & (t_s < on_s + long_s)
        rate_hz = VIBRATO_HZ * (1.0 + rng.normal(0.0, 0.03))
        cents += inside * depth * VIBRATO_CENTS * np.sin(2.0 * np.pi * rate_hz * (t_s - on_s))
    for phrase in lyric:
        since_s = t_s - phrase.syllables[0].beat * song.beat_s
        started = since_s > -0.2
        cents += np.where(started, SCOOP_CENTS * np.exp(-np.maximum(since_s, 0.0) / SCOOP_S), 0.0)
    cents = _smooth(cents, 0.03)
    cents += _wander(frames, DRIFT_CENTS, 1.5, rng) + _wander(frames, JITTER_CENTS, 25.0, rng)
    return np.asarray(midi_to_hz(0.0) * 2.0 ** ((_smooth(midi, PITCH_S) + cents / 100.0) / 12.0))


def _smooth(curve: np.ndarray, window_s: float) -> np.ndarray:
    """`curve` through a Hann window of unit sum, its ends held."""
    length = max(3, 2 * round(0.5 * window_s / CONTROL_S) + 1)
    window = signal.windows.hann(length + 2)[1:-1]
    padded = np.pad(curve, length // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), "valid")


def _wander(frames: int, spread: float, cutoff_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Slow random motion of standard deviation `spread` below `cutoff_hz`: nobody holds still."""
    sos = signal.butter(2, cutoff_hz, fs=1.0 / CONTROL_S, output="sos")
    path = signal.sosfilt(sos, rng.standard_normal(frames))
    return spread * path / np.std(path)
