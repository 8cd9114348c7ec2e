"""`mixer dataset`: multitracks to training data, and multitracks out of nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from mixer.cli.console import answer, progress_bar, say, talk
from mixer.cli.extras import load_extra
from mixer.cli.groups import Commands
from mixer.cli.numbers import Number, Whole
from mixer.cli.paths import FilePath, required_output
from mixer.cli.terminal import table_console
from mixer.errors import InputError
from mixer.files.wording import counted
from mixer.normalisations import parse_effects

_EXTRA = "train"


@click.group(cls=Commands, name="dataset")
def command() -> None:
    """Prepare and check training data; compose songs to train on."""


@command.command(name="prepare")
@click.argument("sources", nargs=-1, required=True, type=FilePath(exists=True, path_type=Path))
@required_output("Folder to create.")
@click.option(
    "--profile",
    default="auto",
    show_default=True,
    help="Target profile: a name, a file, or measure for the training songs' average; "
    "auto is measure with 20 training songs or more, otherwise musdb18.",
)
@click.option(
    "--examples",
    type=click.Choice(["audio", "bands", "tracks"]),
    default="audio",
    show_default=True,
    help="Kind of examples: audio (fxnorm, wave_u_net), powers of stems in bands "
    "(band_mixer), or tracks (track_mixer).",
)
@click.option(
    "--effects",
    help="Normalisations, comma-separated.  [default: all but panning; bands: balance; "
    "tracks: none]",
)
@click.option("--variants", type=Whole(), help="Reverb variants of vocals and other.  [default: 3]")
@click.option(
    "--rooms",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="Folder of impulse responses.",
)
@click.option(
    "--seed", type=Whole(), default=0, show_default=True, help="Random seed for the rooms."
)
@click.option(
    "--target",
    default="auto",
    show_default=True,
    help="Target mix: mixture (the file of that name), sum (of the stems), or auto.",
)
@click.option(
    "--split",
    default="auto",
    show_default=True,
    help="Split by the lists of MUSDB18 (musdb), by a hash of names (hash), or auto.",
)
@click.option(
    "--valid-share",
    type=Number(),
    default=0.1,
    show_default=True,
    help="With --split hash: share of the songs for validation.",
)
@click.option(
    "--test-share",
    type=Number(),
    default=0.1,
    show_default=True,
    help="With --split hash: share of the songs for the test set.",
)
@click.option(
    "-j", "--jobs", type=Whole(1, 1024), help="Number of processes.  [default: one per core]"
)
@click.option("--overwrite", is_flag=True, help="Replace data that were made with other settings.")
@click.option("--dry-run", is_flag=True, help="Show the plan; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and anything left out.")
def prepare(
    sources: tuple[Path, ...],
    output: Path,
    jobs: int | None,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Make training data in a folder from SOURCES.

    A source is a song folder (stems or raw tracks, perhaps with a mixture), a folder of such
    folders, a .stem.mp4, MUSDB18 with its train and test folders, or MedleyDB. Examples in bands
    and of tracks are made of wet recordings, of wet ones with dry ones in a folder dry beside them
    (in MedleyDB, of stems with their raw recordings), and of dry ones (a folder dry, or dry = true
    in song.toml) with a mixture. A stopped run resumes when started again. Exit code 1 means that
    songs were left out.
    """
    planning = load_extra("training.data.plan", _EXTRA)
    plan = planning.plan_dataset(sources, output, _settings(planning, options))
    if dry_run:
        _show_plan(plan, as_json)
        return
    with progress_bar(quiet=quiet or as_json) as show:
        description = load_extra("training.data.prepare", _EXTRA).prepare_dataset(
            plan, n_jobs=jobs or planning.default_jobs(plan), overwrite=overwrite, progress=show
        )
    for song in description["left_out"]:
        talk(f"left out: {song['name']}: {song['reason']}")
    if as_json:
        answer({"dataset": str(output), **description})
    elif not quiet:
        for song in description["songs"]:
            for note in song["notes"]:
                talk(f"note: {song['name']}: {note}")
        say(f"{output}  {_summary(description)}")
    n_left_out, n_done = len(description["left_out"]), len(description["songs"])
    if n_left_out:
        raise InputError(
            f"{n_left_out} of {n_left_out + n_done} songs left out; the others are in {output}"
        )


