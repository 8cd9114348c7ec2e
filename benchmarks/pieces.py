"""Single pieces of the work of a render, so that one which is a small part of its stage is seen.

`benchmarks/forked.py` runs them in the checkout that is measured, so that they import nothing but
what they measure, under names that others call as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

_CEILING_DBTP = -1.0


def run(arguments: Sequence[str], prepared: Callable[[], None]) -> None:
    """Run a piece.

    Args:
        arguments: its name, and its own arguments.
        prepared: called when only its work is left.
    """
    name, *own = arguments
    work = _PIECES[name](*own)
    prepared()
    work()


def _load(folder: str) -> Callable[[], object]:
    from mixer import load_song

    return lambda: load_song(folder)


def _read_stems(folder: str, sample_rate: str) -> Callable[[], object]:
    """To decode a song's recordings at a rate, and to sum them where they are in the song."""
    from mixer import load_song
    from mixer.song.samples import read_stems

    song = load_song(folder)
    return lambda: read_stems(song, int(sample_rate))


def _read(file: str) -> Callable[[], object]:
    from mixer.audio import read_audio

    return lambda: read_audio(Path(file))


def _resample(samples: str, sample_rate: str, to_rate: str) -> Callable[[], object]:
    from mixer.audio import resample, resampled_length

    audio, rates = np.load(samples), (int(sample_rate), int(to_rate))
    return lambda: resample(audio, *rates, resampled_length(audio.shape[1], *rates))


def _write(
    samples: str, sample_rate: str, file_format: str, bit_depth: str, out: str
) -> Callable[[], object]:
    from mixer.audio import write_audio

    audio = np.load(samples)
    # Not hashed on the way, as a render does: that costs several times as much.
    return lambda: write_audio(
        Path(out),
        audio,
        int(sample_rate),
        file_format=file_format,
        bit_depth=bit_depth,
        overwrite=True,
    )


def _hash_file(file: str) -> Callable[[], object]:
    from mixer.files.whole_file import hash_file

    return lambda: hash_file(Path(file))


def _hash_samples(samples: str) -> Callable[[], object]:
    from mixer.takes.parts import hash_samples

    audio = np.load(samples)
    return lambda: hash_samples(audio)


def _loudness(samples: str, sample_rate: str) -> Callable[[], object]:
    from mixer.meters.loudness import integrated_loudness_lufs

    audio = np.load(samples)
    return lambda: integrated_loudness_lufs(audio, int(sample_rate))


def _true_peak(samples: str, sample_rate: str) -> Callable[[], object]:
    """The true peak of audio that is oversampled whole, as behind a limiter."""
    from mixer.meters.true_peak import true_peak_dbtp

    audio = np.load(samples)
    return lambda: true_peak_dbtp(audio, int(sample_rate), whole=True)


def _peaks(samples: str, sample_rate: str) -> Callable[[], object]:
    """The true peak of audio that is oversampled only where the peak may be."""
    from mixer.meters.true_peak import peaks_db

    audio = np.load(samples)
    return lambda: peaks_db(audio, int(sample_rate))


def _limit(samples: str, sample_rate: str) -> Callable[[], object]:
    from mixer.console.master import limit_true_peak

    audio = np.load(samples)
    return lambda: limit_true_peak(audio, int(sample_rate), _CEILING_DBTP)


_PIECES: dict[str, Callable[..., Callable[[], object]]] = {
    "load": _load,
    "read-stems": _read_stems,
    "read": _read,
    "resample": _resample,
    "write": _write,
    "hash-file": _hash_file,
    "hash-samples": _hash_samples,
    "loudness": _loudness,
    "true-peak": _true_peak,
    "peaks": _peaks,
    "limit": _limit,
}
