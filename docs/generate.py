"""Write the pages that come from the program: its command line, its keys, its columns.

    python docs/generate.py             # write them
    python docs/generate.py --check     # exit 1 where one is not up to date

What these pages say stands in the code alone: in the commands, in the dataclasses that presets and
manifests are read into.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from mixer.batch.requests.columns import COLUMNS
from mixer.cli.main import cli
from mixer.cli.man_page import man_page
from mixer.console.settings import (
    Band,
    Compressor,
    DeEsser,
    Delay,
    Duck,
    Filter,
    Gate,
    Plugin,
    Reverb,
    Saturation,
    Strip,
)
from mixer.files.mistakes import NOTHING, has_none
from mixer.files.shape import LeafKind, Names, Rows, Shape, Table
from mixer.files.toml_text import parse_toml
from mixer.output.daw.daw_formats import DAW_TITLES
from mixer.output.output_settings import OutputSettings
from mixer.output.versions import VERSIONS
from mixer.preset.console_shape import CONSOLE, STRIP
from mixer.preset.find import shipped_folder
from mixer.rendering.choices.platforms import PLATFORMS
from mixer.rendering.options import Option, options_of
from mixer.rendering.settings import RenderSettings
from mixer.setting_changes import BUS_KEYS, STRIP_KEYS, SpaceChanges, StripChanges

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py; edit the code that it comes from. -->"
# The part of a strip that each table is about, in the strip's order.
EFFECTS: dict[str, type] = {
    "duck": Duck,
    "high_pass": Filter,
    "low_pass": Filter,
    "eq": Band,
    "gate": Gate,
    "compressor": Compressor,
    "de_esser": DeEsser,
    "saturation": Saturation,
    "plugins": Plugin,
}
_ROW_COLUMNS = {
    "song": "The song's folder, relative to the manifest.",
    "id": "Name of the song in the results; by default the folder as written.",
    "output": "Path of the mix, with `{id} {song} {album} {preset} {model} {format} {row}`; "
    "`{id}.{format}` by default. Paths that lead out of the output folder are refused.",
    "album": "Songs of one album share one loudness offset, which keeps their relative levels.",
    "album_sound": "0 to 1: how far vocal level, bass, brightness, width and room are moved "
    "towards the album's medians.",
    "preset": "Names, or `.toml` files next to the manifest; the last one wins: `rock+wide`; "
    "`none` for none.",
}


# What a cell says in other words than options do: one of several flags, or several values at once.
_COLUMN_HELP = {
    "dry": "The recordings are dry.",
    "abstain": "With uncertainty: how far to move unsure settings towards neutral.",
    "reference": "Move the mix towards a recording, relative to the manifest: song.wav, or "
    "song.wav:tone=0.7,width; several separated by semicolons.",
    "daw": f"Also write a session for {DAW_TITLES}.",
    "report": "Write an HTML report with a player; embed puts 30 s previews inside the page.",
}


def command_line() -> str:
    """Every command with its arguments and options."""
    parts = [
        NOTE,
        "# Command line",
        "Results go to standard output (`--json` for one object), everything else to standard "
        "error. Exit codes: 0 done, 1 a song failed, 2 usage, 3 environment or model, 130 "
        "interrupted; see [errors](errors.md).",
    ]
    context = click.Context(cli, info_name="mixer")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None and not command.hidden:
            parts += _command(command, click.Context(command, context, info_name=name), 2)
    return "\n\n".join(parts) + "\n"


def _command(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{context.command_path}`"
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if not isinstance(command, click.Group):
        usage = " ".join([context.command_path, *(["[OPTIONS]"] if options else []), *pieces])
        yield f"```text\n{usage}\n```"
    yield from _paragraphs(inspect.cleandoc(command.help or ""))
    if options:
        yield _table(("option", "what it does", "default"), map(_option_row, options))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _command(child, click.Context(child, context, info_name=name), level + 1)


def _paragraphs(text: str) -> Iterator[str]:
    """The help of a command; what click is told to leave as it is becomes a block."""
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\b\n"):
            yield f"```text\n{paragraph.removeprefix(chr(8) + chr(10)).rstrip()}\n```"
        elif paragraph.strip():
            yield _escaped(" ".join(paragraph.split()))


def _option_row(option: click.Option) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    text = (option.help or "").strip().replace("[default]", f"[default: {option.opts[0]}]")
    help_text, _, said = text.rpartition("[default: ")
    default = said.rstrip("] ") if help_text else ""
    help_text = help_text or said
    if not option.is_flag:
        if isinstance(option.type, click.Choice):
            names += " " + " \\| ".join(f"`{word}`" for word in option.type.choices)
        else:
            names += " " + _escaped(option.metavar or option.type.name.upper())
    if option.show_default and option.default is not None and not default:
        default = str(option.default)
    what = _escaped(" ".join(help_text.split()))
    repeats = option.multiple and "repeatable" not in what.lower()
    return names, what + (" Repeatable." if repeats else ""), _escaped(default)


def strip_keys() -> str:
    """Every key of a preset with its unit, range and default, from the dataclasses."""
    fields = STRIP.fields
    own = {key: shape for key, shape in fields.items() if key not in {*EFFECTS, "network"}}
    parts = [
        NOTE,
        "# Every key of a strip",
        'Keys of `vocals`, `drums`, `bass`, `other`, `all_stems`, `roles.ROLE`, `tracks."NAME"` '
        "and `master`, as `--set`, presets, `song.toml` and columns of a manifest take them. "
        "[Presets and strips](presets.md) shows how they are used. "
        "*Moves* means that a list `[[seconds, value], ...]` may stand for the number.",
        "## The strip",
        "The effects act in the order of this page, then width, pan and fader, then the sends. "
        "Anything that is not set is off. " + _paragraph_of(Strip).split("\n\n")[-1],
        _keys_table(own),
        "The bus, `master`, has no `mute`, `solo`, `duck`, `reverb_db` and `delay_db`, and has the "
        "targets of the mix:",
        _keys_table({key: CONSOLE.fields["master"].fields[key] for key in _TARGETS}),
    ]
    for key, settings in EFFECTS.items():
        shape = fields[key]
        title = f"`{key}`" + (" (a list)" if isinstance(shape, Rows) else "")
        parts += [f"## {title}", _paragraph_of(settings), _keys_table(_inner(shape))]
    parts += ["## `reverb`", _paragraph_of(Reverb), _keys_table(_inner(CONSOLE.fields["reverb"]))]
    parts += ["## `delay`", _paragraph_of(Delay), _keys_table(_inner(CONSOLE.fields["delay"]))]
    parts += [
        "## `network`: the model's settings",
        "Under `network` in a strip; a single number is an offset, a table holds `set`, `scale` "
        "and `offset`. See [the network's settings](revisions.md#the-networks-settings).",
        _table(
            ("key", "what", "unit", "on the bus too"),
            [
                (f"`{f.name}`", f.metadata["help"], f.metadata["unit"], _yes(f.name in BUS_KEYS))
                for f in _fields(StripChanges)
                if f.name in STRIP_KEYS
            ],
        ),
        "## `space`: the rooms of a model of tracks",
        _table(
            ("key", "what", "unit"),
            [
                (f"`{f.name}`", f.metadata["help"], f.metadata["unit"])
                for f in _fields(SpaceChanges)
            ],
        ),
    ]
    return "\n\n".join(parts) + "\n"


# A range that ends here or beyond is only what a computer can hold.
_MANY = 1e9
_TARGETS = ("loudness_lufs", "true_peak_dbtp")


def _fields(settings: type) -> Any:
    return settings.__dataclass_fields__.values()  # type: ignore[attr-defined]


def _yes(is_so: bool) -> str:
    return "yes" if is_so else ""


def _inner(shape: Shape) -> dict[str, Shape]:
    if isinstance(shape, Rows):
        return _inner(shape.item)
    assert isinstance(shape, Table)
    return dict(shape.fields)


def _paragraph_of(settings: type) -> str:
    """What a dataclass says of itself, without its list of attributes."""
    text = (settings.__doc__ or "").split("Attributes:")[0]
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


def _keys_table(fields: dict[str, Shape]) -> str:
    return _table(("key", "value", "default", "moves"), [_key_row(k, s) for k, s in fields.items()])


def _key_row(key: str, shape: Shape) -> tuple[str, str, str, str]:
    if isinstance(shape, Names | Table | Rows):
        return f"`{key}`", "table" if not isinstance(shape, Rows) else "list", "", ""
    value = {
        LeafKind.FLAG: "true or false",
        LeafKind.TEXT: "text",
        LeafKind.VALUE: "number, text, true or false",
        LeafKind.TREE: "table",
        LeafKind.CHOICE: ", ".join(f"`{word}`" for word in shape.choices),
    }.get(shape.kind)
    if value is None:
        low, high = shape.allowed
        value = f"{low:g} to {high:g}{_unit(key)}"
        if has_none(shape):
            value += f" or `{NOTHING}`"
    default = "off" if shape.default is None else _toml(shape.default)
    return f"`{key}`", value, default, _yes(shape.automatable)


def _unit(key: str) -> str:
    units = {
        "_db_per_octave": " dB per octave",
        "_lufs": " LUFS",
        "_dbtp": " dBTP",
        "_db": " dB",
        "_hz": " Hz",
        "_ms": " ms",
        "_s": " s",
        "beats": " beats",
    }
    return next((unit for ending, unit in units.items() if key.endswith(ending)), "")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "false" if not value else "true"
    if isinstance(value, float):
        return f"{value:g}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def manifest_columns() -> str:
    """Every column of a manifest."""
    options = {
        o.name: o for settings in (RenderSettings, OutputSettings) for o in options_of(settings)
    }
    rows = [
        (f"`{name}`", _ROW_COLUMNS[name], "") if name not in options else _column_row(options[name])
        for name in COLUMNS
    ]
    parts = [
        NOTE,
        "# Columns of a manifest",
        "Only `song` is required; columns may be in any order, and an empty cell means the "
        "default. "
        "Beside these, any key of a strip is a column, such as `vocals.gain_db`, `roles.kick.mute` "
        'or `tracks."Lead Vox".pan`; see [every key of a strip](strip-keys.md). '
        "[Many songs](batch.md) shows how manifests are used.",
        _table(("column", "what", "default"), rows),
    ]
    return "\n\n".join(parts) + "\n"


def _column_row(option: Option) -> tuple[str, str, str]:
    what = _COLUMN_HELP.get(option.name, option.help)
    what = what if what.endswith(".") else what + "."
    if option.words:
        what += " " + ", ".join(f"`{word}`" for word in option.words) + "."
        what += " Several separated by plus signs." if option.kind is tuple else ""
    elif option.kind in (int, float):
        what += _range_in_words(*option.range)
    elif option.kind is bool:
        what += " `yes` or `no`."
    default = option.otherwise
    if not default and option.default not in (None, (), ""):
        default = str(getattr(option.default, "value", option.default))
        default = "no" if option.default is False else default
    return f"`{option.name}`", _escaped(what), _escaped(default)


def _range_in_words(low: float, high: float) -> str:
    return f" From {low:g} to {high:g}." if abs(high) < _MANY else ""


def _escaped(text: str) -> str:
    """Text for a cell of a table: no bar ends it, and brackets of placeholders are not HTML."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def presets_table() -> str:
    """The presets that ship, with their summaries and targets."""
    rows = []
    for found in sorted(shipped_folder().glob("*.toml")):
        table = parse_toml(found.read_text(encoding="utf-8"))
        loudness = table.get("master", {}).get("loudness_lufs")
        target = "" if loudness is None else f"{loudness:g}"
        rows.append((f"`{found.stem}`", _escaped(str(table["summary"])), target))
    return _table(("preset", "when", "LUFS"), rows)


