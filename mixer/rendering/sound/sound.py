"""The sound of a whole mix in a few figures, and the settings of the desk that move each of them.

They keep an album consistent, and variations of a mix differ along them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mixer.console.settings import Band, Compressor, Console, Gate, Number, Strip
from mixer.dsp.blocks import FloatArray
from mixer.dsp.long_audio import parts_of
from mixer.meters.sound_figures import (
    BASS,
    BASS_HZ,
    BRIGHT_HZ,
    BRIGHTNESS,
    DYNAMICS,
    MIDDLE_HZ,
    ROOM,
    VOCAL_LEVEL,
    WIDTH,
)
from mixer.meters.stereo_spectrum import N_FFT, StereoSpectrum
from mixer.rendering.mix import Premaster
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.setting_changes import Change, StripChanges
from mixer.stems import VOCALS

# Crest factors are of windows of this length, no more than this below the loudest.
_CREST_WINDOW_S, _CREST_RANGE_DB = 1.0, 30.0
# The desk works at -18 LUFS. A compressor this fast moves the peaks themselves, by about a dB of
# crest factor for each 1 of ratio; an expander below the peaks, by a dB for each 0.35.
_COMPRESSOR = Compressor(-14.0, 1.0, attack_ms=0.3, release_ms=30.0)
_EXPANDER = Gate(-3.0, 1.0, attack_ms=0.1, release_ms=30.0)
_RATIO_PER_DB, _EXPANSION_PER_DB = 1.0, 0.35


def measure_sound(
    made: Premaster, known: KnownLevels | None = None, vocals_lu: float | None = None
) -> dict[str, float]:
    """Measure vocals against the rest in LU, and bass, brightness, width, room and dynamics in dB.

    Args:
        made: a mix, with its wet stems if the vocals were not measured.
        known: earlier measurements of the same stems; None measures them.
        vocals_lu: from `measure_vocals_lu`, if it was measured.

    Returns:
        The measurable figures by name; vocals and room are missing if the mix has none.
    """
    rate, found = made.plan.mix_rate, dict[str, float]()
    known = known or KnownLevels(rate)
    if vocals_lu is None:
        vocals_lu = measure_vocals_lu(made.wet_stems, made.plan, known)
    if vocals_lu is not None:
        found[VOCAL_LEVEL] = vocals_lu
    found |= _balance_of(known.spectra.of(made))
    crest_db = measure_crest_db(made.audio, rate)
    if crest_db is not None:
        found[DYNAMICS] = crest_db
    rooms = [row["used"].get("room_db") for row in made.measurements["network"].values()]
    rooms_db = [room for room in rooms if isinstance(room, float)]
    if rooms_db:
        found[ROOM] = sum(rooms_db) / len(rooms_db)
    return {name: round(value, 3) for name, value in found.items()}


def measure_vocals_lu(
    wet_stems: Mapping[str, FloatArray], plan: RenderPlan, known: KnownLevels
) -> float | None:
    """Loudness of the vocals relative to the rest in LU; None if either is missing.

    Args:
        wet_stems: after their strips, float32 (2, samples) each.
        plan: of the mix.
        known: earlier measurements of the same stems.
    """
    vocals = wet_stems.get(VOCALS)
    rest = [audio for stem, audio in wet_stems.items() if stem != VOCALS]
    if vocals is None or not (rest or known.has_unmade):
        return None
    strip, came = plan.console.strip(VOCALS), known.before_strip(VOCALS)
    gain_db = strip.gain_db
    # The effect of a fader alone on a loudness need not be measured.
    if came is not None and strip == Strip(gain_db=gain_db) and not isinstance(gain_db, tuple):
        heard = any(np.any(vocals[:, part]) for part in parts_of(vocals))
        sung_lufs = known.loudness_lufs(came, gain_db=float(gain_db)) if heard else None
    else:
        sung_lufs = known.loudness_lufs(vocals)
    rest_lufs = known.loudness_lufs(*rest, with_unmade=True)
    return None if sung_lufs is None or rest_lufs is None else sung_lufs - rest_lufs


def _balance_of(spectrum: StereoSpectrum) -> dict[str, float]:
    found = dict[str, float]()
    hz = np.arange(N_FFT // 2 + 1) * spectrum.sample_rate / N_FFT

    def power(edges_hz: tuple[float, float], of: np.ndarray) -> float:
        return float(of[(hz >= edges_hz[0]) & (hz < edges_hz[1])].sum())

    both = spectrum.left + spectrum.right
    middle = power(MIDDLE_HZ, both)
    for name, edges_hz in ((BASS, BASS_HZ), (BRIGHTNESS, BRIGHT_HZ)):
        if middle > 0.0 and power(edges_hz, both) > 0.0:
            found[name] = float(10.0 * np.log10(power(edges_hz, both) / middle))
    side, mid = (
        power((MIDDLE_HZ[0], BRIGHT_HZ[1]), both + sign * 2.0 * spectrum.cross) for sign in (-1, 1)
    )
    if mid > 0.0 and side > 1e-6 * mid:
        found[WIDTH] = float(10.0 * np.log10(side / mid))
    return found


def measure_crest_db(audio: FloatArray, sample_rate: int) -> float | None:
    """Crest factor in dB: the median over all windows that are not soft; None for silence.

    Args:
        audio: float32 (2, samples).
        sample_rate: in Hz.
    """
    length = min(round(_CREST_WINDOW_S * sample_rate), audio.shape[-1])
    whole = audio[:, : audio.shape[-1] // length * length].reshape(audio.shape[0], -1, length)
    power = np.einsum("cwn,cwn->w", whole, whole) / (whole.shape[0] * length)
    peaks = np.maximum(whole.max(axis=(0, 2)), -whole.min(axis=(0, 2)))
    loud = power > max(power.max() * 10.0 ** (-_CREST_RANGE_DB / 10.0), 1e-12)
    if not loud.any():
        return None
    return float(np.median(20.0 * np.log10(peaks[loud]) - 10.0 * np.log10(power[loud])))


def with_moves(console: Console, moves: Mapping[str, float], stems: Sequence[str]) -> Console:
    """A desk changed to move the sound of a mix.

    Args:
        console: the desk before.
        moves: by figure of `measure_sound`, approximate change in dB.
        stems: names of the song's stems.
    """
    strips = {stem: console.strip(stem) for stem in stems}
    if VOCAL_LEVEL in moves and VOCALS in strips:
        gain_db = _raised(strips[VOCALS].gain_db, moves[VOCAL_LEVEL])
        strips[VOCALS] = replace(strips[VOCALS], gain_db=gain_db)
    if ROOM in moves:
        for stem, strip in strips.items():
            changes = strip.network or StripChanges()
            room = changes.room_db or Change()
            room = replace(room, offset=room.offset + moves[ROOM])
            strips[stem] = replace(strip, network=replace(changes, room_db=room))
    kept = tuple((stem, strip) for stem, strip in strips.items() if strip != Strip())
    others = tuple(pair for pair in console.strips if pair[0] not in strips)
    return replace(console, strips=(*kept, *others), master=_moved_master(console.master, moves))


def _moved_master(master: Strip, moves: Mapping[str, float]) -> Strip:
    bands = [
        Band("low_shelf", BASS_HZ[1], moves[BASS]) if BASS in moves else None,
        Band("high_shelf", BRIGHT_HZ[0], moves[BRIGHTNESS]) if BRIGHTNESS in moves else None,
    ]
    master = replace(master, eq=(*master.eq, *(band for band in bands if band is not None)))
    if WIDTH in moves and isinstance(master.width, float | int):
        wider = master.width * 10.0 ** (moves[WIDTH] / 20.0)
        master = replace(master, width=min(max(wider, 0.0), 2.0))
    move_db = moves.get(DYNAMICS, 0.0)
    if move_db < 0.0 and master.compressor is None:
        ratio = 1.0 - _RATIO_PER_DB * move_db
        master = replace(master, compressor=replace(_COMPRESSOR, ratio=ratio))
    if move_db > 0.0 and master.gate is None:
        ratio = 1.0 + _EXPANSION_PER_DB * move_db
        master = replace(master, gate=replace(_EXPANDER, ratio=ratio))
    return master


def _raised(gain_db: Number, by_db: float) -> Number:
    """A gain, constant or automated, raised as a whole."""
    if isinstance(gain_db, tuple):
        return tuple((time_s, level_db + by_db) for time_s, level_db in gain_db)
    return gain_db + by_db
