"""Integers in the other byte order than their file's header says, told by their looks.

Read in the wrong order, samples are noise at full scale, and no header gives it away. Sound goes
from sample to sample in small steps; its bytes turned around do not. So a file whose samples step
as noise does, and far less once their bytes are turned around, is written in the other order.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import soundfile
from numpy.typing import NDArray

from mixer.audio.excerpts import seeks
from mixer.audio.layout import layout_of, open_part
from mixer.audio.source import OR_LEAVE_OUT, AudioSource

OTHER_ORDER = (
    "its samples are noise as its header has them, and sound with their bytes turned around; "
    f"export the file again{OR_LEAVE_OUT}"
)
_BYTES = {"PCM_16": 2, "PCM_24": 3, "PCM_32": 4}
_N_LOOKS, _LOOK_SAMPLES = 8, 4_096
# The lower byte of sound takes all values, so that as the upper one it is at any level: half of the
# samples, but zeros, are above this share of full scale, in so many looks.
_LOUD_FROM, _FEWEST_LOUD = 0.2, 2
# Steps relative to samples, both as mean sizes: uniform noise has 1.33. Recordings
# that loud are about as rough in the other order (tests/audio/test_byte_order.py).
_NOISE_FROM, _SMOOTHER_FROM = 1.0, 2.0
_KEPT = 4_096


def is_in_other_order(source: AudioSource) -> bool:
    """Whether the samples of a file of integers are in the other byte order.

    Found once a run while the file stays the same. A file that cannot be decoded is not: whoever
    reads it says so.

    Args:
        source: from `probe`.
    """
    if source.encoding not in _BYTES or source.correction is not None or not seeks(source):
        return False
    try:
        status = source.path.stat()
        as_written = replace(source, offset=(), full_scale=1.0)
        return _is_in_other_order(as_written, status.st_size, status.st_mtime_ns)
    except (OSError, soundfile.LibsndfileError):
        return False


@functools.lru_cache(_KEPT)
def _is_in_other_order(source: AudioSource, size: int, mtime_ns: int) -> bool:
    n_bytes = _BYTES[source.encoding]
    last = max(0, source.n_samples - _LOOK_SAMPLES)
    sizes, n_loud = np.zeros((2, 2)), 0  # of steps and samples, as they are and turned around
    with open_part(source.path, layout_of(source.path).parts[0]) as file:
        for start in np.unique(np.linspace(0, last, _N_LOOKS, dtype=int)):
            file.seek(int(start))
            look = file.read(_LOOK_SAMPLES, dtype="int32", always_2d=True)
            if not _is_loud(look):
                continue
            n_loud += 1
            sizes += [_sizes(look), _sizes(_turned(look, n_bytes))]
    if n_loud < _FEWEST_LOUD or not sizes.all():
        return False
    as_is, turned = sizes[:, 0] / sizes[:, 1]
    return bool(as_is >= _NOISE_FROM and as_is >= _SMOOTHER_FROM * turned)


def _is_loud(look: NDArray[np.int32]) -> bool:
    """Whether samples are as loud as only noise at full scale is."""
    heard = look[look != 0]
    return len(heard) > 0 and bool(np.median(np.abs(heard / 2.0**31)) >= _LOUD_FROM)


def _sizes(look: NDArray[np.int32]) -> tuple[float, float]:
    """Summed sizes of the steps and of the samples, (n, channels), about their mean."""
    sound = look - look.mean(axis=0) if len(look) else np.zeros(look.shape)
    return float(np.abs(np.diff(sound, axis=0)).sum()), float(np.abs(sound).sum())


def _turned(look: NDArray[np.int32], n_bytes: int) -> NDArray[np.int32]:
    """Samples in the upper bytes of 32 bits, whose bytes are turned around."""
    as_bytes = np.ascontiguousarray(look).astype("<i4").view(np.uint8).reshape(*look.shape, 4)
    turned = np.zeros_like(as_bytes)
    turned[..., 4 - n_bytes :] = np.flip(as_bytes[..., 4 - n_bytes :], -1)
    return turned.view("<i4")[..., 0].astype(np.int32)
