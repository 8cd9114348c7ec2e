"""Tables inside pages that people write: what ships and what `--for` and `--deliver` know."""

from __future__ import annotations

from mixer.files.toml_text import parse_toml
from mixer.output.versions import VERSIONS
from mixer.preset.find import shipped_folder
from mixer.rendering.choices.platforms import PLATFORMS
from writers.markdown import escaped, table


def presets_table() -> str:
    """The presets that ship, with their summaries and targets."""
    rows = []
    for found in sorted(shipped_folder().glob("*.toml")):
        preset = parse_toml(found.read_text(encoding="utf-8"))
        loudness = preset.get("master", {}).get("loudness_lufs")
        target = "" if loudness is None else f"{loudness:g}"
        rows.append((f"`{found.stem}`", escaped(str(preset["summary"])), target))
    return table(("preset", "when", "LUFS"), rows)


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
    return table(("--for", "LUFS", "dBTP", "quieter mixes", "from"), rows)


def versions_table() -> str:
    """The versions that `--deliver` makes beside the mix and its stems."""
    rows = [(f"`{word}`", each.title, each.help) for word, each in VERSIONS.items()]
    rows = [("`mix`", "", "the mix itself"), *rows, ("`stems`", "STEM", "each wet stem")]
    return table(("--deliver", "kind in the file's name", "contents"), rows)
