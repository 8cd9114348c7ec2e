"""The band mixer's back-end: a stem's spectra through the console that the network has set.

Each stem is changed by its own controls alone, so what is summed is faithful: nothing of one stem
is in another's wet stem.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.erb_bands import BandSums
from mixer.dsp.running import running_mean
from mixer.network.band_mixer.parameters import BandMixerParameters

# Limits of a control, whatever a bundle says. Stems may come in at any level.
MAX_FADER_DB = 72.0
MAX_GAIN_DB = 36.0
MAX_BALANCE_DB = 24.0
MAX_SHAPE = 1.0
# The shaper compares a frame with the power around it, and trusts it so far.
SHAPER_WINDOW_S = 0.75
SHAPER_RANGE_DB = 12.0
# It lets go no faster than this, so that a decay is not heard to be pushed.
SHAPER_FALL_DB_PER_S = 45.0
# So far below its mean power a stem is not playing, and is not shaped.
_QUIET_BELOW_MEAN_DB = 50.0
_QUIET_RANGE_DB = 10.0
# One dB, as the natural logarithm of a gain.
_NEPER = np.float32(np.log(10.0) / 20.0)
_TWICE = np.uint64((1 << 32) + 1)


@dataclass(frozen=True)
class StemControls:
    """One stem's console.

    Attributes:
        gain_db: (bands, blocks), dynamic EQ with the fader in it; linear between the blocks'
            centres.
        balance_db: (bands,), right over left.
        side_db: (bands,), gain of the half difference against the half sum.
        shape: gain in dB for each dB by which a frame is above (or below) the power around it:
            below 0 evens out, above 0 sharpens.
        width_db: power of the side signal that is made of the mid
            (`mixer.network.band_mixer.space`).
        room_db: power of the room's answer.
    """

    gain_db: NDArray[np.float32]
    balance_db: NDArray[np.float32]
    side_db: NDArray[np.float32]
    shape: float
    width_db: float
    room_db: float

    def bounded(self) -> StemControls:
        """Every control within what a console has."""
        return StemControls(
            np.clip(self.gain_db, -MAX_FADER_DB, MAX_FADER_DB),
            np.clip(self.balance_db, -MAX_BALANCE_DB, MAX_BALANCE_DB),
            np.clip(self.side_db, -MAX_GAIN_DB, MAX_GAIN_DB),
            float(np.clip(self.shape, -MAX_SHAPE, MAX_SHAPE)),
            min(self.width_db, 0.0),
            min(self.room_db, 0.0),
        )


def excess_db(
    frame_db: NDArray[np.float32], hyper: BandMixerParameters, sample_rate: int
) -> NDArray[np.float32]:
    """Level of each frame above the mean power around it, in dB, within `SHAPER_RANGE_DB`.

    It rises at once, as an onset does, and falls by at most `SHAPER_FALL_DB_PER_S`.

    Args:
        frame_db: (frames,), power of the stem.
        hyper: the transform.
        sample_rate: in Hz.
    """
    frames = max(1, round(SHAPER_WINDOW_S * sample_rate / hyper.hop_samples))
    power = 10.0 ** (frame_db.astype(np.float64) / 10.0)
    around_db = 10.0 * np.log10(running_mean(power, frames, "nearest"))
    excess = np.clip(frame_db - around_db, -SHAPER_RANGE_DB, SHAPER_RANGE_DB)
    quiet_db = 10.0 * np.log10(power.mean()) - _QUIET_BELOW_MEAN_DB
    excess *= np.clip((frame_db - quiet_db) / _QUIET_RANGE_DB, 0.0, 1.0)
    # Along a line that falls, the largest so far is what a fall of limited speed leaves.
    line_db = np.arange(len(excess)) * SHAPER_FALL_DB_PER_S * hyper.hop_samples / sample_rate
    return (np.maximum.accumulate(excess + line_db) - line_db).astype(np.float32)


class SpectralStrip:
    """A stem's spectra through its fader, curves and shaper.

    Args:
        controls: the stem's, bounded.
        weights: (bands, bins), from `mixer.network.band_mixer.bands.band_weights`.
    """

    def __init__(self, controls: StemControls, weights: NDArray[np.float32]) -> None:
        side = _gain(weights.T @ controls.side_db)
        balance_db = weights.T @ controls.balance_db
        levels = [_gain(sign * balance_db) for sign in (-0.5, 0.5)]
        # Shares of a channel and of the other one in it, by the gain of the half difference;
        # for real and imaginary parts, which stand side by side.
        self._own, self._other = (
            [np.repeat((1 + sign * side) / 2 * level, 2) for level in levels] for sign in (1, -1)
        )
        self._levels = [np.repeat(level, 2) for level in levels]

    def apply(
        self,
        heard: NDArray[np.float32],
        gain: NDArray[np.float32],
        part: NDArray[np.float32],
        out: NDArray[np.float32],
    ) -> None:
        """Change a block of spectra.

        Args:
            heard: (channels, frames, 2 bins), real and imaginary parts side by side; one channel if
                both are equal.
            gain: (frames, 2 bins), from `BinGains`.
            part: (frames, 2 bins) to work in.
            out: (2, frames, 2 bins).
        """
        if len(heard) == 1:  # changed together, up to the balance
            np.multiply(heard[0], gain, out=part)
            for channel, level in zip(out, self._levels, strict=True):
                np.multiply(part, level, out=channel)
            return
        # A channel at a time stays in the cache from one step to the next.
        for place, channel in enumerate(out):
            np.multiply(heard[place], self._own[place], out=channel)
            channel += np.multiply(heard[1 - place], self._other[place], out=part)
            channel *= gain


class BinGains:
    """Linear gains of a transform's bins, in buffers that are used again.

    Args:
        weights: as in `SpectralStrip`.
        n_frames: most frames at once.
    """

    def __init__(self, weights: NDArray[np.float32], n_frames: int) -> None:
        self._bands = BandSums(weights)
        self._single = np.empty((n_frames, weights.shape[1]), np.float32)
        self._double = np.empty((n_frames, 2 * weights.shape[1]), np.float32)

    def of(self, curves_db: NDArray[np.float32]) -> NDArray[np.float32]:
        """Gains of curves from `curves_at`: (frames, 2 bins), each bin's twice, until the next."""
        single, double = self._single[: len(curves_db)], self._double[: len(curves_db)]
        self._bands.spread(_NEPER * curves_db, out=single)
        np.exp(single, out=single)
        # The same 32 bits in both halves of 64.
        np.multiply(single.view(np.uint32), _TWICE, out=double.view(np.uint64), dtype=np.uint64)
        return double


