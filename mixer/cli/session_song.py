"""A workstation's session if a song's folder is requested."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import click

from mixer.cli.console import printable, talk
from mixer.cli.paths import FilePath
from mixer.errors import InputError
from mixer.files.wording import joined

DEFAULT_FOLDER = "mixes"
_SUFFIX = ".song"


class SongOrSession(FilePath):
    """A folder, or the file of a session."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse any other file."""
        path = super().convert(value, param, ctx)
        if not isinstance(path, Path) or path.is_dir():
            return path
        # Not above: most songs are folders, and would wait for what reads sessions.
        from mixer.output.daw.session_reading import READ_FORMATS, format_of_session

        if format_of_session(path) is None:
            endings = joined([daw.suffix for daw in READ_FORMATS], "or")
            self.fail(f"{value!r} is a file; give a song's folder, or a session ({endings})")
        return path


def song_of_session(
    path: Path, output: Path | None, *, allow_outside: bool, overwrite: bool, dry_run: bool
) -> Path:
    """The song folder that a session was made into, beside the mix; says what was left out.

    Args:
        path: file of the session.
        output: the requested path of the mix, or a folder for it.
        allow_outside: also read audio outside of the session's folder.
        overwrite: replace earlier results.
        dry_run: make it where it goes with this process.

    Raises:
        InputError: the session cannot be read, or mixer wrote it.
        OutputError: the folder already exists, or cannot be written.
    """
    from mixer.learn.recall_reader import recall_of
    from mixer.output.daw.session_reading import read_session
    from mixer.output.daw.song_folder import write_song_folder

    if recall_of(path).exists():
        raise InputError(
            f"{path} was written by mixer: mixer learn reads its changes into the song, "
            "and mixer render then mixes it"
        )
    folder = Path(DEFAULT_FOLDER) if output is None else output
    if output is not None and output.suffix and not output.is_dir():
        folder = output.parent
    if dry_run:
        folder = Path(tempfile.mkdtemp(prefix="mixer-dry-run-"))
        click.get_current_context().call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    made = write_song_folder(
        read_session(path),
        folder / f"{path.stem}{_SUFFIX}",
        allow_outside=allow_outside,
        overwrite=overwrite,
    )
    for remark in made.remarks:
        talk(f"note: {printable(remark)}")
    return made.path
