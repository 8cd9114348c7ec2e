"""`mixer studio`: a console in the browser for one song or a folder of songs."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from mixer.cli.console import say, talk
from mixer.cli.extras import load_extra
from mixer.cli.numbers import Whole
from mixer.cli.paths import FilePath
from mixer.cli.session_song import DEFAULT_FOLDER


@click.command(name="studio")
@click.argument("song_dir", type=FilePath(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--port",
    type=Whole(0, 65_535),
    default=0,
    show_default=True,
    help="Port on this machine; 0 picks a free one.",
)
@click.option("--open/--no-open", "opens", default=True, help="Open the browser. [default]")
@click.option(
    "-o",
    "--output",
    type=FilePath(file_okay=False, path_type=Path),
    default=Path(DEFAULT_FOLDER),
    show_default=True,
    help="Folder for renders.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print only the link and errors.")
def command(song_dir: Path, port: int, opens: bool, output: Path, quiet: bool) -> None:
    """Mix the song in SONG_DIR, or any of the songs in it, in the browser.

    The page is served only on this machine, to anyone with the link, until Ctrl-C. Your changes are
    stored next to the song as you make them; song.toml is written when you save.
    """
    load_extra("uvicorn", "studio")
    server = load_extra("mixer.studio.studio_server", "studio")
    from mixer.studio.songs import Studio

    studio = Studio(song_dir, output)
    served = server.prepare(studio, port)
    try:
        say(served.link)
        if not quiet:
            talk("serving until Ctrl-C")
        if opens:
            webbrowser.open(served.link)
        served.run()
    except KeyboardInterrupt:
        if not quiet:
            talk("stopped; every edit is kept beside its song")
    finally:
        studio.close()
