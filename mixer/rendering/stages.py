"""The stages after the wet material, each a function of arrays: song's own rate, amount, desk.

The wet material comes from `mixer.rendering.material`; `mixer.rendering.pipeline` sets the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from mixer import audio as audio_io
from mixer.console.settings import Console, Strip
from mixer.console.split import is_neutral_console
from mixer.dsp.blocks import db_to_gain, sum_of
from mixer.dsp.long_audio import (
    copy_of,
    divide_by,
    gained,
    multiply_by,
    parts_of,
    silence,
    unfilled,
)
from mixer.meters.loudness import integrated_loudness_lufs
from mixer.network.output import WetStems, is_wanted
from mixer.rendering.made_material import Material
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.timing.desk_forecast import BUS, SUM, desk_steps_s
from mixer.rendering.timing.forecast import song_seconds
from mixer.rendering.timing.progress import Stage, StageClock, Steps
from mixer.rendering.tracks.track_files import ScratchTracks, TrackFiles
from mixer.song.samples import read_stem, read_stems, read_sum
from mixer.song.tracks import tracks_of

# The console loads where it is used: a mix without strips needs none of it.
if TYPE_CHECKING:
    from mixer.console.desk import BusReport, DeskReport

# Is given wet stems by name, float32 (2, samples) each, which it must not change.
OfStems = Callable[[Mapping[str, np.ndarray]], None]
# Loudness of the mix on the desk: where -18 dBFS is taken for the level of an analogue desk's 0 VU.
NOMINAL_LUFS = -18.0


def to_mix_rate(material: Material, plan: RenderPlan) -> Material:
    """Bring material to the mix's sample rate and length, in place."""

    def resampled(audio: np.ndarray) -> np.ndarray:
        return audio_io.resample(audio, plan.sample_rate, plan.mix_rate, plan.n_samples)

    if material.normalised is not None:
        material.normalised = resampled(material.normalised)
    for stem in material.wet_stems:
        material.wet_stems[stem] = resampled(material.wet_stems[stem])
    if material.mix is not None:
        material.mix = resampled(material.mix)
    return material


def sums_of_stages(material: Material, plan: RenderPlan) -> dict[str, np.ndarray]:
    """Sums of the normalised stems, if there are any, and of the recordings, by stage name."""
    sums = {} if material.normalised is None else {"normalised": material.normalised}
    return sums | {"input": read_sum(plan.song.recordings, plan.n_samples, plan.mix_rate)}


