"""A strip that was not set but heard: what makes one sound of another, as far as a strip can.

Of a bus, or of a stem after a network, before and after are known and the settings are not, or are
not a console's. Levels in bands, averaged over the song by power, give fader, bands, width and
balance; what moves around them is automation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, root_hann, stft_blocks
from mixer.dsp.erb_bands import band_centres_hz, band_weights
from mixer.output.daw.daw_formats import Device
from mixer.output.daw.strips.eq_fit import fit_bands
from mixer.output.daw.strips.native import run_strip
from mixer.output.daw.strips.native_strip import EqBand, Strip, placed
from mixer.output.daw.strips.volume_automation import automation, moving_gain

_N_FFT, _N_BANDS = 4096, 48
# Bands this far below the loudest are not heard enough to tell their gain.
_HEARD_DB = -70.0
_MOST_CURVE_DB = 18.0
# A side this far below the middle is none, and its gain not a width.
_LEAST_SIDE_DB = -40.0
_LEAST_WIDTH, _LEAST_PAN = 0.02, 0.01
_MOST_WIDTH = 2.0


@dataclass(frozen=True)
class _Powers:
    """(bands,) powers of left and right together; sums of left, right, middle and side."""

    bands: NDArray[np.float64]
    left: float
    right: float
    middle: float
    side: float


def fit_strip(
    before: FloatArray,
    after: FloatArray,
    sample_rate: int,
    devices: frozenset[Device],
    known: tuple[EqBand, ...] = (),
) -> Strip:
    """The strip that comes nearest to making `after` of `before`; the neutral one for silence.

    Args:
        before, after: float32 (2, samples), in time with each other.
        sample_rate: in Hz.
        devices: what the workstation has.
        known: bands of the equaliser that are known; what they leave over is fitted.
    """
    heard, made = _measure(before, sample_rate), _measure(after, sample_rate)
    if heard.bands.sum() <= 0.0 or made.bands.sum() <= 0.0:
        return Strip()
    width = _width(heard, made) if Device.WIDTH in devices else 1.0
    strip = Strip(width=width)
    if devices & {Device.EQ, Device.ACE_EQ}:
        filtered = run_strip(before, sample_rate, Strip(bands=known), devices) if known else before
        heard = _measure(filtered, sample_rate)
        strip = replace(
            strip,
            bands=(*known, *_bands(heard, made, sample_rate, Device.ACE_EQ in devices)),
        )
    left, right = _side_gains(_measure(run_strip(before, sample_rate, strip, devices)), made)
    gain, pan = placed(left, right)
    pan = round(pan, 4) if abs(pan) >= _LEAST_PAN else 0.0
    strip = replace(strip, gain_db=20.0 * float(np.log10(gain)), pan=pan)
    return with_automation(_at_level(strip, before, made, sample_rate, devices), before, after,
                           sample_rate, devices)  # fmt: skip


def with_automation(
    strip: Strip,
    before: FloatArray,
    after: FloatArray,
    sample_rate: int,
    devices: frozenset[Device],
) -> Strip:
    """The same strip with the automation that follows the level of `after`."""
    resting = run_strip(before, sample_rate, replace(strip, automation=()), devices)
    return replace(strip, automation=automation(*moving_gain(resting, after, sample_rate)))


def _at_level(
    strip: Strip, before: FloatArray, made: _Powers, sample_rate: int, devices: frozenset[Device]
) -> Strip:
    """The same strip with a fader at which the sound is as loud as it is to be."""
    now = _measure(run_strip(before, sample_rate, strip, devices))
    missing = (made.left + made.right) / max(now.left + now.right, 1e-30)
    return replace(strip, gain_db=round(strip.gain_db + 10.0 * float(np.log10(missing)), 3))


def _measure(audio: FloatArray, sample_rate: int | None = None) -> _Powers:
    """Powers; of bands only if a rate is given."""
    left, right = (float(np.vdot(c, c)) for c in audio.astype(np.float64))
    cross = float(np.vdot(audio[0].astype(np.float64), audio[1]))
    middle, side = 0.25 * (left + right) + 0.5 * cross, 0.25 * (left + right) - 0.5 * cross
    bands = np.zeros(_N_BANDS)
    if sample_rate is not None:
        weights = band_weights(_N_BANDS, _N_FFT, sample_rate)
        for _, spectra in stft_blocks(audio, _N_FFT, _N_FFT // 2, root_hann(_N_FFT), _N_FFT):
            power = np.square(np.abs(spectra)).sum(axis=(0, 2), dtype=np.float64)
            bands += weights @ power
    return _Powers(bands, left, right, middle, max(side, 0.0))


def _bands(
    heard: _Powers, made: _Powers, sample_rate: int, fixed_shelves: bool
) -> tuple[EqBand, ...]:
    audible = heard.bands > heard.bands.max() * 10.0 ** (_HEARD_DB / 10.0)
    level_db = 10.0 * np.log10(made.bands.sum() / heard.bands.sum())
    ratio_db = 10.0 * np.log10(np.maximum(made.bands, 1e-30) / np.maximum(heard.bands, 1e-30))
    places = np.arange(_N_BANDS)
    curve_db = np.interp(places, places[audible], ratio_db[audible]) - level_db
    curve_db = np.clip(curve_db, -_MOST_CURVE_DB, _MOST_CURVE_DB)
    # Soft moments count less: there, a reverb or a neighbour's sound gives a false gain.
    share = np.clip(1.0 + 10.0 * np.log10(heard.bands.clip(1e-30) / heard.bands.max()) / 70.0, 0, 1)
    return fit_bands(
        band_centres_hz(_N_BANDS), curve_db, sample_rate, share, fixed_shelves=fixed_shelves
    )


def _width(heard: _Powers, made: _Powers) -> float:
    least = 10.0 ** (_LEAST_SIDE_DB / 10.0)
    if heard.side <= least * heard.middle or min(heard.middle, made.middle) <= 0.0:
        return 1.0
    width = float(np.sqrt(made.side / heard.side / (made.middle / heard.middle)))
    width = min(round(width, 3), _MOST_WIDTH)
    return width if abs(width - 1.0) >= _LEAST_WIDTH else 1.0


def _side_gains(now: _Powers, made: _Powers) -> tuple[float, float]:
    if min(now.left, now.right) <= 0.0:
        both = float(np.sqrt((made.left + made.right) / max(now.left + now.right, 1e-30)))
        return both, both
    return float(np.sqrt(made.left / now.left)), float(np.sqrt(made.right / now.right))
