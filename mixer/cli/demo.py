"""`mixer demo`: compose a song to try mixer on."""

from __future__ import annotations

from pathlib import Path

import click

from mixer.audio import write_audio
from mixer.cli.console import say, talk
from mixer.cli.numbers import Whole
from mixer.cli.paths import FilePath
from mixer.demo_song import DEMO_SONG, compose_demo_song
from mixer.errors import OutputError
from mixer.files.staging import publish, staging_folder
from mixer.files.whole_file import refuse_existing, refuse_unwritable
from mixer.song.folders.folder_names import SONG_FILE
from mixer.stems import STEMS

SAMPLE_RATE_HZ = 44_100


@click.command(name="demo")
@click.argument("folder", type=FilePath(file_okay=False, path_type=Path))
@click.option(
    "--seed", type=Whole(0), default=1, show_default=True, help="Random seed for timing and noise."
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def command(folder: Path, seed: int, overwrite: bool, quiet: bool) -> None:
    """Compose thirty seconds of music and write its dry, unmixed stems into FOLDER."""
    names = [*(f"{stem}.wav" for stem in STEMS), SONG_FILE]
    if not overwrite:
        refuse_existing([folder / name for name in names])
    refuse_unwritable([folder / name for name in names], "folder")
    with staging_folder(folder) as staging:
        for stem, audio in compose_demo_song(seed, SAMPLE_RATE_HZ).items():
            write_audio(staging / f"{stem}.wav", audio, SAMPLE_RATE_HZ)
        try:
            (staging / SONG_FILE).write_text(
                f'title = "{DEMO_SONG.title}"\ndry = true\ntempo_bpm = {DEMO_SONG.tempo_bpm:g}\n',
                encoding="utf-8",
            )
        except OSError as error:
            raise OutputError(f"{error.filename}: cannot be written ({error.strerror})") from None
        publish(staging, folder, last=Path(SONG_FILE).__eq__, overwrite=overwrite)
    if not quiet:
        talk(DEMO_SONG.describe())
        say(f"{folder}: {', '.join(STEMS)}; mix it with: mixer render {folder}")
