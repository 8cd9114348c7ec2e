"""Width and room of the band mixer's stems: two fixed filters, mixed in by amounts it predicts.

Width: a side signal made of the mid by a short filter of random phase, above the bass. Left gets
it, right gets its negative: in mono it is gone, and the stem is what it was. Room: a diffuse field
that decays by 60 dB in 1.2 s at 1 kHz, without direct sound, early and low-cut as an engineer sets
a plate on a return.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import (
    FloatArray,
    convolved_parts,
    db_to_gain,
    filter_transform_samples,
    filtered_parts,
)
from mixer.dsp.fourier import irfft, next_fast_len, rfft
from mixer.dsp.long_audio import parts_of, silence
from mixer.dsp.noise_room import RoomRecipe

# An amount below this is none.
LEAST_DB = -45.0
WIDTH_S = 0.023
WIDTH_LOW_CUT_HZ = 250.0
REVERBERATION_TIME_S = 1.2
PRE_DELAY_S = 0.015
ROOM_LOW_CUT_HZ = 250.0
ROOM_HIGH_CUT_HZ = 7_000.0
# Seed of both filters: another one would be another product.
_SEED = 20_261_122
_UNCHANGED = np.float32(1.0)


@functools.lru_cache(maxsize=4)
def width_filter(sample_rate: int) -> NDArray[np.float32]:
    """(taps,): flat above `WIDTH_LOW_CUT_HZ`, of random phase, unit energy."""
    taps = round(WIDTH_S * sample_rate)
    n_fft = next_fast_len(4 * taps)
    noise = np.random.default_rng(_SEED).standard_normal(taps) * np.exp(
        -3.0 * np.arange(taps) / taps
    )
    # Flat by turns in frequency, short by turns in time: a few rounds settle.
    for _ in range(40):
        spectrum = rfft(noise, n_fft)
        flat = spectrum / np.maximum(np.abs(spectrum), 1e-9)
        noise = irfft(flat, n_fft)[:taps]
    spectrum = rfft(noise, n_fft) * _low_cut(n_fft, sample_rate, WIDTH_LOW_CUT_HZ)
    kernel = irfft(spectrum, n_fft)[:taps]
    kernel *= np.minimum(1.0, np.arange(taps, 0, -1) / (0.1 * taps))
    return (kernel / np.sqrt(np.sum(kernel**2))).astype(np.float32)


@functools.lru_cache(maxsize=4)
def room_filter(sample_rate: int) -> NDArray[np.float32]:
    """(2, taps): the room's answer left and right, unit energy each."""
    rng = np.random.default_rng(_SEED + 1)
    room = RoomRecipe().generate(rng, sample_rate, REVERBERATION_TIME_S).astype(np.float64)
    room[:, 0] = 0.0  # the direct sound
    taps = room.shape[1] + round(PRE_DELAY_S * sample_rate)
    n_fft = next_fast_len(taps)
    spectrum = rfft(room, n_fft, axis=-1)
    spectrum *= _low_cut(n_fft, sample_rate, ROOM_LOW_CUT_HZ)
    spectrum /= np.sqrt(1.0 + (_bins_hz(n_fft, sample_rate) / ROOM_HIGH_CUT_HZ) ** 4)
    room = irfft(spectrum, n_fft, axis=-1)[:, : room.shape[1]]
    room = np.pad(room, ((0, 0), (taps - room.shape[1], 0)))
    return (room / np.sqrt(np.sum(room**2, axis=-1, keepdims=True))).astype(np.float32)


def send_gains(width_db: float, room_db: float) -> tuple[np.float32 | None, np.float32 | None]:
    """Linear gains of a stem's sends to width and room; None for an amount that is none.

    Both filters are linear and the same for every stem: what is sent to them can be summed first.
    The send to width is of both channels' sum. Amounts as in `add_space`.
    """
    width = np.float32(0.5 * db_to_gain(width_db)) if width_db > LEAST_DB else None
    room = np.float32(db_to_gain(room_db)) if room_db > LEAST_DB else None
    return width, room


def add_returns(
    mix: FloatArray, sample_rate: int, width: FloatArray | None, room: FloatArray | None
) -> None:
    """Add width and room in place.

    Args:
        mix: float32 (2, samples).
        sample_rate: in Hz.
        width: what was sent to it, (1, samples); None for nothing.
        room: what was sent to it, (2, samples); None for nothing.
    """
    if room is not None:
        for part, answer in _answers(room, sample_rate):
            mix[:, part] += answer
    if width is not None:
        for part, (side,) in convolved_parts(width, width_filter(sample_rate)):
            mix[0, part] += side
            mix[1, part] -= side


def add_space(stem: FloatArray, sample_rate: int, width_db: float, room_db: float) -> None:
    """Widen a stem and put it into the room, in place.

    Args:
        stem: float32 (2, samples).
        sample_rate: in Hz.
        width_db: power of the side signal against that of the mid, above the bass; at most
            `LEAST_DB` for none.
        room_db: power of the room's answer to noise, against the stem's; likewise.
    """
    width_gain, room_gain = send_gains(width_db, room_db)
    if room_gain is not None:
        for part, answer in _answers(stem, sample_rate, room_gain, width_gain):
            stem[:, part] += answer
    elif width_gain is not None:
        width = silence(1, stem.shape[1])
        for part in parts_of(stem):
            width[:, part] = (stem[:1, part] + stem[1:, part]) * width_gain
        add_returns(stem, sample_rate, width, None)


def _answers(
    sends: FloatArray,
    sample_rate: int,
    room_gain: np.float32 = _UNCHANGED,
    width_gain: np.float32 | None = None,
) -> Iterator[tuple[slice, FloatArray]]:
    """Returns of the room, and of width for the same sends, by the same transforms.

    Args:
        sends: float32 (2, samples).
        sample_rate: in Hz.
        room_gain: of what is sent to the room.
        width_gain: of the channels' sum, which is sent to width; None for no width.

    Yields:
        As `mixer.dsp.blocks.filtered_parts`.
    """
    taps = room_filter(sample_rate).shape[-1]
    n_fft = filter_transform_samples(taps, sends.shape[-1])
    width, room = _responses(sample_rate, n_fft)
    room = room * room_gain
    if width_gain is not None:
        width = width * width_gain

    def answer(spectra: np.ndarray) -> None:
        left, right = spectra
        side = None if width_gain is None else np.add(left, right)
        spectra *= room
        if side is not None:
            side *= width
            left += side
            right -= side

    return filtered_parts(sends, taps, n_fft, answer)


@functools.lru_cache(maxsize=2)
def _responses(sample_rate: int, n_fft: int) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Width, (bins,), and room, (2, 1, bins), by frequency; not to be changed."""
    width, room = width_filter(sample_rate), room_filter(sample_rate)
    return rfft(width, n_fft), rfft(room, n_fft, axis=-1)[:, np.newaxis]


def _bins_hz(n_fft: int, sample_rate: int) -> NDArray[np.float64]:
    return np.asarray(np.fft.rfftfreq(n_fft, 1.0 / sample_rate))


def _low_cut(n_fft: int, sample_rate: int, cut_hz: float) -> NDArray[np.float64]:
    """Magnitude of a Butterworth of 24 dB an octave, zero phase."""
    ratio = _bins_hz(n_fft, sample_rate) / cut_hz
    return np.asarray(ratio**4 / np.sqrt(1.0 + ratio**8))
