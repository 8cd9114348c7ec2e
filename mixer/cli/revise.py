"""`mixer revise`: the next take of a mix, in which only what was requested changes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from mixer.cli.console import answer, level, progress_bar, say, talk, talk_warning
from mixer.cli.numbers import Number
from mixer.cli.opening import open_written
from mixer.cli.paths import FilePath
from mixer.cli.render_view import show_delivered
from mixer.cli.render_warnings import warn_clipped
from mixer.cli.settings_options import given_settings, settings_options
from mixer.files.wording import listed, quote
from mixer.output.config import CODING
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe_words import change_lines, proof_lines
from mixer.rendering.plans.plan_notes import with_leakage_warning
from mixer.song.folders.folder_names import RECIPE_SUFFIX
from mixer.takes.instructions import AMOUNTS, INSTRUCTIONS, TARGETS
from mixer.takes.numbering import first_mixes
from mixer.takes.revise import Revised, Revision, make_take, plan_revision


@click.command(name="revise")
@click.argument(
    "recipe_path",
    metavar="MIX.json",
    type=FilePath(exists=True, path_type=Path),
    required=False,
)
@click.argument("texts", metavar="CHANGE...", nargs=-1)
@click.option("--words", is_flag=True, help="List the requests in plain words and their effects.")
@click.option(
    "--hold-gain", is_flag=True, help="Keep the bus's gain, whatever the resulting loudness."
)
@click.option(
    "--translation-budget",
    "translation_budget_db",
    type=Number(0.1, 6.0),
    help="Also lift stems that small loudspeakers lose, each by at most this many dB.",
)
@click.option(
    "--song",
    "song_folder",
    type=FilePath(exists=True, file_okay=False, path_type=Path),
    help="The song's folder, if it has moved.  [default: where it was]",
)
@settings_options(OutputSettings, lambda option: option.name not in CODING)
@click.option("--allow-plugins", is_flag=True, help="Load the plug-ins that the recipe names.")
@click.option("--open", "opens", is_flag=True, help="Open the report, or else the mix, when done.")
@click.option("--dry-run", is_flag=True, help="Show what would change; render nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors.")
def command(
    recipe_path: Path | None,
    texts: tuple[str, ...],
    words: bool,
    hold_gain: bool,
    translation_budget_db: float | None,
    song_folder: Path | None,
    allow_plugins: bool,
    opens: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Render the next take of MIX.json (or of the mix next to it) with each CHANGE.

    A CHANGE is a key, such as vocals.gain_db=+1 (signed values add, others set, key==-3 sets a
    negative one), or a request in plain words, such as "less reverb on drums". The take is written
    next to its parent as NAME.take2.wav, then take3; nothing is overwritten.
    """
    if words:
        _show_words()
        return
    if recipe_path is None or not (texts or translation_budget_db):
        raise click.UsageError(
            "give a recipe and what to change; --words lists requests in plain words"
        )
    if recipe_path.is_dir():
        raise click.UsageError(f"{quote(str(recipe_path))} is a folder; {_which_mix(recipe_path)}")
    with progress_bar(quiet=quiet or as_json) as show:
        revision = plan_revision(
            recipe_path,
            texts,
            song_folder=song_folder,
            hold_gain=hold_gain,
            allow_plugins=allow_plugins,
            translation_budget_db=translation_budget_db,
            wanted=OutputSettings(**given_settings(OutputSettings, options)),
            progress=show,
        )
        if not quiet:
            _warn(revision)
        done = None if dry_run else make_take(revision, show)
    if done is None:
        _show_plan(revision, as_json=as_json)
        return
    if as_json:
        answer(_as_json(revision, done))
    elif not quiet:
        warn_clipped(done.rendered.recipe)
        _show(revision, done)
    if opens:
        open_written(revision.destination)


def _warn(revision: Revision) -> None:
    plan = revision.plan
    if revision.destination.wanted.delivers_wet_stems:
        plan = with_leakage_warning(plan)
    for warning in plan.warnings:
        talk_warning(warning)


def _which_mix(folder: Path) -> str:
    """How to name a mix in place of a folder: one that the folder holds, or one of its song."""
    if mixes := first_mixes(folder):
        return f"give one of its mixes: {listed(name + RECIPE_SUFFIX for name in mixes)}"
    return f"give one of its mixes, which 'mixer takes {shlex.quote(str(folder))}' lists"


def _show_words() -> None:
    width = max(len(", ".join(instruction.phrases)) for instruction in INSTRUCTIONS)
    for instruction in INSTRUCTIONS:
        say(f"{', '.join(instruction.phrases):<{width}}  {instruction.does}")
    say(f"what to change: {', '.join(TARGETS)}")
    amounts = ", ".join(f"{word} ({share:g})" for word, share in AMOUNTS.items())
    say(f"by how much, as a share of the step: {amounts}; or a number of dB")
    say("for example: vocals up 2 dB; bass and drums a bit louder; less reverb on vocals")


def _show_plan(revision: Revision, *, as_json: bool) -> None:
    if as_json:
        changes = list(revision.asked.changes)
        path = str(revision.destination.path)
        answer({"dry_run": True, "take": revision.number, "mix": path, "changes": changes})
        return
    for line in change_lines(revision.asked.changes):
        say(line)
    say(f"would write {revision.destination.path}")


def _show(revision: Revision, done: Revised) -> None:
    for line in (*change_lines(done.take["changes"]), *proof_lines(done.take)):
        talk(line)
    master = done.rendered.mix.measurements["master"]
    say(
        f"{revision.destination.path}  {level(master['loudness_lufs'], 'LUFS')}  "
        f"{level(master['true_peak_dbtp'], 'dBTP')}  take {revision.number} of "
        f"{revision.parent.path.name}, {sum(done.rendered.mix.seconds.values()):.1f} s"
    )
    show_delivered(revision.destination, done.rendered)


def _as_json(revision: Revision, done: Revised) -> dict[str, object]:
    return {
        "mix": str(revision.destination.path),
        "take": dict(done.take),
        "reused": done.n_reused,
        "loudness_lufs": done.rendered.mix.measurements["master"]["loudness_lufs"],
        "true_peak_dbtp": done.rendered.mix.measurements["master"]["true_peak_dbtp"],
        "seconds": round(sum(done.rendered.mix.seconds.values()), 3),
    }
