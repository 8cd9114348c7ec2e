"""Destination of a mix: its path, format and the files beside it; and the job that writes them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.audio.formats import FORMATS
from mixer.dsp.threads import one_blas_thread
from mixer.errors import OutputError
from mixer.files.staging import staging_folder
from mixer.files.whole_file import refuse_full_disk
from mixer.network.runner import NetworkRunner
from mixer.output.audio_files import Wrote
from mixer.output.daw.aside import set_edited_aside
from mixer.output.deliverables import check_versions, needs_tracks
from mixer.output.delivery import deliver, delivered_paths, listening_copies, refuse_names
from mixer.output.names import TRACK_ROLE, VERSION_ROLE, output_paths, track_paths
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe import Recipe, SongTable, Take
from mixer.output.recipe_words import ceiling_lines
from mixer.output.versions import version_paths
from mixer.output.write import (
    bring,
    check_output,
    write_audios,
    write_recipe,
    write_versions,
)
from mixer.output.writing_forecast import hashing_share, writing_forecast
from mixer.rendering.mastering import master
from mixer.rendering.mix import Mix, Premaster
from mixer.rendering.pipeline import premaster
from mixer.rendering.plans.plan import RenderPlan
from mixer.rendering.plans.plan_notes import with_leakage_warning
from mixer.rendering.timing.forecast import making_forecast, mastering_s
from mixer.rendering.timing.machine_pace import pace_for
from mixer.rendering.timing.progress import Progress, Stage, StageClock
from mixer.rendering.wanted_audio import WantedAudio
from mixer.song.song import Song
from mixer.song.tracks import tracks_of
from mixer.stems import RESIDUAL


@dataclass(frozen=True)
class Destination:
    """Destination of a mix: its path, format and the files beside it.

    Attributes:
        path: the mix's file.
        wanted: output settings, with a known format.
        overwrite: replace existing files.
        home: folder in which all of it will lie at last, where it is made in another one, from
            which somebody else moves it. None for `path`'s, where it appears at once.
    """

    path: Path
    wanted: OutputSettings
    overwrite: bool = False
    home: Path | None = None

    def paths(self, song: Song) -> dict[str, Path]:
        """The mix, its recipe, stems and tracks, and what is delivered with it, by role."""
        stems = [*song.stems, RESIDUAL] if self.wanted.writes_stems else []
        written = output_paths(self.path, stems, self.wanted.format)
        names = [track.name for track in tracks_of(song)] if self.wanted.tracks else []
        tracks = track_paths(self.path, names, self.wanted.format)
        written |= {f"{TRACK_ROLE}{name}": path for name, path in tracks.items()}
        written |= delivered_paths(self.wanted, self.path)
        return written | {f"{VERSION_ROLE}{n}": p for n, p in self.version_paths(song).items()}

    def version_paths(self, song: Song) -> dict[str, Path]:
        """Path of each version of the mix, by name."""
        return version_paths(
            self.wanted.deliver,
            self.wanted.deliver_names,
            self.path,
            song=song.name,
            stems=song.stems,
            rate=song.sample_rate,
            bits=self.wanted.bit_depth,
        )

    def beside(self) -> dict[str, Path]:
        """Every file that may be delivered with the mix, the report's listening copies included."""
        return delivered_paths(self.wanted, self.path) | listening_copies(self.wanted, self.path)

    def existing(self, song: Song) -> list[str]:
        """Files to be written that already exist."""
        paths = dict.fromkeys((*self.paths(song).values(), *self.beside().values()))
        return [str(path) for path in paths if os.path.lexists(path)]

    def audio_of(self, plan: RenderPlan) -> WantedAudio:
        """Audio that must be rendered besides the mix."""
        wanted = self.wanted
        of_sessions = wanted.edits and bool(plan.tracks)
        takes_tracks = wanted.tracks or of_sessions or needs_tracks(wanted.deliver, plan)
        return WantedAudio(wanted.takes_stems, takes_tracks, wanted.has_report)

    def check(self, plan: RenderPlan) -> None:
        """Check before rendering that the result can be written.

        Raises:
            PresetError: the format is unknown, or cannot hold the bit depth or the sample rate.
            ModelError: tracks are wanted of a model that mixes stems.
            OutputError: something is there already, is a recording of the song, cannot be written,
                or has a name that a session cannot hold.
        """
        if self.wanted.tracks:
            plan.check_wet_tracks()
        check_versions(self.wanted.deliver, plan)
        if self.wanted.check_translation:
            plan.check_wet_stems()
        track_names = [track.name for track in plan.tracks] if self.wanted.tracks else []
        check_output(
            self.path,
            [*plan.song.stems, RESIDUAL] if self.wanted.writes_stems else [],
            track_names,
            coding=self.wanted.file_coding,
            sample_rate=plan.mix_rate,
            overwrite=self.overwrite,
            song=plan.song,
            beside=[*self.beside().values(), *self.version_paths(plan.song).values()],
        )
        of_format = FORMATS[self.wanted.format]
        if not of_format.is_compressed:
            n_files = self.n_files(plan) + len(self.version_paths(plan.song))
            n_bytes = of_format.file_bytes(
                self.wanted.bit_depth, plan.n_samples, plan.song.duration_s
            )
            refuse_full_disk(self.path, n_files * n_bytes)
        refuse_names(self.wanted, plan.song, self.path, self.home)

    def n_files(self, plan: RenderPlan) -> int:
        """Audio files of the mix and its parts; versions are more."""
        n_stems = len(plan.song.stems) + 1 if self.wanted.writes_stems else 0
        return 1 + n_stems + (len(plan.tracks) + 1 if self.wanted.tracks else 0)


