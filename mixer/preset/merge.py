"""Many layers of settings become one console: later ones win, key by key.

From the weakest: presets in the order in which they are named, each after what it extends; the
song's own table; the command line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixer.console.settings import Console, Duck, Strip
from mixer.errors import Gathered, PresetError
from mixer.files.document import build
from mixer.files.mistakes import NOTHING, Keys, dotted, has_none, takes_none
from mixer.files.shape import Leaf, Names, Rows, Shape, Table
from mixer.preset.assignments import read_assignment
from mixer.preset.console_shape import ALL_STEMS, CONSOLE, EXTENDS, STRIP
from mixer.preset.find import Found, find_preset
from mixer.preset.layer import Layer, read_layer, song_layer
from mixer.preset.schema import build_console, find_gaps, find_plugin_gaps, plain_table
from mixer.stems import STEMS

# More than any engineer stacks; a few files that extend each other twice would grow without end.
MOST_LAYERS = 100


@dataclass(frozen=True)
class Resolved:
    """Result of merging all layers.

    Attributes:
        console: the merged settings; neutral if no layer sets anything.
        table: the same as a plain table, for the recipe; `read_console` reads it back.
        sources: name, path and sha256 of every file that was merged, in order.
        summary: that of the last preset with one.
    """

    console: Console
    table: Mapping[str, Any]
    sources: tuple[Mapping[str, str], ...]
    summary: str = ""


class _EndlessError(PresetError):
    """Presets extend each other without end, and so would the search for more mistakes."""


class _MisfitError(Exception):
    """A list has no such place; carries the keys and what is wrong."""


def resolve(
    presets: Sequence[str | Path] = (),
    song_table: Mapping[str, Any] | None = None,
    sets: Sequence[str] = (),
    *,
    song_path: Path | None = None,
) -> Resolved:
    """Find, read, check and merge all layers of console settings.

    Args:
        presets: names or .toml files, the strongest last.
        song_table: what the song's song.toml has under `console`.
        sets: `key=value` from the command line; they win over all else.
        song_path: that song.toml, for the line of a mistake.

    Raises:
        PresetError: with a line for each mistake in any of them: file, line, what is allowed.
    """
    layers = _read_layers(presets, song_table, sets, song_path)
    console = build_console(_whole_table({}, layers))
    files = {str(layer.path): layer for layer in layers if layer.document.sha256}
    summaries = [layer.summary for layer in layers if layer.summary]
    return Resolved(
        console=console,
        table=plain_table(console),
        sources=tuple(
            {"name": layer.name or "", "path": path, "sha256": layer.document.sha256}
            for path, layer in files.items()
        ),
        summary=summaries[-1] if summaries else "",
    )


def with_assignment(table: Mapping[str, Any], assignment: str, source: str) -> Console:
    """An existing console with one setting changed.

    Args:
        table: from `plain_table`.
        assignment: `key=value`.
        source: where it was given, for the line of a mistake.

    Raises:
        PresetError: with a line for each mistake: the key and what is allowed.
    """
    return build_console(_whole_table(table, [read_assignment(assignment, source)]))


def _whole_table(table: Mapping[str, Any], layers: Sequence[Layer]) -> dict[str, Any]:
    """A table with all layers over it, without gaps."""
    whole = dict(table)
    gathered = Gathered(PresetError)
    for layer in layers:
        with gathered.gathering():
            whole = _laid_over(whole, layer)
    gathered.refuse()
    gathered.add(
        *(str(_last_about(layers, keys).refusal(keys, what)) for keys, what in find_gaps(whole))
    )
    gathered.refuse()
    return whole


def _read_layers(
    presets: Sequence[str | Path],
    song_table: Mapping[str, Any] | None,
    sets: Sequence[str],
    song_path: Path | None,
) -> list[Layer]:
    """Everything that was said, each checked by itself, the strongest last."""
    gathered = Gathered(PresetError)
    layers: list[Layer] = []
    for preset in presets:
        with gathered.gathering():
            layers += _with_extended(find_preset(str(preset)))
    if song_table:
        with gathered.gathering():
            own = song_layer(song_table, song_path)
            layers += [*_extended(own, ()), own]
    for text in sets:
        with gathered.gathering():
            layers.append(read_assignment(text))
    gathered.refuse()
    return layers


def _laid_over(table: dict[str, Any], layer: Layer) -> dict[str, Any]:
    """A table with the values of a layer."""
    try:
        for part in _by_stem(layer.table):
            table = _merged(CONSOLE, table, part, ())
    except _MisfitError as misfit:
        raise layer.refusal(*misfit.args) from None
    return table


def _with_extended(found: Found, inside: tuple[Path, ...] = ()) -> list[Layer]:
    """A preset's layer after those of what it extends."""
    layer = read_layer(found)
    return [*_extended(layer, inside), layer]


