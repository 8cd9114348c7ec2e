"""Drum kits as banks of single strokes: each piece in a few strengths, mono and dry.

"physical" is the demo song's kit, tuned differently for each song; "machine" a drum computer of
oscillators and noise; the others are kits of the SoundFont.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixer.demo_song import drum_kit
from mixer.demo_song.timeline import band_noise, soften_edges, time_axis_s
from training.synthesis.humanise import PlayedHit, PlayedNote
from training.synthesis.players.soundfont import Part

# By piece, what makes a stroke of a strength from 0 to 1.
Makers = Mapping[str, Callable[[float], np.ndarray]]
Bank = Mapping[str, Sequence[np.ndarray]]
# The strengths that a bank holds; a stroke takes the nearest and is scaled from there.
VELOCITIES = (0.3, 0.6, 0.85, 1.0)
_CHOKED_BY = {"open_hat": "hat", "hat": "open_hat"}
_CHOKE_S = 0.02


@dataclass(frozen=True)
class Kit:
    """A kit: its kind, and for a SoundFont's its program; drum computers have no microphones."""

    kind: str
    program: int = 0

    @property
    def is_miked(self) -> bool:
        """Stands in a room, under overheads."""
        return self.kind in ("physical", "soundfont")


KITS = {
    "acoustic": Kit("physical"),
    "machine": Kit("machine"),
    "gm_standard": Kit("soundfont", 0),
    "gm_room": Kit("soundfont", 8),
    "gm_power": Kit("soundfont", 16),
    "gm_electronic": Kit("sampled_machine", 24),
    "gm_808": Kit("sampled_machine", 25),
    "gm_jazz": Kit("soundfont", 32),
    "gm_brush": Kit("soundfont", 40),
}
# General MIDI percussion and how long a stroke is kept.
_GM: dict[str, tuple[tuple[int, ...], float]] = {
    "kick": ((36, 35), 0.7), "snare": ((38, 40), 0.8), "rim": ((37,), 0.4), "clap": ((39,), 0.6),
    "hat": ((42,), 0.4), "open_hat": ((46,), 1.2), "ride": ((51,), 2.0), "crash": ((49, 57), 3.0),
    "high_tom": ((50, 48), 1.0), "middle_tom": ((47, 45), 1.0), "floor_tom": ((43, 41), 1.2),
    "shaker": ((82, 70), 0.3), "tambourine": ((54,), 0.5), "conga": ((63, 62), 0.6),
}  # fmt: skip


def sampled_part(kit: Kit, pieces: Sequence[str], rng: np.random.Generator) -> Part:
    """The strokes of a SoundFont kit's bank as a part to be played and cut by `cut_bank`."""
    notes = []
    at_s = 0.0
    for piece in pieces:
        numbers, length_s = _GM[piece]
        number = int(rng.choice(numbers))
        for velocity in VELOCITIES:
            notes.append(PlayedNote(at_s, at_s + 0.9 * length_s, number, velocity))
            at_s += length_s
    return Part(kit.program, notes, at_s, is_drums=True)


def cut_bank(sound: np.ndarray, pieces: Sequence[str], sample_rate: int) -> Bank:
    """A bank from the sound of `sampled_part`, float32 (2, samples)."""
    mono = sound.mean(axis=0)
    bank: dict[str, list[np.ndarray]] = {}
    at_s = 0.0
    for piece in pieces:
        length_s = _GM[piece][1]
        shots = []
        for _ in VELOCITIES:
            start = round(at_s * sample_rate)
            shot = mono[start : start + round(length_s * sample_rate)]
            shots.append(soften_edges(shot, 0.0, 0.05, sample_rate).astype(np.float32))
            at_s += length_s
        bank[piece] = shots
    return bank


def built_bank(kit: Kit, pieces: Sequence[str], rng: np.random.Generator, sample_rate: int) -> Bank:
    """The bank of a physical kit or of a drum computer."""
    makers = _physical(rng, sample_rate) if kit.kind == "physical" else _machine(rng, sample_rate)
    return {
        piece: [np.asarray(makers[piece](velocity), np.float32) for velocity in VELOCITIES]
        for piece in pieces
    }


