"""Microphones around a kit: close ones that hear their neighbours, overheads, and the room.

Bleed levels are chosen: a close microphone has its neighbours about 15 to 30 dB down. Delays are
those of sound over the distances of a kit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import signal

# Where each piece stands as the audience sees it, -1 to 1, and its level under the overheads.
_PLACES: dict[str, tuple[float, float]] = {
    "kick": (0.0, 0.35), "snare": (-0.05, 0.7), "rim": (-0.05, 0.7), "clap": (0.15, 0.5),
    "hat": (0.5, 0.8), "open_hat": (0.5, 0.8), "ride": (-0.6, 1.0), "crash": (-0.45, 1.0),
    "high_tom": (0.3, 0.6), "middle_tom": (-0.1, 0.6), "floor_tom": (-0.5, 0.6),
    "shaker": (0.7, 0.4), "tambourine": (-0.7, 0.4), "conga": (-0.8, 0.5),
}  # fmt: skip
# Close microphones: track name, role, the pieces in front of it.
_CLOSE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Kick In", "kick", ("kick",)),
    ("Snare Top", "snare", ("snare", "rim")),
    ("Hi-Hat", "hat", ("hat", "open_hat")),
)
_TOMS = ("high_tom", "middle_tom", "floor_tom")
# Pieces recorded separately, afterwards: they do not bleed.
_OVERDUBS: tuple[tuple[str, str, str], ...] = (
    ("Clap", "percussion", "clap"),
    ("Shaker", "percussion", "shaker"),
    ("Tamb", "percussion", "tambourine"),
    ("Congas", "percussion", "conga"),
)
_MACHINE_TRACKS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Kick", "kick", ("kick",)),
    ("Snare", "snare", ("snare", "rim")),
    ("Clap", "percussion", ("clap",)),
    ("Hats", "hat", ("hat", "open_hat", "ride")),
    ("Toms", "toms", _TOMS),
    ("Crash FX", "overheads", ("crash",)),
    ("Shaker", "percussion", ("shaker",)),
    ("Tamb", "percussion", ("tambourine",)),
    ("Congas", "percussion", ("conga",)),
)
_FAR_SIDE_S, _OVERHEAD_S, _ROOM_S = 0.0005, 0.003, 0.009
_BLEED_DB = (-30.0, -17.0)

Recorded = tuple[str, str, np.ndarray, bool]


def record_kit(
    pieces: Mapping[str, np.ndarray], sample_rate: int, rng: np.random.Generator
) -> list[Recorded]:
    """Tracks of a miked kit: (name, role, audio, is_stereo), float32 (samples,) or (2, samples).

    `pieces` are the strokes of each piece by itself, float32 (samples,).
    """
    overdubbed = {piece for _, _, piece in _OVERDUBS}
    kit = {piece: sound for piece, sound in pieces.items() if piece not in overdubbed}
    tracks: list[Recorded] = []
    everything = sum(kit.values(), np.zeros_like(next(iter(pieces.values()))))
    has_hat_mic = rng.random() < 0.7
    for name, role, own in _CLOSE:
        close = [kit[piece] for piece in own if piece in kit]
        if not close or (role == "hat" and not has_hat_mic):
            continue
        own_sound = sum(close, np.zeros_like(everything))
        tracks.append((name, role, _with_bleed(own_sound, everything, sample_rate, rng), False))
    if rng.random() < 0.4 and "kick" in kit:
        sos = signal.butter(2, 1200.0, fs=sample_rate, output="sos")
        outside = signal.sosfilt(sos, _delayed(kit["kick"], 0.0015, sample_rate))
        bleeding = _with_bleed(outside.astype(np.float32), everything, sample_rate, rng)
        tracks.append(("Kick Out", "kick", bleeding, False))
    if rng.random() < 0.35 and "snare" in kit:
        sos = signal.butter(1, 900.0, "highpass", fs=sample_rate, output="sos")
        # Below the drum the skin moves away when above it comes near.
        bottom = -signal.sosfilt(sos, kit["snare"]).astype(np.float32)
        tracks.append(
            ("Snare Btm", "snare", _with_bleed(bottom, everything, sample_rate, rng), False)
        )
    toms = {piece: kit[piece] for piece in _TOMS if piece in kit and np.any(kit[piece])}
    if toms:
        image = _image(toms, sample_rate, 0.0)
        sides = [_with_bleed(side, everything, sample_rate, rng) for side in image]
        tracks.append(("Toms", "toms", np.stack(sides), True))
    overheads = _image(kit, sample_rate, _OVERHEAD_S)
    tracks.append(("OH", "overheads", overheads, True))
    if rng.random() < 0.6:
        tracks.append(("Room", "room", _room(overheads, sample_rate, rng), True))
    for name, role, piece in _OVERDUBS:
        if piece in pieces and np.any(pieces[piece]):
            tracks.append((name, role, pieces[piece], False))
    return tracks


def record_machine(pieces: Mapping[str, np.ndarray]) -> list[Recorded]:
    """Tracks of a drum machine, each from its own output."""
    tracks: list[Recorded] = []
    for name, role, own in _MACHINE_TRACKS:
        sounds = [pieces[piece] for piece in own if piece in pieces and np.any(pieces[piece])]
        if sounds:
            tracks.append((name, role, sum(sounds, np.zeros_like(sounds[0])), False))
    return tracks


def _with_bleed(
    own: np.ndarray, everything: np.ndarray, sample_rate: int, rng: np.random.Generator
) -> np.ndarray:
    """A close microphone: its own piece, and the others delayed, duller and quieter."""
    sos = signal.butter(1, float(rng.uniform(3000.0, 9000.0)), fs=sample_rate, output="sos")
    late_s = float(rng.uniform(0.001, 0.003))
    others = signal.sosfilt(sos, _delayed(everything - own, late_s, sample_rate))
    gain = 10.0 ** (rng.uniform(*_BLEED_DB) / 20.0)
    return np.asarray(own + gain * others, np.float32)


def _image(pieces: Mapping[str, np.ndarray], sample_rate: int, late_s: float) -> np.ndarray:
    """Two overheads: each piece by constant power and with the far side a little late."""
    samples = len(next(iter(pieces.values())))
    out = np.zeros((2, samples), np.float32)
    for piece, sound in pieces.items():
        pan, level = _PLACES[piece]
        angle = (pan + 1.0) * np.pi / 4.0
        far_s = abs(pan) * _FAR_SIDE_S
        left_s, right_s = (far_s, 0.0) if pan > 0.0 else (0.0, far_s)
        out[0] += np.float32(level * np.cos(angle)) * _delayed(sound, late_s + left_s, sample_rate)
        out[1] += np.float32(level * np.sin(angle)) * _delayed(sound, late_s + right_s, sample_rate)
    return out


def _room(overheads: np.ndarray, sample_rate: int, rng: np.random.Generator) -> np.ndarray:
    """A pair far away: mostly the room itself, half a second long, duller with time."""
    decay_s = float(rng.uniform(0.05, 0.12))
    t_s = np.arange(round(6.0 * decay_s * sample_rate)) / sample_rate
    sos = signal.butter(1, float(rng.uniform(3500.0, 8000.0)), fs=sample_rate, output="sos")
    mono = overheads.mean(axis=0)
    sides = []
    for channel in overheads:
        tail = rng.standard_normal(len(t_s)) * np.exp(-t_s / decay_s)
        tail *= 1.0 / np.sqrt(np.sum(tail**2))
        response = signal.sosfilt(sos, tail)
        response[0] += 0.35
        wet = signal.oaconvolve(
            (0.7 * channel + 0.3 * mono).astype(np.float32), response.astype(np.float32)
        )
        sides.append(_delayed(wet[: len(mono)], _ROOM_S, sample_rate))
    return np.asarray(np.stack(sides), np.float32)


def _delayed(sound: np.ndarray, late_s: float, sample_rate: int) -> np.ndarray:
    late = round(late_s * sample_rate)
    return np.concatenate([np.zeros(late, sound.dtype), sound[: len(sound) - late]])
