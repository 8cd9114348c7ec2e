"""The only audio file I/O: probe, read in blocks, resample, quantise, write.

Nothing here trusts a header: a length that the data does not bear out is an error, rates and
channels are bounded, and what a file decodes to may not exceed the machine's free memory. Files
appear under their name only when they are whole: they are written beside it and renamed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from mixer.errors import InputError, OutputError
from mixer.files import whole_file
from mixer.ogg import set_serial

PLAIN_SUFFIXES = frozenset(
    {".wav", ".wave", ".bwf", ".flac", ".aif", ".aiff", ".aifc", ".mp3", ".ogg", ".oga", ".opus"}
    | {".caf", ".w64", ".rf64"}
)
CODEC_SUFFIXES = frozenset({".m4a", ".mp4"})
FORMATS = ("wav", "flac", "mp3", "ogg")
BIT_DEPTHS = ("16", "24", "32f")
SAMPLE_RATES_HZ = (8_000, 384_000)

# Small enough that Vorbis encoding does not overrun libvorbis's stack, large enough to be quick.
BLOCK_SAMPLES = 65_536
_SET_ADD_PEAK_CHUNK = 0x1050  # libsndfile: the PEAK chunk carries the time of day
_RF64_FROM_BYTES = 4_000_000_000


@dataclass(frozen=True)
class AudioSource:
    """One stream of one audio file, as its header describes it.

    Attributes:
        path: the file.
        stream: index among the file's audio streams; 0 but for `.stem.mp4`.
        sample_rate: in Hz.
        channels: 1 or 2.
        n_samples: length the header claims; decoding holds it to that.
        encoding: e.g. "PCM_24", "FLOAT", "VORBIS", "aac".
    """

    path: Path
    stream: int
    sample_rate: int
    channels: int
    n_samples: int
    encoding: str


def available_memory_bytes() -> int:
    """Memory that can be taken without swapping; 4 GiB where the system does not say."""
    try:
        with Path("/proc/meminfo").open() as meminfo:
            for line in meminfo:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 4 << 30


def is_audio_name(name: str) -> bool:
    """Whether a file name ends like audio that mixer reads (m4a and mp4 with the codecs extra)."""
    return Path(name).suffix.lower() in PLAIN_SUFFIXES | CODEC_SUFFIXES


def probe(path: Path) -> list[AudioSource]:
    """Describe every audio stream of a file: one, or five for a `.stem.mp4`.

    Raises:
        InputError: not audio, neither mono nor stereo, or an impossible sample rate.
    """
    if path.suffix.lower() in CODEC_SUFFIXES:
        sources = _probe_codec(path)
    else:
        try:
            info = soundfile.info(_system_name(path))
        except (soundfile.LibsndfileError, OSError) as error:
            raise InputError(_unreadable(path, error)) from None
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
    decode = _decode_codec if source.path.suffix.lower() in CODEC_SUFFIXES else _decode_plain
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


def read_resampled_blocks(source: AudioSource, sample_rate: int) -> Iterator[np.ndarray]:
    """As `read_blocks`, at another rate (soxr HQ); untouched where the rate is the same."""
    blocks = read_blocks(source)
    if source.sample_rate == sample_rate:
        yield from blocks
        return
    resampler = soxr.ResampleStream(source.sample_rate, sample_rate, source.channels, "float32")
    for block in blocks:
        yield resampler.resample_chunk(np.ascontiguousarray(block.T)).T
    tail = np.zeros((0, source.channels), np.float32)
    yield resampler.resample_chunk(tail, last=True).T


def read_audio(path: Path, sample_rate: int | None = None) -> tuple[np.ndarray, int]:
    """Read a whole file's first stream: float32 (channels, samples) and its rate.

    Args:
        path: the file.
        sample_rate: resample to this rate; None keeps the file's own.

    Raises:
        InputError: unreadable, or longer than the machine's free memory.
    """
    source = probe(path)[0]
    rate = sample_rate or source.sample_rate
    room = available_memory_bytes() // 2
    blocks: list[np.ndarray] = []
    for block in read_resampled_blocks(source, rate):
        room -= block.nbytes
        if room < 0:
            raise InputError(
                f"{path.name}: decodes to more than this machine's free memory; cut it"
            )
        blocks.append(block)
    if not blocks:
        return np.zeros((source.channels, 0), np.float32), rate
    return np.concatenate(blocks, axis=1), rate


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
        with soundfile.SoundFile(_system_name(path)) as file:
            n_there = max(min(file.frames - start, n_samples), 0)
            segment = np.zeros((n_samples, file.channels), np.float32)
            if n_there:
                file.seek(start)
                n_read = len(file.read(out=segment[:n_there]))
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(_unreadable(path, error)) from None
    if n_there and n_read < n_there:
        raise InputError(f"{path}: its data end before its header says; copy or make it again")
    if not np.isfinite(segment).all():
        raise InputError(f"{path}: NaN or infinite samples; make the file again")
    return segment.T


def resampled_length(n_samples: int, from_rate: int, to_rate: int) -> int:
    """Samples that `n_samples` at one rate become at another, rounded up so that nothing is cut."""
    return -(-n_samples * to_rate // from_rate)


def resample(audio: np.ndarray, from_rate: int, to_rate: int, n_samples: int) -> np.ndarray:
    """Resample (channels, samples) with soxr HQ to exactly `n_samples`; the same array if equal.

    In blocks, so that no second whole copy is made on the way.
    """
    if from_rate == to_rate and audio.shape[1] == n_samples:
        return audio
    resampled = np.zeros((audio.shape[0], n_samples), np.float32)
    resampler = soxr.ResampleStream(from_rate, to_rate, audio.shape[0], "float32")
    position = 0
    for start in range(0, max(audio.shape[1], 1), BLOCK_SAMPLES):
        block = np.ascontiguousarray(audio[:, start : start + BLOCK_SAMPLES].T)
        last = start + BLOCK_SAMPLES >= audio.shape[1]
        out = resampler.resample_chunk(block, last=last).T[:, : n_samples - position]
        resampled[:, position : position + out.shape[1]] = out
        position += out.shape[1]
    return resampled


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
    scaled = audio.astype(np.float64) * steps
    if dither is not None:
        scaled += dither.random(audio.shape) - dither.random(audio.shape)
    rounded = np.clip(np.rint(scaled), -steps, steps - 1)
    if bits == 16:
        return rounded.astype(np.int16)
    return rounded.astype(np.int32) << (32 - bits)


def write_audio(
    path: Path,
    audio: np.ndarray,
    sample_rate: int,
    *,
    file_format: str = "wav",
    bit_depth: str = "24",
    overwrite: bool = False,
    seed: int = 0,
) -> None:
    """Write (channels, samples) float32 audio; the same input gives the same bytes.

    Args:
        path: where the file appears, once it is whole.
        audio: float32, full scale ±1; integers and lossy formats clip beyond it.
        sample_rate: in Hz.
        file_format: one of `FORMATS`. WAV beyond 4 GB becomes RF64.
        bit_depth: one of `BIT_DEPTHS`, for wav and flac (flac has no 32f).
        overwrite: replace a file that is there.
        seed: of the 16-bit dither, which audio that sits on the 16-bit grid already does not get.

    Raises:
        OutputError: the file exists, or the disk is full or read-only.
    """
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; add --overwrite to replace it")
    container, subtype, options = _encoding(file_format, bit_depth)
    channels, n_samples = audio.shape
    width = {"16": 2, "24": 3, "32f": 4}[bit_depth]
    if container == "WAV" and n_samples * channels * width > _RF64_FROM_BYTES:
        container = "RF64"
    dither = np.random.default_rng(seed) if bit_depth == "16" and not _on_grid(audio, 16) else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as partial:
            with soundfile.SoundFile(
                _system_name(partial),
                "w",
                sample_rate,
                channels,
                subtype,
                format=container,
                **options,
            ) as file:
                # Its time stamp would make two equal renders differ; there is no public switch.
                soundfile._snd.sf_command(file._file, _SET_ADD_PEAK_CHUNK, soundfile._ffi.NULL, 0)
                for start in range(0, n_samples, BLOCK_SAMPLES):
                    block = audio[:, start : start + BLOCK_SAMPLES]
                    if subtype.startswith("PCM"):
                        block = quantise(block, int(bit_depth), dither)
                    elif subtype != "FLOAT":
                        block = np.clip(block, -1.0, 1.0)
                    file.write(np.ascontiguousarray(block.T))
            if container == "OGG":
                set_serial(partial, seed % 2**32)
    except (soundfile.LibsndfileError, OSError) as error:
        raise OutputError(f"{path} cannot be written: {_reason(error)}") from None


def _on_grid(audio: np.ndarray, bits: int) -> bool:
    """Whether every sample is a whole number of steps, so that dither would only add noise."""
    steps = np.float32(2.0 ** (bits - 1))
    starts = range(0, audio.shape[1], BLOCK_SAMPLES)
    blocks = (audio[:, start : start + BLOCK_SAMPLES] * steps for start in starts)
    return all(np.array_equal(block, np.rint(block)) for block in blocks)


def _encoding(file_format: str, bit_depth: str) -> tuple[str, str, dict[str, Any]]:
    """libsndfile's container, subtype and further options."""
    if file_format == "mp3":
        return "MP3", "MPEG_LAYER_III", {"bitrate_mode": "CONSTANT", "compression_level": 0.0}
    if file_format == "ogg":
        return "OGG", "VORBIS", {"compression_level": 0.2}
    subtype = {"16": "PCM_16", "24": "PCM_24", "32f": "FLOAT"}[bit_depth]
    return {"wav": "WAV", "flac": "FLAC"}[file_format], subtype, {}