def strike(
    hits: Sequence[PlayedHit], bank: Bank, n_samples: int, sample_rate: int
) -> dict[str, np.ndarray]:
    """Each piece's strokes on a timeline of its own, float32 (samples,)."""
    tracks = {piece: np.zeros(n_samples, np.float32) for piece in bank}
    ends = _choked_ends(hits)
    for hit, end_s in zip(hits, ends, strict=True):
        strength = int(np.argmin([abs(hit.velocity - v) for v in VELOCITIES]))
        shot = bank[hit.piece][strength] * np.float32(hit.velocity / VELOCITIES[strength])
        if end_s is not None:
            keep = max(1, round((end_s - hit.at_s + _CHOKE_S) * sample_rate))
            if keep < len(shot):
                shot = soften_edges(shot[:keep], 0.0, _CHOKE_S, sample_rate)
        start = round(hit.at_s * sample_rate)
        stop = min(n_samples, start + len(shot))
        if stop > start:
            tracks[hit.piece][start:stop] += shot[: stop - start]
    return tracks


def _choked_ends(hits: Sequence[PlayedHit]) -> list[float | None]:
    """When the foot or the next stroke ends an open hat."""
    ends: list[float | None] = [None] * len(hits)
    next_s: float | None = None
    for index in range(len(hits) - 1, -1, -1):
        if hits[index].piece == "open_hat":
            ends[index] = next_s
        if hits[index].piece in _CHOKED_BY:
            next_s = hits[index].at_s
    return ends


def _physical(rng: np.random.Generator, rate: int) -> Makers:
    """Makers of strokes by velocity. Each kit is tuned by playing the model at another rate."""
    tunings = {name: float(rng.uniform(0.85, 1.18)) for name in ("kick", "snare", "tom", "metal")}
    rates = {name: round(rate / tuning) for name, tuning in tunings.items()}
    hat_plate = drum_kit.metal(3200.0 * tunings["metal"], 16000.0, 0.4, rng, rate)
    crash_plate = drum_kit.metal(420.0 * tunings["metal"], 14000.0, 0.6, rng, rate)
    ride_plate = drum_kit.metal(700.0 * tunings["metal"], 14000.0, 0.5, rng, rate)

    def ride(velocity: float) -> np.ndarray:
        ping = band_noise(rng, len(ride_plate), 4000.0, 14000.0, rate)
        ping *= np.exp(-np.arange(len(ping)) / (0.012 * rate))
        return soften_edges(0.16 * velocity * (0.6 * ride_plate + ping), 0.0005, 0.2, rate)

    def tom(rest_hz: float) -> Callable[[float], np.ndarray]:
        return lambda v: drum_kit.tom(rest_hz, v, rng, rates["tom"])

    return {
        "kick": lambda v: drum_kit.kick(v, rng, rates["kick"]),
        "snare": lambda v: drum_kit.snare(v, rng, rates["snare"]),
        "rim": lambda v: _click(1700.0, v, rng, rate),
        "clap": lambda v: _clap(v, rng, rate),
        "hat": lambda v: drum_kit.hat(hat_plate, v, 0.035, 1.0, rng, rate),
        "open_hat": lambda v: drum_kit.hat(hat_plate, v, 0.25, 2.0, rng, rate),
        "ride": ride,
        "crash": lambda v: drum_kit.crash(crash_plate, v, rng, rate),
        "high_tom": tom(147.0),
        "middle_tom": tom(110.0),
        "floor_tom": tom(82.0),
        **_hand_percussion(rng, rate),
    }


