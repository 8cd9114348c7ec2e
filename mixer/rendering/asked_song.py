"""A song and its console, read from `song.toml`, presets and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mixer.errors import Gathered, PresetError
from mixer.preset.layer import song_table
from mixer.preset.merge import Resolved, resolve
from mixer.preset.trust import refuse_foreign_plugins
from mixer.song.folders.folder_names import SONG_FILE
from mixer.song.load import load_song
from mixer.song.load_progress import Loading, unwatched
from mixer.song.song import Song


def load_asked(
    folder: Path,
    presets: Sequence[str] = (),
    sets: Sequence[str] = (),
    *,
    strict: bool = False,
    leave_out_faulty: bool = False,
    allow_plugins: bool = False,
    loading: Loading = unwatched,
) -> tuple[Song, Resolved]:
    """Load a song and resolve its console from `song.toml`, presets and the command line.

    Args:
        folder: of the song.
        presets, sets: as in `mixer.preset.merge.resolve`.
        strict, leave_out_faulty: as in `mixer.song.load.load_song`.
        allow_plugins: preset files from outside the user's own folder may load plug-ins.
        loading: as in `mixer.song.load.load_song`.

    Raises:
        InputError: the song cannot be mixed.
        PresetError: with a line for each mistake in `song.toml`, presets and `sets`.
    """
    song_path = folder.resolve() / SONG_FILE
    try:
        song = load_song(folder, strict=strict, leave_out_faulty=leave_out_faulty, loading=loading)
    except PresetError as error:
        gathered = Gathered(PresetError)
        gathered.add(*error.lines)
        with gathered.gathering():
            resolve(presets, song_table(song_path), sets, song_path=song_path)
        gathered.refuse()
        raise
    resolved = resolve(presets, song.console, sets, song_path=song_path)
    if not allow_plugins:
        refuse_foreign_plugins(resolved.sources, song_path=song_path)
    return song, resolved
