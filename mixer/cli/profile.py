"""`mixer profile`: measure the average of one's own mixes, import one, look at it, compare two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.table import Table

from mixer.cli.console import answer, progress_bar, say, talk
from mixer.cli.extras import load_extra
from mixer.cli.groups import Commands
from mixer.cli.numbers import Whole
from mixer.cli.paths import FilePath, required_output
from mixer.cli.terminal import table_console
from mixer.dsp.threads import available_threads
from mixer.errors import InputError, ModelError
from mixer.files.whole_file import output_file, refuse_existing
from mixer.files.wording import counted
from mixer.fxnorm.profile import Profile, StemProfile, read_profile, write_profile
from mixer.fxnorm.profile_measurement import MEASURED_EFFECTS

OCTAVES_HZ = (31.5, 63.0, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0)
_POINTS_PER_OCTAVE = 12


_output = required_output("Profile to write, a .json file.")


@click.group(cls=Commands, name="profile")
def command() -> None:
    """Measure, show and compare target profiles: average figures of the stems of mixes."""


@command.command(name="measure")
@click.argument("folders", nargs=-1, required=True, type=FilePath(exists=True, path_type=Path))
@_output
@click.option(
    "--effects",
    default=",".join(MEASURED_EFFECTS),
    show_default=True,
    help="Normalisations that the profile is for.",
)
@click.option(
    "-j", "--jobs", type=Whole(1, 1024), help="Number of processes.  [default: one per core]"
)
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("-q", "--quiet", is_flag=True, help="Print only errors and anything left out.")
def measure(
    folders: tuple[Path, ...],
    output: Path,
    effects: str,
    jobs: int | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Measure the average profile of the songs in FOLDERS.

    FOLDERS are song folders, or folders of them, with the stems as they sound in the mix. A song
    with a damaged file is left out completely; exit code 1 means that songs were left out, and if
    none remains nothing is written.
    """
    if not overwrite:
        refuse_existing([output])
    multitracks, left_out = load_extra("training.data.multitracks", "train").find_multitracks(
        folders
    )
    with progress_bar(quiet=quiet or as_json) as show:
        measurement = load_extra("training.data.measure_profile", "train").measure_multitracks(
            multitracks,
            effects=[name.strip() for name in effects.split(",") if name.strip()],
            n_jobs=jobs or available_threads(),
            progress=lambda stem, share: show("measure", stem, share),
        )
    _write(measurement.profile, output)
    left_out = [*left_out, *measurement.left_out]
    for song in left_out:
        talk(f"left out: {song.name}: {song.reason}")
    for stem, reason in measurement.missing.items():
        talk(f"not in the profile: {stem}: {reason}")
    if as_json:
        answer({"profile": str(output), **profile_as_json(measurement.profile)})
    elif not quiet:
        say(
            f"{output}  {counted(measurement.n_songs, 'song')}, "
            f"{', '.join(measurement.profile.stems)}"
        )
    if left_out:
        raise InputError(
            f"{counted(len(left_out), 'song')} left out; {output} is the average of the others"
        )


@command.command(name="import")
@click.argument("features", type=FilePath(exists=True, path_type=Path))
@_output
@click.option(
    "--sample-rate",
    default=44_100,
    show_default=True,
    type=Whole(8_000, 384_000),
    help="Sample rate of the features in Hz, which the file does not state.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_features(
    features: Path, output: Path, sample_rate: int, overwrite: bool, as_json: bool
) -> None:
    """Make a profile of FEATURES, a features_*.npy of the paper's reference implementation.

    Such a file is a pickle, which can hold code: only its numbers are read, nothing is run.
    """
    from mixer.fxnorm.published import read_published_features

    if not overwrite:
        refuse_existing([output])
    profile = read_published_features(features, sample_rate)
    _write(profile, output)
    if as_json:
        answer({"profile": str(output), **profile_as_json(profile)})
    else:
        say(f"{output}  {', '.join(profile.stems)}")


@command.command(name="show")
@click.argument("profile")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_profile(profile: str, as_json: bool) -> None:
    """Show a PROFILE: a name (such as musdb18) or a file."""
    shown = read_profile(profile)
    if as_json:
        answer(profile_as_json(shown))
        return
    if shown.about:
        say(shown.about)
    figures = {stem: stem_figures(shown, stem) for stem in shown.stems}
    _print_table(figures, signed=False)


