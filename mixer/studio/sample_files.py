"""Samples in 16-bit files that a page can read while they are still being written.

One file for each channel or source, in a folder that is removed with the session. A song of 38
tracks and ten minutes takes 4 GB there, and next to nothing in memory. On systems that allow it the
files have no names, so they disappear with the process, however it ends.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import numpy as np

from mixer.dsp.blocks import FloatArray, peak
from mixer.dsp.disk_room import reserve
from mixer.errors import OutputError

_TOP = 32_767
# How finely peaks are kept for overviews.
PEAK_FRAMES = 1_024
# A frame in a file has two channels of 16 bits.
FRAME_BYTES = 4
_BLOCK_FRAMES = 1 << 18


class Samples:
    """Stereo samples of a song, as far as they are ready; read and written from any thread.

    Attributes:
        version: increases whenever existing samples are replaced.
        n_frames: of the song.
        ready_frames: number of frames that can be read, from the start.
        full_scale: sample value that the highest integer stands for.
    """

    def __init__(self, folder: Path, n_frames: int) -> None:
        """Create the file; no samples are ready.

        Args:
            folder: of the file.
            n_frames: of the song.

        Raises:
            OutputError: the disk is full or read-only.
        """
        self.version, self.n_frames, self.ready_frames = 0, n_frames, 0
        self.full_scale = 1.0
        self._lock = threading.Lock()
        self._peaks = np.zeros(-(-n_frames // PEAK_FRAMES), np.float32)
        try:
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by close()
            try:
                reserve(self._file.fileno(), FRAME_BYTES * n_frames)
            except OSError:
                self._file.close()
                raise
        except OSError as error:
            raise OutputError(f"{folder}: no space for samples: {error.strerror}") from None

    def write(self, audio: FloatArray) -> None:
        """Replace all samples, or those at the start of the song.

        Args:
            audio: float32 (2, samples), from the start of the song; the ready samples end with it.

        Raises:
            OutputError: the disk is full.
        """
        highest = max(peak(audio), 1e-9) if audio.size else 1.0
        with self._lock:
            self.version += 1
            self.ready_frames = 0
            self.full_scale = float(highest)
            n_ready = min(audio.shape[-1], self.n_frames)
            scale = np.float32(_TOP / highest)
            self._file.seek(0)
            for start in range(0, n_ready, _BLOCK_FRAMES):
                block = audio[:, start : min(start + _BLOCK_FRAMES, n_ready)]
                self._put(np.rint(block * scale).T.astype("<i2").tobytes())
            self._peaks[:] = 0.0
            whole = _peaks_of(audio[:, :n_ready])
            self._peaks[: whole.size] = whole
            self.ready_frames = n_ready

    def _put(self, data: bytes) -> None:
        """Append all bytes to the file."""
        try:
            while data:
                data = data[self._file.write(data) :]
        except OSError as error:
            raise OutputError(f"no space for samples: {error.strerror}") from None

    def read(self, start: int, n_frames: int) -> bytes:
        """Read interleaved little-endian 16-bit samples; fewer if no more are ready."""
        with self._lock:
            stop = min(start + n_frames, self.ready_frames)
            if start >= stop:
                return b""
            self._file.seek(FRAME_BYTES * start)
            return self._file.read(FRAME_BYTES * (stop - start))

    def peaks(self, n_points: int) -> list[float]:
        """Peak of each of `n_points` equal sections of the song, 0 to 1 of full scale."""
        with self._lock:
            edges = np.linspace(0, self._peaks.size, n_points + 1).astype(int)[:-1]
            if not self._peaks.size:
                return [0.0] * n_points
            edges = np.minimum(edges, self._peaks.size - 1)
            found = np.maximum.reduceat(self._peaks, edges)
        return [round(float(value), 4) for value in found]

    def close(self) -> None:
        """Close the file and free its disk space."""
        with self._lock:
            self.ready_frames = 0
            self._file.close()


def _peaks_of(audio: FloatArray) -> FloatArray:
    highest = np.abs(audio).max(axis=0)
    starts = np.arange(0, highest.size, PEAK_FRAMES)
    if not starts.size:
        return highest
    found: FloatArray = np.maximum.reduceat(highest, starts)
    return found
