"""Audio through an encoder of FFmpeg, by way of PyAV, which the codecs extra installs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from mixer.audio.source import BLOCK_SAMPLES
from mixer.dsp.threads import stop_if_asked
from mixer.errors import MissingExtraError, OutputError
from mixer.extras import install_command

# Called with a share that is done, 0 to 1.
Told = Callable[[float], None]

_OF_MP4 = ("mp4", "ipod")


def refuse_without_encoder(title: str) -> None:
    """Raise MissingExtraError if PyAV, which writes a format, is not installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            f"{title} is written by PyAV, which is not installed: {install_command('codecs')}"
        ) from None


def blocks_with_progress(audio: np.ndarray, told: Told) -> Iterator[np.ndarray]:
    """Audio, (channels, samples), by blocks; each is reported when the next is requested."""
    n_samples = audio.shape[1]
    for start in range(0, n_samples, BLOCK_SAMPLES):
        stop_if_asked()
        block = audio[:, start : start + BLOCK_SAMPLES]
        yield block
        told((start + block.shape[1]) / n_samples)


def encode(
    audio: np.ndarray,
    sample_rate: int,
    *,
    encoder: str,
    container: str,
    bit_rate: int,
    tags: Mapping[str, str] | None = None,
    told: Told = lambda share: None,
) -> bytes:
    """Encode audio into a file's bytes; the same arguments give the same bytes.

    Args:
        audio: float32 (2, samples); clipped beyond full scale.
        sample_rate: in Hz, one that the encoder supports.
        encoder, container: FFmpeg's names.
        bit_rate: in bits per second.
        tags: metadata by name, such as title and artist.
        told: called with the share of the samples that are encoded, 0 to 1, block by block.

    Raises:
        OutputError: this build of PyAV has no such encoder.
    """
    import av

    file = io.BytesIO()
    options = {"fflags": "+bitexact"}  # no version, no time of day
    if container in _OF_MP4:
        # Lengths in milliseconds would cut samples off the end.
        options["movie_timescale"] = str(sample_rate)
    try:
        with av.open(file, "w", format=container, container_options=options) as opened:
            stream: Any = opened.add_stream(encoder, rate=sample_rate)
            stream.layout, stream.bit_rate = "stereo", bit_rate
            opened.metadata.update(tags or {})
            # In pieces, so that it can be interrupted.
            begin = 0
            for block in blocks_with_progress(audio, told):
                clipped = np.clip(block, -1.0, 1.0)
                frame = av.AudioFrame.from_ndarray(
                    np.ascontiguousarray(clipped), format="fltp", layout="stereo"
                )
                frame.sample_rate = sample_rate
                # With times, the container says what the encoder put in front, and players skip it.
                frame.pts, frame.time_base = begin, Fraction(1, sample_rate)
                opened.mux(stream.encode(frame))
                begin += block.shape[1]
            opened.mux(stream.encode(None))
    except (av.FFmpegError, ValueError) as error:
        raise OutputError(f"this build of PyAV cannot encode {encoder} ({error})") from None
    return file.getvalue()