@command.command(name="compare")
@click.argument("first")
@click.argument("second")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def compare(first: str, second: str, as_json: bool) -> None:
    """Show how SECOND differs from FIRST; both are names or files of profiles."""
    differences = compare_profiles(read_profile(first), read_profile(second))
    if as_json:
        answer({"first": first, "second": second, "stems": differences})
    else:
        say(f"{second} minus {first}")
        _print_table(differences, signed=True)


def profile_as_json(profile: Profile) -> dict[str, object]:
    """A profile for JSON: `about`, `sha256`, and the figures of each stem."""
    return {
        "about": profile.about,
        "sha256": profile.sha256,
        "stems": {stem: stem_figures(profile, stem) for stem in profile.stems},
    }


def stem_figures(profile: Profile, stem: str) -> dict[str, Any]:
    """A stem's figures: levels, and spectrum (mean 0 dB over the octaves) and phi by octave."""
    figures: StemProfile = profile.stem(stem)
    spectrum_db = [20.0 * float(np.log10(m)) for m in _octave_means(profile, stem, "spectrum")]
    mean_db = float(np.mean(spectrum_db))
    return {
        "loudness_lufs": figures.loudness_lufs,
        "onset_peak_dbfs": figures.onset_peak_dbfs[0],
        "onset_deviation_db": figures.onset_peak_dbfs[1],
        "spectrum_db": [level_db - mean_db for level_db in spectrum_db],
        "panning_phi": _octave_means(profile, stem, "phi"),
    }


def compare_profiles(first: Profile, second: Profile) -> dict[str, dict[str, Any]]:
    """The second's figures minus the first's, for the stems that both have.

    Raises:
        ModelError: the profiles have no stem in common.
    """
    both = [stem for stem in first.stems if stem in second.stems]
    if not both:
        raise ModelError(
            f"the profiles have no stem in common: {', '.join(first.stems)} and "
            f"{', '.join(second.stems)}"
        )
    differences = {}
    for stem in both:
        a, b = stem_figures(first, stem), stem_figures(second, stem)
        differences[stem] = {
            key: [y - x for x, y in zip(a[key], b[key], strict=True)]
            if isinstance(a[key], list)
            else b[key] - a[key]
            for key in a
        }
    return differences


def _octave_means(profile: Profile, stem: str, curve: str) -> list[float]:
    """Mean magnitude or phi over each octave, at points evenly spaced in pitch."""
    offsets = (np.arange(_POINTS_PER_OCTAVE) + 0.5) / _POINTS_PER_OCTAVE - 0.5
    means = []
    for centre_hz in OCTAVES_HZ:
        # Up to where profiles reach; the roll-off above is not measured.
        frequencies_hz = np.minimum(centre_hz * 2.0**offsets, profile.bands_hz[-1])
        if curve == "phi":
            values = profile.phi_at(stem, frequencies_hz)
        else:
            values = profile.magnitude_at(stem, frequencies_hz)
        means.append(float(values.mean()))
    return means


def _write(profile: Profile, path: Path) -> None:
    with output_file(path) as partial:
        write_profile(profile, partial)


def _print_table(stems: dict[str, dict[str, Any]], *, signed: bool) -> None:
    console = table_console()
    sign = "+" if signed else ""
    levels = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("stem", "LUFS", "onset peaks dBFS", "deviation dB"):
        levels.add_column(name, justify="left" if name == "stem" else "right")
    for stem, figures in stems.items():
        keys = ("loudness_lufs", "onset_peak_dbfs", "onset_deviation_db")
        levels.add_row(stem, *(f"{figures[key]:{sign}.2f}" for key in keys))
    console.print(levels)
    for title, key, decimals in (("spectrum, dB", "spectrum_db", 1), ("phi", "panning_phi", 2)):
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(title)
        for name in _octave_names():
            table.add_column(name, justify="right")
        for stem, figures in stems.items():
            table.add_row(stem, *(f"{value:{sign}.{decimals}f}" for value in figures[key]))
        console.print()
        console.print(table)


def _octave_names() -> Sequence[str]:
    return [f"{hz / 1000:g}k" if hz >= 1_000.0 else f"{hz:g}" for hz in OCTAVES_HZ]
