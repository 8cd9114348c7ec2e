"""Files to samples, block by block, holding every file to what its header says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from mixer.audio.codec import decode_codec, probe_codec
from mixer.audio.container import refuse_cut_off
from mixer.audio.formats import CODEC_SUFFIXES, SAMPLE_RATES_HZ
from mixer.audio.source import (
    BLOCK_SAMPLES,
    AudioSource,
    system_name,
    unreadable,
)
from mixer.errors import InputError


def probe(path: Path) -> list[AudioSource]:
    """Describe every audio stream of a file: one, or five for a `.stem.mp4`.

    Raises:
        InputError: not audio, cut off, neither mono nor stereo, or an impossible sample rate.
    """
    if path.suffix.lower() in CODEC_SUFFIXES:
        sources = probe_codec(path)
    else:
        try:
            info = soundfile.info(system_name(path))
            refuse_cut_off(path)
        except (soundfile.LibsndfileError, OSError) as error:
            raise InputError(unreadable(path, error)) from None
        sources = [
            AudioSource(path, 0, info.samplerate, info.channels, max(info.frames, 0), info.subtype)
        ]
    for source in sources:
        low_hz, high_hz = SAMPLE_RATES_HZ
        if source.channels not in (1, 2):
            raise InputError(
                f"{path.name}: {source.channels} channels; mixer reads mono and stereo, "
                "so split the file or leave it out with ignore = true in song.toml"
            )
        if not low_hz <= source.sample_rate <= high_hz:
            raise InputError(
                f"{path.name}: a sample rate of {source.sample_rate} Hz; "
                f"mixer reads {low_hz} to {high_hz} Hz, so convert the file first"
            )
    return sources


def read_blocks(source: AudioSource) -> Iterator[np.ndarray]:
    """Decode a stream block by block: float32 (channels, up to `BLOCK_SAMPLES`), full scale ±1.

    Raises:
        InputError: the file cannot be decoded, ends before its header says, or holds NaN or
            infinite samples.
    """
    decode = decode_codec if source.path.suffix.lower() in CODEC_SUFFIXES else _decode_plain
    position = 0
    for block in decode(source):
        if not np.isfinite(block).all():
            bad = position + int(np.flatnonzero(~np.isfinite(block).all(axis=0))[0])
            raise InputError(
                f"{source.path.name}: NaN or infinite samples at {bad / source.sample_rate:.3f} s; "
                "export the file again, or leave it out with ignore = true in song.toml"
            )
        position += block.shape[1]
        yield block
    if position < source.n_samples:
        raise InputError(
            f"{source.path.name}: ends after {position / source.sample_rate:.2f} s of the "
            f"{source.n_samples / source.sample_rate:.2f} s that its header promises; "
            "it was cut off, so export or copy it again"
        )


def read_segment(path: Path, start: int, n_samples: int) -> np.ndarray:
    """Read a part of a file without decoding the rest; silence stands after its end.

    Args:
        path: a file in a format that seeks to the sample (WAV, FLAC ...); not m4a or mp4.
        start: first sample, 0 and more; may lie beyond the end.
        n_samples: how many.

    Returns:
        float32 (channels, n_samples), full scale ±1.

    Raises:
        InputError: not there, not audio, damaged within the part, or NaN or infinite samples in it.
    """
    try:
        refuse_cut_off(path)
        with soundfile.SoundFile(system_name(path)) as file:
            n_there = max(min(file.frames - start, n_samples), 0)
            segment = np.zeros((n_samples, file.channels), np.float32)
            if n_there:
                file.seek(start)
                n_read = len(file.read(out=segment[:n_there]))
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(unreadable(path, error)) from None
    if n_there and n_read < n_there:
        raise InputError(f"{path}: its data end before its header says; copy or make it again")
    if not np.isfinite(segment).all():
        raise InputError(f"{path}: NaN or infinite samples; make the file again")
    return segment.T


def _decode_plain(source: AudioSource) -> Iterator[np.ndarray]:
    try:
        with soundfile.SoundFile(system_name(source.path)) as file:
            while True:
                block = file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
                if not len(block):
                    return
                yield block.T
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(unreadable(source.path, error)) from None
