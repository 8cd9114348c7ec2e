"""The drum kit: each piece a function from velocity to one stroke, float64 `(samples,)`."""

import numpy as np

from mixer.demo_song.timeline import band_noise, soften_edges, time_axis_s

CYMBAL_MODES = 120


def swept_sine(
    t_s: np.ndarray, rest_hz: float, sweep_hz: float, sweep_s: float, sample_rate: int
) -> np.ndarray:
    """A membrane's mode: struck sharp by `sweep_hz`, settling to `rest_hz` as the skin relaxes."""
    frequency_hz = rest_hz + sweep_hz * np.exp(-t_s / sweep_s)
    phase = 2.0 * np.pi * np.cumsum(frequency_hz) / sample_rate
    return np.sin(phase - phase[0])


def kick(velocity: float, rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """Bass drum: a swept 50 Hz mode with a felt beater's click; harder strokes click more."""
    t_s = time_axis_s(0.5, sample_rate)
    body = swept_sine(t_s, 50.0, 120.0, 0.02, sample_rate) * np.exp(-t_s / 0.12)
    shell = swept_sine(t_s, 94.0, 40.0, 0.015, sample_rate) * np.exp(-t_s / 0.045)
    click = band_noise(rng, len(t_s), 1800.0, 6500.0, sample_rate) * np.exp(-t_s / 0.0035)
    stroke = body + 0.25 * shell + 0.16 * velocity * click
    return soften_edges(velocity * stroke, 0.0008, 0.08, sample_rate)


def snare(velocity: float, rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """Snare drum: two tuned modes and their partner, and the wires, which open with velocity."""
    t_s = time_axis_s(0.4, sample_rate)
    body = swept_sine(t_s, 188.0, 45.0, 0.012, sample_rate) * np.exp(-t_s / 0.065)
    body += 0.55 * swept_sine(t_s, 334.0, 50.0, 0.01, sample_rate) * np.exp(-t_s / 0.045)
    body += 0.2 * np.sin(2.0 * np.pi * 487.0 * t_s) * np.exp(-t_s / 0.03)
    bright = band_noise(rng, len(t_s), 2200.0, 9500.0, sample_rate)
    dark = band_noise(rng, len(t_s), 700.0, 3000.0, sample_rate)
    snap = bright * np.exp(-t_s / 0.012)
    wires = (0.6 * bright + 0.4 * dark) * np.exp(-t_s / (0.05 + 0.05 * velocity))
    stroke = 0.75 * body + 0.25 * velocity * snap + 0.24 * wires
    return soften_edges(velocity * stroke, 0.0006, 0.06, sample_rate)


def tom(rest_hz: float, velocity: float, rng: np.random.Generator, rate: int) -> np.ndarray:
    """Tom tuned to `rest_hz`: the membrane's first modes (1, 1.59, 2.14) with a stick on top."""
    t_s = time_axis_s(0.7, rate)
    stroke = swept_sine(t_s, rest_hz, 0.35 * rest_hz, 0.04, rate) * np.exp(-t_s / 0.17)
    stroke += (
        0.35 * swept_sine(t_s, 1.59 * rest_hz, 0.3 * rest_hz, 0.03, rate) * np.exp(-t_s / 0.08)
    )
    stroke += (
        0.15 * swept_sine(t_s, 2.14 * rest_hz, 0.3 * rest_hz, 0.02, rate) * np.exp(-t_s / 0.05)
    )
    stroke += 0.12 * band_noise(rng, len(t_s), 1500.0, 6000.0, rate) * np.exp(-t_s / 0.006)
    return soften_edges(velocity * stroke, 0.0008, 0.1, rate)


def metal(
    low_hz: float, high_hz: float, decay_s: float, rng: np.random.Generator, sample_rate: int
) -> np.ndarray:
    """A struck plate: inharmonic modes from `low_hz` to `high_hz`, the high ones dying sooner.

    About four times `decay_s` long, RMS of the first 20 ms about 1.
    """
    t_s = time_axis_s(4.0 * decay_s, sample_rate).astype(np.float32)
    top_hz = min(high_hz, 0.45 * sample_rate)
    modes_hz = np.exp(rng.uniform(np.log(low_hz), np.log(top_hz), CYMBAL_MODES))
    plate = np.zeros(len(t_s), np.float32)
    for mode_hz in modes_hz:
        life_s = decay_s * (1.3 - 0.8 * np.log(mode_hz / low_hz) / np.log(top_hz / low_hz))
        angle = np.float32(2.0 * np.pi * mode_hz) * t_s + np.float32(rng.uniform(0.0, 2.0 * np.pi))
        plate += np.exp(-t_s / np.float32(life_s)) * np.sin(angle)
    head = plate[: max(1, round(0.02 * sample_rate))]
    return plate.astype(np.float64) / np.sqrt(np.mean(head.astype(np.float64) ** 2))


def hat(
    plate: np.ndarray,
    velocity: float,
    decay_s: float,
    choke_s: float,
    rng: np.random.Generator,
    sample_rate: int,
) -> np.ndarray:
    """Hi-hat on its `plate`: short when closed, long when open, silenced after `choke_s`."""
    samples = min(len(plate), max(1, round(min(5.0 * decay_s, choke_s) * sample_rate)))
    t_s = np.arange(samples) / sample_rate
    # Each stroke meets the plate in another place of its motion: no two hits are copies.
    offset = int(rng.integers(0, len(plate) - samples + 1))
    sizzle = band_noise(rng, samples, 7000.0, 15000.0, sample_rate)
    tick = band_noise(rng, samples, 3000.0, 9000.0, sample_rate) * np.exp(-t_s / 0.004)
    ring = plate[offset : offset + samples]
    level = np.sqrt(np.mean(ring[: max(1, round(0.01 * sample_rate))] ** 2))
    stroke = (0.5 * ring / level + 0.5 * sizzle) * np.exp(-t_s / decay_s) + 0.4 * tick
    return soften_edges(
        0.2 * velocity * stroke, 0.0004, min(0.02, 0.5 * samples / sample_rate), sample_rate
    )


def crash(
    plate: np.ndarray, velocity: float, rng: np.random.Generator, sample_rate: int
) -> np.ndarray:
    """Crash cymbal: the plate swells within milliseconds and a wash of noise rides on it."""
    t_s = np.arange(len(plate)) / sample_rate
    wash = band_noise(rng, len(plate), 2500.0, 13000.0, sample_rate) * np.exp(-t_s / 0.28)
    bloom = 1.0 - np.exp(-t_s / 0.004)
    return soften_edges(
        0.2 * velocity * (0.7 * plate + 0.6 * wash) * bloom, 0.0005, 0.3, sample_rate
    )