def _machine(rng: np.random.Generator, rate: int) -> Makers:
    """Makers of a drum computer's sounds, its knobs turned by chance."""
    rest_hz, sweep_hz = float(rng.uniform(42.0, 58.0)), float(rng.uniform(60.0, 320.0))
    kick_s, drive = float(rng.uniform(0.12, 0.4)), float(rng.uniform(1.0, 3.0))
    snare_hz, snare_s = float(rng.uniform(160.0, 240.0)), float(rng.uniform(0.06, 0.16))
    hat_plate = drum_kit.metal(float(rng.uniform(4500.0, 7000.0)), 16000.0, 0.4, rng, rate)
    hat_s = float(rng.uniform(0.02, 0.05))

    def kick(velocity: float) -> np.ndarray:
        t_s = time_axis_s(0.8, rate)
        body = drum_kit.swept_sine(t_s, rest_hz, sweep_hz, 0.03, rate) * np.exp(-t_s / kick_s)
        click = band_noise(rng, len(t_s), 2000.0, 9000.0, rate) * np.exp(-t_s / 0.002)
        return soften_edges(velocity * (np.tanh(drive * body) + 0.15 * click), 0.0006, 0.1, rate)

    def snare(velocity: float) -> np.ndarray:
        t_s = time_axis_s(0.5, rate)
        body = drum_kit.swept_sine(t_s, snare_hz, 60.0, 0.015, rate) * np.exp(-t_s / 0.07)
        noise = band_noise(rng, len(t_s), 1200.0, 14000.0, rate) * np.exp(-t_s / snare_s)
        return soften_edges(velocity * (0.7 * body + 0.45 * noise), 0.0005, 0.05, rate)

    def crash(velocity: float) -> np.ndarray:
        t_s = time_axis_s(2.0, rate)
        noise = band_noise(rng, len(t_s), 3000.0, 15000.0, rate) * np.exp(-t_s / 0.5)
        return soften_edges(0.3 * velocity * noise, 0.001, 0.2, rate)

    def tom(pitch_hz: float) -> Callable[[float], np.ndarray]:
        return lambda v: soften_edges(
            v * drum_kit.swept_sine(time_axis_s(0.5, rate), pitch_hz, pitch_hz, 0.03, rate)
            * np.exp(-time_axis_s(0.5, rate) / 0.15), 0.0005, 0.1, rate
        )  # fmt: skip

    return {
        "kick": kick,
        "snare": snare,
        "rim": lambda v: _click(1900.0, v, rng, rate),
        "clap": lambda v: _clap(v, rng, rate),
        "hat": lambda v: drum_kit.hat(hat_plate, v, hat_s, 1.0, rng, rate),
        "open_hat": lambda v: drum_kit.hat(hat_plate, v, 0.2, 2.0, rng, rate),
        "ride": lambda v: drum_kit.hat(hat_plate, v, 0.12, 1.0, rng, rate),
        "crash": crash,
        "high_tom": tom(165.0),
        "middle_tom": tom(120.0),
        "floor_tom": tom(85.0),
        **_hand_percussion(rng, rate),
    }


def _hand_percussion(rng: np.random.Generator, rate: int) -> Makers:
    def shaker(velocity: float) -> np.ndarray:
        t_s = time_axis_s(0.14, rate)
        swell = np.sin(np.pi * np.minimum(t_s / 0.14, 1.0)) ** 2
        return 0.3 * velocity * swell * band_noise(rng, len(t_s), 4500.0, 14000.0, rate)

    def tambourine(velocity: float) -> np.ndarray:
        t_s = time_axis_s(0.3, rate)
        jingles = band_noise(rng, len(t_s), 6500.0, 16000.0, rate)
        return soften_edges(0.35 * velocity * jingles * np.exp(-t_s / 0.06), 0.002, 0.05, rate)

    def conga(velocity: float) -> np.ndarray:
        t_s = time_axis_s(0.4, rate)
        skin = drum_kit.swept_sine(t_s, 235.0, 40.0, 0.02, rate) * np.exp(-t_s / 0.08)
        slap = band_noise(rng, len(t_s), 1200.0, 7000.0, rate) * np.exp(-t_s / 0.008)
        return soften_edges(velocity * (skin + 0.3 * slap), 0.0006, 0.05, rate)

    return {"shaker": shaker, "tambourine": tambourine, "conga": conga}


def _click(pitch_hz: float, velocity: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    t_s = time_axis_s(0.12, rate)
    wood = np.sin(2.0 * np.pi * pitch_hz * t_s) + 0.6 * np.sin(2.0 * np.pi * 0.31 * pitch_hz * t_s)
    tick = band_noise(rng, len(t_s), 2500.0, 12000.0, rate) * np.exp(-t_s / 0.003)
    return soften_edges(0.5 * velocity * (wood * np.exp(-t_s / 0.014) + tick), 0.0004, 0.02, rate)


def _clap(velocity: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """Several hands within thirty milliseconds."""
    t_s = time_axis_s(0.4, rate)
    envelope = np.exp(-t_s / 0.09) * (t_s > 0.03)
    for late_s in (0.0, 0.011, 0.021):
        since_s = t_s - late_s
        envelope += np.where(since_s >= 0.0, np.exp(-np.maximum(since_s, 0.0) / 0.006), 0.0)
    noise = band_noise(rng, len(t_s), 900.0, 9000.0, rate)
    return soften_edges(0.3 * velocity * envelope * noise, 0.0005, 0.05, rate)
