"""Long arrays: the same samples wherever they lie, memory that is bounded, nothing left behind."""

import errno
import gc
import mmap
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixer.dsp import long_audio
from mixer.dsp.blocks import are_equal, sum_of
from mixer.dsp.long_audio import (
    copy_of,
    gained,
    parts_of,
    scratch_folder,
    silence,
    unfilled,
)
from mixer.errors import OutputError


@pytest.fixture
def in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Arrays of any length lie in files of this folder."""
    monkeypatch.setattr(long_audio, "LEAST_BYTES", 1)
    monkeypatch.setattr(long_audio, "MOST_IN_MEMORY", 0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def is_mapped(array: np.ndarray) -> bool:
    """Whether an array that `silence` made lies in a file."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    lies_in = array.base.obj if isinstance(array.base, memoryview) else array.base
    return isinstance(lies_in, mmap.mmap)


def test_a_long_array_begins_as_silence_and_is_written_to(in_files: Path) -> None:
    array = silence(2, 100_000)
    assert is_mapped(array)
    assert array.dtype == np.float32
    assert not array.any()
    array[:] = noise(2, 100_000)
    np.testing.assert_array_equal(array, noise(2, 100_000))


def test_nothing_of_it_has_a_name(in_files: Path) -> None:
    array = silence(2, 1_000)
    array += 1.0
    assert list(in_files.iterdir()) == []


def test_sums_copies_and_gains_have_the_bits_of_plain_ones(in_files: Path) -> None:
    audios = [noise(2, 200_001) * np.float32(level) for level in (1.0, 0.3, 1e-3)]
    np.testing.assert_array_equal(sum_of(audios), audios[0] + audios[1] + audios[2])
    np.testing.assert_array_equal(copy_of(audios[1]), audios[1])
    np.testing.assert_array_equal(gained(audios[0], np.float32(0.7)), audios[0] * np.float32(0.7))


def test_parts_cover_the_whole_once() -> None:
    counted = np.zeros(200_001)
    for part in parts_of(counted):
        counted[part] += 1.0
    assert (counted == 1.0).all()


def test_channels_are_compared_to_the_last_sample() -> None:
    stereo = np.repeat(noise(1, 200_001), 2, axis=0)
    assert are_equal(stereo)
    stereo[1, -1] += 1.0
    assert not are_equal(stereo)


def test_memory_is_used_up_to_the_bound_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_audio, "LEAST_BYTES", 1)
    monkeypatch.setattr(long_audio, "_IN_MEMORY", long_audio._InMemory())
    monkeypatch.setattr(long_audio, "MOST_IN_MEMORY", 8_000)
    first, second = silence(2, 600), silence(2, 600)
    assert not is_mapped(first)
    assert is_mapped(second)
    view = first[:, :10]
    del first
    gc.collect()
    assert is_mapped(silence(2, 600)), "a view still holds the memory"
    del view
    gc.collect()
    assert not is_mapped(silence(2, 600))


def test_memory_is_kept_for_arrays_of_a_length_only_where_that_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_memory = long_audio._InMemory()
    monkeypatch.setattr(long_audio, "LEAST_BYTES", 1)
    monkeypatch.setattr(long_audio, "_IN_MEMORY", in_memory)
    monkeypatch.setattr(long_audio, "MOST_IN_MEMORY", 8_000)
    with long_audio.memory_kept():
        first = silence(2, 600)
        first += 1.0
        place, view = first.ctypes.data, first[:, :10]
        del first
        assert is_mapped(silence(2, 600)), "a view still holds the memory"
        del view
        again = silence(2, 600)
        assert again.ctypes.data == place
        assert not again.any()
        again += 2.0
        del again
        as_it_was = unfilled(2, 600)
        assert as_it_was.ctypes.data == place
        assert np.all(as_it_was == 2.0)
        del as_it_was
        assert not is_mapped(silence(2, 700)), "another length takes the place of what is kept"
    assert in_memory._n_bytes == 0


@pytest.mark.parametrize("is_full", [False, True])
def test_where_space_cannot_be_allocated_zeros_are_written(
    in_files: Path, monkeypatch: pytest.MonkeyPatch, is_full: bool
) -> None:
    """As on macOS and Windows: no file has a hole, which would end the process on a full disk."""
    monkeypatch.delattr("os.posix_fallocate", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(in_files))
    if is_full:
        monkeypatch.setattr("os.write", refuse)
    audio = silence(2, 300_000)
    assert is_mapped(audio) is not is_full
    assert audio.shape == (2, 300_000)
    assert not audio.any()


def refuse(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_gives_memory_where_there_is_some(
    in_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.posix_fallocate", refuse, raising=False)
    assert not is_mapped(silence(2, 1_000))


def test_a_full_disk_without_memory_says_what_to_do(
    in_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.posix_fallocate", refuse, raising=False)
    monkeypatch.setattr(long_audio, "available_memory_bytes", lambda: 1_000)
    with pytest.raises(OutputError, match=r"cannot be kept.*No space left.*TMPDIR") as caught:
        silence(2, 1_000)
    assert str(in_files) in str(caught.value)


def test_the_folder_is_the_users_where_one_is_named(in_files: Path) -> None:
    assert scratch_folder() == in_files


WALKS = """
import resource
import numpy as np
from mixer.dsp import long_audio
long_audio.MOST_IN_MEMORY = 0
long_audio.MOST_MAPPED_BYTES = 4 << 20
# As on a busy machine, where the thread beside would never have its turn.
long_audio._LOOK_EVERY_S, long_audio._PAGER._run = 0.0, lambda: None
array = long_audio.silence(2, 5_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(2):
    for part in long_audio.parts_of(array):
        array[:, part] += 1.0
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, float(array.min()))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="counts as Linux does")
def test_who_works_on_an_array_lets_go_of_its_pages(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WALKS],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    grown_mb, lowest = map(float, done.stdout.split())
    assert lowest == 2.0
    assert grown_mb < 20.0, "of an array of 40 MB"
