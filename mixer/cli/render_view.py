"""The display of `mixer render`: its plan and the finished mix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from mixer.audio import damage_of
from mixer.audio.formats import without_audio_suffix
from mixer.cli.console import answer, cell, level, printable, say, talk, talk_warning
from mixer.cli.elapsed import WATCH
from mixer.cli.terminal import table_console
from mixer.console.desk import StripReport
from mixer.files.wording import listed
from mixer.output.delivery import delivered_paths
from mixer.output.destination import Destination, Rendered
from mixer.output.names import FileRole, output_paths, versions_folder
from mixer.output.recipe import Recipe
from mixer.output.recipe_words import translated_lines, version_lines
from mixer.preset.schema import plain_strip
from mixer.reference.record import row_words
from mixer.rendering.axes import standing_words
from mixer.rendering.doubt import doubt_words
from mixer.rendering.mix import Mix
from mixer.rendering.plan import MaterialKind, RenderPlan
from mixer.rendering.settings import RenderSettings
from mixer.rendering.track_words import (
    bus_words,
    hand_words,
    space_words,
    stem_words,
    track_words,
)
from mixer.shipped import TRACK_MODEL
from mixer.song.folder_names import SONG_FILE
from mixer.song.listing import doubts, left_out_files, mixed_files
from mixer.song.recording import Recording
from mixer.song.song import Song

LOUDNESS_TOLERANCE_LU = 0.1
# At most this many silent tracks are named; the others are counted.
_MOST_SILENT = 8
# What every step of a normalisation measures, and the units of what it sets.
_STEP_LEVELS = ("loudness_lufs", "peak_dbfs")
_UNITS = {"_dbfs": "dBFS", "_lufs": "LUFS", "_db": "dB", "_hz": "Hz", "_ms": "ms", "_s": "s"}


# A model of stems hears no more than the sums of so many.
_MANY_RECORDINGS = 8


def warn(song: Song, plan: RenderPlan, *, with_files: bool) -> None:
    """Warn before the render: a line for each file that is left out or in doubt.

    Args:
        song: to be rendered.
        plan: of the render.
        with_files: also a line for every other file.
    """
    for warning in plan.warnings:
        talk_warning(f"{warning}")
    for note in song.notes:
        talk(f"note: {note}")
    if plan.material is MaterialKind.NETWORK and len(song.recordings) >= _MANY_RECORDINGS:
        talk(
            f"note: {len(song.recordings)} recordings are summed into {len(song.stems)} stems as "
            f"loud as they are; --model {TRACK_MODEL} balances each of them"
        )
    for recording in song.left_out:
        tell = talk if recording.certain else talk_warning
        verb = "read" if recording.file == SONG_FILE else "left out"
        tell(f"{verb}: {_name(recording)} ({recording.reason})")
    for recording in song.recordings:
        said = doubts(recording)
        if said:
            talk_warning(f"{_name(recording)}: {said}")
        elif with_files:
            talk(f"{recording.stem:<7} {_name(recording)} ({recording.reason})")


def note_rate(asked: RenderSettings, plan: RenderPlan, title: str) -> None:
    """Print a line if the format forces another sample rate than the song's."""
    if plan.settings.sample_rate != asked.sample_rate:
        talk(f"note: {plan.song.sample_rate} Hz is converted to {plan.mix_rate} Hz for {title}")


def _name(recording: Recording) -> str:
    """A file's name on one line, whatever it holds."""
    return recording.file.replace("\n", "\\n")


def warn_damaged(song: Song, told: Collection[str] = ()) -> list[str]:
    """A line a recording that is damaged, as far as it has been read.

    Args:
        song: to be rendered, or rendered.
        told: files that had their line.

    Returns:
        The files that have it now.
    """
    damaged = {
        recording.file: damage
        for recording in song.recordings
        if recording.file not in told and (damage := damage_of(recording.source)) is not None
    }
    for file, damage in damaged.items():
        talk_warning(f"{file}: {damage}")
    return [*told, *damaged]


