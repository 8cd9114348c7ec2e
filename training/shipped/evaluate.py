"""Evaluate a model on the benchmark: `python -m training.shipped.evaluate --model default`.

Every system renders every song of three groups (see `training.shipped.benchmark_songs`). The
benchmark compares the renders with the true mixes at matched loudness and prints Markdown: a table
for each group, the model's errors by stem, and the targets with the distances to them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

import numpy as np

from mixer.console.master import apply_master
from mixer.errors import EXIT_INTERRUPTED, InputError, MixerError, SettingsError
from mixer.evaluate.benchmark import BenchmarkResult, Truth, benchmark_mix, measure_truth
from mixer.evaluate.benchmark_summary import BenchmarkSummary, SummaryTable, summarise_benchmark
from mixer.evaluate.benchmark_table import benchmark_markdown, stems_markdown
from mixer.files.whole_file import write_json
from mixer.rendering.choices.baselines import NONE, SUM
from mixer.rendering.choices.shipped import DEFAULT_MODEL
from mixer.rendering.pipeline import render
from mixer.rendering.settings import RenderSettings
from training.shipped.benchmark_songs import (
    GROUP_TITLES,
    SAMPLE_RATE_HZ,
    BenchmarkSong,
    SongGroup,
    demo_song,
    real_songs,
    synthetic_songs,
)
from training.shipped.targets import Target, TargetTable, check_targets
from training.synthesis.genres import HELD_OUT_GENRES

TRUTH = "truth"
# Loudness at which the limiter is measured, as on most streaming services.
LIMITED_AT_LUFS, LIMITED_AT_DBTP = -14.0, -1.0
DEFAULT_CACHE = Path("build/benchmark")
DEFAULT_REAL = Path("../shared/audio/stems")
DEFAULT_SONGS, DEFAULT_DURATION_S, DEFAULT_TAKES = 12, 40.0, 3

# Benchmark results by group, system and song.
Results = dict[SongGroup, dict[str, dict[str, BenchmarkResult]]]
Say = Callable[[str], None]


def evaluate_song(
    song: BenchmarkSong, models: Mapping[str, RenderSettings]
) -> dict[str, BenchmarkResult]:
    """Render a song with every system and evaluate the renders.

    Args:
        song: the song, with or without true wet stems.
        models: render settings by system name.

    Returns:
        Results by system; if the truth is known, also that of "truth", the true mix evaluated as a
        system: its errors are 0 and its damage is that of a good mix.

    Raises:
        ModelError, DeviceError, SettingsError: a system cannot render.
    """
    inputs, true_wet = song.inputs(), song.truth()
    truth: Truth | None = None
    results = {}
    if true_wet:
        true_mix = np.add.reduce(list(true_wet.values()))
        truth = measure_truth(true_wet, true_mix, SAMPLE_RATE_HZ)
        results[TRUTH] = benchmark_mix(
            inputs,
            true_wet,
            true_mix,
            truth,
            SAMPLE_RATE_HZ,
            limited_share=_limited_share(true_mix),
        )
    for name, settings in models.items():
        mix = render(song.song(), settings, wet_stems=True)
        results[name] = benchmark_mix(
            inputs,
            mix.wet_stems,
            mix.audio,
            truth,
            SAMPLE_RATE_HZ,
            limited_share=_limited_share(mix.audio),
        )
    return results


def evaluate_songs(
    songs: Iterable[BenchmarkSong], models: Mapping[str, RenderSettings], say: Say
) -> Results:
    """Evaluate every system on every song; `say` is called with progress messages."""
    results: Results = {}
    for song in songs:
        started = time.monotonic()
        for system, result in evaluate_song(song, models).items():
            results.setdefault(song.group, {}).setdefault(system, {})[song.name] = result
        say(f"{song.group} {song.name}: {time.monotonic() - started:.0f} s")
    return results


def systems(
    model: str, against: Sequence[str], abstain: float | None = None
) -> dict[str, RenderSettings]:
    """Render settings of the systems by displayed name, the model first.

    Args:
        model, against: the model to evaluate, and the systems to compare it with.
        abstain: also evaluate the model moved towards neutral by this amount where it is unsure.

    Raises:
        SettingsError: two systems have the same name.
    """
    found: dict[str, RenderSettings] = {}
    for given in (model, *against):
        name = given if given in (NONE, SUM) else Path(given).name
        if name in found or name == TRUTH:
            raise SettingsError(f"two systems are called {name!r}; rename one of the model folders")
        found[name] = RenderSettings(
            model=NONE if given == SUM else given,
            amount=0.0 if given == SUM else 1.0,
            sample_rate=SAMPLE_RATE_HZ,
            loudness_lufs=None,
            # Mixing is evaluated, not mastering.
            true_peak_dbtp=None,
        )
    if abstain is not None:
        name, plain = next(iter(found.items()))
        found[f"{name} abstaining {abstain:g}"] = replace(plain, uncertainty=True, abstain=abstain)
    return found


class Evaluation(TypedDict):
    """Evaluation in a bundle's manifest: the songs, figures by group, and the targets."""

    how: dict[str, object]
    groups: dict[str, SummaryTable]
    targets: list[TargetTable]


