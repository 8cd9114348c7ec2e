"""`mixer listen`: build a listening test, serve it, analyse the answers."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from mixer.cli.console import answer, progress_bar, say, talk
from mixer.cli.groups import Commands
from mixer.cli.loading_view import load_with_progress
from mixer.cli.numbers import Number, Whole
from mixer.cli.paths import FilePath, required_output
from mixer.errors import InputError
from mixer.files.wording import counted

DEFAULT_PORT = 8765


class _Commands(Commands):
    """`analyse` stands on scipy and is loaded when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["build", "serve", "analyse"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "analyse":
            command = import_module("mixer.cli.listen_analyse").command
            assert isinstance(command, click.Command)
            return command
        return super().get_command(ctx, cmd_name)


class _BuildCommand(click.Command):
    """`--systems` takes every word up to the next option, as people write lists."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        spread: list[str] = []
        listing = False
        for word in args:
            if word.startswith("-"):
                listing = word == "--systems"
                if not listing:
                    spread.append(word)
            else:
                spread.extend(["--systems", word] if listing else [word])
        return super().parse_args(ctx, spread)


@click.group(cls=_Commands, name="listen")
def command() -> None:
    """A listening test: several mixes of each song, unnamed, rated by people.

    \b
    mixer listen build SONGS... --systems default none human -o TEST/
    mixer listen build SIX_SONGS... --paper-layout -o TEST/
    mixer listen serve TEST/ --participants 14
    mixer listen analyse TEST/
    """


@command.command(name="build", cls=_BuildCommand)
@click.argument(
    "songs",
    nargs=-1,
    required=True,
    type=FilePath(exists=True, file_okay=False, path_type=Path),
)
@click.option(
    "--systems",
    multiple=True,
    metavar="NAME...",
    help="Models, none (sum of normalised stems), sum (plain sum), human, or NAME=FOLDER of mixes; "
    "repeatable.",
)
@click.option(
    "--paper-layout",
    is_flag=True,
    help="The paper's test: six songs, six mixes of each, 25 s at -23 LUFS; by default "
    "of the shipped models and human.",
)
@required_output("Folder for the test.")
@click.option(
    "--human",
    "human_folder",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="Folder of human mixes, named after the songs. [default: mixture, mix or "
    "reference next to the stems]",
)
@click.option(
    "--length", type=Number(), default=25.0, show_default=True, help="Length of a mix, in seconds."
)
@click.option(
    "--start", type=Number(), help="Start of excerpts, in seconds. [default: the loudest part]"
)
@click.option(
    "--loudness",
    type=Number(),
    default=-23.0,
    show_default=True,
    help="Loudness of the mixes, in LUFS.",
)
@click.option(
    "--lower/--no-lower",
    default=True,
    help="If a mix peaks too high, lower all of them, or refuse. [default: lower]",
)
@click.option(
    "--align/--no-align", default=True, help="Compensate for lags of finished mixes. [default]"
)
@click.option(
    "--sample-rate",
    type=Whole(8_000, 384_000),
    default=44_100,
    show_default=True,
    help="Sample rate of the mixes, in Hz.",
)
@click.option(
    "--hidden-reference", metavar="NAME", help="System that is also played as the open reference."
)
@click.option("--repeat/--no-repeat", default=False, help="Repeat the first song at the end.")
@click.option(
    "--training/--no-training", default=True, help="Start with a training page. [default]"
)
@click.option("--pages", type=Whole(), help="Songs that each participant rates. [default: all]")
@click.option(
    "--least-heard",
    type=Number(),
    help="Seconds before a participant may leave a page. [default: 5]",
)
@click.option(
    "--title", default="Listening test", show_default=True, help="Title of the test's page."
)
@click.option("--seed", type=Whole(0), help="Random seed for ids and dither. [default: drawn]")
@click.option(
    "--device", default="auto", show_default=True, help="Device: auto, cpu, cuda or cuda:N."
)
@click.option(
    "--dry/--wet", default=None, help="Treat the songs as dry, or as wet. [default: song.toml]"
)
@click.option(
    "--rooms",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="Folder of impulse responses.",
)
@click.option("--overwrite", is_flag=True, help="Replace a test that has no answers yet.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def build(
    songs: tuple[Path, ...],
    systems: tuple[str, ...],
    paper_layout: bool,
    output: Path,
    human_folder: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Make a listening test of SONGS, mixed by several systems.

    Participants get OUTPUT/public. Keep OUTPUT/key.json, which says which system made each mix.
    """
    from mixer.listen.build import build_test
    from mixer.listen.systems import parse_systems
    from mixer.song.load import load_song

    if paper_layout:
        systems = _take_paper_layout(len(songs), systems, options)
    elif not systems:
        raise click.UsageError("say what to compare: --systems NAME..., or --paper-layout")
    parsed = parse_systems(systems, human_folder)
    settings = _settings(options)
    with progress_bar(quiet=quiet or as_json) as bar:
        loaded, show = load_with_progress(songs, load_song, bar)
        built = build_test(loaded, parsed, output, settings, overwrite=overwrite, progress=show)
    if not quiet:
        for remark in built.remarks:
            talk(f"note: {remark}")
    if as_json:
        answer(
            {
                "test": str(output),
                "test_id": built.design.test_id,
                "page": str(output / "public" / "index.html"),
                "pages": len(built.design.pages),
                "systems": list(built.key.systems),
                "loudness_lufs": built.design.loudness_lufs,
                "remarks": list(built.remarks),
            }
        )
    elif not quiet:
        say(
            f"{output}  {counted(len(loaded), 'song')} x {len(parsed)} mixes at "
            f"{built.design.loudness_lufs:g} LUFS; give out {output / 'public'}, keep "
            f"{output / 'key.json'}"
        )


def _take_paper_layout(
    n_songs: int, systems: tuple[str, ...], options: dict[str, Any]
) -> tuple[str, ...]:
    """Fix what the paper's test fixes, and answer with the systems to compare."""
    from mixer.listen.paper_layout import FIXED, check_paper_layout, default_systems

    context = click.get_current_context()
    for name, value in FIXED.items():
        said = context.get_parameter_source(name) is not ParameterSource.DEFAULT
        if said and options[name] != value:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(
                f"--paper-layout and {option} cannot be combined; leave one of them out"
            )
        options[name] = value
    chosen = systems or default_systems()
    check_paper_layout(n_songs, len(chosen))
    return chosen


def _settings(options: dict[str, Any]) -> Any:
    from mixer.listen.build_settings import BuildSettings
    from mixer.rendering.settings import RenderSettings

    rooms = options["rooms"]
    return BuildSettings(
        length_s=options["length"],
        start_s=options["start"],
        loudness_lufs=options["loudness"],
        lower=options["lower"],
        sample_rate=options["sample_rate"],
        align=options["align"],
        hidden_reference=options["hidden_reference"],
        repeat=options["repeat"],
        training=options["training"],
        pages_per_participant=options["pages"],
        least_heard_s=options["least_heard"],
        seed=options["seed"],
        title=options["title"],
        render=RenderSettings(
            device=options["device"], dry=options["dry"], rooms=str(rooms) if rooms else None
        ),
    )


@command.command(name="serve")
@click.argument("test", type=FilePath(exists=True, file_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=Whole(0, 65_535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port; 0 picks a free one.",
)
@click.option(
    "--participants",
    type=Whole(1),
    default=1,
    show_default=True,
    help="Total number of links; existing ones stay.",
)
@click.option("--public-url", help="Start of the links, if the server is behind a proxy.")
@click.option(
    "--export",
    "export_folder",
    type=FilePath(file_okay=False, path_type=Path),
    help="Write the answers as one JSON file per participant, and exit.",
)
@click.option("--overwrite", is_flag=True, help="Let --export replace existing files.")
@click.option("-q", "--quiet", is_flag=True, help="Print only links and errors.")
def serve(
    test: Path,
    host: str,
    port: int,
    participants: int,
    public_url: str | None,
    export_folder: Path | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Serve TEST and collect answers in TEST/answers.sqlite, until Ctrl-C.

    Every participant gets a personal link, in TEST/links.csv. Answers are saved as they are given,
    so a participant may stop and continue later, even on another device.
    """
    from mixer.listen.answer_store import LINKS_FILE, STORE_FILE, Store, export_answers, write_links
    from mixer.listen.design import read_design
    from mixer.listen.serve import ListeningServer, base_url, participant_link

    design = read_design(test)
    if export_folder is not None and not (test / STORE_FILE).is_file():
        raise InputError(f"{test / STORE_FILE}: no answers were collected yet")
    store = Store(test / STORE_FILE, design.test_id)
    try:
        if export_folder is not None:
            _show_exported(export_answers(store, export_folder, overwrite=overwrite), quiet)
            return
        tokens = store.invite(participants)
        log = (lambda line: None) if quiet else talk
        with ListeningServer((host, port), test, design, store, tokens, log) as server:
            base = public_url or base_url(server)
            links = {name: participant_link(base, token) for name, token in tokens.items()}
            write_links(test / LINKS_FILE, links)
            for name, link in links.items():
                say(f"{name}  {link}")
            if not quiet:
                talk(f"serving {design.title!r} until Ctrl-C; links are in {test / LINKS_FILE}")
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                begun, complete = store.counts()
                talk(f"stopped; {complete} complete, {begun - complete} begun")
    finally:
        store.close()


def _show_exported(paths: Sequence[Path], quiet: bool) -> None:
    if quiet:
        return
    for path in paths:
        say(str(path))