# Share of a stage of files that they take; the rest is the end, a recipe for example.
_WRITTEN = 0.97


@dataclass(frozen=True)
class Rendered:
    """A mix that was written to its destination.

    Attributes:
        mix: as written.
        recipe: as written.
        remarks: a line for each incomplete deliverable and each version above the ceiling.
        write_s: time of writing, in seconds.
    """

    mix: Mix
    recipe: Recipe
    remarks: tuple[str, ...]
    write_s: float


@one_blas_thread
def render_to(
    destination: Destination,
    plan: RenderPlan,
    *,
    progress: Progress | None = None,
    follows: StageClock | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
    made: Premaster | Mix | None = None,
    computing: AbstractContextManager[object] | None = None,
    take: Callable[[Mix], Take] | None = None,
    song: SongTable | None = None,
) -> Rendered:
    """Mix, write, and deliver what goes with it.

    Args:
        destination: of the files, accepted by `Destination.check`.
        plan: from `plan_render`.
        progress, network, threads: as in `mixer.render`.
        follows: the clock of what was made before, whose progress goes on.
        made: the plan's mix, before its master or from `finished`, where there is one already.
        computing: entered while the mix is made, and left before it is written.
        take: returns the record of how the mix came from another one; None if it did not.
        song: as in `write_audios`: of several mixes of one song, its files are hashed once.

    Raises:
        MixerError: as in `mixer.render`, `mixer.write_mix` and `deliver`.
    """
    forecast_s = forecast_of(destination, plan, is_made=made is not None, threads=threads)
    with StageClock(progress, forecast_s, follows=follows, pace=pace_for(progress)) as clock:
        with computing or nullcontext():
            mix = _mix(destination, plan, made, clock, network, threads)
            del made
        began = time.perf_counter()
        clock.start(Stage.WRITE, destination.path.name)
        taken = None if take is None else take(mix)
        if destination.home is not None:
            recipe, remarks = _write(mix, destination, destination.home, taken, clock, song)
        else:
            folder = destination.path.parent
            with staging_folder(folder) as staging:
                staged = replace(destination, path=staging / destination.path.name)
                recipe, remarks = _write(mix, staged, folder.resolve(), taken, clock, song)
                remarks += _set_edited_aside(destination, staging)
                bring(staged.path, destination.path, mix.song, overwrite=destination.overwrite)
        clock.end(destination.path.name)
    return Rendered(mix, recipe, remarks, time.perf_counter() - began)


