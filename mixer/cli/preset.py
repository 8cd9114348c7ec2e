"""`mixer preset`: list presets, show their settings, and save the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypedDict

import click

from mixer.cli.console import answer, say, talk_error
from mixer.cli.groups import Commands
from mixer.errors import PresetError
from mixer.preset.find import Found, find_preset, list_presets
from mixer.preset.layer import read_layer
from mixer.preset.merge import resolve
from mixer.preset.preset_writing import delete_preset, preset_text, save_preset
from mixer.preset.schema import neutral_value


@click.group(cls=Commands, name="preset")
def command() -> None:
    """List, show, check, compare, save and delete presets of the console."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def list_command(as_json: bool) -> None:
    """List the presets: those that ship with mixer, and your own."""
    rows = [_listed(found) for found in list_presets()]
    if as_json:
        answer({"presets": rows})
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        own = "" if row["shipped"] else "(yours, instead of the shipped one) "
        own = own if row["hides_shipped"] or row["shipped"] else "(yours) "
        say(f"{row['name']:<{width}}  {own}{row['summary'] or row['error'] or ''}".rstrip())


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_command(name: str, as_json: bool) -> None:
    """Show all settings of NAME (a preset or a file), including those it extends, as TOML."""
    found = find_preset(name)
    resolved = resolve([name])
    if as_json:
        answer(
            {
                "name": found.name,
                "path": str(found.path),
                "shipped": found.shipped,
                "summary": resolved.summary,
                "sources": list(resolved.sources),
                "console": resolved.table,
            }
        )
        return
    for source in resolved.sources:
        say(f"# {source['path']}")
    say(preset_text(resolved.table, summary=resolved.summary).rstrip("\n"))


@command.command("validate")
@click.argument("files", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def validate_command(ctx: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Check FILES (or presets by name) and show every mistake with its line.

    The exit code is 0 if all are valid, otherwise 2.
    """
    results = {name: _mistakes(name) for name in files}
    if as_json:
        answer(
            {
                "files": [
                    {"file": name, "valid": not mistakes, "mistakes": mistakes}
                    for name, mistakes in results.items()
                ]
            }
        )
    else:
        for name, mistakes in results.items():
            for mistake in mistakes:
                talk_error(mistake)
            if not mistakes:
                say(f"{name}: valid")
    if any(results.values()):
        ctx.exit(PresetError.exit_code)


@command.command("diff")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff_command(first: str, second: str, as_json: bool) -> None:
    """Show how B differs from A (presets or files), setting by setting."""
    tables = [dict(_flat(resolve([name]).table)) for name in (first, second)]
    keys = list(dict.fromkeys([*tables[0], *tables[1]]))
    rows = []
    for key in keys:
        before, after = (table.get(key, neutral_value(key)) for table in tables)
        if before != after:
            rows.append({"key": key, "a": before, "b": after})
    if as_json:
        answer({"a": first, "b": second, "differences": rows})
        return
    width = max((len(row["key"]) for row in rows), default=0)
    for row in rows:
        say(f"{row['key']:<{width}}  {_shown(row['a'])} -> {_shown(row['b'])}")
    if not rows:
        say(f"{first} and {second} set the same")


@command.command("save")
@click.argument("name")
@click.option("--preset", "presets", multiple=True, help="Preset to start from; repeatable.")
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="KEY=VALUE",
    help="One setting, such as vocals.gain_db=1.5, in place of a preset's; repeatable.",
)
@click.option("--summary", default="", help="One line that says when to use it.")
@click.option(
    "--overwrite", is_flag=True, help="Replace your preset, or hide a shipped one, of that name."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def save_command(
    name: str,
    presets: tuple[str, ...],
    sets: tuple[str, ...],
    summary: str,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Save settings as your own preset NAME, which no longer depends on the presets given."""
    if len(summary) > 1000 or not summary.isprintable():
        raise PresetError("--summary must be one line of at most 1000 characters")
    if not presets and not sets:
        raise PresetError("nothing to save; give --preset or --set")
    resolved = resolve(presets, None, sets)
    path = save_preset(name, resolved.table, summary=summary, overwrite=overwrite)
    if as_json:
        answer({"name": name, "path": str(path), "summary": summary, "console": resolved.table})
    else:
        say(str(path))


@command.command("delete")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def delete_command(name: str, as_json: bool) -> None:
    """Delete your own preset NAME; shipped presets cannot be deleted."""
    path = delete_preset(name)
    if as_json:
        answer({"name": name, "deleted": str(path)})
    else:
        say(f"deleted {path}")


class _Listed(TypedDict):
    name: str
    summary: str
    shipped: bool
    hides_shipped: bool
    path: str
    error: str | None


def _listed(found: Found) -> _Listed:
    """A preset for the list; one with a mistake does not hide the others."""
    summary, error = "", None
    try:
        summary = read_layer(found).summary
    except PresetError as refusal:
        error = str(refusal)
    return {
        "name": found.name,
        "summary": summary,
        "shipped": found.shipped,
        "hides_shipped": found.hides,
        "path": str(found.path),
        "error": error,
    }


def _mistakes(name: str) -> list[str]:
    """The mistakes of the file itself and of what it extends, a line each."""
    try:
        resolve([name])
    except PresetError as refusal:
        return list(refusal.lines)
    return []


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a table under its dotted key."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        value = {str(place): row for place, row in enumerate(value)}
    if not isinstance(value, Mapping):
        yield key, value
        return
    for name, inner in value.items():
        yield from _flat(inner, f"{key}.{name}" if key else name)


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
