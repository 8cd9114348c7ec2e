"""Songs and systems -> a listening test: excerpts cut, names hidden, the folder put in place."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mixer.errors import InputError, OutputError
from mixer.listen.blinding import BuiltTest, write_test
from mixer.listen.build_settings import BuildSettings, check_build
from mixer.listen.cutting import SongExcerpts, cut_song
from mixer.listen.systems import System
from mixer.song.song import Song

# called with the stage, what in it, and the share that is done, 0 to 1
Progress = Callable[[str, str, float], None]
MAX_SEED = 2**63 - 1


def build_test(
    songs: Sequence[Song],
    systems: Sequence[System],
    output: Path,
    settings: BuildSettings | None = None,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> BuiltTest:
    """Make a listening test.

    Args:
        songs: from `load_song`; their names differ.
        systems: from `parse_systems`.
        output: folder of the test; it appears once the test is complete.
        settings: defaults to `BuildSettings()`. The same songs, systems and seed give the same
            files, byte for byte.
        overwrite: replace an existing test that has no answers yet.
        progress: called before each mix.

    Raises:
        InputError: a song or mix is missing, silent or too short.
        SettingsError: a setting is out of range.
        OutputError: the output already exists, or cannot be written.
        ModelError, DeviceError: as `mixer.rendering.pipeline.render`.
    """
    settings = settings or BuildSettings()
    check_build(songs, systems, output, settings, overwrite=overwrite)
    show = progress or (lambda stage, detail, share: None)
    seed = secrets.randbelow(MAX_SEED) if settings.seed is None else settings.seed
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=output.parent) as scratch:
            made: dict[str, SongExcerpts] = {}
            for index, song in enumerate(songs):

                def show_song(detail: str, share: float, done: int = index) -> None:
                    show("mix", detail, 0.9 * (done + share) / len(songs))

                cuts = Path(scratch) / str(index)
                cuts.mkdir()
                try:
                    made[song.name] = cut_song(song, systems, settings, cuts, show_song)
                except InputError as error:
                    raise InputError(f"{song.name}: {error}") from None
            show("write", str(output), 0.9)
            staged = Path(scratch) / "test"
            built = write_test(songs, systems, made, settings, seed, staged)
            _put_in_place(staged, output)
    except OSError as error:
        raise OutputError(f"{output}: cannot be written ({error.strerror})") from None
    return built


def _put_in_place(staged: Path, output: Path) -> None:
    # The order in which sounds were written is the order of the systems: one time for all.
    now = time.time()
    for path in staged.rglob("*"):
        os.utime(path, (now, now))
    if output.exists():  # it vanishes with the scratch folder, once the new one is there
        output.replace(staged.with_name("replaced"))
    staged.replace(output)
