"""The settings of a model in an engineer's words: the answer to what was done to the vocals."""

from __future__ import annotations

from typing import Any

from mixer.rendering.mix import Measurements
from mixer.rendering.tracks.track_words import (
    added_words,
    bus_words,
    changed_stem_words,
    is_touched,
    space_words,
    stem_words,
    track_words,
)


def settings_in_words(measured: Measurements) -> dict[str, Any]:
    """The settings of a mix that was just rendered, as the table of `mixer render` says them.

    Returns:
        How incoming levels were understood, why, and the settings of each track, bus and return,
        or of each stem; empty parts are left out.
    """
    levels = measured["levels"]
    found: dict[str, Any] = {
        "incoming_levels": levels and f"treated as {levels['taken_for']}: {levels['reason']}",
        **(_of_tracks(measured) if measured["tracks"] else _of_stems(measured)),
        "stems_in_the_mix_lufs": {
            stem: figures["loudness_lufs"] for stem, figures in measured["wet_stems"].items()
        },
    }
    return {name: part for name, part in found.items() if part}


def _of_tracks(measured: Measurements) -> dict[str, Any]:
    record = measured["tracks"]
    tracks = [
        {
            "track": name,
            "stem": track["stem"],
            "role": track["role"].replace("_", " "),
            "recorded_lufs": track["loudness_lufs"],
            "set_by_model": track_words(track),
            **({"changed_by_user": added_words(track)} if is_touched(track) else {}),
        }
        for name, track in record["tracks"].items()
    ]
    buses = (*record["groups"].items(), ("mix", record["mix"]))
    return {
        "tracks": tracks,
        "buses": {name: bus_words(bus) for name, bus in buses},
        "returns": space_words(record["space"]),
    }


def _of_stems(measured: Measurements) -> dict[str, Any]:
    stems = {}
    for stem, record in measured["network"].items():
        found = record.get("found")
        stems[stem] = {"set_by_model": stem_words(found or record["used"])}
        if changes := changed_stem_words(found, record["used"]):
            stems[stem]["changed_by_user"] = changes
    return {"stems": stems}