def _system_name(path: Path) -> str | bytes:
    """The name for libsndfile; POSIX names are bytes and need not be text."""
    return str(path) if os.name == "nt" else os.fsencode(path)


def _decode_plain(source: AudioSource) -> Iterator[np.ndarray]:
    try:
        with soundfile.SoundFile(_system_name(source.path)) as file:
            while True:
                block = file.read(BLOCK_SAMPLES, dtype="float32", always_2d=True)
                if not len(block):
                    return
                yield block.T
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(_unreadable(source.path, error)) from None


def _probe_codec(path: Path) -> list[AudioSource]:
    av = _import_av(path)
    try:
        with av.open(str(path)) as container:
            return [
                AudioSource(
                    path,
                    index,
                    stream.rate,
                    stream.channels,
                    int((stream.duration or 0) * stream.time_base * stream.rate),
                    stream.codec_context.name,
                )
                for index, stream in enumerate(container.streams.audio)
            ]
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(_unreadable(path, error)) from None


def _decode_codec(source: AudioSource) -> Iterator[np.ndarray]:
    av = _import_av(source.path)
    # The encoder pads its last frame; what is beyond the stream's duration is not the recording.
    left = source.n_samples or None
    try:
        with av.open(str(source.path)) as container:
            stream = container.streams.audio[source.stream]
            resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
            for frame in container.decode(stream):
                for plain in resampler.resample(frame):
                    block = plain.to_ndarray()[:, :left]
                    if left is not None:
                        left -= block.shape[1]
                    if block.shape[1]:
                        yield block
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(_unreadable(source.path, error)) from None


def _import_av(path: Path) -> Any:
    try:
        import av
    except ImportError:
        raise InputError(
            f"{path.name}: reading {path.suffix} needs PyAV; "
            'install it with pip install "fxnorm-mixer[codecs]", or convert the file to WAV'
        ) from None
    return av


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return str(text).strip().rstrip(".")


def _unreadable(path: Path, error: Exception) -> str:
    if not path.exists():
        return f"{path}: no such file"
    if path.stat().st_size == 0:
        return f"{path.name}: the file is empty"
    return f"{path.name}: cannot be read as audio ({_reason(error)}); export it again"
