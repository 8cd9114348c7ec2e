"""Takes, versions and translation of a recipe, in lines for a person."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mixer.audio.formats import FORMATS
from mixer.files.wording import joined, visible
from mixer.output.idle_changes import idle_lines
from mixer.output.names import TRACK_ROLE, VERSION_ROLE
from mixer.output.recipe import OutputTable, Recipe, Take
from mixer.rendering.choices.axes import standing_words
from mixer.rendering.doubts.doubt import doubt_words

# A change of the bus's gain that one would not hear.
_LEAST_DB = 0.005
# Least difference that one decimal shows.
_SEEN_DB = 0.05
_LONGEST_VALUE = 100
# More wet tracks than this are counted, not named.
_MOST_TRACKS = 8
_BAND = re.compile(r"(.+\.eq\.\d+)\.\w+")
_BAND_WORDS = {"type": "{}", "frequency_hz": "{} Hz", "gain_db": "{} dB"}


def change_lines(changes: Iterable[Mapping[str, object]]) -> list[str]:
    """Changed settings, a line each: "drums.network.room_db.offset 0 -> -6".

    A band that comes or goes is one line: "master.eq.0 none -> low_shelf 250 Hz 1.5 dB q 0.7".
    """
    lines = list[str]()
    for band, grouped in itertools.groupby(changes, _band_of):
        settings = list(grouped)
        if band and all(one["was"] is None for one in settings):
            lines.append(f"{band} none -> {_band_words(settings, 'now')}")
        elif band and all(one["now"] is None for one in settings):
            lines.append(f"{band} {_band_words(settings, 'was')} -> none")
        else:
            lines += [f"{x['key']} {_word(x['was'])} -> {_word(x['now'])}" for x in settings]
    return lines


def _band_of(changed: Mapping[str, object]) -> str:
    """The band whose setting it is, as "master.eq.0"; empty for any other setting."""
    match = _BAND.fullmatch(str(changed["key"]))
    return match[1] if match else ""


def _band_words(settings: Sequence[Mapping[str, object]], side: str) -> str:
    """A band's values, with the units that their keys carry; its usual amount is not said."""
    values = {str(one["key"]).rpartition(".")[2]: one[side] for one in settings}
    if values.get("amount") == 1:
        del values["amount"]
    words = ((_BAND_WORDS.get(key, key + " {}"), _word(value)) for key, value in values.items())
    return " ".join(form.format(word) for form, word in words)


def _parts(names: Sequence[str], parts: Iterable[str]) -> str:
    """Stems by name, and tracks too unless they are many: then how many of them."""
    tracks = [name for name in names if name.startswith(TRACK_ROLE)]
    if len(tracks) <= _MOST_TRACKS:
        return ", ".join(names)
    n_all = sum(name.startswith(TRACK_ROLE) for name in parts)
    stems = [name for name in names if not name.startswith(TRACK_ROLE)]
    return ", ".join([*stems, f"{len(tracks)} of {n_all} tracks"])


def proof_lines(take: Take) -> list[str]:
    """Parts of a take that stayed the same, idle changes, and changes of the bus, a line each."""
    lines = []
    if take["same"]:
        lines.append(f"bit for bit as before: {_parts(take['same'], take['parts'])}")
    if take["different"]:
        lines.append(f"changed: {_parts(take['different'], take['parts'])}")
    elif take["parts"]:
        lines.append("no stem or track has changed")
    lines += idle_lines(take)
    was, now = take["bus"]["was"], take["bus"]["now"]
    for key, name in (("gain_db", "gain"), ("max_reduction_db", "limiter")):
        first, second = was.get(key) or 0.0, now.get(key) or 0.0
        if abs(second - first) > _LEAST_DB:
            lines.append(f"the bus: {name} {first:.2f} -> {second:.2f} dB")
    before, after = was.get("own_bus_db"), now.get("own_bus_db")
    if before is not None and after is not None and abs(after - before) > _LEAST_DB:
        lines.append(f"the bus: {before:.2f} -> {after:.2f} dB through its own processing")
    if any(str(change["key"]).startswith("master.") for change in take["changes"]):
        lines.append("the bus: its own settings, as listed")
    if not any(line.startswith("the bus") for line in lines):
        lines.append("the bus: the same gain, the same limiting")
    return lines


