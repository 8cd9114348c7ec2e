"""`mixer batch run`: the songs of a manifest, and its dry run."""

from __future__ import annotations

import contextlib
import gc
import shlex
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from mixer.batch.states import ALL_COLUMNS, Mode
from mixer.cli.console import answer, progress_bar, say, talk, talk_error
from mixer.cli.numbers import Number, Whole
from mixer.cli.paths import FilePath
from mixer.cli.settings_options import given_settings, settings_options
from mixer.errors import SettingsError
from mixer.files.interruption import ending_signals
from mixer.output.config import BATCH, CODING, read_config
from mixer.output.output_settings import OutputSettings
from mixer.rendering.settings import RenderSettings

if TYPE_CHECKING:
    from mixer.batch.batch_session import Options
    from mixer.batch.engines.engine import Engine
    from mixer.batch.listener import Stop, Summary
    from mixer.batch.requests.defaults import Defaults
    from mixer.output.config import Config

DEFAULT_OUTPUT = "mixes"
_GB = 1_000_000_000
IGNORE = "--ignore-columns"


@click.command(name="run")
@click.argument("manifest", type=FilePath(exists=True, path_type=Path))
@click.option(
    "-o",
    "--output",
    "out",
    type=FilePath(file_okay=False, path_type=Path),
    default=DEFAULT_OUTPUT,
    show_default=True,
    help="Folder for the mixes and the ledger.",
)
@click.option(
    "-j", "--jobs", type=Whole(1, 1024), help="Number of workers. [default: one per core]"
)
@click.option("--threads", type=Whole(1, 256), help="Cores per worker. [default: all shared]")
@click.option(
    "--devices", default="auto", show_default=True, help="Devices: auto, cpu, or cuda:0,cuda:1."
)
@click.option(
    "--memory",
    "memory_gb",
    type=Number(0.1),
    help="Memory for all workers, in GB. [default: 80 % of the free memory]",
)
@click.option("--resume", "mode", flag_value="resume", default=True,
              help="Skip finished songs with unchanged inputs; the default.")  # fmt: skip
@click.option("--retry-failed", "mode", flag_value="retry-failed", help="Render only failed songs.")
@click.option("--force", "mode", flag_value="force", help="Render every song again.")
@click.option("--overwrite", is_flag=True, help="Replace files that no run of this ledger wrote.")
@click.option("--max-failures", type=Whole(0), help="Stop after more than this many failures.")
@click.option("--fail-fast", is_flag=True, help="Stop after the first failure.")
@click.option("--shard", help="Part I of N of the manifest, as I/N; I counts from 1.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Render on this machine, or on a Ray cluster.",
)
@click.option("--address", help="Address of the Ray cluster, or auto. [default: start one here]")
@click.option(
    "--preset",
    "presets",
    multiple=True,
    help="Preset for rows that name none: a name or a file; repeatable.",
)
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE",
              help="Setting for all rows; a row's columns override it; repeatable.")  # fmt: skip
@settings_options(
    RenderSettings, lambda option: option.for_every_row, " For rows that do not set it."
)
@settings_options(
    OutputSettings, lambda option: option.for_every_row, " For rows that do not set it."
)
@click.option("--allow-plugins", is_flag=True,
              help="Let the manifest and preset files load plug-ins.")  # fmt: skip
@click.option(IGNORE, "ignored", is_flag=False, flag_value=ALL_COLUMNS, default="",
              metavar="[NAMES]",
              help="Ignore unknown columns: these, comma-separated, or all.")  # fmt: skip
@click.option("--html", is_flag=True, help="Also write an index page with players.")
@click.option("--dry-run", is_flag=True, help="Show the plan, time and disk; render nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per finished song.")
@click.option("-q", "--quiet", is_flag=True, help="Print only failures, on stderr.")
def run_command(
    manifest: Path,
    out: Path,
    mode: str,
    overwrite: bool,
    max_failures: int | None,
    fail_fast: bool,
    shard: str | None,
    presets: tuple[str, ...],
    sets: tuple[str, ...],
    allow_plugins: bool,
    ignored: str,
    html: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **setup: Any,
) -> None:
    """Render the songs of MANIFEST, a CSV file; a column `song` names their folders.

    Other columns set options of a row: preset, daw, report, loudness_lufs, vocals.gain_db and so
    on. From highest to lowest precedence: a row's cells, the options here, song.toml, presets.

    Finished songs whose inputs have not changed are skipped. Results are in results.csv and
    results.jsonl. Ctrl-C finishes the running songs; a second one drops them.
    """
    from mixer.batch.batch_plan import Shard, parse_shard
    from mixer.batch.batch_session import Options, run_batch
    from mixer.batch.listener import Stop
    from mixer.cli.batch_view import View

    _refuse_mistaken(manifest, setup)
    options = Options(
        mode=Mode(mode),
        shard=parse_shard(shard) if shard else Shard(),
        overwrite=overwrite,
        max_failures=0 if fail_fast else max_failures,
        html=html,
        defaults=_defaults(presets, sets, setup, allow_plugins=allow_plugins),
        ignored_columns=tuple(name.strip() for name in ignored.split(",") if name.strip()),
    )
    if dry_run:
        with _without_collecting():
            _dry_run(manifest, out, options, setup, as_json, quiet)
        return
    stop = Stop()
    with View(as_json=as_json, quiet=quiet) as view, _stop_on_signals(stop, quiet):
        summary = run_batch(
            manifest, out, options, lambda n_songs: _engine(setup, n_songs), view, stop
        )
    _show_ending(summary, as_json=as_json, quiet=quiet)
    if summary.exit_code:
        raise click.exceptions.Exit(summary.exit_code)