def warn_clipped(recipe: Recipe) -> None:
    """Warn about samples beyond full scale."""
    output = recipe["output"]
    if output["clipped"]:
        wav = "" if output["format"] == "wav" else "--format wav "
        talk_warning(
            f"{', '.join(output['clipped'])}: beyond full scale, so clipped; "
            f"use {wav}--bit-depth 32f to keep it"
        )


def show_plan(
    plan: RenderPlan, destination: Destination, console: Mapping[str, object], as_json: bool
) -> None:
    """Show the plan of a render instead of rendering."""
    song = plan.song
    outputs = {name: str(target) for name, target in destination.paths(song).items()}
    there = [] if destination.overwrite else destination.existing(song)
    if as_json:
        answer(
            {
                "dry_run": True,
                "song": song.name,
                "files": mixed_files(song),
                "left_out": left_out_files(song),
                "model": plan.model_name,
                "effects": list(plan.effects),
                "console": dict(console),
                "warnings": list(plan.warnings),
                "outputs": outputs,
                "needs_overwrite_of": there,
            }
        )
        return
    for recording in song.recordings:
        say(f"{recording.stem:<7} {recording.file}")
    say(f"model {plan.model_name}; effects {', '.join(plan.effects) or 'none'}")
    for part, table in console.items():
        say(f"{part}: {one_line(table)}")
    for target in outputs.values():
        say(f"would write {target}")
    for target in there:
        say(f"would need --overwrite: {target} already exists")


def result(done: Rendered, destination: Destination) -> dict[str, object]:
    """A finished mix for a program."""
    mix, recipe, path = done.mix, done.recipe, destination.path
    master, elapsed_s = mix.measurements["master"], WATCH.seconds()
    return {
        "song": mix.song.name,
        "files": mixed_files(mix.song),
        "left_out": left_out_files(mix.song),
        "mix": str(path),
        "recipe": str(output_paths(path, [], "wav")[FileRole.RECIPE]),
        "stems": {n: f["path"] for n, f in recipe["output"]["files"].items() if n != FileRole.MIX},
        "tracks": {n: f["path"] for n, f in recipe["output"].get("tracks", {}).items()},
        "versions": {n: dict(f) for n, f in recipe["output"].get("versions", {}).items()},
        "versions_error_dbfs": recipe["output"].get("versions_error_dbfs"),
        **{name: str(target) for name, target in delivered_paths(destination.wanted, path).items()},
        "track_mix": mix.measurements["tracks"] or None,
        "sample_rate": mix.sample_rate,
        "n_samples": mix.audio.shape[1],
        "duration_s": mix.song.duration_s,
        "clipped": recipe["output"]["clipped"],
        "loudness_lufs": master["loudness_lufs"],
        "loudness_target_lufs": mix.settings.loudness_lufs,
        "loudness_missed_lu": _loudness_missed_lu(mix),
        "verdict": mix.verdict,
        "doubts": mix.measurements.get("doubts"),
        "check_by_ear": doubt_words(mix.measurements.get("doubts")),
        "variation": mix.measurements.get("variation"),
        "translation": recipe.get("translation"),
        "reference": recipe.get("reference"),
        "true_peak_dbtp": master["true_peak_dbtp"],
        "gain_reduction_db": master["max_reduction_db"],
        "model": mix.model["name"] if mix.model else None,
        "device": mix.device,
        "seconds": round(elapsed_s, 3),
        "real_time_factor": round(mix.song.duration_s / max(elapsed_s, 1e-9), 2),
    }


