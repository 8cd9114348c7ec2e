"""The singers of a song: a lead voice, possibly doubled, and possibly backing vocals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.synthesis.drum_session import Recorded
from training.synthesis.genres import Genre
from training.synthesis.players.voice import Singer, sing
from training.synthesis.score import Sheet
from training.synthesis.voice_part import SungPhrase, harmonised, oohs, write_voice

_LOUD_ENERGY = 0.7
# Low and high voices: relative size of the vocal tract, and range in MIDI notes.
_LOW, _HIGH = (0.98, (43, 62)), (1.16, (53, 72))
_HARMONIES = (4, -4, 7, -8)


def record_voices(
    genre: Genre, sheet: Sheet, n_samples: int, sample_rate: int, rng: np.random.Generator
) -> list[Recorded]:
    """Vocal tracks: (name, role, audio, is_stereo), float32 (samples,) or (2, samples)."""
    writer, lead_rng, double_rng, backing_rng = rng.spawn(4)
    size, range_midi = _HIGH if rng.random() < 0.5 else _LOW
    shift = int(rng.integers(-2, 3))
    range_midi = (range_midi[0] + shift, range_midi[1] + shift)
    is_screamed = genre.vocal == "screamed"
    singer = Singer(
        size=size * float(np.exp(rng.normal(0.0, 0.03))),
        breathiness=float(np.exp(rng.normal(0.7, 0.5))) * (2.5 if is_screamed else 1.0),
        roughness=float(rng.uniform(0.4, 1.0)) if is_screamed else 0.0,
        brilliance_db=float(rng.normal(13.0, 2.5)),
    )
    phrases = write_voice(sheet, genre.vocal, range_midi, writer)
    if not phrases:
        # A song too short for a verse still has a singer, on vowels.
        phrases = oohs(sheet, 0.0, range_midi, writer)
    lead = sing(phrases, sheet, singer, n_samples, sample_rate, lead_rng)
    lead_name = {"rap": "Rap Lead", "screamed": "Scream Lead"}.get(genre.vocal, "Lead Vox")
    tracks: list[Recorded] = [(lead_name, "lead_vocal", _strained(lead, singer), False)]
    loud = [p for p in phrases if _energy(p, sheet) >= _LOUD_ENERGY] or phrases[-1:]
    if rng.random() < genre.double_chance:
        looser = replace(singer, timing_spread_s=0.02, detune_cents=10.0)
        two = rng.random() < 0.4
        for name in ("Vox Dbl L", "Vox Dbl R") if two else ("Vox Dbl",):
            take = sing(loud, sheet, looser, n_samples, sample_rate, double_rng)
            tracks.append((name, "vocal_double", _strained(take, singer), False))
    if rng.random() < genre.backing_chance:
        tracks += _backing(sheet, loud, range_midi, n_samples, sample_rate, backing_rng)
    return tracks


def _backing(
    sheet: Sheet,
    loud: list[SungPhrase],
    range_midi: tuple[int, int],
    n_samples: int,
    sample_rate: int,
    rng: np.random.Generator,
) -> list[Recorded]:
    """Harmonies sung on the words, one track each, or a stereo choir on vowels."""
    tracks: list[Recorded] = []
    wide = (range_midi[0] - 5, range_midi[1] + 4)
    if rng.random() < 0.65:
        shifts = rng.choice(_HARMONIES, int(rng.integers(1, 3)), replace=False)
        for number, shift in enumerate(int(s) for s in shifts):
            who = Singer(size=float(rng.uniform(0.97, 1.2)), timing_spread_s=0.02, detune_cents=9.0)
            line = harmonised(loud, sheet, shift, wide)
            audio = sing(line, sheet, who, n_samples, sample_rate, rng)
            tracks.append((f"BV {number + 1}", "backing_vocals", audio, False))
    else:
        choir = np.zeros((2, n_samples), np.float32)
        for place in (-0.7, 0.7, 0.0):
            who = Singer(
                size=float(rng.uniform(0.97, 1.2)), timing_spread_s=0.03, detune_cents=10.0
            )
            line = oohs(sheet, _LOUD_ENERGY, wide, rng)
            voice = sing(line, sheet, who, n_samples, sample_rate, rng)
            angle = (place + 1.0) * np.pi / 4.0
            choir[0] += np.float32(np.cos(angle)) * voice
            choir[1] += np.float32(np.sin(angle)) * voice
        tracks.append(("BV Oohs", "backing_vocals", choir, True))
    return tracks


def _energy(phrase: SungPhrase, sheet: Sheet) -> float:
    bar = int(phrase.syllables[0].beat // sheet.beats_per_bar)
    inside = [s for s in sheet.sections if s.first_bar <= bar < s.first_bar + s.n_bars]
    return inside[0].energy if inside else 0.0


def _strained(voice: np.ndarray, singer: Singer) -> np.ndarray:
    """Distort a screaming voice as the throat does."""
    if singer.roughness == 0.0:
        return voice
    level = float(np.sqrt(np.mean(voice**2))) or 1.0
    return np.asarray(np.tanh((1.0 + 2.0 * singer.roughness) * voice / (3.0 * level)), np.float32)
