"""The least that a mix of four stems could take on one core: to decode them, and to transform them.

    python -m benchmarks.floor --seconds 180

Both are CPU seconds, the better of a few: nothing that mixes spectra of files can be quicker.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.songs import song_of, write_song
from mixer.dsp.blocks import filter_stft
from mixer.dsp.threads import one_blas_thread

# As in the default model.
N_FFT = 2_048
_N_TURNS = 3


def cpu_s(run: Callable[[], object]) -> float:
    """CPU seconds of this process while something runs."""
    began_s = time.process_time()
    run()
    return time.process_time() - began_s


def decoded(song: Path) -> list[NDArray[np.float32]]:
    """Each file of a folder, read once: float32 (samples, channels)."""
    import soundfile  # a bare machine has none, and transforms arrays

    return [soundfile.read(path, dtype="float32")[0] for path in sorted(song.glob("*.wav"))]


def there_and_back(
    stems: Sequence[NDArray[np.float32]], own: Sequence[NDArray[np.float32]], n_fft: int
) -> None:
    """One short-time transform of stems and its inverse, into memory that is there."""
    for stem, out in zip(stems, own, strict=True):
        filter_stft(stem, n_fft, lambda first, spectra: spectra, out=out)


def floor_s(song_s: float) -> tuple[float, float]:
    """CPU seconds of decoding four stems, and of a transform of them there and back."""
    stems = list(song_of(song_s).values())
    own = [np.empty_like(stem) for stem in stems]
    with tempfile.TemporaryDirectory() as name, one_blas_thread:
        song = write_song(Path(name) / "song", song_s)
        turns = [
            (cpu_s(lambda: decoded(song)), cpu_s(lambda: there_and_back(stems, own, N_FFT)))
            for _ in range(_N_TURNS)
        ]
    decoding_s, transforms_s = (min(taken) for taken in zip(*turns, strict=True))
    return decoding_s, transforms_s


def main() -> None:
    parser = argparse.ArgumentParser(description="The least that a mix of four stems could take.")
    parser.add_argument("--seconds", type=float, default=180.0, help="length of the song")
    decoding_s, transforms_s = floor_s(parser.parse_args().seconds)
    sys.stdout.write(f"decoding {decoding_s:.2f} s, transforms {transforms_s:.2f} s of CPU\n")


if __name__ == "__main__":
    main()