def show_stems(mix: Mix) -> None:
    """A row a step of each stem's normalisation; what strips did is in the table of the result."""
    table = Table(box=None, pad_edge=False)
    for heading in ("stem", "step"):
        table.add_column(heading)
    for heading in ("LUFS", "dBFS"):
        table.add_column(heading, justify="right")
    table.add_column("what was done")
    for stem, measured in mix.measurements["stems"].items():
        before = measured["before"]
        table.add_row(stem, "unchanged", cell(before["loudness_lufs"]))
        steps: Mapping[str, Mapping[str, Any]] = measured["effects"]
        for effect, done in steps.items():
            levels = [cell(done.get(name)) for name in _STEP_LEVELS]
            words = ", ".join(_step_words(done))
            table.add_row("", effect, *levels, Text(printable(words)))
    table_console(stderr=True).print(table)
    talk("seconds: " + ", ".join(f"{stage} {s:.2f}" for stage, s in mix.seconds.items()))


def _step_words(done: Mapping[str, Any]) -> Iterator[str]:
    """Settings of a step of the normalisation, with units; unused ones are left out."""
    for key, value in done.items():
        name = key
        unit = next((u for ending, u in _UNITS.items() if key.endswith(ending)), "")
        if unit:
            name = key.rpartition("_")[0]
        name = name.replace("_", " ")
        if key in _STEP_LEVELS or value is None or value is False:
            continue
        if value is True:
            yield name
        elif isinstance(value, float | int):
            yield f"{name} {value:.2f} {unit}".rstrip()
        elif isinstance(value, str):
            yield f"{name} {value}"