def forecast_of(
    destination: Destination, plan: RenderPlan, *, is_made: bool = False, threads: int | None = None
) -> dict[Stage, float]:
    """Seconds that each stage of `render_to` is foreseen to take, in their order.

    Args:
        destination, plan, threads: as in `render_to`.
        is_made: all up to the master is there already.
    """
    wanted = destination.wanted
    making = making_forecast(plan, destination.audio_of(plan), threads=threads)
    if is_made:  # and measured, but for the stems that are written
        n_stems = len(plan.song.stems) if wanted.takes_stems else 0
        making = {Stage.MASTER: mastering_s(plan, n_stems)}
    n_versions = len(destination.version_paths(plan.song))
    return making | writing_forecast(plan, wanted, destination.n_files(plan), n_versions)


def _mix(
    destination: Destination,
    plan: RenderPlan,
    made: Premaster | Mix | None,
    clock: StageClock,
    network: NetworkRunner | None,
    threads: int | None,
) -> Mix:
    if isinstance(made, Mix):
        return made
    if made is None:
        audio = destination.audio_of(plan)
        made = premaster(plan, audio, clock=clock, network=network, threads=threads)
    return finished(destination, made, clock)


def finished(
    destination: Destination,
    made: Premaster,
    clock: StageClock | None = None,
    *,
    consume: bool = False,
) -> Mix:
    """The mix after its master, as it goes to a destination; arguments as for `master`."""
    if destination.wanted.delivers_wet_stems:
        made = replace(made, plan=with_leakage_warning(made.plan))
    return master(made, clock, consume=consume)


def _set_edited_aside(destination: Destination, staging: Path) -> tuple[str, ...]:
    """Keep edited sessions that what was staged would replace; a line each.

    Raises:
        OutputError: one cannot be kept; then it is still there.
    """
    if not destination.overwrite:
        return ()
    coming = [p.relative_to(staging).as_posix() for p in staging.rglob("*") if p.is_file()]
    try:
        moved = set_edited_aside(destination.path, coming)
    except OSError as error:
        raise OutputError(
            f"{destination.path}: its edited session cannot be kept ({error.strerror})"
        ) from None
    return tuple(f"{old} was edited; it is now {new}" for old, new in moved.items())


def _write(
    mix: Mix,
    destination: Destination,
    home: Path,
    take: Take | None,
    clock: StageClock,
    song: SongTable | None,
) -> tuple[Recipe, tuple[str, ...]]:
    """Write everything into a staging folder, the recipe last; it, and what could not be done."""
    path = destination.path
    wanted = destination.wanted
    written = mix if wanted.tracks else replace(mix, wet_tracks={})
    written = written if wanted.writes_stems else replace(written, wet_stems={})
    n_files = destination.n_files(mix.plan)
    begin = hashing_share(mix.plan, wanted, n_files) if song is None else 0.0
    recipe = write_audios(
        written,
        path,
        wanted.file_coding,
        hashed=lambda: clock.at(path.name, begin),
        wrote=_counted(clock, n_files, begin),
        song=song,
    )
    if wanted.has_versions:
        clock.start(Stage.VERSIONS)
        n_versions = len(destination.version_paths(mix.song))
        recipe = write_versions(mix, recipe, path, wanted, wrote=_counted(clock, n_versions))
    if take is not None:
        recipe = {**recipe, "take": take}
    if wanted.check_translation:
        from mixer.rendering.mix_translation import check_translation

        clock.start(Stage.TRANSLATION)
        recipe = {**recipe, "translation": check_translation(mix, clock.at)}
    # Nothing of another's is in this folder, but what an earlier attempt may have left.
    remarks = deliver(mix, recipe, path, wanted, home=home, overwrite=True, clock=clock)
    remarks += ceiling_lines(recipe["output"])
    return write_recipe(recipe, path, home), remarks


def _counted(clock: StageClock, n: int, begin: float = 0.0) -> Wrote:
    """A callback that tells a clock how much of each of so many files is written.

    Args:
        clock: whose stage is to write them.
        n: number of files.
        begin: share of the stage that is done before the first.
    """
    finished, a_file = set[str](), (_WRITTEN - begin) / n

    def wrote(name: str, share: float) -> None:
        others = len(finished.difference({name}))
        clock.at(name, begin + a_file * (others + share))
        if share >= 1.0:  # told with the last block, and again when all is done
            finished.add(name)

    return wrote
