"""A thirty-second song made of nothing but arithmetic: what `mixer demo` writes and renders.

from mixer.demo_song import DEMO_SONG, compose_demo_song

stems = compose_demo_song(seed=1)   # four dry stems, float32 (channels, samples)
DEMO_SONG.describe()                # tempo, key, form and chords, as text

Importing the package loads nothing heavy: each name is fetched on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixer.demo_song.compose import compose_demo_song
    from mixer.demo_song.score import DEMO_SONG, DemoSong

_HOME = {
    "DEMO_SONG": "mixer.demo_song.score",
    "DemoSong": "mixer.demo_song.score",
    "compose_demo_song": "mixer.demo_song.compose",
}

__all__ = ["DEMO_SONG", "DemoSong", "compose_demo_song"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'mixer.demo_song' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