def version_lines(recipe: Recipe) -> Iterator[str]:
    """The versions that were delivered with a mix, and by how much their sum misses it."""
    output = recipe["output"]
    if "versions_gain_db" in output:
        yield f"versions: all {-output['versions_gain_db']:.1f} dB softer than in the mix"
    for name, version in output.get("versions", {}).items():
        limited_db, over_db = version["limited_db"], version["over_ceiling_db"]
        more = f", limited {limited_db:.1f} dB more than the mix" if limited_db > _SEEN_DB else ""
        more += f", {over_db:.1f} dB above the ceiling" if over_db > _SEEN_DB else ""
        more += ", clipped in its file" if VERSION_ROLE + name in output["clipped"] else ""
        loudness, peak = version["loudness_lufs"], version["true_peak_dbtp"]
        levels = "silent" if loudness is None else f"{loudness:.1f} LUFS, {peak:.1f} dBTP"
        yield f"{name}: {levels}{more}"
    if "versions_error_dbfs" in output:
        sums = f"the stems sum to the mix within {output['versions_error_dbfs']:.0f} dBFS"
        is_cut = any(each.startswith(VERSION_ROLE) for each in output["clipped"])
        yield sums + _lost_in_files(output) + (" but for what their files clip" if is_cut else "")


def _lost_in_files(output: OutputTable) -> str:
    """By what files that are not float miss the samples, and so each other's sum."""
    if FORMATS[output["format"]].is_lossy:
        return f", before their files are encoded as {FORMATS[output['format']].title}"
    bits = output["bit_depth"]
    return "" if bits == "32f" else f", before their files are rounded to {bits} bits"


def ceiling_lines(output: OutputTable) -> tuple[str, ...]:
    """Versions that exceed the ceiling, and the gain that brings all below it; empty for none."""
    versions = output.get("versions", {})
    over = {n: v["over_ceiling_db"] for n, v in versions.items() if v["over_ceiling_db"] > _SEEN_DB}
    if not over:
        return ()
    most_db = max(over.values())
    gain_db = output.get("versions_gain_db", 0.0) - math.ceil(10.0 * most_db) / 10.0
    names = f"{joined(list(over), 'and')} {'is' if len(over) == 1 else 'are'}"
    return (
        f"{names} up to {most_db:.1f} dB above the ceiling, which holds for the mix; "
        f"--deliver-gain {gain_db:.1f} (in a manifest deliver_gain_db) lowers all together",
    )


def translated_lines(recipe: Recipe) -> list[str]:
    """Losses of stems on other playback systems; empty if that was not checked."""
    if "translation" not in recipe:
        return []
    from mixer.rendering.mix_translation import translation_lines

    lines = list(translation_lines(recipe["translation"]))
    return lines or ["no stem loses a third of its loudness anywhere"]


def reference_words(recipe: Recipe) -> list[str]:
    """Effect of the references; empty if there were none."""
    if "reference" not in recipe:
        return []
    from mixer.reference.record import reference_lines

    return list(reference_lines(recipe["reference"]))


def variation_lines(recipe: Recipe) -> list[str]:
    """Place of a variation among the axes, in words; empty for other mixes."""
    place, name = recipe["measurements"].get("variation"), recipe["settings"]["variation"]
    return [] if place is None else [f"{name}: {standing_words(place)}"]


def sureness_lines(recipe: Recipe) -> Iterator[str]:
    """Differences of a model's answers, a line a stem, the largest first; empty if not asked."""
    doubts = recipe["measurements"].get("doubts")
    if doubts is None:
        return
    yield from doubt_words(doubts)
    for stem, record in doubts["stems"].items():
        drawn = record.get("drawn")
        more = "" if drawn is None else f"; moved {100.0 * drawn:.0f} % of the way to neutral"
        yield (
            f"{stem}: its level differs by {record['level_db']:.1f} dB between runs, "
            f"{record['models_db']:.1f} dB between models{more}"
        )


def report_sections(recipe: Recipe) -> dict[str, list[str]]:
    """Sections of a report, by title, each a list of lines; those that hold something."""
    take = recipe.get("take")
    sections = {
        "Take": [] if take is None else _take_lines(take),
        "Reference": reference_words(recipe),
        "Variation": variation_lines(recipe),
        "Versions": list(version_lines(recipe)),
        "Elsewhere": translated_lines(recipe),
        "How sure the model is": list(sureness_lines(recipe)),
    }
    return {title: lines for title, lines in sections.items() if lines}


def _take_lines(take: Take) -> list[str]:
    first = f"take {take['number']}, of {take['parent']['file']}: {'; '.join(take['asked'])}"
    return [first, *change_lines(take["changes"]), *proof_lines(take)]


def _word(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return f"{value:g}" if isinstance(value, float | int) else visible(value, _LONGEST_VALUE)
