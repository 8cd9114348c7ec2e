"""`mixer batch`: many songs from a manifest; `init` and `merge` beside it."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mixer.batch.states import ALL_COLUMNS, State
from mixer.cli.console import say, talk, talk_error
from mixer.cli.groups import Commands
from mixer.cli.paths import FilePath
from mixer.files.wording import counted, nearest, quote

if TYPE_CHECKING:
    pass

from mixer.cli.batch_run import IGNORE, run_command


class _RunByDefault(Commands):
    """`mixer batch manifest.csv` is `mixer batch run manifest.csv`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            close = nearest(args[0], self.commands)
            if close and not Path(args[0]).exists() and not ctx.resilient_parsing:
                known = f"{quote(args[0])} is neither a manifest nor a command"
                raise click.UsageError(f"{known}; did you mean {quote(close)}?", ctx)
            args.insert(0, "run")
        for place, (option, behind) in enumerate(itertools.pairwise(args)):
            # Names may follow, or nothing; a manifest is not one.
            if option == IGNORE and Path(behind).is_file():
                args[place] = f"{IGNORE}={ALL_COLUMNS}"
        return super().parse_args(ctx, args)


@click.group(name="batch", cls=_RunByDefault, context_settings={"max_content_width": 100})
def command() -> None:
    """Mix many songs: mixer batch MANIFEST -o OUT; resumes where it stopped.

    \b
    mixer batch init songs/ > manifest.csv     write a manifest of all song folders
    mixer batch manifest.csv -o out/           render new, changed and failed songs
    mixer batch manifest.csv -o out/ --dry-run show the plan, and how long it takes
    mixer batch merge out/                     combine the results of runs with --shard

    `mixer batch run --help` lists the options.
    """


command.add_command(run_command)


@command.command(name="init")
@click.argument("folder", type=FilePath(exists=True, file_okay=False, path_type=Path))
def init_command(folder: Path) -> None:
    """Write a manifest of every song folder in FOLDER to stdout.

    Its paths are relative to the current folder: save it there.
    """
    from mixer.batch.requests.tree import manifest_text

    text, left_out = manifest_text(folder, Path.cwd())
    for line in left_out:
        talk(f"left out: {line}")
    sys.stdout.write(text)


@command.command(name="merge")
@click.argument("out", type=FilePath(exists=True, file_okay=False, path_type=Path))
@click.option("--manifest", type=FilePath(exists=True, dir_okay=False, path_type=Path),
              help="Manifest, for the order and to find songs not yet started.")  # fmt: skip
@click.option("--html", is_flag=True, help="Also write an index page with players.")
@click.option("--overwrite", is_flag=True, help="Replace tables that no run wrote.")
@click.option("-q", "--quiet", is_flag=True, help="Print only failures, on stderr.")
def merge_command(
    out: Path, manifest: Path | None, html: bool, overwrite: bool, quiet: bool
) -> None:
    """Bring the ledgers of runs with --shard in OUT together, and write the results of all."""
    from mixer.batch.merge_shards import merge_shards
    from mixer.cli.batch_summary import failure, say_ending, show_table

    merged = merge_shards(out, manifest, html=html, overwrite=overwrite)
    for shard in merged.missing:
        talk_error(f"mixer: no ledger for shard {shard}")
    if quiet:
        for record in merged.records:
            if record.state == State.FAILED:
                talk_error(failure(record))
    else:
        show_table(merged.records)
        say(
            f"{counted(len(merged.shards), 'shard')}: {merged.n_done} done, "
            f"{merged.n_failed} failed, {merged.n_left} left"
        )
        say_ending(merged.records, merged.results)
    if merged.exit_code:
        raise click.exceptions.Exit(merged.exit_code)
