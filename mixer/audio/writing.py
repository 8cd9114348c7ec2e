"""Samples to files: rounded, dithered where it matters, repeatable, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from mixer.audio.broadcast import BroadcastInfo, bext_chunk, coding_history_line
from mixer.audio.codecs.encoding import Told, blocks_with_progress, encode, refuse_without_encoder
from mixer.audio.formats import (
    DEFAULT_BIT_DEPTH,
    DEFAULT_FORMAT,
    FORMATS,
    USUAL_CODING,
    AudioFormat,
    LossyCoding,
    refuse_coding,
    refuse_rate,
)
from mixer.audio.ogg import set_serial
from mixer.audio.source import BLOCK_SAMPLES, reason_of, system_name
from mixer.audio.wave_writing import Hasher, interleaved, wave_head, write_wave
from mixer.dsp.blocks import as_stereo
from mixer.errors import OutputError
from mixer.files.whole_file import refuse_existing, shortened, whole_file

_SYSTEM_ERROR = 2  # libsndfile's number for whatever the system said


def quantise(audio: np.ndarray, bits: int, dither: np.random.Generator | None) -> np.ndarray:
    """Round float audio to integers for libsndfile, which by itself would truncate.

    Args:
        audio: float32, full scale ±1; clipped beyond it.
        bits: 16 or 24.
        dither: adds triangular noise of ±1 step before rounding; None for none.

    Returns:
        int16 for 16 bit; for 24 bit int32 with the sample in its upper bits.
    """
    steps = 2.0 ** (bits - 1)
    # float32 holds every product with a power of two, and every whole number up to 24 bits.
    scaled = audio * audio.dtype.type(steps) if dither is None else audio.astype(np.float64) * steps
    if dither is not None:
        scaled += dither.random(audio.shape) - dither.random(audio.shape)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -steps, steps - 1, out=scaled)
    if bits == 16:
        return scaled.astype(np.int16)
    rounded = scaled.astype(np.int32)
    return np.left_shift(rounded, 32 - bits, out=rounded)


def write_audio(
    path: Path,
    audio: np.ndarray,
    sample_rate: int,
    *,
    file_format: str = DEFAULT_FORMAT,
    bit_depth: str = DEFAULT_BIT_DEPTH,
    overwrite: bool = False,
    seed: int = 0,
    broadcast: BroadcastInfo | None = None,
    coding: LossyCoding = USUAL_CODING,
    tags: Mapping[str, str] | None = None,
    hasher: Hasher | None = None,
    told: Told = lambda share: None,
) -> None:
    """Write (channels, samples) float32 audio; the same input gives the same bytes.

    Args:
        path: the destination; the file appears once it is complete.
        audio: float32, full scale ±1; integers and lossy formats clip beyond it.
        sample_rate: in Hz.
        file_format: one of `FORMATS`. WAV beyond 4 GB becomes RF64.
        bit_depth: one of `BIT_DEPTHS`, for wav and flac (flac has no 32f).
        overwrite: replace an existing file.
        seed: seed of the 16-bit dither; audio already on the 16-bit grid is not dithered.
        broadcast: content of a WAV's `bext` chunk, to whose coding history the file's own line
            is added; other formats ignore it. None writes no chunk.
        coding: bit rate or quality of a lossy format.
        tags: title and artist, each a single line.
        hasher: updated with every byte of the file.
        told: called with the share of the samples that are written, 0 to 1, block by block.

    Raises:
        SettingsError: the format does not support the sample rate, bit depth, bit rate or quality.
        MissingExtraError: the format needs PyAV, which is not installed.
        OutputError: the file already exists, or the disk is full or read-only.
    """
    refuse_rate(file_format, sample_rate)
    refuse_coding(file_format, coding)
    of_format, tags = FORMATS[file_format], tags or {}
    if not overwrite:
        refuse_existing([path])
    with _refusals_named(path, audio):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            if of_format.container == "WAV":
                blocks = _rounded(audio, bit_depth, seed, told)
                _write_wav(
                    partial, blocks, audio.shape, sample_rate, bit_depth, broadcast, tags, hasher
                )
                return
            if of_format.is_lossy:
                _write_lossy(partial, audio, sample_rate, of_format, seed, coding, tags, told)
            else:
                blocks = _rounded(audio, bit_depth, seed, told)
                _write_flac(partial, blocks, audio.shape, sample_rate, of_format, bit_depth, tags)
            if hasher is not None:
                _hash_into(hasher, partial)


@contextlib.contextmanager
def _refusals_named(path: Path, audio: np.ndarray) -> Iterator[None]:
    """Turn what the system or libsndfile refuses into an `OutputError` that names the file."""
    try:
        yield
    except soundfile.LibsndfileError as error:
        reason = _why_not(error, path.parent, audio.nbytes)
        raise OutputError(f"{shortened(path)}: cannot be written ({reason})") from None
    except OSError as error:
        raise OutputError(f"{shortened(path)}: cannot be written ({reason_of(error)})") from None


def _write_wav(
    path: Path,
    blocks: Iterable[np.ndarray],
    shape: tuple[int, ...],
    sample_rate: int,
    bit_depth: str,
    broadcast: BroadcastInfo | None,
    tags: Mapping[str, str],
    hasher: Hasher | None,
) -> None:
    (channels, n_samples), more = shape, b""
    if broadcast is not None:
        own = coding_history_line(sample_rate, bit_depth, channels)
        history = broadcast.coding_history + own
        more = bext_chunk(replace(broadcast, coding_history=history))
    head = wave_head(channels, n_samples, sample_rate, bit_depth, tags, more)
    write_wave(path, head, blocks, hasher)


def _write_lossy(
    path: Path,
    audio: np.ndarray,
    sample_rate: int,
    of_format: AudioFormat,
    seed: int,
    coding: LossyCoding,
    tags: Mapping[str, str],
    told: Told,
) -> None:
    # Encoded in memory first: libsndfile does not report that closing failed on a full disk.
    path.write_bytes(_encoded(audio, sample_rate, of_format, coding, tags, told))
    if of_format.container == "OGG":
        set_serial(path, seed % 2**32)


def _write_flac(
    path: Path,
    blocks: Iterable[np.ndarray],
    shape: tuple[int, ...],
    sample_rate: int,
    of_format: AudioFormat,
    bit_depth: str,
    tags: Mapping[str, str],
) -> None:
    channels, n_samples = shape
    _encode(system_name(path), blocks, channels, sample_rate, of_format, bit_depth, tags, {})
    _refuse_cut(path, n_samples)


def _rounded(
    audio: np.ndarray, bit_depth: str, seed: int, told: Told = lambda share: None
) -> Iterator[np.ndarray]:
    """Audio block by block as it is stored: float32, or integers from `quantise`."""
    of_16_bit = bit_depth == "16" and not _on_grid(audio, 16)
    dither = np.random.default_rng(seed) if of_16_bit else None
    for block in blocks_with_progress(audio, told):
        yield block if bit_depth == "32f" else quantise(block, int(bit_depth), dither)


def as_written(audio: np.ndarray, bit_depth: str, seed: int) -> Iterator[np.ndarray]:
    """Audio block by block as a lossless file will hold it.

    Args:
        audio: float32 (channels, samples).
        bit_depth, seed: as in `write_audio`.
    """
    for block in _rounded(audio, bit_depth, seed):
        if bit_depth == "32f":
            yield block
        else:  # `quantise` fills the upper bits of an integer
            yield block * 2.0 ** (1 - 8 * block.dtype.itemsize)


def _hash_into(hasher: Hasher, path: Path) -> None:
    with path.open("rb") as file:
        while data := file.read(1 << 20):
            hasher.update(data)


def _why_not(error: soundfile.LibsndfileError, folder: Path, n_bytes: int) -> str:
    """Why so many bytes could not be written into a folder."""
    if error.code != _SYSTEM_ERROR:  # which one libsndfile does not tell
        return reason_of(error)
    is_full = shutil.disk_usage(folder).free < n_bytes
    return "the disk is full" if is_full else "the disk rejected it; is it full?"


def _encoded(
    audio: np.ndarray,
    sample_rate: int,
    of_format: AudioFormat,
    coding: LossyCoding,
    tags: Mapping[str, str],
    told: Told,
) -> bytes:
    """The bytes of a file in a lossy format."""
    if of_format.encoder:
        refuse_without_encoder(of_format.title)
        return encode(
            as_stereo(audio),
            sample_rate,
            encoder=of_format.encoder,
            container=of_format.container,
            bit_rate=1_000 * (coding.bitrate_kbps or of_format.default_kbps),
            tags=tags,
            told=told,
        )
    encoded = io.BytesIO()
    options = {**of_format.options, **_level_of(of_format, coding, sample_rate, audio.shape[0])}
    blocks = (np.clip(block, -1.0, 1.0) for block in blocks_with_progress(audio, told))
    _encode(encoded, blocks, audio.shape[0], sample_rate, of_format, "", tags, options)
    return encoded.getvalue()


def _level_of(
    of_format: AudioFormat, coding: LossyCoding, sample_rate: int, channels: int
) -> dict[str, str | float]:
    """libsndfile's compression level for a bit rate or a quality: 0 (best) to 1."""
    if coding.quality is not None:
        mode = {"bitrate_mode": "VARIABLE"} if of_format.name == "mp3" else {}
        return {**mode, "compression_level": (10.0 - coding.quality) / 10.0}
    kbps = coding.bitrate_kbps or of_format.default_kbps
    if not kbps:
        return {}
    if of_format.name == "opus":
        lowest, highest = 6.0 * channels, 256.0 * channels
    else:  # MPEG-1, 2 and 2.5 layer III
        lowest = 32.0 if sample_rate >= 32_000 else 8.0
        highest = 320.0 if sample_rate >= 32_000 else 160.0 if sample_rate >= 16_000 else 64.0
    level = (highest - kbps) / (highest - lowest)
    return {"compression_level": min(max(level, 0.0), 1.0)}


