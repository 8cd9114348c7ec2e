"""Variations one by one: each with its own desk and bus, written with its recipe and preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import BoundedSemaphore

import numpy as np

from mixer.dsp.free_memory import available_memory_bytes
from mixer.dsp.threads import Workers
from mixer.errors import SettingsError
from mixer.output.destination import Destination, finished, render_to
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe import SongTable, Take
from mixer.rendering.choices.axes import VariationTable, place_of
from mixer.rendering.mix import (
    Mix,
)
from mixer.rendering.pipeline import over_desk
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.planning import with_desk
from mixer.rendering.sound.sound import measure_sound, measure_vocals_lu
from mixer.rendering.timing.progress import StageClock
from mixer.takes.numbering import base_of, next_variation, variation_path
from mixer.takes.parts import REST, hash_stems
from mixer.takes.variation_plan import (
    Asked,
    First,
)
from mixer.takes.variation_record import take_of, write_preset

# Memory that one variation takes beside the first's, in copies of a stereo mix.
_COPIES = 8


@dataclass(frozen=True)
class MadeVariation:
    """A variation that was made.

    Attributes:
        path: of its mix.
        preset: file of the preset that renders it.
        take: as in its recipe; `take["variation"]` is its place along the axes.
        loudness_lufs, true_peak_dbtp: of its mix.
    """

    path: Path
    preset: Path
    take: Take
    loudness_lufs: float | None
    true_peak_dbtp: float | None


def make_all(
    pool: Workers,
    first: First,
    asked: Sequence[Asked],
    destination: Destination,
    clock: StageClock,
    song: SongTable,
) -> list[MadeVariation]:
    """Make all variations, in order; the pool and memory bound how many are mixed at once.

    Raises:
        SettingsError: a variation needs another pass through the network.
        MixerError: as in `render_to`.
    """
    folder, base = destination.path.parent, base_of(first.recipe)
    number, of_first = next_variation(folder, base), destination.wanted
    wanted = OutputSettings(format=of_first.format, bit_depth=of_first.bit_depth)
    n_bytes = _COPIES * first.wet.audio.nbytes
    turns = BoundedSemaphore(max(1, available_memory_bytes() // n_bytes))
    plans = [_plan(first, each) for each in asked]

    def one(place: int) -> MadeVariation:
        path = variation_path(folder, base, number + place, wanted.format)
        to = Destination(path, wanted)
        with turns:
            mixed = _mix(first, asked[place], plans[place], to)
        return _write(first, asked[place], mixed, to, song)

    done: list[MadeVariation] = []
    tell = clock.rest()
    for made in pool.map(one, range(len(asked))):
        done.append(made)
        tell(made.path.name, len(done) / len(asked))
    return done


def _plan(first: First, asked: Asked) -> RenderPlan:
    """Raises SettingsError where another pass through the network would be needed."""
    try:
        return with_desk(first.wet.plan, replace(first.settings, console=asked.console))
    except ValueError:
        raise SettingsError(
            f"{asked.text}: changes what the model sets, or single tracks, which variations "
            "share; use 'mixer revise' for that"
        ) from None


@dataclass(frozen=True)
class _Mixed:
    """A variation before it is written: its place along the axes, and hashes of its parts."""

    mix: Mix
    place: VariationTable
    parts: Mapping[str, str]


def _mix(first: First, asked: Asked, plan: RenderPlan, destination: Destination) -> _Mixed:
    wet, parts, vocals_lu = first.wet, dict[str, str](), list[float | None]()

    def hear(stems: Mapping[str, np.ndarray]) -> None:
        vocals_lu.append(measure_vocals_lu(stems, plan, first.known))
        if first.parts:
            parts.update(hash_stems(stems, first.hashes))

    made = over_desk(
        replace(wet, wet_tracks={}, stages={}),
        plan,
        StageClock(None),
        wet_stems=False,
        reports_loudness=False,
        hear=hear,
    )
    place = place_of(
        measure_sound(made, first.known, *vocals_lu), first.sound, first.loudness_lufs, asked.moves
    )
    # Stems without a strip come from one array, their sum.
    parts |= {REST: first.parts[REST]} if REST in first.parts else {}
    # A desk that does nothing hands on the first mix itself, which the others need.
    mix = finished(destination, made, consume=made.audio is not wet.audio)
    return _Mixed(mix, place, parts)


def _write(
    first: First, asked: Asked, mixed: _Mixed, destination: Destination, song: SongTable
) -> MadeVariation:
    path, place = destination.path, mixed.place

    def tell(mix: Mix) -> Take:
        first.is_written()
        number = int(path.suffixes[-2].removeprefix(".var"))
        return take_of(
            mix, first.recipe, number, asked.text, place, parts=mixed.parts, was=first.parts
        )

    done = render_to(destination, mixed.mix.plan, made=mixed.mix, take=tell, song=song)
    master = mixed.mix.measurements["master"]
    preset = write_preset(path, mixed.mix.settings, place["words"])
    take = done.recipe["take"]
    return MadeVariation(path, preset, take, master["loudness_lufs"], master["true_peak_dbtp"])
