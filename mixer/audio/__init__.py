"""The only audio file I/O: probe, read in blocks, resample, quantise, write.

Nothing here trusts a header: lengths are what decodes, rates and channels are bounded, and what a
file decodes to may not exceed the machine's free memory. Files appear under their name only when
they are whole: they are written beside it and renamed.

Importing the package loads no audio library: each name below is fetched on first use. The formats
are listed in `mixer.audio.formats`, which loads none at all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixer.audio.damage import damage_of
    from mixer.audio.decoding import hides_damage, probe, read_blocks, read_segment, verify
    from mixer.audio.reading import (
        read_audio,
        read_resampled_blocks,
        read_source,
        resample,
        resampled_length,
    )
    from mixer.audio.source import AudioSource
    from mixer.audio.writing import as_written, quantise, write_audio

_HOME = {
    "as_written": "writing",
    "damage_of": "damage",
    "probe": "decoding",
    "read_blocks": "decoding",
    "read_segment": "decoding",
    "hides_damage": "decoding",
    "verify": "decoding",
    "read_audio": "reading",
    "read_resampled_blocks": "reading",
    "read_source": "reading",
    "resample": "reading",
    "resampled_length": "reading",
    "AudioSource": "source",
    "quantise": "writing",
    "write_audio": "writing",
}

__all__ = [
    "AudioSource",
    "as_written",
    "damage_of",
    "hides_damage",
    "probe",
    "quantise",
    "read_audio",
    "read_blocks",
    "read_resampled_blocks",
    "read_segment",
    "read_source",
    "resample",
    "resampled_length",
    "verify",
    "write_audio",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mixer.audio' has no attribute {name!r}")
    value = getattr(import_module(f"mixer.audio.{_HOME[name]}"), name)
    globals()[name] = value  # found at once the next time
    return value