def _encode(
    target: str | bytes | io.BytesIO,
    blocks: Iterable[np.ndarray],
    channels: int,
    sample_rate: int,
    of_format: AudioFormat,
    bit_depth: str,
    tags: Mapping[str, str],
    options: Mapping[str, str | float],
) -> None:
    """Write blocks, `(channels, samples)` each, with libsndfile."""
    container, subtype = of_format.container, of_format.subtype(bit_depth)
    with soundfile.SoundFile(
        target, "w", sample_rate, channels, subtype, format=container, **options
    ) as file:
        for name, text in tags.items():
            setattr(file, name, text)
        for block in blocks:
            file.write(interleaved(block))


def _refuse_cut(path: Path, n_samples: int) -> None:
    """Raise OSError if the last sample did not reach the disk; closing a file does not."""
    with path.open("rb") as opened:
        os.fsync(opened.fileno())
    with soundfile.SoundFile(system_name(path)) as file:
        whole = file.frames == n_samples
        if whole and n_samples:
            file.seek(n_samples - 1)
            whole = len(file.read(1)) == 1
    if not whole:
        raise OSError(errno.ENOSPC, "only part of it was written; is the disk full?")


def _on_grid(audio: np.ndarray, bits: int) -> bool:
    """Whether every sample is a whole number of steps, so that dither would only add noise."""
    steps = np.float32(2.0 ** (bits - 1))
    starts = range(0, audio.shape[1], BLOCK_SAMPLES)
    blocks = (audio[:, start : start + BLOCK_SAMPLES] * steps for start in starts)
    return all(np.array_equal(block, np.rint(block)) for block in blocks)
