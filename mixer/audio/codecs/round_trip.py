"""Audio after a lossy codec: encoded and decoded again in memory, through PyAV."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from mixer.audio.codecs.encoding import encode
from mixer.audio.reading import resample
from mixer.dsp.lag import best_lag
from mixer.dsp.long_audio import silence
from mixer.dsp.threads import stop_if_asked
from mixer.errors import InputError, OutputError

# More than any encoder's delay.
_LONGEST_DELAY_S = 0.2
_ALIGNED_BY_S = 20.0


@dataclass(frozen=True)
class Codec:
    """A lossy codec and its settings.

    Attributes:
        name: for tables and messages.
        encoder: FFmpeg's name of the encoder.
        container: FFmpeg's name of the container.
        bit_rate: in bits per second.
        sample_rate: the codec's own rate, in Hz.
    """

    name: str
    encoder: str
    container: str
    bit_rate: int
    sample_rate: int


CODECS = (
    Codec("AAC 128 kbit/s", "aac", "mp4", 128_000, 44_100),
    Codec("Opus 96 kbit/s", "libopus", "ogg", 96_000, 48_000),
)


def is_available() -> bool:
    """Whether PyAV is installed."""
    try:
        import av  # noqa: F401
    except ImportError:
        return False
    return True


def round_trip(audio: np.ndarray, sample_rate: int, codec: Codec) -> np.ndarray:
    """Audio as it comes out of a codec, aligned with what went in.

    Args:
        audio: float32 (2, samples).
        sample_rate: in Hz.
        codec: the codec to pass through.

    Returns:
        float32 (2, samples), at the same rate.

    Raises:
        InputError: this build of PyAV has no such encoder.
    """
    length = round(audio.shape[1] * codec.sample_rate / sample_rate)
    sent = resample(audio, sample_rate, codec.sample_rate, length)
    most = round(_LONGEST_DELAY_S * codec.sample_rate)
    back = _decode(_encode(sent, codec), length + most)
    back = _moved_back(back, _delay(back, sent, most, codec.sample_rate), length)
    return resample(back, codec.sample_rate, sample_rate, audio.shape[1])


def _encode(audio: np.ndarray, codec: Codec) -> io.BytesIO:
    try:
        return io.BytesIO(
            encode(
                audio,
                codec.sample_rate,
                encoder=codec.encoder,
                container=codec.container,
                bit_rate=codec.bit_rate,
            )
        )
    except OutputError as error:
        raise InputError(f"{codec.name}: {error}") from None


def _decode(file: io.BytesIO, n_samples: int) -> np.ndarray:
    """Audio of a file, float32 (2, n_samples): cut there, or followed by silence."""
    import av

    audio, position = silence(2, n_samples), 0
    with av.open(file) as container:
        resampler = av.AudioResampler("fltp", "stereo")
        for frame in container.decode(audio=0):
            stop_if_asked()
            for piece in resampler.resample(frame):
                samples = piece.to_ndarray()[:, : n_samples - position]
                audio[:, position : position + samples.shape[1]] = samples
                position += samples.shape[1]
    return audio


def _delay(back: np.ndarray, sent: np.ndarray, most: int, sample_rate: int) -> int:
    """The number of samples by which both are most alike, at most so many either way."""
    # From the loudest part on: a beginning may be silent.
    length = min(sent.shape[1], round(_ALIGNED_BY_S * sample_rate))
    parts = [slice(start, start + length) for start in range(0, sent.shape[1], length)]
    loudest = max(parts, key=lambda part: float(np.square(sent[:, part].sum(axis=0)).sum()))
    return best_lag(back[:, loudest].sum(axis=0), sent[:, loudest].sum(axis=0), most)[0]


def _moved_back(audio: np.ndarray, delay: int, n_samples: int) -> np.ndarray:
    """So many samples of audio, without its delay; silence stands where it was cut."""
    if delay >= 0:
        return audio[:, delay : delay + n_samples]
    moved = silence(2, n_samples)
    moved[:, -delay:] = audio[:, : n_samples + delay]
    return moved
