"""A track through the strip that the track mixer set, and a group through its bus.

Effects on a track's own spectrum and level (high-pass, curve, transients, riding) are one pass of
short-time filtering; a mono recording stays mono up to its group, at half the cost, and so does a
stereo file whose channels are equal. The compressor, the rooms and the echo are the console's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mixer.console.automation import Automation
from mixer.console.dynamics import compressor
from mixer.console.processing import run_effect
from mixer.console.settings import Compressor
from mixer.console.stereo import pan_gains
from mixer.dsp.blocks import FloatArray, are_equal, convolve, db_to_gain, filter_stft
from mixer.dsp.long_audio import parts_of, silence
from mixer.network.band_mixer.space import width_filter
from mixer.network.track_mixer.features import TrackLevels, window_samples
from mixer.network.track_mixer.movement import frame_gains_db
from mixer.network.track_mixer.track_settings import (
    FLAT,
    HIGH_PASS_OFF_HZ,
    SEND_OFF_DB,
    BusSettings,
    Compression,
    TrackSettings,
    curve_at,
    high_pass_db,
)
from mixer.rendering.tracks.placed_track import PlacedTrack

# Frame i of the filter starts a hop earlier than frame i of what was listened to.
_FRAMES_AHEAD = 1


def run_track_strip(
    audio: FloatArray, sample_rate: int, settings: TrackSettings, levels: TrackLevels
) -> PlacedTrack:
    """Run a recording through its strip; sends are not included.

    Args:
        audio: float32 (1 or 2, samples); overwritten.
        sample_rate: in Hz.
        settings: of the strip, within their ranges.
        levels: features of the recording.

    Returns:
        The wet track.
    """
    if audio.shape[0] == 2 and are_equal(audio):
        audio = audio[:1]
    _filter(audio, sample_rate, settings, levels)
    run_compressor(audio, sample_rate, settings.compression)
    if settings.width != 1.0 and audio.shape[0] == 2:
        _set_width(audio, settings.width)
    gain = np.float32(db_to_gain(settings.gain_db))
    left, right = (np.float32(gain * side) for side in pan_gains(settings.pan))
    placed = PlacedTrack(audio, (left, right))
    if settings.widen_db <= SEND_OFF_DB:
        return placed
    side = _added_side(placed, audio.shape[1], sample_rate, settings.widen_db)
    return PlacedTrack(audio, (left, right), side)


def run_bus(audio: FloatArray, sample_rate: int, settings: BusSettings) -> None:
    """Run a group, or the mix, through its bus, in place: curve, compressor, gain.

    Args:
        audio: float32 (2, samples).
        sample_rate: in Hz.
        settings: of the bus, within their ranges.
    """
    if settings.curve_db != FLAT:
        n_fft = window_samples(sample_rate)
        gain = _curve_gain(settings.curve_db, HIGH_PASS_OFF_HZ, n_fft, sample_rate)
        filter_stft(audio, n_fft, lambda first, spectra: spectra * gain, out=audio, is_gain=True)
    run_compressor(audio, sample_rate, settings.compression)
    if settings.gain_db != 0.0:
        audio *= np.float32(db_to_gain(settings.gain_db))


def run_compressor(audio: FloatArray, sample_rate: int, settings: Compression) -> None:
    """Run the console's compressor without make-up gain, in place; do nothing if it is off."""
    if settings.is_off:
        return
    effect = compressor(
        Compressor(
            threshold_db=settings.threshold_db,
            ratio=settings.ratio,
            attack_ms=settings.attack_ms,
            release_ms=settings.release_ms,
        ),
        sample_rate,
    )
    run_effect(effect, audio, Automation(1.0, sample_rate))


def _filter(
    audio: FloatArray, sample_rate: int, settings: TrackSettings, levels: TrackLevels
) -> None:
    moves_db = frame_gains_db(levels.frame_db, settings.shape, settings.ride)
    is_flat = settings.curve_db == FLAT and settings.high_pass_hz <= HIGH_PASS_OFF_HZ
    if is_flat and moves_db is None:
        return
    n_fft = window_samples(sample_rate)
    gain = _curve_gain(settings.curve_db, settings.high_pass_hz, n_fft, sample_rate)
    filter_stft(audio, n_fft, _spectral_gains(gain, moves_db), out=audio, is_gain=True)


def _spectral_gains(
    gain: NDArray[np.float32], moves_db: NDArray[np.float32] | None
) -> Callable[[int, np.ndarray], np.ndarray]:
    """Make the function that `mixer.dsp.blocks.filter_stft` applies to the spectra of a track."""
    if moves_db is None:
        return lambda first, spectra: spectra * gain
    moves = np.exp(np.float32(np.log(10.0) / 20.0) * moves_db)

    def modify(first: int, spectra: np.ndarray) -> np.ndarray:
        frames = np.arange(first, first + spectra.shape[-1]) - _FRAMES_AHEAD
        return spectra * (gain * moves[np.clip(frames, 0, len(moves) - 1)])

    return modify


def _curve_gain(
    curve_db: tuple[float, ...], high_pass_hz: float, n_fft: int, sample_rate: int
) -> NDArray[np.float32]:
    """Linear gains of a curve and a high-pass, float32 (bins, 1)."""
    hz = np.maximum(np.arange(n_fft // 2 + 1) * sample_rate / n_fft, 1.0)
    gain_db = curve_at(curve_db, hz) + high_pass_db(high_pass_hz, hz)
    return db_to_gain(gain_db).astype(np.float32)[:, None]


def _set_width(audio: FloatArray, width: float) -> None:
    """Multiply the side signal of stereo audio, (2, samples), in place."""
    for part in parts_of(audio):
        left, right = audio[:, part]
        moved = (left - right) * np.float32(0.5 * (width - 1.0))
        left += moved
        right -= moved


def _added_side(
    placed: PlacedTrack, n_samples: int, sample_rate: int, widen_db: float
) -> FloatArray:
    """A side signal, (1, samples), made from the mid signal of a track; it cancels in mono."""
    side = silence(1, n_samples)
    for part in parts_of(side):
        if placed.is_silent(part):
            continue
        left, right = placed.part(part)
        np.add(left, right, out=side[0, part])
        side[:, part] *= np.float32(0.5)
    return convolve(side, width_filter(sample_rate) * np.float32(db_to_gain(widen_db)), out=side)
