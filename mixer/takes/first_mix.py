"""The first mix beside its variations: written, listened to and hashed once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.dsp.threads import Workers
from mixer.errors import InputError
from mixer.files.wording import visible
from mixer.output.destination import Destination, Rendered, finished, render_to
from mixer.output.names import FileRole, output_paths
from mixer.output.recipe import SongTable
from mixer.output.recorded_mix import RecordedMix, numbers
from mixer.rendering.mix import (
    Levels,
    Mix,
    Premaster,
    WetMix,
    measure_levels,
)
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.sound.known_levels import KnownLevels
from mixer.rendering.sound.sound import measure_sound
from mixer.rendering.sound.variation_step import variation_target_lufs
from mixer.rendering.stages import NOMINAL_LUFS, staging_gain_db
from mixer.stems import VOCALS
from mixer.takes.parts import REST, hash_parts, hash_rest, hash_samples
from mixer.takes.variation_plan import (
    First,
)


@dataclass(frozen=True)
class Writing:
    """The first mix, finished, while it is being written."""

    mix: Mix
    rendered: Future[Rendered]


@dataclass(frozen=True)
class Listening:
    """Measurements of the wet mix and its stems, taken while the first mix is made of them.

    `kept` are those that `KnownLevels` keeps, hashes are by stem.
    """

    kept: Sequence[Future[object]]
    hashes: Mapping[str, Future[str]]


def listen(pool: Workers, wet: WetMix, known: KnownLevels) -> Listening:
    """Measure the mix, its vocals and the rest, and start to hash all parts.

    Args:
        pool: runs what is not done when this returns.
        wet: of the first mix.
        known: keeps the measurements for all variations.
    """
    stems, kept = dict(wet.wet_stems), list[Future[object]]()
    kept.append(pool.submit(known.spectra.listen))
    # A mix of tracks has a part for each track, which nothing has hashed.
    hashes = {} if wet.plan.tracks else {s: pool.submit(hash_samples, a) for s, a in stems.items()}
    if hashes and known.has_unmade:
        hashes[REST] = pool.submit(hash_rest, wet.audio, wet.wet_stems.values())
    vocals = stems.pop(VOCALS, None)
    if vocals is not None and stems and not wet.plan.touches_stems:
        kept.append(pool.submit(known.loudness_lufs, vocals))
        kept.append(pool.submit(known.loudness_lufs, *stems.values(), with_unmade=True))
    known.listen()
    return Listening(kept, hashes)


def write_first(
    pool: Workers, made: Premaster, destination: Destination, song: SongTable
) -> Writing:
    """Write the first mix, as a render does, while the others are made."""
    plan = made.plan
    if not destination.wanted.takes_stems:
        made = replace(made, wet_stems={}, wet_levels=_levels(plan, made))
    mix = finished(destination, made)
    return Writing(mix, pool.submit(render_to, destination, plan, made=mix, song=song))


def first_of(
    wet: WetMix,
    made: Premaster,
    known: KnownLevels,
    recipe: Path,
    first: RecordedMix | Writing,
    listening: Listening,
) -> First:
    """The first mix as variations need it: its sound, level, parts and settings.

    Args:
        wet, made: the mix before its desk, and before its master.
        known: levels of its stems.
        recipe: its file.
        first: the recorded mix, or the one that is being written.
        listening: what is measured beside.

    Raises:
        InputError: it is silent.
    """
    plan = wet.plan
    if isinstance(first, Writing):
        loudness_lufs = first.mix.measurements["master"]["loudness_lufs"]
    else:
        loudness_lufs = numbers(first.measurements).get("master.loudness_lufs")
    if loudness_lufs is None:
        raise InputError(f"{visible(recipe)}: a silent mix has no variations")
    held_db = plan.settings.held_staging_db
    if held_db is None:
        held_db = _staging_gain_db(wet, made)
    for each in listening.kept:
        each.result()
    found = {name: sha256.result() for name, sha256 in listening.hashes.items()}
    hashes = {id(wet.wet_stems[name]): found[name] for name in found if name != REST}
    parts = hash_parts(made, hashes) if found else {}
    parts |= {REST: found[REST]} if REST in found else {}
    return First(
        wet=wet,
        known=known,
        parts=parts,
        hashes=hashes,
        sound=measure_sound(made, known),
        recipe=recipe,
        settings=replace(
            plan.settings,
            held_staging_db=held_db,
            held_gain_db=None,
            loudness_lufs=variation_target_lufs(loudness_lufs),
        ),
        loudness_lufs=loudness_lufs,
        is_written=first.rendered.result if isinstance(first, Writing) else lambda: None,
    )


def _staging_gain_db(wet: WetMix, made: Premaster) -> float:
    """Gain that brings the mix to the desk's level; already measured if no desk changed it."""
    measured_lufs = made.measurements["before_master"]["loudness_lufs"]
    if made.audio is wet.audio and measured_lufs is not None:
        return NOMINAL_LUFS - measured_lufs
    return staging_gain_db(wet.audio, wet.plan.mix_rate)


def _levels(plan: RenderPlan, made: Premaster) -> Mapping[str, Levels]:
    """Levels of the wet stems, where a plain render measures them."""
    if not plan.touches_stems:
        return {}
    return {
        stem: measure_levels(audio, plan.mix_rate)
        for stem, audio in made.wet_stems.items()
        if stem in plan.needed_wet_stems
    }


def recipe_path(mix: Path) -> Path:
    """The recipe beside a mix."""
    return output_paths(mix, [], mix.suffix)[FileRole.RECIPE]
