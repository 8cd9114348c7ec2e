"""Audio after a lossy codec: encoded and decoded again in memory, through PyAV."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from mixer.audio.encoding import encode
from mixer.audio.reading import resample
from mixer.dsp.lag import best_lag
from mixer.errors import InputError, OutputError

# More than any encoder's delay.
_LONGEST_DELAY_S = 0.2
_ALIGNED_BY_S = 20.0


@dataclass(frozen=True)
class Codec:
    """A codec and how it is used.

    Attributes:
        name: as it is printed.
        encoder: FFmpeg's name.
        container: that holds it.
        bit_rate: in bits a second.
        sample_rate: that it works at in Hz.
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
        codec: which.

    Returns:
        float32 (2, samples), at the same rate.

    Raises:
        InputError: this build of PyAV has no such encoder.
    """
    length = round(audio.shape[1] * codec.sample_rate / sample_rate)
    sent = resample(audio, sample_rate, codec.sample_rate, length)
    back = _decode(_encode(sent, codec))
    back = _aligned(back, sent, codec.sample_rate)
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


def _decode(file: io.BytesIO) -> np.ndarray:
    import av

    with av.open(file) as container:
        resampler = av.AudioResampler("fltp", "stereo")
        pieces = [
            piece.to_ndarray()
            for frame in container.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.concatenate(pieces, axis=1).astype(np.float32)


def _aligned(back: np.ndarray, sent: np.ndarray, sample_rate: int) -> np.ndarray:
    """Moved by the delay at which both are most alike, as long as what was sent."""
    n_samples = sent.shape[1]
    most = round(_LONGEST_DELAY_S * sample_rate)
    # From the loudest part on: a beginning may be silent.
    length = min(n_samples, round(_ALIGNED_BY_S * sample_rate))
    energy = np.add.reduceat(np.square(sent.sum(axis=0)), np.arange(0, n_samples, length))
    part = slice(int(np.argmax(energy)) * length, (int(np.argmax(energy)) + 1) * length)
    delay, _, _ = best_lag(back[:, part].sum(axis=0), sent[:, part].sum(axis=0), most)
    padded = np.pad(back, ((0, 0), (max(-delay, 0), max(n_samples + delay - back.shape[1], 0))))
    first = max(delay, 0)
    return padded[:, first : first + n_samples]
