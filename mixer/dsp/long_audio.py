"""Arrays as long as a song: in memory as far as a bound goes, beyond it in a file without a name.

An hour of four stems is 5 GB, more than most machines can spare. An array beyond `MOST_IN_MEMORY`
is therefore mapped from a temporary file: the same kind of array, of which the system keeps in
memory what is worked on, and a thread lets go of the rest. The file has no name from the start, so
that nothing stays of it however the process ends, and its room on the disk is taken when the array
is made: a full disk says so there, not in the middle of a sum.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np

from mixer.dsp.disk_room import reserve
from mixer.dsp.free_memory import (
    MOST_IN_MEMORY,
    MOST_MAPPED_BYTES,
    available_memory_bytes,
)
from mixer.dsp.threads import at_each_block, stop_if_asked
from mixer.errors import OutputError

# Smaller arrays are not counted: they are gone before they add up.
LEAST_BYTES = 8 << 20
_LOOK_EVERY_S = 0.01
_BLOCK_SAMPLES = 1 << 16
# A machine with less free memory than this times an array does not get it if the disk is full.
_ROOM_TO_WORK = 2
# Folders for files that are large, and not kept in memory by the system.
_LARGE_FILES = Path("/var/tmp")
_RESIDENT = Path("/proc/self/statm")

Array = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


def silence(*shape: int) -> Array:
    """Zeros of a shape, float32, in memory or in a file.

    Raises:
        OutputError: neither the memory nor the disk has room for the array.
    """
    return _long_array(shape, is_cleared=True)


def unfilled(*shape: int) -> Array:
    """As `silence`, for code that writes every sample: memory that was kept is not cleared."""
    return _long_array(shape, is_cleared=False)


def _long_array(shape: tuple[int, ...], *, is_cleared: bool) -> Array:
    if 4 * math.prod(shape) < LEAST_BYTES:
        return np.zeros(shape, np.float32)
    made = _IN_MEMORY.array(shape, is_cleared=is_cleared)
    return _mapped(shape) if made is None else made


def memory_kept() -> AbstractContextManager[None]:
    """For code that mixes one song again and again: memory is kept from one array for the next.

    New memory from the system costs more than filling it, as every page is cleared first.
    """
    return _IN_MEMORY.keeping()


def copy_of(audio: Array) -> Array:
    """A copy of the audio; raises as `silence`."""
    copy = unfilled(*audio.shape)
    for part in parts_of(audio):
        copy[..., part] = audio[..., part]
    return copy


def gained(audio: Array, gain: np.float32) -> Array:
    """A new array of the audio times a linear gain; raises as `silence`."""
    out = unfilled(*audio.shape)
    for part in parts_of(audio):
        np.multiply(audio[..., part], gain, out=out[..., part])
    return out


def multiply_by(audio: Array, gain: np.float32) -> Array:
    """Multiply audio by a linear gain in place, and return it."""
    for part in parts_of(audio):
        audio[..., part] *= gain
    return audio


def divide_by(audio: Array, gain: np.float32) -> Array:
    """Divide audio by a linear gain in place, and return it."""
    for part in parts_of(audio):
        audio[..., part] /= gain
    return audio


def add_to(total: Array, audio: Array) -> None:
    """Add audio of the same shape, in place."""
    for part in parts_of(total):
        total[..., part] += audio[..., part]


def parts_of(audio: Array) -> Iterator[slice]:
    """Slices of the last axis, so that no temporary array is as long as the whole."""
    for start in range(0, audio.shape[-1], _BLOCK_SAMPLES):
        stop_if_asked()
        yield slice(start, start + _BLOCK_SAMPLES)


def release_pages() -> None:
    """For code that reads long arrays here and there: a few samples may map megabytes of a file."""
    _PAGER.let_go()


def scratch_folder() -> Path:
    """Folder of large temporary files: `TMPDIR`, or the system's default."""
    if not os.environ.get("TMPDIR") and os.access(_LARGE_FILES, os.W_OK | os.X_OK):
        return _LARGE_FILES
    return Path(tempfile.gettempdir())


