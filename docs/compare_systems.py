"""From a folder of multitracks to a figure that compares two systems.

    python docs/compare_systems.py MULTITRACKS/ default none -o figure.png

MULTITRACKS holds a folder a song: stems or raw tracks, and the human mix as `mixture.wav`; where
that is missing, the sum of the stems is the reference, which is right for wet stems alone. A system
is a model that ships, a bundle's folder, `none` (the normalised stems added up) or `sum` (the
recordings added up). Needs the plot extra: pip install "fxnorm-mixer[plot]".
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mixer import load_song
from mixer.errors import InputError, MixerError
from mixer.evaluate.plot import plot_summary
from mixer.evaluate.summary import TESTED_MEASURES, summarise
from mixer.evaluate.system import SystemSettings, evaluate_systems
from mixer.rendering.choices.baselines import NONE, SUM


def compare(multitracks: Path, systems: list[str], figure: Path) -> None:
    """Mix every song by both systems, measure the mixes against the human ones, and draw it."""
    if not multitracks.is_dir():
        raise InputError(f"{multitracks}: no such folder; give one that holds a folder a song")
    songs = [load_song(folder) for folder in sorted(multitracks.iterdir()) if folder.is_dir()]
    if not songs:
        raise InputError(
            f"{multitracks}: no song folders in it; give one that holds a folder a song"
        )
    models = [system for system in systems if system not in (NONE, SUM)]
    settings = SystemSettings(reference_sum=True, stem_masking=False)
    names = [Path(system).name for system in systems]
    results = [
        result
        # `none` and `sum` are always mixed as well; here they count where they are asked for.
        for result in evaluate_systems(songs, models, settings, say)
        if result.system in names
    ]
    summary = summarise(results)
    for measure in TESTED_MEASURES:
        means = (
            f"{name} {measure.shown(averages[measure.name].mean)}"
            for name, averages in summary.averages.items()
        )
        tests = "".join(f", p {test.p:.3f}" for test in summary.tests[measure.name])
        title = (
            measure.heading
            if measure.label == measure.family
            else f"{measure.family}, {measure.heading}"
        )
        print(f"{title} (lower is better): {', '.join(means)}{tests}")
    plot_summary(results, summary, figure)
    print(figure)


def say(song: str, system: str, share: float) -> None:
    print(f"{song}: {system}", file=sys.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("multitracks", type=Path)
    parser.add_argument("systems", nargs=2, metavar="SYSTEM")
    parser.add_argument("-o", "--output", type=Path, default=Path("figure.png"))
    options = parser.parse_args()
    try:
        compare(options.multitracks, options.systems, options.output)
    except MixerError as error:
        sys.exit(f"{parser.prog}: {error}")