def report(
    subject: str, results: Results, how: Mapping[str, object]
) -> tuple[str, Evaluation, list[Target]]:
    """Report results for people and for machines.

    Args:
        subject: name of the evaluated system.
        results: from `evaluate_songs`.
        how: the choice of songs, for the record.

    Returns:
        Markdown text; a JSON object for a bundle's manifest; and the targets.
    """
    summaries = {
        group: summarise_benchmark(of_group, subject, TRUTH) for group, of_group in results.items()
    }
    targets = check_targets(summaries)
    parts = []
    for group, summary in summaries.items():
        parts.append(
            f"### {GROUP_TITLES[group]} ({_size(summary)})\n\n{benchmark_markdown(summary)}"
        )
        if summary.systems[subject].stems:
            parts.append(f"{subject} by stem:\n\n{stems_markdown(summary)}")
    parts.append("### Targets\n\n" + "\n".join(f"- {target.line()}" for target in targets))
    value: Evaluation = {
        "how": dict(how),
        "groups": {group: summary.as_json() for group, summary in summaries.items()},
        "targets": [target.as_json() for target in targets],
    }
    return "\n\n".join(parts), value, targets


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate a model from the command line and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except MixerError as error:
        sys.stderr.write(f"evaluate_default: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("evaluate_default: interrupted; songs made so far are kept\n")
        return EXIT_INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    models = systems(
        options.model, [name for name in options.against if name != options.model], options.abstain
    )
    say = _say_nothing if options.quiet else _say
    results = evaluate_songs(_songs(options, say), models, say)
    if not results:
        raise InputError(
            "no songs to judge the model on; give --songs 1 or more, or --real-songs FOLDER"
        )
    subject = next(iter(models))
    how = {
        "synthetic_songs": options.songs,
        "synthetic_song_s": options.duration,
        "genres": list(options.genres),
        "real_takes": options.takes,
        "systems": list(models),
    }
    text, value, _ = report(subject, results, how)
    sys.stdout.write(text + "\n")
    if options.json is not None:
        write_json(options.json, value)
    return 0


def _songs(options: argparse.Namespace, say: Say) -> Iterable[BenchmarkSong]:
    if options.songs > 0:
        yield from synthetic_songs(options.cache, options.songs, options.duration, options.genres)
    if options.takes > 0:
        found = 0
        for song in real_songs(options.cache, options.real_songs, options.takes):
            found += 1
            yield song
        if not found:
            say(f"no real songs in {options.real_songs}: that group is left out")
    if options.demo:
        yield from demo_song(options.cache)


def _limited_share(mix: np.ndarray) -> float:
    _, master = apply_master(
        mix, SAMPLE_RATE_HZ, loudness_lufs=LIMITED_AT_LUFS, ceiling_dbtp=LIMITED_AT_DBTP
    )
    return master.limited_share


def _size(summary: BenchmarkSummary) -> str:
    figures = summary.systems[summary.subject]
    return f"songs: {len(figures.songs)}, segments: {figures.n_segments}"


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def _say_nothing(line: str) -> None:
    pass


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--model", default=DEFAULT_MODEL, help="name or folder of the bundle to judge")
    add("--against", nargs="*", default=[NONE, SUM], help="compare with none, sum or other bundles")
    add("--abstain", type=float, help="also judge the model at this `abstain` setting")
    add("--songs", type=int, default=DEFAULT_SONGS, help="number of synthetic songs; 0 for none")
    add("--duration", type=float, default=DEFAULT_DURATION_S, help="length of each in seconds")
    add("--genres", nargs="+", default=list(HELD_OUT_GENRES), help="genres, used in turn")
    add("--takes", type=int, default=DEFAULT_TAKES, help="number of versions of each real song")
    add("--real-songs", type=Path, default=DEFAULT_REAL, help="folder of real songs' stems")
    add("--no-demo", dest="demo", action="store_false", help="leave out the demo song")
    add("--cache", type=Path, default=DEFAULT_CACHE, help="folder where songs are kept")
    add("--json", type=Path, help="also write the figures to this file")
    add("--quiet", action="store_true", help="do not print progress")
    return parser


if __name__ == "__main__":
    sys.exit(main())
