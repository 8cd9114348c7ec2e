"""m4a and `.stem.mp4` through PyAV, which the codecs extra installs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mixer.audio.source import AudioSource, unreadable
from mixer.errors import InputError


def probe_codec(path: Path) -> list[AudioSource]:
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
        raise InputError(unreadable(path, error)) from None


def decode_codec(source: AudioSource) -> Iterator[np.ndarray]:
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
        raise InputError(unreadable(source.path, error)) from None


def _import_av(path: Path) -> Any:
    try:
        import av
    except ImportError:
        raise InputError(
            f"{path.name}: reading {path.suffix} needs PyAV; "
            'install it with pip install "fxnorm-mixer[codecs]", or convert the file to WAV'
        ) from None
    return av
