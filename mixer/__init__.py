"""Offline batch mixer: stems in, finished mix out.

    from mixer import load_song, render

    mix = render(load_song("my_song"))
    mix.audio          # float32 (2, samples), at mix.sample_rate

Importing the package loads nothing heavy: each name below is fetched on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mixer.version import __version__

if TYPE_CHECKING:
    from mixer.errors import (
        DeviceError,
        InputError,
        MixerError,
        ModelError,
        OutputError,
        PresetError,
    )
    from mixer.inspection import inspect_song
    from mixer.mix import Mix
    from mixer.recipe import write_mix
    from mixer.rendering import render
    from mixer.settings import RenderSettings
    from mixer.song import Song, load_song

_HOME = {
    "DeviceError": "mixer.errors",
    "InputError": "mixer.errors",
    "MixerError": "mixer.errors",
    "ModelError": "mixer.errors",
    "OutputError": "mixer.errors",
    "PresetError": "mixer.errors",
    "inspect_song": "mixer.inspection",
    "write_mix": "mixer.recipe",
    "Mix": "mixer.mix",
    "RenderSettings": "mixer.settings",
    "render": "mixer.rendering",
    "Song": "mixer.song",
    "load_song": "mixer.song",
}

__all__ = [
    "DeviceError",
    "InputError",
    "Mix",
    "MixerError",
    "ModelError",
    "OutputError",
    "PresetError",
    "RenderSettings",
    "Song",
    "__version__",
    "inspect_song",
    "load_song",
    "render",
    "write_mix",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mixer' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
