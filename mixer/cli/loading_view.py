"""The loading of several songs while a bar is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from mixer.rendering.timing.progress import Progress, Stage

LoadedSong = TypeVar("LoadedSong")
# Share of the bar: to mix each song by a few systems takes far longer than to load it.
_SHARE = 0.02


def load_with_progress(
    songs: Sequence[Path], load: Callable[[Path], LoadedSong], show: Progress
) -> tuple[list[LoadedSong], Progress]:
    """Load songs one by one, and show each.

    Args:
        songs: their folders or files.
        load: loads one.
        show: the bar.

    Returns:
        The songs, and the bar for what follows: it gets shares of that alone, 0 to 1.

    Raises:
        MixerError: as `load` does.
    """
    loaded = []
    for place, song in enumerate(songs):
        show(Stage.LOAD, song.name, _SHARE * place / len(songs))
        loaded.append(load(song))

    def show_rest(stage: str, detail: str, share: float) -> None:
        show(stage, detail, _SHARE + (1.0 - _SHARE) * share)

    return loaded, show_rest
