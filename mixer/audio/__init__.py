"""The only audio file I/O: probe, read in blocks, resample, quantise, write.

Nothing here trusts a header: a length that the data does not bear out is an error, rates and
channels are bounded, and what a file decodes to may not exceed the machine's free memory. Files
appear under their name only when they are whole: they are written beside it and renamed.
"""

from mixer.audio.decoding import probe, read_blocks, read_segment
from mixer.audio.reading import (
    available_memory_bytes,
    read_audio,
    read_resampled_blocks,
    resample,
    resampled_length,
)
from mixer.audio.source import SAMPLE_RATES_HZ, AudioSource, is_audio_name
from mixer.audio.writing import BIT_DEPTHS, FORMATS, quantise, refuse_rate, write_audio

__all__ = [
    "BIT_DEPTHS",
    "FORMATS",
    "SAMPLE_RATES_HZ",
    "AudioSource",
    "available_memory_bytes",
    "is_audio_name",
    "probe",
    "quantise",
    "read_audio",
    "read_blocks",
    "read_resampled_blocks",
    "read_segment",
    "refuse_rate",
    "resample",
    "resampled_length",
    "write_audio",
]