def _extended(layer: Layer, inside: tuple[Path, ...]) -> list[Layer]:
    layers: list[Layer] = []
    path = (layer.path or Path()).resolve()
    gathered = Gathered(PresetError)
    for place, found in enumerate(layer.extends):
        keys: Keys = (EXTENDS, place) if len(layer.extends) > 1 else (EXTENDS,)
        if found.path.resolve() in (*inside, path):
            what = f"is circular: {found.name} extends this preset again"
            gathered.add(str(layer.refusal(keys, what)))
            continue
        try:
            layers += _with_extended(found, (*inside, path))
        except _EndlessError:
            raise
        except PresetError as error:
            gathered.add(*error.lines)
        if len(layers) > MOST_LAYERS:
            raise _EndlessError(
                str(layer.refusal(keys, f"extends more than {MOST_LAYERS} presets"))
            )
    gathered.refuse()
    return layers


def _by_stem(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Settings of all stems, as a table of every stem; then the rest, which has precedence."""
    everywhere = table.get(ALL_STEMS)
    if everywhere is not None:
        parts: dict[str, Any] = {stem: dict(everywhere) for stem in STEMS}
        duck = everywhere.get("duck", NOTHING)
        if duck != NOTHING:
            # all others make way for that stem; it cannot for itself
            parts.get(duck.get("by", Duck().by), {}).pop("duck", None)
        yield parts
    yield {name: part for name, part in table.items() if name != ALL_STEMS}


def _merged(shape: Shape, base: Any, layer: Any, keys: Keys) -> Any:
    """A value with those of a layer (None: there was none); neither is changed."""
    if isinstance(shape, Rows):
        return _merged_rows(shape, base, layer, keys)
    if isinstance(shape, Names):
        there = base or {}
        own = {
            name: _merged(shape.item, there.get(name), value, (*keys, name))
            for name, value in layer.items()
        }
        return {**there, **own}
    if isinstance(shape, Leaf):
        return layer
    if shape.is_layer:
        return _both(shape, base, layer, keys)
    return _merged_table(shape, base, layer, keys)


def _merged_table(shape: Table, base: Any, layer: Any, keys: Keys) -> dict[str, Any]:
    result = dict(base or {})
    for key, value in shape.whole(layer).items():
        inner = shape.fields[key]
        if value == NOTHING and takes_none(inner) and not has_none(inner):
            result.pop(key, None)
        else:
            result[key] = _merged(inner, result.get(key), value, (*keys, key))
    return result


def _both(shape: Shape, base: Any, layer: Any, keys: Keys) -> Any:
    """A layer that says what two say, the second one last; what takes away goes on doing so."""
    if isinstance(shape, Table):
        base, layer = shape.whole(base), shape.whole(layer)
    if not isinstance(base, Mapping | list) or not isinstance(layer, Mapping):
        return layer
    if isinstance(shape, Rows) and isinstance(base, list):
        return _merged_rows(shape, base, layer, keys)
    inner: dict[str, Any] = dict(base)
    for key, value in layer.items():
        if isinstance(shape, Table):
            part = shape.fields[key]
        else:
            part = shape.item if isinstance(shape, Rows | Names) else shape
        inner[key] = _both(part, inner.get(key), value, (*keys, key))
    return inner


def merge_strip(said: Sequence[tuple[Keys, Mapping[str, Any]]]) -> Strip:
    """Merge several tables of one track's strip.

    Args:
        said: tables with their keys (for messages), the strongest last.

    Raises:
        PresetError: a list has no such entry, or a plug-in has no file.
    """
    table: dict[str, Any] = {}
    try:
        for keys, layer in said:
            table = _merged_table(STRIP, table, layer, keys)
            last = keys
    except _MisfitError as misfit:
        keys, what = misfit.args
        raise PresetError(f"{dotted(keys)} {what}") from None
    for keys, what in find_plugin_gaps(last if said else (), table):
        raise PresetError(f"{dotted(keys)} {what}")
    strip: Strip = build(STRIP, table)
    return strip


def _merged_rows(shape: Rows, base: Any, layer: Any, keys: Keys) -> list[Any]:
    if not isinstance(layer, Mapping):
        return [_merged(shape.item, None, row, (*keys, i)) for i, row in enumerate(layer)]
    rows = list(base or [])
    for key in sorted(layer, key=int):
        place = int(key)
        if place > len(rows) or place >= shape.most:
            there = f"there {'is' if len(rows) == 1 else 'are'} {len(rows)}"
            next_one = min(len(rows), shape.most - 1)
            what = f"does not exist: {there}, the next is {dotted((*keys, next_one))}"
            raise _MisfitError((*keys, key), what)
        row = _merged(shape.item, rows[place] if place < len(rows) else None, layer[key], keys)
        rows[place : place + 1] = [row]
    return rows


def _last_about(layers: Sequence[Layer], keys: Keys) -> Layer:
    """The last layer that says something of a strip's effect, else the last of all."""
    for layer in reversed(layers):
        for name in (keys[0], ALL_STEMS):
            part = layer.table.get(str(name), {})
            if isinstance(part, Mapping) and keys[1] in part:
                return layer
    return layers[-1]