@command.command(name="info")
@click.argument("folder", type=FilePath(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the description as JSON.")
def info(folder: Path, as_json: bool) -> None:
    """Check and show a prepared data set."""
    prepared = load_extra("training.data.prepared", _EXTRA)
    description = prepared.stated_in(folder)
    forms = load_extra("training.data.forms", _EXTRA).FORMS
    form = forms.get(
        description.get("examples", prepared.Examples.AUDIO), forms[prepared.Examples.AUDIO]
    )
    data = form.read(folder)
    if as_json:
        answer(description)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("song", "split", "s", "stems", "target"):
        table.add_column(name, justify="right" if name == "s" else "left")
    for song in description["songs"]:
        seconds = song["n_samples"] / data.sample_rate
        table.add_row(
            Text(str(song["name"])),
            song["split"],
            f"{seconds:.1f}",
            " ".join(song["stems"]),
            str(song.get("target", "")),
        )
    table_console().print(table)
    say(_summary(description))
    say(f"effects {', '.join(data.effects)}; {data.amount}")
    say(f"profile {data.profile.sha256[:12]}: {data.profile.about}")
    say(f"sha256 {data.sha256}")


@command.command(name="synthesise")
@click.option(
    "-n", "--songs", "n_songs", type=Whole(), required=True, help="Number of songs in all."
)
@required_output("Folder to create.")
@click.option("--seed", type=Whole(), default=1, show_default=True, help="Random seed.")
@click.option("--genres", help="Genres to compose in, comma-separated.  [default: all]")
@click.option("--hold-out", help="Genres whose songs all go to the test set, comma-separated.")
@click.option(
    "--hold-out-share",
    type=Number(),
    default=0.1,
    show_default=True,
    help="Share of the other songs for validation, and the same for the test set.",
)
@click.option(
    "--duration",
    type=Number(),
    default=45.0,
    show_default=True,
    help="Length of a song, in seconds.",
)
@click.option("--tracks", is_flag=True, help="Keep the recorded tracks as well as the stems.")
@click.option(
    "--soundfont",
    type=FilePath(exists=True, dir_okay=False, path_type=Path),
    help="General MIDI SoundFont, an .sf2 file.  [default: the system's]",
)
@click.option(
    "-j", "--jobs", type=Whole(1, 1024), help="Number of processes.  [default: one per core]"
)
@click.option("--dry-run", is_flag=True, help="Show the plan; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and anything left out.")
def synthesise(
    n_songs: int,
    output: Path,
    soundfont: Path | None,
    jobs: int | None,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Compose, play, record and mix songs to learn from.

    Each song is a folder with wet stems, their mixture, dry stems, and every decision of the
    simulated engineer; `mixer dataset prepare` reads the output folder. The same seed makes the
    same songs. Existing songs are kept, so a stopped run resumes. It needs
    the program fluidsynth and a General MIDI SoundFont.
    """
    synthesis = load_extra("training.synthesis.run", _EXTRA)
    settings = _synthesis_settings(synthesis, options)
    if dry_run:
        _show_songs(synthesis.plan_songs(settings, n_songs), as_json)
        return
    with progress_bar(quiet=quiet or as_json) as show:
        description = synthesis.synthesise(
            output, settings, n_songs, soundfont=soundfont, n_jobs=jobs, progress=show
        )
    for song in description["left_out"]:
        talk(f"left out: {song['name']}: {song['reason']}")
    songs = description["songs"]
    if as_json:
        answer({"output": str(output), **description})
    elif not quiet:
        minutes = len(songs) * settings.duration_s / 60.0
        say(
            f"{output}  {counted(len(songs), 'song')} ({_split_counts(songs)}), "
            f"{minutes:.1f} minutes"
        )
    if description["left_out"]:
        raise InputError(
            f"{len(description['left_out'])} of {n_songs} songs failed; the others are in {output}"
        )


def _synthesis_settings(synthesis: Any, options: dict[str, Any]) -> Any:
    defaults = synthesis.SynthesisSettings
    genres, hold_out = options["genres"], options["hold_out"]
    return defaults(
        seed=options["seed"],
        genres=defaults.genres if genres is None else _names(genres),
        hold_out=() if hold_out is None else _names(hold_out),
        hold_out_share=options["hold_out_share"],
        duration_s=options["duration"],
        with_tracks=options["tracks"],
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _show_songs(songs: Any, as_json: bool) -> None:
    if as_json:
        answer({"songs": [{"name": s.name, "split": s.split, "genre": s.genre} for s in songs]})
        return
    for song in songs:
        say(f"{song.split:<6} {song.name}")


def _settings(planning: Any, options: dict[str, Any]) -> Any:
    effects, variants = options["effects"], options["variants"]
    if effects is None:
        names = {
            "audio": planning.DEFAULT_EFFECTS,
            "bands": planning.DEFAULT_BAND_EFFECTS,
            "tracks": planning.DEFAULT_TRACK_EFFECTS,
        }[options["examples"]]
    else:
        names = parse_effects(effects)
    return planning.PrepareSettings(
        profile=options["profile"],
        effects=names,
        n_variants=planning.DEFAULT_VARIANTS if variants is None else variants,
        seed=options["seed"],
        rooms=str(options["rooms"]) if options["rooms"] else None,
        target=options["target"],
        split=options["split"],
        valid_share=options["valid_share"],
        test_share=options["test_share"],
        examples=options["examples"],
    )


def _show_plan(plan: Any, as_json: bool) -> None:
    rate = load_extra("training.data.multitracks", _EXTRA).SAMPLE_RATE_HZ
    songs = [
        {
            "id": song.id,
            "name": song.multitrack.name,
            "split": song.split,
            "duration_s": song.multitrack.n_samples / rate,
            "stems": list(song.multitrack.song.stems),
            "target": "mixture" if song.multitrack.target else "sum",
        }
        for song in plan.songs
    ]
    left_out = [{"name": song.name, "reason": song.reason} for song in plan.left_out]
    if as_json:
        answer(
            {
                "songs": songs,
                "left_out": left_out,
                "profile": plan.profile,
                "n_bytes": plan.n_bytes,
            }
        )
        return
    for song in songs:
        say(f"{song['split']:<6} {song['name']}  {' '.join(song['stems'])}")
    for song in left_out:
        say(f"left out: {song['name']}: {song['reason']}")
    say(
        f"{counted(len(songs), 'song')}, profile {plan.profile}, about {plan.n_bytes / 1e9:.1f} GB "
        f"in {plan.folder}"
    )


def _summary(description: dict[str, Any]) -> str:
    songs = description["songs"]
    minutes = sum(song["n_samples"] for song in songs) / description["sample_rate"] / 60.0
    return f"{counted(len(songs), 'song')} ({_split_counts(songs)}), {minutes:.1f} minutes"


def _split_counts(songs: list[dict[str, Any]]) -> str:
    return ", ".join(
        f"{sum(song['split'] == split for song in songs)} {split}"
        for split in ("train", "valid", "test")
    )
