"""The shared delay: echoes that pass the cuts and come back softer, straight or from side to side.

Linear and time-invariant: the return of a sum of stems is the sum of their returns.
"""

from __future__ import annotations

import numpy as np

from mixer.console.reverb import cut_sections
from mixer.console.settings import Delay
from mixer.dsp.blocks import FloatArray
from mixer.dsp.recursive import filter_sections

_BLOCK_SAMPLES = 1 << 16


def delay_time_s(setting: Delay, tempo_bpm: float | None) -> float:
    """Time between echoes in seconds: `beats` if set and the tempo is known, else `time_ms`.

    Args:
        setting: the delay.
        tempo_bpm: beats a minute; None if unknown.
    """
    if setting.beats is not None and tempo_bpm:
        return setting.beats * 60.0 / tempo_bpm
    return 1e-3 * setting.time_ms


def return_delay(
    send: FloatArray, sample_rate: int, setting: Delay, tempo_bpm: float | None
) -> FloatArray:
    """Replace the send signal by its echoes; the first comes exactly one delay time later.

    Args:
        send: float32 `(2, samples)`; overwritten.
        sample_rate: Hz.
        setting: the delay.
        tempo_bpm: beats a minute; None if unknown.

    Returns:
        `send`, as long as it was: echoes after the song's end are cut.
    """
    n_line = max(1, round(delay_time_s(setting, tempo_bpm) * sample_rate))
    n_samples = send.shape[-1]
    # A song shorter than the delay needs no longer line than itself.
    line = np.zeros((2, min(n_line, n_samples)), dtype=np.float32)
    if n_line >= n_samples:
        send[:] = 0.0
        return send
    sections = cut_sections(setting.low_cut_hz, setting.high_cut_hz, sample_rate)
    state = np.zeros((sections.shape[0], 2, 2))
    feedback = np.float32(setting.feedback)
    start = at = 0
    while start < n_samples:
        count = min(_BLOCK_SAMPLES, n_line - at, n_samples - start)
        block, stored = send[:, start : start + count], line[:, at : at + count]
        late, state = filter_sections(sections, stored, state)
        echo = late.astype(np.float32)
        if setting.ping_pong:
            # As much energy into the left side as both channels of a centred stem have.
            stored[0] = np.float32(np.sqrt(0.5)) * (block[0] + block[1]) + feedback * echo[1]
            stored[1] = feedback * echo[0]
        else:
            stored[:] = block + feedback * echo
        block[:] = echo
        start, at = start + count, (at + count) % n_line
    return send