def platforms_table() -> str:
    """The places that `--for` knows, with their sources."""
    softer = {
        "not": "stay quieter",
        "to headroom": "are turned up to the headroom",
        "refuses": "are rejected",
        "nobody": "are played unchanged",
    }
    rows = []
    for place in PLATFORMS.values():
        note = f"; {place.note}" if place.note else ""
        source = f"{place.source}, looked up {place.looked_up}{note}"
        loudness, peak = f"{place.loudness_lufs:g}", f"{place.true_peak_dbtp:g}"
        rows.append((f"`{place.name}`", loudness, peak, softer[place.turns_up], source))
    return _table(("--for", "LUFS", "dBTP", "quieter mixes", "from"), rows)


def versions_table() -> str:
    """The versions that `--deliver` makes beside the mix and its stems."""
    rows = [(f"`{word}`", each.title, each.help) for word, each in VERSIONS.items()]
    rows = [("`mix`", "", "the mix itself"), *rows, ("`stems`", "STEM", "each wet stem")]
    return _table(("--deliver", "kind in the file's name", "contents"), rows)


def manual() -> str:
    """The manual page, which is installed beside the program."""
    return man_page(cli, "mixer")


PAGES: dict[str, Callable[[], str]] = {
    "mixer.1": manual,
    "command-line.md": command_line,
    "strip-keys.md": strip_keys,
    "manifest-columns.md": manifest_columns,
}
# Tables inside pages that people write, between comments with their names.
TABLES: dict[tuple[str, str], Callable[[], str]] = {
    ("presets.md", "presets"): presets_table,
    ("deliverables.md", "versions"): versions_table,
    ("deliverables.md", "platforms"): platforms_table,
}


def pages() -> Iterator[tuple[Path, str]]:
    """Every page of which something is generated, as it should be."""
    for name, make in PAGES.items():
        yield DOCS / name, make()
    for (name, word), make in TABLES.items():
        begin, end = f"<!-- {word}: begin -->", f"<!-- {word}: end -->"
        text = (DOCS / name).read_text(encoding="utf-8")
        before, rest = text.split(begin)
        yield DOCS / name, f"{before}{begin}\n\n{make()}\n\n{end}{rest.split(end)[1]}"


def stale_pages() -> list[str]:
    """Pages that are not what the program says now."""
    return [
        path.name
        for path, text in pages()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the pages that come from the program.")
    parser.add_argument("--check", action="store_true", help="only say which are out of date")
    if parser.parse_args().check:
        stale = stale_pages()
        for name in stale:
            print(f"docs/{name} is out of date; run: python docs/generate.py", file=sys.stderr)
        return 1 if stale else 0
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
