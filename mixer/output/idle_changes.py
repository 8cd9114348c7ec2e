"""Changes of a model's settings that changed nothing, in lines for a person.

A level that is off cannot be lowered, and a compressor that does not compress has no threshold
that could be heard. A take tells by its parts: what was to change is bit for bit its parent's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mixer.output.recipe import ChangedSetting, Take

_NETWORK, _SPACE = ".network.", "space."
_STEMLESS = "master"
# Missing parts of a mix, for which lowering a setting changes nothing.
_ADDED: Mapping[str, str] = {
    "room_db": "room",
    "short_room_db": "short room",
    "long_room_db": "long room",
    "echo_db": "echo",
    "widen_db": "added width",
    "shape": "transient shaping",
    "ride": "levelling",
    "motion": "movement",
    "ratio": "compression",
}
# Missing parts of a mix, for which no change of a setting changes anything.
_PART_OF: Mapping[str, str] = {
    "threshold_db": "compression",
    "attack_ms": "compression",
    "release_ms": "compression",
}


def idle_lines(take: Take) -> Iterator[str]:
    """Changes of the model's settings that had no effect, a line each, with the reason.

    A line is given where the stem that a change names is bit for bit as before; for a role, a
    track or the rooms and the echo where everything is.
    """
    for change in take["changes"]:
        target, of_network, setting = change["key"].partition(_NETWORK)
        if not of_network:
            target, of_network, setting = change["key"].partition(_SPACE)
        if of_network and _is_unchanged(target, take):
            yield f"{change['key']}: no effect, {_reason(target, setting, change)}"


def _is_unchanged(target: str, take: Take) -> bool:
    if target in take["parts"]:
        return target in take["same"]
    return target != _STEMLESS and bool(take["parts"]) and not take["different"]


def _reason(target: str, setting: str, change: ChangedSetting) -> str:
    name, _, way = setting.partition(".")
    if not target:
        return "nothing is sent there"
    place = target.partition(".")[2] or target
    if absent := _PART_OF.get(name):
        return f"there was no {absent} on {place}"
    was, now = change["was"], change["now"]
    lowers = isinstance(was, float | int) and isinstance(now, float | int) and now < was
    if name in _ADDED and lowers and way != "set":
        return f"there was no {_ADDED[name]} on {place} to lower"
    return "the model does not set it here, or it was already at its limit"