def _defaults(
    presets: tuple[str, ...],
    sets: tuple[str, ...],
    setup: Mapping[str, Any],
    *,
    allow_plugins: bool,
) -> Defaults:
    """Defaults for rows without values of their own."""
    from mixer.batch.requests.defaults import Defaults

    config = _config(setup)
    return Defaults(
        presets=presets,
        sets=sets,
        settings=given_settings(RenderSettings, setup),
        allow_plugins=allow_plugins,
        wanted=_wanted(config),
        config=config,
    )


def _config(setup: Mapping[str, Any]) -> Config:
    """The user's configuration, and over it what the command line gives."""
    config = read_config(BATCH)
    return replace(config, output={**config.output, **given_settings(OutputSettings, setup)})


def _wanted(config: Config) -> OutputSettings:
    """Files delivered with every mix; how each is written depends on its format."""
    return OutputSettings(
        **{name: value for name, value in config.output.items() if name not in CODING}
    )


def _refuse_mistaken(manifest: Path, setup: Mapping[str, Any]) -> None:
    """Refuse what can only be a mistake, before anything is read."""
    if manifest.is_dir():
        folder = shlex.quote(str(manifest))
        raise SettingsError(
            f"{manifest} is a folder; make a manifest from it: "
            f"mixer batch init {folder} > manifest.csv, then mixer batch manifest.csv"
        )
    if setup["address"] and setup["engine"] != "ray":
        raise SettingsError("--address names a Ray cluster; add --engine ray")


def _show_ending(summary: Summary, *, as_json: bool, quiet: bool) -> None:
    """The result of a run, after the lines of its songs."""
    from mixer.cli.batch_summary import say_ending, show_table, totals

    if not as_json and not quiet:
        show_table(summary.records)
    if summary.stopped_by is not None:
        talk_error(f"mixer: stopped: {summary.stopped_by}; run the same command again to continue")
    elif summary.interrupted:
        talk("mixer: interrupted; run the same command again to continue")
    if not quiet:
        tell = talk if as_json else say
        tell(totals(summary))
        say_ending(summary.records, summary.results, tell)


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Objects made by the hundred thousand and kept to the end: to look for cycles finds none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _dry_run(
    manifest: Path, out: Path, options: Options, setup: dict[str, Any], as_json: bool, quiet: bool
) -> None:
    from mixer.batch.batch_plan import find_foreign
    from mixer.batch.batch_session import foreign_table, plan_batch
    from mixer.batch.estimate import estimate_plan
    from mixer.batch.memory import machine_memory_bytes
    from mixer.batch.states import Action
    from mixer.cli.batch_view import plan_as_json, show_plan

    jobs = plan_batch(manifest, out, options)
    n_workers, threads = _share_out(setup, sum(job.action != Action.SKIP for job in jobs))
    with progress_bar(quiet=quiet or as_json) as show:
        estimate = estimate_plan(
            jobs,
            n_workers,
            threads,
            lambda share: show("look", "", share),
            machine_memory_bytes() if setup["engine"] == "local" else None,
        )
    foreign = {} if options.overwrite else find_foreign(jobs, out)
    table = foreign_table(out, options)
    if table is not None:
        talk_error(f"would fail: {table}")
    if as_json:
        answer(plan_as_json(jobs, estimate, foreign))
    elif not quiet:
        show_plan(jobs, estimate, foreign)
    else:
        for song_id, problem in estimate.problems.items():
            talk_error(f"would fail: {song_id}: {problem}")


def _share_out(setup: dict[str, Any], n_songs: int) -> tuple[int, int]:
    """Workers, and cores for each: all cores are used, also by few songs."""
    from mixer.batch.engines.processes import default_jobs

    threads: int | None = setup["threads"]
    jobs: int = setup["jobs"] or max(1, min(default_jobs(threads or 1), n_songs))
    return jobs, threads or max(1, default_jobs(1) // jobs)


def _engine(setup: dict[str, Any], n_songs: int) -> Engine:
    from mixer.batch.engines.devices import DeviceProcess, choose_devices
    from mixer.batch.engines.worker_process import DEFAULT_WORK, WorkerSpec

    n_workers, threads = _share_out(setup, n_songs)
    if setup["engine"] == "ray":
        from mixer.batch.engines.cluster import RayEngine

        on_gpu = setup["devices"].startswith("cuda")
        spec = WorkerSpec("ray", "cuda" if on_gpu else "cpu", setup["threads"] or 1)
        return RayEngine(spec, setup["address"], setup["jobs"])
    from mixer.batch.engines.local import LocalEngine, worker_specs
    from mixer.batch.memory import SHARE_OF_FREE, free_memory_bytes

    devices = choose_devices(setup["devices"])
    gpus = [device for device in devices if device != "cpu"]
    if setup["memory_gb"]:
        budget = int(setup["memory_gb"] * _GB)
    else:
        budget = int(SHARE_OF_FREE * free_memory_bytes())
    return LocalEngine(
        worker_specs(n_workers, threads, devices, DEFAULT_WORK),
        budget,
        [DeviceProcess(device) for device in gpus],
    )


@contextlib.contextmanager
def _stop_on_signals(stop: Stop, quiet: bool) -> Iterator[None]:
    """Ctrl-C asks to stop, a second one insists; a termination insists at once."""

    def interrupted(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            stop.request()
        stop.request()
        if stop.requests > 2:
            raise KeyboardInterrupt
        if not quiet:
            talk(
                "\nmixer: abandoning the songs in progress"
                if stop.now
                else "\nmixer: finishing the songs in progress; press Ctrl-C again to abandon them"
            )

    before = {number: signal.signal(number, interrupted) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
