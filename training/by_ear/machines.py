"""Electronic tracks: synthesisers with random patches, and sampled sounds in patterns.

Composed songs have only a dozen patches and kits, while electronic producers vary every parameter.
The samples are those of Debian's `sonic-pi-samples` (CC0): single strokes, bass notes, loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.audio import read_audio
from mixer.dsp.blocks import FloatArray
from mixer.song.sound_features import RATE_HZ
from training.synthesis.humanise import PlayedNote
from training.synthesis.players.synth import Patch, play_synth

SAMPLES = Path("/usr/share/sonic-pi/samples")
TRACK_S = 24.0
# Lowest note, and ranges of the envelope (attack_s, decay_s, sustain, release_s).
_SYNTH_KINDS = {
    "lead_synth": ((48, 72), ((0.003, 0.03), (0.1, 0.6), (0.2, 0.9), (0.05, 0.4))),
    "arp": ((43, 72), ((0.002, 0.006), (0.05, 0.3), (0.0, 0.2), (0.05, 0.3))),
    "pad": ((43, 60), ((0.1, 0.8), (0.5, 2.0), (0.6, 1.0), (0.3, 1.5))),
    "bass": ((26, 38), ((0.002, 0.02), (0.1, 0.6), (0.1, 0.9), (0.03, 0.2))),
}
_MINOR = np.array((0, 3, 5, 7, 10))
# Prefixes of the samples' names, and the role of a track made from them.
_SAMPLED_ROLES = {
    "bd_": "kick", "drum_bass": "kick", "drum_heavy_kick": "kick", "elec_hollow_kick": "kick",
    "elec_soft_kick": "kick", "sn_": "snare", "drum_snare": "snare", "elec_snare": "snare",
    "elec_hi_snare": "snare", "elec_mid_snare": "snare", "elec_lo_snare": "snare",
    "elec_filt_snare": "snare", "drum_cymbal_closed": "hihat", "drum_cymbal_pedal": "hihat",
    "drum_cymbal_open": "hihat", "elec_cymbal": "hihat", "drum_cymbal_hard": "cymbals",
    "drum_cymbal_soft": "cymbals", "drum_splash": "cymbals", "drum_tom": "toms",
    "elec_fuzz_tom": "toms", "tabla_": "percussion", "drum_cowbell": "percussion",
    "perc_snap": "percussion", "elec_wood": "percussion", "loop_amen": "drum_loop",
    "loop_breakbeat": "drum_loop", "loop_compus": "drum_loop", "loop_industrial": "drum_loop",
    "loop_mika": "drum_loop", "loop_safari": "drum_loop", "loop_tabla": "drum_loop",
    "loop_perc": "drum_loop", "loop_electric": "drum_loop", "bass_": "bass",
    "guit_": "electric_guitar", "ambi_": "fx", "elec_bell": "keys", "elec_chime": "keys",
    "elec_ping": "arp", "elec_beep": "arp", "elec_blip": "arp", "elec_plip": "arp",
    "elec_triangle": "keys", "perc_bell": "keys", "elec_twang": "lead_synth",
    "mehackit_phone": "fx", "glitch_robot": "fx",
}  # fmt: skip
_PITCHED = frozenset(("bass", "electric_guitar", "keys", "arp", "lead_synth"))


def synth_tracks(n_tracks: int, rng: np.random.Generator) -> Iterator[tuple[str, FloatArray]]:
    """Yield role and float32 (channels, samples) of tracks, each with its own patch."""
    kinds = list(_SYNTH_KINDS)
    for number in range(n_tracks):
        role = kinds[number % len(kinds)]
        is_stereo = bool(rng.random() < 0.6)
        notes = _notes(role, rng)
        n_samples = round(TRACK_S * RATE_HZ)
        audio = play_synth(notes, _patch(role, rng), n_samples, RATE_HZ, rng, is_stereo=is_stereo)
        yield role, audio if is_stereo else audio[:1]


def sampled_tracks(folder: Path, rng: np.random.Generator) -> Iterator[tuple[str, FloatArray]]:
    """Yield role and float32 (1, samples) of a track for each known sample."""
    for path in sorted(folder.glob("*.flac")):
        start = max((s for s in _SAMPLED_ROLES if path.stem.startswith(s)), key=len, default=None)
        if start is None or path.stem == "ambi_choir":
            continue
        role = _SAMPLED_ROLES[start]
        sound = read_audio(path, RATE_HZ)[0].mean(axis=0)
        yield role, _pattern(sound, role, rng)[None]


def _patch(role: str, rng: np.random.Generator) -> Patch:
    ranges = [np.log(np.array(pair) + 1e-3) for pair in _SYNTH_KINDS[role][1]]
    attack_s, decay_s, sustain, release_s = (float(np.exp(rng.uniform(*pair))) for pair in ranges)
    dark_hz = float(
        np.exp(rng.uniform(*np.log((150.0, 600.0) if role == "bass" else (300.0, 4e3))))
    )
    bright_hz = dark_hz * float(np.exp(rng.uniform(0.0, 2.5)))
    voices = int(rng.choice((1, 1, 2, 3, 5)))
    return Patch(
        str(rng.choice(("saw", "square", "soft"))),
        dark_hz,
        min(bright_hz, 10_000.0),
        attack_s,
        decay_s,
        sustain,
        release_s,
        filter_decay_s=float(rng.uniform(0.05, 1.0)),
        voices=voices,
        detune_cents=float(rng.uniform(3.0, 30.0)) if voices > 1 else 0.0,
        octave_below=float(rng.uniform(0.0, 0.8)) if role == "bass" else 0.0,
    )


def _notes(role: str, rng: np.random.Generator) -> list[PlayedNote]:
    """A riff of two bars over four roots, with rests; chords for pads and sometimes for stabs."""
    beat_s = 60.0 / rng.uniform(80.0, 175.0)
    low, high = _SYNTH_KINDS[role][0]
    key = int(rng.integers(low, high))
    grid = (
        float(rng.choice((4.0, 2.0))) if role == "pad" else float(rng.choice((0.25, 0.5, 0.5, 1.0)))
    )
    steps = round(8.0 / grid)
    plays = rng.random(steps) < rng.uniform(0.4, 1.0)
    plays[0] = True
    degrees = rng.integers(0, 2 if role == "bass" else 8, steps)
    hold = float(rng.uniform(0.3, 1.1))
    chord = (0, 3, 7) if role == "pad" or rng.random() < 0.3 else (0,)
    chord = (0,) if role == "bass" else chord
    roots = rng.choice((0, 0, 3, 5, -2, -4), 4)
    starts_beat = float(rng.choice((0.0, 0.0, 8.0)))
    notes = []
    for place in range(round(TRACK_S / beat_s / grid)):
        step = place % steps
        at = place * grid
        if not plays[step] or at < starts_beat:
            continue
        root = key + int(roots[int(at // 8.0) % 4])
        midi = root + int(12 * (degrees[step] // 5) + _MINOR[degrees[step] % 5])
        start_s = at * beat_s
        stop_s = start_s + max(0.04, hold * grid * beat_s)
        notes += [PlayedNote(start_s, stop_s, midi + n, rng.uniform(0.6, 1.0)) for n in chord]
    return notes


def _pattern(
    sound: NDArray[np.float32], role: str, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Repeat a sample in a pattern of two bars; loops follow each other without gaps."""
    track = np.zeros(round(TRACK_S * RATE_HZ), np.float32)
    beat_s = 60.0 / rng.uniform(80.0, 175.0)
    grid_s = beat_s * float(rng.choice((0.5, 1.0, 1.0, 2.0)))
    if role in ("drum_loop", "fx"):
        grid_s = len(sound) / RATE_HZ
    plays = rng.random(16) < rng.uniform(0.4, 1.0)
    plays[0] = True
    for place in range(int(TRACK_S / grid_s) + 1):
        if not plays[place % 16] and role not in ("drum_loop", "fx"):
            continue
        start = round(place * grid_s * RATE_HZ)
        turned = sound * np.float32(rng.uniform(0.6, 1.0))
        if role in _PITCHED:
            speed = 2.0 ** (float(rng.choice((0, 0, 3, 5, 7, -2, -5))) / 12.0)
            turned = np.interp(np.arange(0.0, len(sound) - 1, speed), np.arange(len(sound)), turned)
            turned = turned[: round(1.5 * grid_s * RATE_HZ)]
        part = turned[: max(0, len(track) - start)].astype(np.float32)
        track[start : start + len(part)] += part
    return track