def one_line(value: Any) -> str:
    """A record of numbers in words."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {one_line(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "[" + ", ".join(one_line(inner) for inner in value) + "]"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def show_result(mix: Mix, path: Path) -> None:
    """The summary table on stderr, the one line to keep on stdout."""
    if mix.model is not None and not mix.model["learnt_to_mix"]:
        talk(
            f"note: model {mix.model['name']} has not learnt to mix: "
            "this is the sum of the normalised stems"
        )
    _show_table(mix)
    show_tracks(mix)
    _show_reference(mix)
    if "variation" in mix.measurements:
        talk(f"variation: {standing_words(mix.measurements['variation'])}")
    levels = mix.measurements["levels"]
    if levels is not None:
        talk(f"incoming levels: treated as {levels['taken_for']} ({levels['reason']})")
    for line in doubt_words(mix.measurements.get("doubts")):
        talk_warning(line)
    master = mix.measurements["master"]
    missed_lu = _loudness_missed_lu(mix)
    if missed_lu is not None:
        side = "above" if missed_lu > 0 else "below"
        talk_warning(
            f"{level(master['loudness_lufs'], 'LUFS')} is {abs(missed_lu):.1f} LU {side} "
            f"the target of {level(mix.settings.loudness_lufs, 'LUFS')}; "
            "choose another --loudness or --true-peak to reach it"
        )
    reduction_db, elapsed_s = master["max_reduction_db"], WATCH.seconds()
    limited = f", limiter {reduction_db:.1f} dB" if reduction_db > 0.05 else ""
    say(
        f"{path}  {level(master['loudness_lufs'], 'LUFS')}  "
        f"{level(master['true_peak_dbtp'], 'dBTP')}{limited}  "
        f"on {mix.device or 'cpu, no network'}  {elapsed_s:.1f} s, "
        f"{mix.song.duration_s / max(elapsed_s, 1e-9):.1f}x real time"
    )
    if mix.verdict is not None:
        say(mix.verdict)


def _show_table(mix: Mix) -> None:
    """Print a row for each stem: levels before and after, settings of model and strip."""
    console = table_console(stderr=True)
    if not mix.measurements["stems"]:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("stem")
    wet = mix.measurements["wet_stems"]  # there where stems were made
    for heading in ("files", "in LUFS", "normalised", *(["in the mix"] if wet else [])):
        table.add_column(heading, justify="right")
    unsure = mix.measurements.get("doubts")
    if unsure is not None:
        table.add_column("answers differ", justify="right")
    table.add_column("what was done")
    desk = mix.measurements["console"].get("stems", {})
    for stem, measured in mix.measurements["stems"].items():
        table.add_row(
            stem,
            str(sum(r.stem == stem for r in mix.song.recordings)),
            cell(measured["before"]["loudness_lufs"]),
            cell(measured["after"]["loudness_lufs"]),
            *([cell(wet.get(stem, {}).get("loudness_lufs"))] if wet else []),
            *([] if unsure is None else [f"{unsure['stems'][stem]['level_db']:.1f} dB"]),
            Text(printable("\n".join(_done_words(mix, stem, desk.get(stem))))),
        )
    bus = mix.measurements["console"].get("master")
    if bus:
        n_empty = 3 + bool(wet) + (unsure is not None)
        done = hand_words(
            {"heard": True, "set": plain_strip(mix.console.master), "effects": bus["effects"]}
        )
        table.add_row("bus", *[""] * n_empty, Text(printable(done)))
    console.print(table)


def _show_reference(mix: Mix) -> None:
    """A row a figure that a reference was to change, and a line for what was not reached."""
    record = mix.measurements.get("reference")
    if record is None or "rows" not in record:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("towards the reference")
    for heading in ("before", "reference", "after"):
        table.add_column(heading, justify="right")
    for row in record["rows"]:
        table.add_row(*row_words(row))
    table_console(stderr=True).print(table)
    for line in record["cannot"]:
        talk(f"note: {printable(line)}")


def show_tracks(mix: Mix) -> None:
    """A row a track, a group and the mix: what the model set and what the user added, in words."""
    record = mix.measurements["tracks"]
    if not record:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("track", overflow="fold")
    table.add_column("role")
    table.add_column("in LUFS", justify="right")
    table.add_column("set by the model", ratio=3)
    has_hand = any("hand" in track for track in record["tracks"].values())
    if has_hand:
        table.add_column("added by hand", ratio=2)
    for name, track in record["tracks"].items():
        if track["loudness_lufs"] is None:
            continue
        table.add_row(
            Text(printable(without_audio_suffix(name))),
            track["role"].replace("_", " "),
            cell(track["loudness_lufs"]),
            track_words(track),
            *([Text(printable(hand_words(track.get("hand"))))] if has_hand else []),
        )
    for name, bus in (*record["groups"].items(), ("mix", record["mix"])):
        table.add_row(f"{name} bus", "", "", bus_words(bus))
    table_console(stderr=True).print(table)
    tracks = record["tracks"].items()
    if silent := [name for name, track in tracks if track["loudness_lufs"] is None]:
        talk(f"silent: {listed((without_audio_suffix(name) for name in silent), _MOST_SILENT)}")
    talk(f"space: {space_words(record['space'])}")


def _done_words(mix: Mix, stem: str, strip: StripReport | None) -> Iterator[str]:
    """What the model set on a stem, and what its strip did after that; a line each."""
    record = mix.measurements["network"].get(stem)
    if record is not None:
        yield f"model: {stem_words(record['used'])}"
    if strip is not None:
        effects = strip.get("effects", {})
        settings = plain_strip(mix.console.strip(stem))
        done = hand_words({"heard": strip["heard"], "set": settings, "effects": effects})
        yield done if record is None else f"strip: {done}"


def show_delivered(destination: Destination, done: Rendered) -> None:
    """Show the other files that were written."""
    for target in delivered_paths(destination.wanted, destination.path).values():
        say(str(target))
    for version in done.recipe["output"].get("versions", {}).values():
        say(str(versions_folder(destination.path) / Path(version["path"]).name))
    for line in version_lines(done.recipe):
        talk(line)
    for line in translated_lines(done.recipe):
        say(line)
    for remark in done.remarks:
        talk(f"note: {remark}")


def _loudness_missed_lu(mix: Mix) -> float | None:
    """How far the mix is above (+) or below its target; None if it has none or reaches it."""
    target_lufs = mix.settings.loudness_lufs
    reached_lufs = mix.measurements["master"]["loudness_lufs"]
    if target_lufs is None or reached_lufs is None:
        return None
    missed_lu = float(reached_lufs - target_lufs)
    return round(missed_lu, 2) if abs(missed_lu) > LOUDNESS_TOLERANCE_LU else None
