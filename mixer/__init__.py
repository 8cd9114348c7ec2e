"""Offline batch mixer: stems or raw tracks in, stereo mix out.

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
        SettingsError,
    )
    from mixer.output.write import write_mix
    from mixer.rendering.mix import Mix
    from mixer.rendering.pipeline import render
    from mixer.rendering.settings import RenderSettings
    from mixer.song.inspection import inspect_song
    from mixer.song.load import load_song
    from mixer.song.song import Song
    from mixer.takes.listing import list_takes
    from mixer.takes.revise import revise
    from mixer.takes.variations import variations

_HOME = {
    "DeviceError": "mixer.errors",
    "InputError": "mixer.errors",
    "MixerError": "mixer.errors",
    "ModelError": "mixer.errors",
    "OutputError": "mixer.errors",
    "PresetError": "mixer.errors",
    "SettingsError": "mixer.errors",
    "inspect_song": "mixer.song.inspection",
    "write_mix": "mixer.output.write",
    "Mix": "mixer.rendering.mix",
    "RenderSettings": "mixer.rendering.settings",
    "render": "mixer.rendering.pipeline",
    "Song": "mixer.song.song",
    "load_song": "mixer.song.load",
    "list_takes": "mixer.takes.listing",
    "revise": "mixer.takes.revise",
    "variations": "mixer.takes.variations",
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
    "SettingsError",
    "Song",
    "__version__",
    "inspect_song",
    "list_takes",
    "load_song",
    "render",
    "revise",
    "variations",
    "write_mix",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mixer' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
