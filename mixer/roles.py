"""Roles of tracks within their stems: kick, lead vocal, pad ...

A stem says where a track is summed; a role says how an engineer treats it. The words of names that
speak for one are in `mixer.song`.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Role:
    """One role.

    Attributes:
        name: as it is written in presets and reports.
        stem: the stem that it is summed into.
        hint: the role that models are told in its place; None for a role that they know.
    """

    name: str
    stem: str
    hint: str | None = None


# The order is that of a session's track list, and that of a model's inputs: a new one has a hint.
ROLES = (
    Role("kick", "drums"),
    Role("snare", "drums"),
    Role("rim", "drums", hint="percussion"),
    Role("hihat", "drums"),
    Role("toms", "drums"),
    Role("overheads", "drums"),
    Role("cymbals", "drums"),
    Role("room", "drums"),
    Role("percussion", "drums"),
    Role("drum_loop", "drums"),
    Role("bass", "bass"),
    Role("sub", "bass"),
    Role("electric_guitar", "other"),
    Role("acoustic_guitar", "other"),
    Role("keys", "other"),
    Role("organ", "other"),
    Role("lead_synth", "other"),
    Role("pad", "other"),
    Role("arp", "other"),
    Role("strings", "other"),
    Role("brass", "other"),
    Role("woodwind", "other"),
    Role("fx", "other"),
    Role("lead_vocal", "vocals"),
    Role("vocal_double", "vocals"),
    Role("backing_vocals", "vocals"),
    Role("choir", "vocals"),
    Role("vocal_stem", "vocals"),
    Role("bass_stem", "bass"),
    Role("drum_stem", "drums"),
    Role("other_stem", "other"),
    Role(UNKNOWN, "other"),
)
ROLE_NAMES = tuple(role.name for role in ROLES)
STEM_OF_ROLE = {role.name: role.stem for role in ROLES}
# Role names that models know, in the order of their inputs, and the one given for each role.
HINTS = tuple(role.name for role in ROLES if role.hint is None)
HINT_OF_ROLE = {role.name: role.hint or role.name for role in ROLES}
# The role of a file that holds a whole stem, mixed already.
FINISHED_STEM = {
    "vocals": "vocal_stem",
    "bass": "bass_stem",
    "drums": "drum_stem",
    "other": "other_stem",
}