def curves_at(
    controls: StemControls,
    excess: NDArray[np.float32],
    frames: NDArray[np.int64],
    block_frames: int,
) -> NDArray[np.float32]:
    """Gains in dB of each band at frames, the shaper's included, (frames, bands).

    Args:
        controls: the stem's, bounded.
        excess: (all frames,), from `excess_db`.
        frames: numbers of frames.
        block_frames: frames a block of the controls.
    """
    curves_db = block_curve(controls.gain_db, frames, block_frames).T
    return curves_db + (controls.shape * excess[frames])[:, None]


def block_curve(
    values: NDArray[np.float32], frames: NDArray[np.int64], block_frames: int
) -> NDArray[np.float32]:
    """Values at frames, linear between the centres of blocks, constant beyond the outer ones.

    Args:
        values: (bands, blocks).
        frames: (frames,), their numbers.
        block_frames: frames a block.

    Returns:
        (bands, frames).
    """
    place = np.clip((frames - (block_frames - 1) / 2) / block_frames, 0, values.shape[-1] - 1)
    before = np.minimum(place.astype(np.int64), max(0, values.shape[-1] - 2))
    after = np.minimum(before + 1, values.shape[-1] - 1)
    share = (place - before).astype(np.float32)
    return values[:, before] * (1 - share) + values[:, after] * share


def _gain(level_db: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.exp(_NEPER * level_db)
