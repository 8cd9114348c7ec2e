"""Effect normalisation of one stem: every effect in its order, measured before and after.

Training and rendering both call this, so that a network is given what it has learnt on.
"""

import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mixer.dsp.blocks import FloatArray, peak, peak_dbfs
from mixer.dsp.noise_room import RoomRecipe
from mixer.errors import InputError, SettingsError
from mixer.fxnorm.balance import match_balance
from mixer.fxnorm.compression import SETTINGS, match_compression
from mixer.fxnorm.equalization import match_equalization
from mixer.fxnorm.loudness import match_loudness
from mixer.fxnorm.panning import (
    DEFAULT_MAX_FREQUENCY_HZ,
    MAX_FREQUENCY_HZ,
    N_FFT,
    match_panning,
    measure_side,
)
from mixer.fxnorm.profile import Profile
from mixer.fxnorm.reverb import REVERBERANT_STEMS, add_pre_reverb, add_reverb_send
from mixer.fxnorm.rooms import RoomSource
from mixer.meters.balance import measure_balance_db
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.normalisations import DEFAULT_EFFECTS, check_effects

# A stem whose peak is below this was not played.
SILENCE_PEAK_DBFS = -50.0
# 120 dB over full scale is no audio: 32-bit integers taken for floats, most likely.
MAX_PEAK = 1e6


@dataclasses.dataclass(frozen=True)
class _Task:
    """One stem's way through the chain: everything but the audio."""

    sample_rate: int
    stem: str
    profile: Profile
    amounts: Mapping[str, float]
    seed: int
    rooms: RoomSource
    panning_limits_time_axis: bool
    side: int | None  # 1 right, -1 left; None where nothing is panned

    def amount(self, effect: str) -> float:
        return float(self.amounts.get(effect, 1.0))

    def rng(self, effect: str) -> np.random.Generator:
        """Each stem and effect draws by itself, whatever else is chosen."""
        if self.seed < 0:
            raise SettingsError(f"seed {self.seed}: give 0 or a positive whole number")
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.stem}/{effect}".encode())])


def normalise_stem(
    audio: FloatArray,
    sample_rate: int,
    stem: str,
    profile: Profile,
    effects: Sequence[str] = DEFAULT_EFFECTS,
    *,
    seed: int = 0,
    amounts: Mapping[str, float] | None = None,
    rooms: RoomSource | None = None,
    panning_limits_time_axis: bool = False,
) -> tuple[FloatArray, dict]:
    """Normalise the effects of one stem towards a profile.

    Safe to call from several threads at once; the input is not changed, the same arguments give
    the same samples. Needs about twice the stem's own size in memory.

    Args:
        audio: float32 `(1 or 2, samples)`; mono comes back as two equal channels.
        sample_rate: Hz. The published figures belong to 44 100 Hz; other rates work, with the
            transform sizes in samples as they are.
        stem: its name in the profile.
        profile: where to bring it.
        effects: names from `EFFECTS`, in that order.
        seed: what the rooms are drawn by, together with the stem's name; 0 and more.
        amounts: effect to amount, 0 (bit for bit its input) to 1 (the default).
        rooms: where the reverbs take their rooms from; the generated ones by default.
        panning_limits_time_axis: see `match_panning`; for networks trained with that defect.

    Returns:
        float32 `(2, samples)`; and what was measured, ready for JSON: `before` and `after` with
        `loudness_lufs`, `peak_dbfs` and `balance_db` (None where there is none), `skipped` with
        the reason or None, and under `effects` each effect's name with what it did, and
        `loudness_lufs` and `peak_dbfs` after it.

    Raises:
        InputError: the audio has NaN or infinite samples or is not mono or stereo.
        ModelError: the profile does not know the stem.
        SettingsError: the choice of effects cannot be run, see `check_effects`.
    """
    check_effects(effects, amounts)
    profile.stem(stem)
    work = _as_stereo(audio, sample_rate, stem)
    levels = _levels(work, sample_rate)
    before = {**levels, "balance_db": _balance_db(work)}
    report: dict = {"before": before, "skipped": None, "effects": {}}
    if peak_dbfs(work) <= SILENCE_PEAK_DBFS:
        report["skipped"] = f"peak below {SILENCE_PEAK_DBFS:g} dBFS"
        return work, {**report, "after": before}
    rooms, limits_time = rooms or RoomRecipe(), panning_limits_time_axis
    side = _own_side(work, sample_rate, stem, profile) if "panning" in effects else None
    task = _Task(sample_rate, stem, profile, amounts or {}, seed, rooms, limits_time, side)
    for name in effects:
        is_unfit = name in ("pre_reverb", "reverb") and stem not in REVERBERANT_STEMS
        if task.amount(name) == 0.0 or is_unfit:
            continue
        done = _STAGES[name](work, task)
        levels = _levels(work, sample_rate)
        report["effects"][name] = {**done, **levels}
    return work, {**report, "after": {**levels, "balance_db": _balance_db(work)}}


