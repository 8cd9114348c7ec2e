"""The shape of a preset's tables: where each dataclass of the console lies.

Nothing of the console is written down twice: a field that `mixer.console.settings` gains is a key
that presets may have. What is said here is only where the tables lie: a table for every stem and
`master`, which takes the bus and the targets of the whole mix.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from mixer.console.settings import MASTER, MASTER_LACKS, Console, Delay, Reverb, Strip
from mixer.files.shape import TEXT, Leaf, Rows, Shape, Table, table_of
from mixer.stems import STEMS

ALL_STEMS = "all_stems"
SUMMARY, EXTENDS = "summary", "extends"
# Said of the whole mix, on the bus.
TARGETS = ("loudness_lufs", "true_peak_dbtp")


def _console_table() -> Table:
    strip = dataclasses.replace(table_of(Strip), sparse=True)
    whole = table_of(Console)
    targets = {name: whole.fields[name] for name in TARGETS}
    bus = {name: shape for name, shape in strip.fields.items() if name not in MASTER_LACKS}
    fields: dict[str, Shape] = dict.fromkeys(STEMS, strip)
    fields[MASTER] = Table(dict, {**targets, **bus}, sparse=True)
    fields |= {"reverb": table_of(Reverb), "delay": table_of(Delay)}
    return Table(_make_console, fields)


def _make_console(
    master: dict[str, Any] | None = None,
    reverb: Reverb | None = None,
    delay: Delay | None = None,
    **strips: Strip,
) -> Console:
    bus = dict(master or {})
    targets = {name: bus.pop(name) for name in TARGETS if name in bus}
    return Console(
        strips=tuple(
            (stem, strips[stem]) for stem in STEMS if strips.get(stem, Strip()) != Strip()
        ),
        master=Strip(**bus),
        reverb=reverb or Reverb(),
        delay=delay or Delay(),
        **targets,
    )


# a whole console; what may be said of one; what a song and what a preset's file may say
CONSOLE = _console_table()
LAYER = Table(_make_console, {**CONSOLE.fields, ALL_STEMS: CONSOLE.fields[STEMS[0]]})
SONG_TABLE = Table(_make_console, {**LAYER.fields, EXTENDS: Rows(Leaf(TEXT), takes_one=True)})
PRESET = Table(_make_console, {**SONG_TABLE.fields, SUMMARY: Leaf(TEXT)})
