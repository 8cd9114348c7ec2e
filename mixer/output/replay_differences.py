"""Differences between a recipe and the present files and system, by kind, before and now."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import numpy as np

from mixer.audio import read_audio
from mixer.console.settings import Console
from mixer.dsp.blocks import gain_to_db
from mixer.dsp.threads import Workers, available_threads
from mixer.errors import MixerError
from mixer.files.whole_file import hash_file
from mixer.files.wording import visible
from mixer.output.recipe import library_versions
from mixer.output.recorded_mix import RecordedInput, RecordedMix, RecordedOutput
from mixer.output.used_files import used_files
from mixer.rendering.plans.plan import RenderPlan
from mixer.song.recording import Recording
from mixer.song.song import Song


class DifferenceKind(StrEnum):
    """Kind of a difference."""

    INPUT = "input"
    SONG = "song"
    MODEL = "model"
    PROFILE = "profile"
    DEVICE = "device"
    VERSION = "version"
    PLATFORM = "platform"
    OUTPUT = "output"
    PLUGIN = "plug-in"
    ROOM = "room"


# With another of these there is nothing to render: it would be another mix.
DECISIVE = (
    DifferenceKind.INPUT,
    DifferenceKind.SONG,
    DifferenceKind.MODEL,
    DifferenceKind.PROFILE,
    DifferenceKind.ROOM,
)
_HASH_SHOWN = 12
Named = TypeVar("Named")


@dataclass(frozen=True)
class Difference:
    """One difference from the recipe.

    Attributes:
        kind: "input", "song", "model", "profile", "room", "plug-in", "device", "version",
            "platform" or "output".
        what: name of the file, library or value.
        was, now: recorded and present value; None if missing.
    """

    kind: DifferenceKind
    what: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        return f"{self.kind} {self.what}: {self.was or 'absent'} -> {self.now or 'absent'}"


def differences_of_song(recipe: RecordedMix, song: Song) -> Iterator[Difference]:
    here = {recording.file: recording for recording in song.recordings}
    left_out = {recording.file: recording.reason for recording in song.left_out}
    paths = [now.source.path for name, now in here.items() if name in recipe.inputs]
    with Workers(max(1, min(len(paths), available_threads())), "hashing") as pool:
        hashes = dict(zip(paths, pool.map(hash_file, paths), strict=True))
    for name in dict.fromkeys((*recipe.inputs, *here)):
        was, now = recipe.inputs.get(name), here.get(name)
        if was is None:
            yield Difference(DifferenceKind.INPUT, visible(name), None, "a recording of the song")
        elif now is None:
            reason = left_out.get(name)
            gone = None if reason is None else f"left out ({visible(reason)})"
            yield Difference(DifferenceKind.INPUT, visible(name), "a recording of the song", gone)
        else:
            sha256 = hashes[now.source.path]
            if sha256 != was.sha256:
                yield Difference(
                    DifferenceKind.INPUT, visible(name), short_hash(was.sha256), short_hash(sha256)
                )
            yield from _of_recording(name, was, now)
    if recipe.settings.dry is None and recipe.dry != song.dry:
        yield Difference(DifferenceKind.SONG, "dry", _word(recipe.dry), _word(song.dry))
    if recipe.tempo_bpm is not None and recipe.tempo_bpm != song.tempo_bpm:
        now_bpm = None if song.tempo_bpm is None else f"{song.tempo_bpm:g}"
        yield Difference(DifferenceKind.SONG, "tempo_bpm", f"{recipe.tempo_bpm:g}", now_bpm)


def _of_recording(name: str, was: RecordedInput, now: Recording) -> Iterator[Difference]:
    """Differences in `song.toml`, or in the classification by name."""
    for what in ("stem", "gain_db", "side", "start_s", "inverted"):
        before, after = getattr(was, what), getattr(now, what)
        if before != after:
            yield Difference(
                DifferenceKind.SONG, f"{visible(name)}, {what}", _text(before), _text(after)
            )


def differences_of_plan(recipe: RecordedMix, plan: RenderPlan) -> Iterator[Difference]:
    if recipe.settings.amount > 0.0:
        yield from _of_model(recipe, plan)
    profile = recipe.measurements.get("profile_sha256")
    if isinstance(profile, str) and profile != plan.profile.sha256:
        yield Difference(
            DifferenceKind.PROFILE,
            "to normalise to",
            short_hash(profile),
            short_hash(plan.profile.sha256),
        )


def _of_model(recipe: RecordedMix, plan: RenderPlan) -> Iterator[Difference]:
    was = recipe.model
    now = None
    if plan.identity is not None:
        now = (str(plan.identity["name"]), str(plan.identity["manifest_sha256"]))
    if was == now:
        return
    if was is not None and now is not None and was[0] == now[0]:
        yield Difference(
            DifferenceKind.MODEL, visible(was[0]), short_hash(was[1]), short_hash(now[1])
        )
    else:
        names = (None if m is None else f"{visible(m[0])} {short_hash(m[1])}" for m in (was, now))
        yield Difference(DifferenceKind.MODEL, "of the mix", *names)


def differences_of_used(recipe: RecordedMix) -> Iterator[Difference]:
    """Differences of plug-ins and rooms; none for old recipes, which did not record them."""
    here = used_files(recipe.settings, recipe.settings.console or Console())
    pairs = (
        (DifferenceKind.PLUGIN, recipe.used.plugins, here["plugins"]),
        (DifferenceKind.ROOM, recipe.used.rooms, here["rooms"]),
    )
    for kind, was, now in pairs:
        for path in dict.fromkeys((*was, *now)) if was else ():
            if was.get(path) != now.get(path):
                hashes = (
                    None if h is None else short_hash(h) for h in (was.get(path), now.get(path))
                )
                yield Difference(kind, visible(path), *hashes)


def differences_of_versions(recipe: RecordedMix) -> Iterator[Difference]:
    here = library_versions()
    for name in dict.fromkeys((*recipe.versions, *here)):
        was, now = recipe.versions.get(name), here.get(name)
        if was != now:
            yield Difference(DifferenceKind.VERSION, name, was, now)
    if recipe.platform != platform.platform():
        yield Difference(
            DifferenceKind.PLATFORM, "of the render", visible(recipe.platform), platform.platform()
        )


def difference_of_device(recipe: RecordedMix, now: str | None) -> Iterator[Difference]:
    """Device of the network then and now."""
    if now != recipe.device:
        yield Difference(DifferenceKind.DEVICE, "that ran the network", _text(recipe.device), now)


def in_role(role: str, files: Mapping[str, Named]) -> dict[str, Named]:
    return {f"{role}{name}": file for name, file in files.items()}


def differences_of_outputs(
    recorded: Mapping[str, RecordedOutput], written: Mapping[str, tuple[Path, str]]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*recorded, *written)):
        was, now = recorded.get(name), written.get(name)
        if was is None or now is None:
            before = None if was is None else short_hash(was.sha256)
            now_hash = None if now is None else short_hash(now[1])
            yield Difference(DifferenceKind.OUTPUT, visible(name), before, now_hash)
        elif was.sha256 != now[1]:
            how = f"{short_hash(now[1])} ({_audible(was, now[0])})"
            yield Difference(DifferenceKind.OUTPUT, visible(name), short_hash(was.sha256), how)


def _audible(was: RecordedOutput, now: Path) -> str:
    """Difference of the samples in words, if the recorded file still exists."""
    if not was.is_there(hash_file):
        return "the recorded file is missing, so samples were not compared"
    try:
        (before, _), (after, _) = read_audio(was.path), read_audio(now)
    except MixerError as error:
        return f"the recorded file cannot be compared: {error}"
    if before.shape != after.shape:
        return f"{after.shape[1]} samples where there were {before.shape[1]}"
    largest = float(np.max(np.abs(before - after), initial=0.0))
    if largest == 0.0:
        return "equal samples, but the file around them differs"
    return f"samples differ by at most {float(gain_to_db(largest, -400.0)):.1f} dBFS"


def short_hash(sha256: str) -> str:
    return f"sha256 {visible(sha256)[:_HASH_SHOWN]}"


def _word(value: bool) -> str:
    return "true" if value else "false"


def _text(value: object) -> str | None:
    return None if value is None else visible(value)