class _InMemory:
    """How many bytes long arrays take in memory, those that are kept for the next ones included."""

    def __init__(self) -> None:
        # A collector may free an array while this thread holds the lock.
        self._lock = threading.RLock()
        self._n_bytes = self._n_keeping = 0
        self._kept: list[Array] = []

    @contextlib.contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep the buffers of arrays that end meanwhile for the next arrays of the same length."""
        with self._lock:
            self._n_keeping += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_keeping -= 1
                while self._kept and not self._n_keeping:
                    self._drop_one()

    def array(self, shape: tuple[int, ...], *, is_cleared: bool) -> Array | None:
        """An array whose memory is free again once all its views end; None beyond the bound."""
        n_bytes = 4 * math.prod(shape)
        with self._lock:
            fitting = [place for place, buffer in enumerate(self._kept) if buffer.nbytes == n_bytes]
            buffer = self._kept.pop(fitting[0]) if fitting else None
            while buffer is None and self._n_bytes + n_bytes > MOST_IN_MEMORY:
                if not self._kept:
                    return None
                self._drop_one()
            self._n_bytes += n_bytes if buffer is None else 0
        if buffer is None:
            buffer = np.zeros(math.prod(shape), np.float32)
        elif is_cleared:
            buffer.fill(0.0)
        # By way of a memoryview: a plain view would end earlier than other views of the buffer.
        array = np.frombuffer(buffer.data, np.float32)
        weakref.finalize(array, self._give_back, buffer).atexit = False
        return array.reshape(shape)

    def _give_back(self, buffer: Array) -> None:
        with self._lock:
            self._kept.append(buffer)
            if not self._n_keeping:
                self._drop_one()

    def _drop_one(self) -> None:
        self._n_bytes -= self._kept.pop().nbytes


_IN_MEMORY = _InMemory()


def _mapped(shape: tuple[int, ...]) -> Array:
    n_bytes, folder = 4 * math.prod(shape), scratch_folder()
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            reserve(file.fileno(), n_bytes)
            mapped = mmap.mmap(file.fileno(), n_bytes)
    except OSError as error:
        if available_memory_bytes() >= _ROOM_TO_WORK * n_bytes:
            return np.zeros(shape, np.float32)
        raise OutputError(
            f"{folder}: working space of {n_bytes / 1e9:.1f} GB for a long song cannot be kept "
            f"there ({error.strerror}); free some space, or name another folder with the "
            "environment variable TMPDIR"
        ) from None
    _PAGER.add_map(mapped)
    return np.frombuffer(mapped, np.float32).reshape(shape)


class _Pager:
    """Lets go of mapped pages, which would count as this process's memory until others need it.

    They stay in the system's file cache, so that to touch one again costs next to nothing. Who
    works on arrays looks after each block, so that they are bounded on a busy machine too; a thread
    looks beside work that has no blocks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._maps: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()
        self._runs = self._looks_at_blocks = False
        self._least_bytes = 0
        self._looked_s = 0.0

    def add_map(self, mapped: mmap.mmap) -> None:
        """Let go of a map's pages from now on, for as long as it is there."""
        if not hasattr(mmap, "MADV_DONTNEED") or not _RESIDENT.exists():
            return  # such a system trims mapped files by itself
        with self._lock:
            self._maps.add(mapped)
            if not self._looks_at_blocks:
                self._looks_at_blocks = True
                at_each_block(self._at_block)
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="pages", daemon=True).start()

    def let_go(self) -> None:
        """Let go of all pages, if they have become many."""
        # Libraries count too, and may be loaded at any time: what stayed the last time is theirs.
        if _mapped_bytes() - self._least_bytes > MOST_MAPPED_BYTES:
            for mapped in self._all():
                mapped.madvise(mmap.MADV_DONTNEED)
            self._least_bytes = _mapped_bytes()

    def _at_block(self) -> None:
        now_s = time.monotonic()
        if self._runs and now_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = now_s
            self.let_go()

    def _run(self) -> None:
        while self._has_maps():
            time.sleep(_LOOK_EVERY_S)
            self.let_go()

    def _has_maps(self) -> bool:
        with self._lock:
            self._runs = len(self._maps) > 0
            return self._runs

    def _all(self) -> list[mmap.mmap]:
        with self._lock:
            return list(self._maps)


_PAGER = _Pager()


def _mapped_bytes() -> int:
    """Pages of files in this process's memory, libraries included."""
    return int(_RESIDENT.read_bytes().split()[2]) * mmap.PAGESIZE
