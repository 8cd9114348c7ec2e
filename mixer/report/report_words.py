"""Numbers and names of the record, as people read them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Endings of names to the unit shown; the longest that fits counts.
UNITS = {
    "_db": "dB",
    "_dbfs": "dBFS",
    "_dbtp": "dBTP",
    "_lufs": "LUFS",
    "_lu": "LU",
    "_hz": "Hz",
    "_ms": "ms",
    "_s": "s",
    "_bpm": "BPM",
    "_samples": "samples",
    "_share": "%",
}
NOTHING = "–"
# A record is as large as the song has stems and effects; this is far beyond.
MOST_ROWS = 500


def number(value: float | None, unit: str = "", digits: int = 1, *, signed: bool = False) -> str:
    """`-14.0 LUFS`, with a true minus; a dash for None and for what is not finite."""
    if value is None or not math.isfinite(value):
        return NOTHING
    written = f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    if float(written) == 0.0:
        written = written.lstrip("+-")
    return (written.replace("-", "\u2212") + (f"\u00a0{unit}" if unit else "")).strip()


def with_minus(text: str) -> str:
    """A text whose numbers have a true minus, and do not part from their units."""
    text = re.sub(r"(?<![\w.])-(?=\d)", "\u2212", text)
    return re.sub(r"(?<=\d) (?=(dB|Hz|kHz|ms|s|%|L|R)\b|%)", "\u00a0", text)


def duration(seconds: float) -> str:
    """`3:07`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def words(key: str) -> tuple[str, str]:
    """A name of the record as words, and its unit: `onset_peak_dbfs` is `onset peak`, `dBFS`."""
    for ending in sorted(UNITS, key=len, reverse=True):
        if key.endswith(ending) and len(key) > len(ending):
            return key.removesuffix(ending).replace("_", " "), UNITS[ending]
    return key.replace("_", " "), ""


def rows(record: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Whatever a record holds, as label and value, one row a figure; None is left out.

    Lists of figures are in one row, and so are the figures of left and right.
    """
    for count, (label, value) in enumerate(_flat(record, prefix)):
        if count == MOST_ROWS:
            yield "more", "left out here, see the mix's .mix.json"
            return
        yield label, value


def _flat(record: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        label, unit = words(str(key))
        label = f"{prefix} {label}".strip()
        if value is None:
            continue
        if isinstance(value, Mapping):
            yield from _flat(value, label)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from _of_list(label, unit, value)
        else:
            yield label, _shown(value, unit)


def _of_list(label: str, unit: str, values: Sequence[object]) -> Iterator[tuple[str, str]]:
    if values and all(isinstance(v, list | tuple) and len(v) == 2 for v in values):
        yield label, _of_points(values, unit)
        return
    if label.endswith("channels"):
        yield from _of_channels(label.removesuffix("channels").strip(), values)
        return
    for place, value in enumerate(values, 1):
        if isinstance(value, Mapping):
            yield from _flat(value, f"{label} {place}".strip())
    plain = [value for value in values if not isinstance(value, Mapping)]
    if plain:
        yield label, ", ".join(_shown(value, unit) for value in plain)


def _of_channels(label: str, channels: Sequence[object]) -> Iterator[tuple[str, str]]:
    """Left and right in one row; once where they agree."""
    found = [dict(_flat(c, label)) if isinstance(c, Mapping) else {} for c in channels]
    for name in dict.fromkeys(name for channel in found for name in channel):
        values = [channel.get(name, NOTHING) for channel in found]
        yield name, values[0] if len(set(values)) == 1 else " | ".join(values)


def _of_points(points: Sequence[Any], unit: str) -> str:
    """A number over time, or pairs of whatever else."""
    if all(isinstance(x, int | float) for point in points for x in point):
        levels = [level for _, level in points]
        low, high = number(min(levels), unit, 2), number(max(levels), unit, 2)
        return f"automated, {len(points)} points from {low} to {high}"
    return ", ".join(f"{name} {_shown(value, unit)}" for name, value in points)


def _shown(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if unit == "%":
            return number(100.0 * value, "%", 0)
        digits = 0 if isinstance(value, int) or float(value).is_integer() else 2
        return number(float(value), unit, digits)
    return str(value) if value is not None else NOTHING
