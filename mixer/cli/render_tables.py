"""The tables of `mixer render`: stems, the steps of their normalisation, tracks, references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from mixer.cli.console import cell, printable, talk
from mixer.cli.terminal import table_console
from mixer.console.desk import StripReport
from mixer.files.wording import listed, quote
from mixer.preset.schema import plain_strip
from mixer.rendering.mix import Mix
from mixer.rendering.tracks.track_words import (
    added_words,
    bus_words,
    changed_stem_words,
    is_touched,
    space_words,
    stem_words,
    track_words,
    user_words,
)
from mixer.song.names.short_names import shared_beginning, short_names

# At most this many silent tracks are named; the others are counted.
_MOST_SILENT = 8
# Measurements of every normalisation step, and the units of its settings.
_STEP_LEVELS = ("loudness_lufs", "peak_dbfs")
_UNITS = {"_dbfs": "dBFS", "_lufs": "LUFS", "_db": "dB", "_hz": "Hz", "_ms": "ms", "_s": "s"}


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


def show_mix_table(mix: Mix) -> None:
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
        table.add_column("level uncertain by", justify="right")
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
        done = user_words(
            {"heard": True, "set": plain_strip(mix.console.master), "effects": bus["effects"]}
        )
        table.add_row("bus", *[""] * n_empty, Text(printable(done)))
    console.print(table)


def show_reference(mix: Mix) -> None:
    """Print a row for each figure a reference should change, and a line for each missed one."""
    record = mix.measurements.get("reference")
    if record is None or "rows" not in record:
        return
    from mixer.reference.record import row_words

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
    """Print a row for each track, group and the mix: settings of the model and of the user."""
    record = mix.measurements["tracks"]
    if not record:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("track", overflow="fold")
    table.add_column("role")
    table.add_column("in LUFS", justify="right")
    table.add_column("set by the model", ratio=3)
    has_user_settings = any(map(is_touched, record["tracks"].values()))
    if has_user_settings:
        table.add_column("your settings", ratio=2)
    short = short_names(list(record["tracks"]))
    for name, track in record["tracks"].items():
        if track["loudness_lufs"] is None:
            continue
        table.add_row(
            Text(printable(short[name])),
            track["role"].replace("_", " "),
            cell(track["loudness_lufs"]),
            track_words(track),
            *([Text(printable(added_words(track)))] if has_user_settings else []),
        )
    for name, bus in (*record["groups"].items(), ("mix", record["mix"])):
        table.add_row(f"{name} bus", "", "", bus_words(bus))
    table_console(stderr=True).print(table)
    tracks = record["tracks"].items()
    if silent := [name for name, track in tracks if track["loudness_lufs"] is None]:
        talk(f"silent: {listed((short[name] for name in silent), _MOST_SILENT)}")
    if shared := shared_beginning(list(record["tracks"])):
        talk(f"all tracks' names begin with {quote(shared)}")
    talk(f"returns: {space_words(record['space'])}")
    if unsure := mix.measurements.get("doubts"):
        levels = [f"{stem} {own['level_db']:.1f} dB" for stem, own in unsure["stems"].items()]
        talk(f"levels uncertain by: {', '.join(levels)}")


def _done_words(mix: Mix, stem: str, strip: StripReport | None) -> Iterator[str]:
    """The model's settings of a stem, and the effect of its strip; a line each."""
    record = mix.measurements["network"].get(stem)
    if record is not None:
        found = record.get("found")
        yield f"model: {stem_words(found or record['used'])}"
        if changes := changed_stem_words(found, record["used"]):
            yield f"changed to: {changes}"
    if strip is not None:
        effects = strip.get("effects", {})
        settings = plain_strip(mix.console.strip(stem))
        done = user_words({"heard": strip["heard"], "set": settings, "effects": effects})
        yield done if record is None else f"strip: {done}"
