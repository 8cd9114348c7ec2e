"""Samples that a page may ask for while they are still being made: 16-bit files of their own.

One file a channel or source, in a folder that goes with the session. A song of 38 tracks and ten
minutes takes 4 GB there, and next to nothing in memory.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mixer.dsp.blocks import FloatArray, peak
from mixer.errors import OutputError

_TOP = 32_767
# How finely peaks are kept for overviews.
PEAK_FRAMES = 1_024


class Samples:
    """Stereo samples of a song, as far as they are made; read and written from any thread.

    Attributes:
        version: grows whenever what was there is made again.
        n_frames: of the song.
        ready_frames: how far they are made.
        full_scale: what the highest integer means.
    """

    def __init__(self, path: Path, n_frames: int) -> None:
        """Begin; nothing is ready.

        Args:
            path: its file, which is not there yet.
            n_frames: of the song.

        Raises:
            OutputError: the disk is full or read-only.
        """
        self.version, self.n_frames, self.ready_frames = 0, n_frames, 0
        self.full_scale = 1.0
        self._path, self._lock = path, threading.Lock()
        self._peaks = np.zeros(-(-n_frames // PEAK_FRAMES), np.float32)
        try:
            _reserve(path, 4 * n_frames)
            self._data: NDArray[np.int16] = np.memmap(path, np.int16, "r+", shape=(n_frames, 2))
        except OSError as error:
            path.unlink(missing_ok=True)
            raise OutputError(f"{path.parent}: no room for samples: {error.strerror}") from None

    def write(self, audio: FloatArray) -> None:
        """Replace all, or the start, of what is there.

        Args:
            audio: float32 (2, samples), from the song's start on; what is ready ends with it.
        """
        highest = max(peak(audio), 1e-9) if audio.size else 1.0
        with self._lock:
            self.version += 1
            self.ready_frames = 0
            self.full_scale = float(highest)
            n_ready = min(audio.shape[-1], self.n_frames)
            scale = np.float32(_TOP / highest)
            for start in range(0, n_ready, 1 << 18):
                block = audio[:, start : min(start + (1 << 18), n_ready)]
                self._data[start : start + block.shape[-1]] = np.rint(block * scale).T
            self._peaks[:] = 0.0
            whole = _peaks_of(audio[:, :n_ready])
            self._peaks[: whole.size] = whole
            self.ready_frames = n_ready

    def read(self, start: int, n_frames: int) -> bytes:
        """Little-endian 16-bit samples in turn, fewer where no more are ready."""
        with self._lock:
            stop = min(start + n_frames, self.ready_frames)
            if start >= stop:
                return b""
            return self._data[start:stop].astype("<i2", copy=False).tobytes()

    def peaks(self, n_points: int) -> list[float]:
        """The highest sample of each of so many equal stretches of the song."""
        with self._lock:
            edges = np.linspace(0, self._peaks.size, n_points + 1).astype(int)[:-1]
            if not self._peaks.size:
                return [0.0] * n_points
            edges = np.minimum(edges, self._peaks.size - 1)
            found = np.maximum.reduceat(self._peaks, edges)
        return [round(float(value), 4) for value in found]

    def close(self) -> None:
        """Give the room back."""
        with self._lock:
            self.ready_frames = 0
            # Windows removes no file that is still mapped.
            self._data = self._data[:0].copy()
            self._path.unlink(missing_ok=True)


def _reserve(path: Path, n_bytes: int) -> None:
    """Make a file that has its room on the disk: one without it would end the process later."""
    with path.open("xb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, n_bytes)
        else:
            for start in range(0, n_bytes, 1 << 20):
                file.write(bytes(min(1 << 20, n_bytes - start)))


def _peaks_of(audio: FloatArray) -> FloatArray:
    highest = np.abs(audio).max(axis=0)
    starts = np.arange(0, highest.size, PEAK_FRAMES)
    if not starts.size:
        return highest
    found: FloatArray = np.maximum.reduceat(highest, starts)
    return found