def blend(
    material: Material, plan: RenderPlan, *, wet_stems: WetStems
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Cross-fade between the plain sum of the recordings (amount 0) and the mix (amount 1).

    Gains that act before the network act on the recordings as well.
    """
    song, rate, amount = plan.handled_song, plan.mix_rate, plan.settings.amount
    mix, wet = material.mix, material.wet_stems
    if amount == 1.0 and mix is not None:
        return mix, wet
    turned: dict[str, np.ndarray] = {}
    if plan.gains_before:
        from mixer.console.before_network import apply_pre_network_gains

        # A stem that is muted before the network is muted in the plain sum as well.
        recorded = read_stems(song, rate)
        turned = apply_pre_network_gains(recorded, rate, plan.gains_before)
        plain = sum_of(list(turned.values()))
    else:
        plain = read_sum(song.recordings, plan.n_samples, rate)
    if wet_stems:
        stems = dict.fromkeys((*song.stems, *wet))
        for stem in (stem for stem in stems if is_wanted(stem, wet_stems)):
            own = turned.pop(stem) if stem in turned else read_stem(song, stem, rate)
            wet[stem] = own if mix is None else _fade(own, wet.get(stem), amount)
    return (plain if mix is None else _fade(plain, mix, amount)), wet


def blend_tracks(wet_tracks: TrackFiles | None, plan: RenderPlan) -> TrackFiles:
    """Cross-fade each wet track with its recordings, as `blend` does with the mix.

    Args:
        wet_tracks: overwritten; None if nothing is wet.
        plan: of a mix of tracks.
    """
    amount = plan.settings.amount
    if amount == 1.0 and wet_tracks is not None:
        return wet_tracks
    tracks = tracks_of(plan.handled_song)
    kept = wet_tracks or ScratchTracks([track.name for track in tracks])
    for track in tracks:
        plain = read_sum(track.recordings, plan.n_samples, plan.mix_rate)
        wet = None if wet_tracks is None else wet_tracks[track.name]
        kept.keep(track.name, _fade(plain, wet, amount))
    return kept


def _fade(plain: np.ndarray, mixed: np.ndarray | None, amount: float) -> np.ndarray:
    for part in parts_of(plain):
        plain[:, part] *= np.float32(1.0 - amount)
        if mixed is not None:
            plain[:, part] += np.float32(amount) * mixed[:, part]
    return plain


def run_desk(
    mix: np.ndarray,
    wet: Mapping[str, np.ndarray],
    plan: RenderPlan,
    output_curve: Callable[[np.ndarray], np.ndarray] | None,
    clock: StageClock,
    *,
    reports_loudness: bool = True,
    hear: OfStems | None = None,
) -> tuple[np.ndarray, dict[str, np.ndarray], DeskReport]:
    """Run every wet stem through its strip, and their sum through the output curve and the bus.

    Thresholds and drives mean the same for every song and model: the desk works at `NOMINAL_LUFS`,
    to which the mix is brought before it, and from which it is taken back after it. Where no strip
    acts on a stem, the mix is the network's own.

    Args:
        mix, wet, output_curve: of a `mixer.rendering.mix.WetMix`; not changed.
        plan: of the render.
        clock: is notified of the stage.
        reports_loudness: as in `mixer.console.desk.apply_console`.
        hear: is given the wet stems after their strips; then the mix may take their memory.

    Returns:
        The mix, the wet stems by name (float32 (2, samples) each; none where they were given to
        `hear`) and a report of what was done; the same arrays and an empty report if the desk is
        neutral.
    """
    rate = plan.mix_rate
    stems = dict(wet)
    report: DeskReport = {}
    touches_bus = not is_neutral_console(Console(master=plan.console.master))
    if not plan.touches_stems and not touches_bus:
        return mix, _given_to(hear, stems), report
    clock.start(Stage.CONSOLE)
    steps_s = desk_steps_s(plan, wet, song_seconds(plan), reports_loudness=reports_loudness)
    steps = Steps(clock, steps_s)
    held_db = plan.settings.held_staging_db
    gain_db = staging_gain_db(mix, rate) if held_db is None else held_db
    gain = np.float32(db_to_gain(gain_db))
    if plan.touches_stems:
        stems, report = _stems_on_desk(wet, gain, plan, steps, reports_loudness)
        steps.at(SUM, 0.0)
        kept = _given_to(hear, stems)
        mix = _mix_of_changed(mix, wet, stems, plan, output_curve, consume=hear is not None)
        stems = kept
    else:
        stems = _given_to(hear, stems)
    if touches_bus:
        # The sum of changed stems is nobody else's.
        own = mix if plan.touches_stems else None
        steps.at(BUS, 0.0)
        bus, report["master"] = _bus_on_desk(
            gained(mix, gain) if own is None else multiply_by(own, gain), plan, reports_loudness
        )
        mix = divide_by(bus, gain)
    report["staging_gain_db"] = gain_db
    clock.stop()
    return mix, stems, report


def _given_to(hear: OfStems | None, stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The stems, unless they are given away."""
    if hear is None:
        return stems
    hear(stems)
    return {}


def _stems_on_desk(
    wet: Mapping[str, np.ndarray],
    gain: np.float32,
    plan: RenderPlan,
    steps: Steps,
    reports_loudness: bool,
) -> tuple[dict[str, np.ndarray], DeskReport]:
    """Wet stems after their strips, and what the strips did."""
    from mixer.console.desk import apply_console

    staged = _staged(wet, gain, plan.console)
    consumed = set[str]() if reports_loudness else _consumable(wet, staged, plan.console)
    output = apply_console(
        staged,
        plan.mix_rate,
        plan.console,
        tempo_bpm=plan.song.tempo_bpm,
        reports_loudness=reports_loudness,
        progress=lambda stem: steps.at(stem, 0.0),
        consume=consumed,
    )
    # Stems without a strip stay as they were, bit for bit; the rest is the desk's own.
    stems = {
        stem: wet[stem]
        if audio is staged[stem] and stem not in consumed
        else divide_by(audio, gain)
        for stem, audio in output.stems.items()
    }
    report = output.report.copy()
    report["stems"] = {
        stem: report["stems"].get(stem) or {"heard": True, "effects": {}, "sends": {}}
        for stem in dict.fromkeys((*plan.song.stems, *stems))
    }
    return stems, report


def _bus_on_desk(
    staged: np.ndarray, plan: RenderPlan, reports_loudness: bool
) -> tuple[np.ndarray, BusReport]:
    """The mix at the desk's level, which may be overwritten, after the bus's strip."""
    from mixer.console.desk import apply_master_strip

    return apply_master_strip(
        staged, plan.mix_rate, plan.console.master, reports_loudness=reports_loudness, consume=True
    )


def _staged(
    wet: Mapping[str, np.ndarray], gain: np.float32, console: Console
) -> dict[str, np.ndarray]:
    """Stems at the desk's level; arrays that no strip processes or listens to are not copied."""
    strips = {stem: console.strip(stem) for stem in wet}
    ducks = any(strip.duck is not None for strip in strips.values())
    neutral = {stem for stem, strip in strips.items() if strip == Strip() and not ducks}
    return {stem: audio if stem in neutral else gained(audio, gain) for stem, audio in wet.items()}


def _consumable(
    wet: Mapping[str, np.ndarray], staged: Mapping[str, np.ndarray], console: Console
) -> set[str]:
    """Names of staged stems that only their own strips read and overwrite."""
    from mixer.console.strip import is_neutral

    strips = {stem: console.strip(stem) for stem in wet}
    if any(strip.duck is not None for strip in strips.values()):
        return set()
    copies = {stem for stem, audio in staged.items() if audio is not wet[stem]}
    return {stem for stem in copies if not is_neutral(strips[stem])}


def _mix_of_changed(
    mix: np.ndarray,
    wet: Mapping[str, np.ndarray],
    stems: Mapping[str, np.ndarray],
    plan: RenderPlan,
    output_curve: Callable[[np.ndarray], np.ndarray] | None,
    *,
    consume: bool,
) -> np.ndarray:
    """A new mix, float32 (2, samples), in which changed stems replace the original ones.

    Unchanged stems may be missing, since the mix already has them. All stems are summed again
    only if the model has an output curve, or if every stem changed. If the changed stems may be
    consumed, the mix takes the memory of one.
    """
    changed = [stem for stem, audio in stems.items() if audio is not wet[stem]]
    if output_curve is not None or set(changed) >= {*plan.song.stems, *stems}:
        return mix_again(stems, plan, output_curve) if stems else silence(*mix.shape)
    if not changed:
        return copy_of(mix)
    first, *others = changed
    out = stems[first] if consume else unfilled(*mix.shape)
    for part in parts_of(out):
        own = out[:, part]
        np.add(mix[:, part] - wet[first][:, part], stems[first][:, part], out=own)
        for stem in others:
            own -= wet[stem][:, part]
            own += stems[stem][:, part]
    return out


def mix_again(
    stems: Mapping[str, np.ndarray],
    plan: RenderPlan,
    output_curve: Callable[[np.ndarray], np.ndarray] | None,
) -> np.ndarray:
    """The mix of changed stems, float32 (2, samples), through the model's curve if it has one.

    Args:
        stems: at least one.
        plan: of the render.
        output_curve: as in `mixer.rendering.made_material.Material`.
    """
    mix: np.ndarray = sum_of(list(stems.values()))
    if output_curve is not None and plan.settings.amount > 0.0:
        mix = _fade(copy_of(mix), output_curve(mix), plan.settings.amount)
    return mix


def staging_gain_db(mix: np.ndarray, rate: int) -> float:
    """Gain in dB that brings a mix to the desk's nominal level; 0 for silence."""
    loudness_lufs = integrated_loudness_lufs(mix, rate)
    return NOMINAL_LUFS - loudness_lufs if np.isfinite(loudness_lufs) else 0.0
