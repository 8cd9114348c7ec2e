"""Evaluate models by track: `python -m training.shipped.evaluate_tracks --models levels`.

The songs are those of single tracks on which nothing is trained (`HELD_OUT_TRACKS`). Their dry
tracks, or the wet ones if there are no others, are the input, at levels drawn at random over 20 dB,
like those of raw recordings; the person's wet tracks are the truth. With `--stems` the songs are
folders of finished stems, whose levels are drawn in the same way. `--songs all` judges all songs of
tracks, also those that models were trained on. The output is Markdown: means
over songs, and a line for each song.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixer.audio import read_audio, write_audio
from mixer.dsp.blocks import as_stereo, peak
from mixer.errors import MixerError, SettingsError
from mixer.evaluate.track_errors import (
    TRACK_MEASURES,
    TrackErrors,
    compare_tracks,
    measure_truth_of_tracks,
)
from mixer.files.marked_part import with_marked_part
from mixer.files.whole_file import write_json
from mixer.network.model import read_bundle
from mixer.rendering.choices.baselines import LEVELS, SUM, WITHOUT_NETWORK
from mixer.rendering.choices.shipped import DEFAULT_MODEL, TRACK_MODEL
from mixer.rendering.pipeline import render
from mixer.rendering.settings import RenderSettings
from mixer.song.load import load_song
from mixer.song.song import Song
from mixer.song.tracks import tracks_of
from training.shipped.benchmark_songs import HELD_OUT_TRACKS, SAMPLE_RATE_HZ

DEFAULT_TRACKS = Path("../shared/tracks")
# Range of input levels, drawn uniformly, for a song whose loudest file peaks at full scale.
DRAWN_DB = (-20.0, 0.0)
# Suffix of a model's name: evaluate it moved towards neutral as far as it goes.
ABSTAINING = "+abstain"
_ALL_SONGS = "all"
# The table of the page on models, and what it calls the systems.
_SHARE_COLUMN = "groups within human spread"
_PAGE_COLUMNS = (
    "level of a track",
    "spectrum",
    "group level",
    _SHARE_COLUMN,
    "beyond that spread",
    "mix width",
    "lean",
)
_PAGE_NAMES = {
    SUM: "plain sum",
    LEVELS: "`levels`: the medians of 90 human mixes",
    DEFAULT_MODEL: f"`{DEFAULT_MODEL}`, which mixes sums, at usual levels",
}
# Parts of the page that the tables of tracks and of stems stand in.
_TRACKS_PART, _STEMS_PART = "tracks", "drawn stems"
# The middle of a song of finished stems is enough for levels.
STEMS_EXCERPT_S = 40.0
# Parts of a file's name that state its order in the project or album.
_ORDER = re.compile(r"^(\d+_|\d+\.\w+_Stem_)")


@dataclass(frozen=True)
class TrackSong:
    """A song to evaluate models on.

    Attributes:
        name: name of its folder.
        inputs: tracks by name, float32 (1 or 2, samples), at random levels.
        wet: the same tracks within a person's mix, (2, samples).
    """

    name: str
    inputs: Mapping[str, np.ndarray]
    wet: Mapping[str, np.ndarray]


def read_track_song(folder: Path, draw: int) -> TrackSong:
    """Read a song and draw its input levels; the same `draw` gives the same levels.

    Raises:
        InputError: a file cannot be read.
    """
    description = json.loads((folder / "song.json").read_text(encoding="utf-8"))
    titles = {
        entry["file"]: entry["name_in_project"]
        for entry in description["tracks"]
        if isinstance(entry, dict) and "name_in_project" in entry
    }
    files = sorted((folder / "wet").iterdir())
    source = folder / "dry" if (folder / "dry").is_dir() else folder / "wet"
    rng = _draws_of(folder, draw)
    inputs, wet = {}, {}
    for number, file in enumerate(files, 1):
        title = _ORDER.sub("", titles.get(file.name, file.stem)).replace("/", " ")
        name = f"{number:02d} {title}"
        gain = _drawn_gain(rng)
        inputs[name] = gain * read_audio(source / file.name, SAMPLE_RATE_HZ)[0]
        wet[name] = as_stereo(read_audio(file, SAMPLE_RATE_HZ)[0])
    n_samples = min(each.shape[1] for each in (*inputs.values(), *wet.values()))
    return TrackSong(
        folder.name,
        {name: audio[:, :n_samples] for name, audio in inputs.items()},
        {name: audio[:, :n_samples] for name, audio in wet.items()},
    )


def read_stem_song(folder: Path, draw: int) -> TrackSong:
    """Read the middle of a song's finished stems and draw its input levels.

    Stems that are silent there are left out.

    Args:
        folder: with a file for each stem.
        draw: the same one gives the same levels.

    Raises:
        InputError: a file cannot be read.
    """
    rng = _draws_of(folder, draw)
    stems = {file.stem: read_audio(file, SAMPLE_RATE_HZ)[0] for file in sorted(folder.iterdir())}
    n_samples = min(audio.shape[1] for audio in stems.values())
    n_kept = min(n_samples, round(STEMS_EXCERPT_S * SAMPLE_RATE_HZ))
    start = (n_samples - n_kept) // 2
    inputs, wet = {}, {}
    for name, audio in stems.items():
        gain = _drawn_gain(rng)
        audio = audio[:, start : start + n_kept]
        if peak(audio) > 0.0:
            inputs[name] = gain * audio
            wet[name] = as_stereo(audio)
    return TrackSong(folder.name, inputs, wet)


def _draws_of(folder: Path, draw: int) -> np.random.Generator:
    seed = int.from_bytes(hashlib.sha256(folder.name.encode()).digest()[:4], "big")
    return np.random.default_rng([seed, draw])


def _drawn_gain(rng: np.random.Generator) -> np.float32:
    return np.float32(10.0 ** (rng.uniform(*DRAWN_DB) / 20.0))


def judge_song(song: TrackSong, models: Sequence[str]) -> dict[str, TrackErrors]:
    """Render a song with every model and with its raw levels, and evaluate the mixes.

    Args:
        song: the song with its true wet tracks.
        models: names of models; with the suffix `ABSTAINING`, moved towards neutral where unsure.

    Raises:
        MixerError: a model cannot render it.
    """
    results = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / song.name
        for name, audio in song.inputs.items():
            write_audio(folder / f"{name}.wav", audio, SAMPLE_RATE_HZ, bit_depth="32f")
        (folder / "song.toml").write_text("dry = true\n", encoding="utf-8")
        loaded = load_song(folder)
        stems = {track.title: track.stem for track in tracks_of(loaded)}
        wet = {name: audio for name, audio in song.wet.items() if name in stems}
        truth = measure_truth_of_tracks(wet, stems, SAMPLE_RATE_HZ)
        for model in models:
            mix, groups, tracks = _mixed(song, model, loaded, stems)
            results[model] = compare_tracks(truth, mix, groups, tracks, SAMPLE_RATE_HZ)
    return results


def _mixed(
    song: TrackSong, model: str, loaded: Song, stems: Mapping[str, str]
) -> tuple[np.ndarray, Mapping[str, np.ndarray], Mapping[str, np.ndarray]]:
    if model == SUM:
        tracks = {name: as_stereo(audio) for name, audio in song.inputs.items() if name in stems}
        groups = {
            stem: np.add.reduce([tracks[name] for name in tracks if stems[name] == stem])
            for stem in dict.fromkeys(stems.values())
        }
        return np.add.reduce(list(groups.values())), groups, tracks
    is_abstaining = model.endswith(ABSTAINING)
    model = model.removesuffix(ABSTAINING)
    settings = RenderSettings(
        model=model,
        sample_rate=SAMPLE_RATE_HZ,
        loudness_lufs=None,
        true_peak_dbtp=None,
        uncertainty=is_abstaining,
        abstain=1.0 if is_abstaining else 0.0,
    )
    mix = render(loaded, settings, wet_stems=True, wet_tracks=_mixes_tracks(model))
    kept = mix.wet_tracks or {}
    tracks = {Path(name).stem: audio for name, audio in kept.items()}
    return mix.audio, dict(mix.wet_stems), tracks


def _mixes_tracks(model: str) -> bool:
    """Whether a model has wet tracks; one that mixes stems is evaluated by its groups only."""
    if model in WITHOUT_NETWORK:
        return model == LEVELS
    return read_bundle(model).manifest.architecture.mixes_tracks


def markdown(results: Mapping[str, Mapping[str, TrackErrors]]) -> str:
    """Markdown tables: means over songs, and the levels of each song."""
    names = tuple(TRACK_MEASURES)
    head = ["", *(f"{name} dB" for name in names), "groups dB", "in human spread",
            "beyond it dB", "mix width dB", "lean dB"]  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for system, by_song in results.items():
        errors = list(by_song.values())
        cells = [_cell([e.tracks.get(name, np.nan) for e in errors]) for name in names]
        cells += [
            _cell([e.group_level_db for e in errors]),
            f"{100.0 * np.mean([e.within_human_spread for e in errors]):.0f} %",
            _cell([e.beyond_human_spread_db for e in errors]),
            _cell([abs(e.mix_width_db) for e in errors]),
            _cell([abs(e.lean_db) for e in errors]),
        ]
        lines.append(f"| {system} | {' | '.join(cells)} |")
    for system, by_song in results.items():
        for song, error in by_song.items():
            groups = " ".join(f"{stem} {off:+.1f}" for stem, off in error.groups_db.items())
            level = error.tracks.get("level", np.nan)
            lines.append(f"\n{system}, {song}: tracks {level:.2f} dB; {groups}")
    return "\n".join(lines)


def page_table(results: Mapping[str, Mapping[str, TrackErrors]]) -> list[str]:
    """Table of the page on models: means over songs and draws, the best of each column in bold."""
    rows = {system: _page_figures(list(by_song.values())) for system, by_song in results.items()}
    best = [
        float(np.nanmin([figures[i] for figures in rows.values()]))
        for i in range(len(_PAGE_COLUMNS))
    ]
    lines = [f"| | {' | '.join(_PAGE_COLUMNS)} |", "| --- " * (len(_PAGE_COLUMNS) + 1) + "|"]
    for system, figures in rows.items():
        cells = []
        for name, figure, least in zip(_PAGE_COLUMNS, figures, best, strict=True):
            is_share = name == _SHARE_COLUMN
            text = f"{-100.0 * figure:.0f} %" if is_share else f"{figure:.2f}"
            cells.append("" if np.isnan(figure) else f"**{text}**" if figure == least else text)
        lines.append(f"| {_PAGE_NAMES.get(system, f'`{system}`')} | {' | '.join(cells)} |")
    return lines


def _page_figures(errors: Sequence[TrackErrors]) -> list[float]:
    """Figures in the order of `_PAGE_COLUMNS`, lower is better; NaN for what a system lacks."""
    of_tracks = [
        [error.tracks.get(name, np.nan) for error in errors] for name in ("level", "spectrum")
    ]
    columns = [
        *of_tracks,
        [error.group_level_db for error in errors],
        [-error.within_human_spread for error in errors],
        [error.beyond_human_spread_db for error in errors],
        [abs(error.mix_width_db) for error in errors],
        [abs(error.lean_db) for error in errors],
    ]
    return [float(np.mean(column)) for column in columns]


def _cell(values: Sequence[float]) -> str:
    return "-" if np.isnan(values).all() else f"{np.nanmean(values):.2f}"


def _songs(options: argparse.Namespace) -> Iterator[tuple[str, TrackSong]]:
    if options.stems is not None:
        for folder in sorted(path for path in options.stems.iterdir() if path.is_dir()):
            for draw in range(options.draws):
                yield f"{folder.name} {draw + 1}", read_stem_song(folder, draw)
        return
    for folder in _folders_of_tracks(options.tracks, options.songs):
        for draw in range(options.draws):
            yield f"{folder.name} {draw + 1}", read_track_song(folder, draw)


def _folders_of_tracks(within: Path, names: Sequence[str]) -> list[Path]:
    if list(names) == [_ALL_SONGS]:
        names = sorted(file.parent.name for file in within.glob("*/song.json"))
    folders = [within / name for name in names]
    missing = [folder for folder in folders if not (folder / "song.json").is_file()]
    if missing or not folders:
        raise SettingsError(
            f"{(missing or [within])[0]}: no songs of tracks there; name a folder with `--tracks`"
        )
    return folders


def _measure(options: argparse.Namespace) -> dict[str, dict[str, TrackErrors]]:
    results: dict[str, dict[str, TrackErrors]] = {model: {} for model in options.models}
    for name, song in _songs(options):
        for model, errors in judge_song(song, options.models).items():
            results[model][name] = errors
        sys.stderr.write(f"{name}\n")
    return results


def _read_results(path: Path) -> dict[str, dict[str, TrackErrors]]:
    """Read results written by `--json`."""
    table = json.loads(path.read_text(encoding="utf-8"))
    return {
        model: {name: TrackErrors(**errors) for name, errors in by_song.items()}
        for model, by_song in table.items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate models from the command line and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add(
        "--models",
        nargs="+",
        default=[SUM, LEVELS, DEFAULT_MODEL, TRACK_MODEL],
        help=f"sum, or names of models; add {ABSTAINING} to a name to draw it towards neutral",
    )
    add(
        "--tracks",
        type=Path,
        default=DEFAULT_TRACKS,
        help="folder of songs with dry and wet tracks",
    )
    add(
        "--songs",
        nargs="+",
        default=list(HELD_OUT_TRACKS),
        help=f"names of songs in that folder, or {_ALL_SONGS}; those on which nothing is trained",
    )
    add("--stems", type=Path, help="folder of songs of finished stems, judged instead of tracks")
    add("--draws", type=int, default=2, help="random level draws of each song")
    add("--json", type=Path, help="also write the figures to this file")
    add("--page", type=Path, help="page whose marked table to replace")
    add("--measured", type=Path, help="render nothing; read the figures from this JSON file")
    options = parser.parse_args(arguments)
    try:
        results = _read_results(options.measured) if options.measured else _measure(options)
    except MixerError as error:
        sys.stderr.write(f"evaluate_tracks: {error}\n")
        return error.exit_code
    sys.stdout.write(markdown(results) + "\n")
    if options.json is not None:
        plain = {
            model: {name: vars(errors) for name, errors in by_song.items()}
            for model, by_song in results.items()
        }
        write_json(options.json, plain)
    if options.page is not None:
        page = options.page.read_text(encoding="utf-8")
        part = _TRACKS_PART if options.stems is None else _STEMS_PART
        page = with_marked_part(page, part, page_table(results))
        options.page.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