# Each stage changes the audio in place and says what it did.


def _pre_reverb(x: FloatArray, task: _Task) -> dict:
    name = "pre_reverb"
    rng, amount = task.rng(name), task.amount(name)
    return add_pre_reverb(x, task.sample_rate, task.rooms, rng, amount, out=x)[1]


def _reverb(x: FloatArray, task: _Task) -> dict:
    rng, amount = task.rng("reverb"), task.amount("reverb")
    return add_reverb_send(x, task.sample_rate, task.rooms, rng, amount, out=x)[1]


def _eq(x: FloatArray, task: _Task) -> dict:
    def magnitude(frequencies_hz: np.ndarray) -> np.ndarray:
        return task.profile.magnitude_at(task.stem, frequencies_hz)

    return {"channels": match_equalization(x, task.sample_rate, magnitude, out=x)[1]}


def _compression(x: FloatArray, task: _Task) -> dict:
    settings = SETTINGS.get(task.stem, SETTINGS["other"])
    peaks_dbfs = task.profile.stem(task.stem).onset_peak_dbfs
    return {"channels": match_compression(x, task.sample_rate, peaks_dbfs, settings, out=x)[1]}


def _panning(x: FloatArray, task: _Task) -> dict:
    bins_hz = np.arange(N_FFT // 2 + 1) * task.sample_rate / N_FFT
    phi = task.profile.phi_at(task.stem, bins_hz)
    limit_hz = MAX_FREQUENCY_HZ.get(task.stem, DEFAULT_MAX_FREQUENCY_HZ)
    limits_time = task.panning_limits_time_axis
    return match_panning(x, task.sample_rate, phi, limit_hz, limits_time, x, task.side)[1]


def _balance(x: FloatArray, task: _Task) -> dict:
    return match_balance(x, task.amount("balance"), out=x)[1]


def _loudness(x: FloatArray, task: _Task) -> dict:
    target_lufs = task.profile.stem(task.stem).loudness_lufs
    return match_loudness(x, task.sample_rate, target_lufs, task.amount("loudness"), out=x)[1]


def _blended(effect: str, stage: Callable[[FloatArray, _Task], dict]) -> Callable:
    """A stage of which the task's amount is mixed with its input."""

    def blend(x: FloatArray, task: _Task) -> dict:
        amount = task.amount(effect)
        if amount == 1.0:
            return stage(x, task)
        dry = x.copy()
        done = stage(x, task)
        x -= dry
        x *= np.float32(amount)
        x += dry
        return done

    return blend


_STAGES: dict[str, Callable[[FloatArray, _Task], dict]] = {
    "pre_reverb": _pre_reverb,
    "reverb": _reverb,
    "eq": _blended("eq", _eq),
    "compression": _blended("compression", _compression),
    "panning": _blended("panning", _panning),
    "balance": _balance,
    "loudness": _loudness,
}


def _as_stereo(audio: FloatArray, sample_rate: int, stem: str) -> FloatArray:
    """A copy as float32 `(2, samples)`, checked."""
    if sample_rate <= 0:
        raise InputError(f"{stem}: sample rate {sample_rate} Hz, give a positive one")
    if audio.ndim != 2 or audio.shape[0] not in (1, 2):
        raise InputError(f"{stem}: audio of shape {audio.shape}; give (1, samples) or (2, samples)")
    largest = peak(audio)
    if not np.isfinite(largest):
        raise InputError(f"{stem}: has NaN or infinite samples, repair or leave out the recording")
    if largest > MAX_PEAK:
        raise InputError(f"{stem}: peak {largest:g}; audio lies within -1 and 1, scale it down")
    work = np.empty((2, audio.shape[1]), dtype=np.float32)
    work[:] = audio
    return work


def _own_side(audio: FloatArray, sample_rate: int, stem: str, profile: Profile) -> int:
    """The side of the stem before any effect: EQ would make its channels equally loud.

    Centred stems go right and left in turn, by the place of their names in the alphabet, so that
    the stems of a mono song balance each other.
    """
    centred = -1 if sorted(profile.stems).index(stem) % 2 else 1
    return measure_side(audio, sample_rate, centred)


def _levels(audio: FloatArray, sample_rate: int) -> dict:
    return {
        "loudness_lufs": _finite(integrated_loudness_lufs(audio, sample_rate)),
        "peak_dbfs": _finite(peak_dbfs(audio)),
    }


def _balance_db(audio: FloatArray) -> float | None:
    balance_db = measure_balance_db(audio)
    return None if balance_db is None else _finite(balance_db)


def _finite(value: float) -> float | None:
    """JSON knows no infinity."""
    return float(value) if np.isfinite(value) else None
