"""Where a mix goes, as what, and with what beside it; and the one job that brings it there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from mixer.audio.formats import FORMATS
from mixer.files.staging import staging_folder
from mixer.files.whole_file import refuse_full_disk
from mixer.network.runner import NetworkRunner
from mixer.output.delivery import NOTHING_BESIDE, Delivery, deliver
from mixer.output.names import TRACK_ROLE, output_paths, track_paths
from mixer.output.recipe import Recipe, Take
from mixer.output.write import bring, check_output, write_audios, write_recipe
from mixer.rendering.mix import Mix, Premaster
from mixer.rendering.pipeline import master, premaster
from mixer.rendering.plan import RenderPlan
from mixer.rendering.progress import Progress
from mixer.song.song import Song
from mixer.song.tracks import tracks_of
from mixer.stems import RESIDUAL


@dataclass(frozen=True)
class Destination:
    """Where a mix goes, as what, and with what beside it.

    Attributes:
        path: the mix's file.
        file_format: "wav", "flac", "mp3" or "ogg".
        bit_depth: "16", "24" or "32f"; lossy formats ignore it.
        stems, tracks: wet stems, wet tracks were asked for.
        delivery: DAW sessions and the report.
        overwrite: replace what is there.
        home: folder in which all of it will lie at last, where it is made in another one, from
            which somebody else moves it. None for `path`'s, where it appears in one go.
    """

    path: Path
    file_format: str
    bit_depth: str = "24"
    stems: bool = False
    tracks: bool = False
    delivery: Delivery = NOTHING_BESIDE
    overwrite: bool = False
    home: Path | None = None

    @property
    def writes_stems(self) -> bool:
        """Whether wet stems are written: asked for, or needed by what is delivered."""
        return self.stems or self.delivery.needs_stems

    def paths(self, song: Song) -> dict[str, Path]:
        """The mix, its recipe, stems and tracks, and what is delivered with it, by role."""
        stems = [*song.stems, RESIDUAL] if self.writes_stems else []
        written = output_paths(self.path, stems, self.file_format)
        names = [track.name for track in tracks_of(song)] if self.tracks else []
        tracks = track_paths(self.path, names, self.file_format)
        written |= {f"{TRACK_ROLE}{name}": path for name, path in tracks.items()}
        return written | self.delivery.paths(self.path)

    def beside(self) -> dict[str, Path]:
        """Every file that may be delivered with the mix, the report's listening copies included."""
        return {**self.delivery.paths(self.path), **self.delivery.copies(self.path)}

    def existing(self, song: Song) -> list[str]:
        """Of the files that would be written, those that are there already."""
        paths = dict.fromkeys((*self.paths(song).values(), *self.beside().values()))
        return [str(path) for path in paths if os.path.lexists(path)]

    def check(self, plan: RenderPlan) -> None:
        """Find out before rendering what would keep the result from being written.

        Raises:
            PresetError: the format is unknown, or cannot hold the bit depth or the sample rate.
            ModelError: tracks are wanted of a model that mixes stems.
            OutputError: something is there already, is a recording of the song, cannot be written,
                or has a name that a session cannot hold.
        """
        if self.tracks:
            plan.check_wet_tracks()
        track_names = [track.name for track in plan.tracks] if self.tracks else []
        check_output(
            self.path,
            [*plan.song.stems, RESIDUAL] if self.writes_stems else [],
            track_names,
            file_format=self.file_format,
            bit_depth=self.bit_depth,
            sample_rate=plan.mix_rate,
            overwrite=self.overwrite,
            song=plan.song,
            beside=list(self.beside().values()),
        )
        of_format = FORMATS[self.file_format]
        if not of_format.is_compressed:
            n_files = 1 + (len(plan.song.stems) + 1 if self.writes_stems else 0)
            n_files += len(track_names) + 1 if self.tracks else 0
            n_bytes = of_format.file_bytes(self.bit_depth, plan.n_samples, plan.song.duration_s)
            refuse_full_disk(self.path, n_files * n_bytes)
        self.delivery.check(plan.song, self.path, self.home)


@dataclass(frozen=True)
class Rendered:
    """A mix that is where it was to go.

    Attributes:
        mix: as it was written.
        recipe: as it was written.
        remarks: what could not be handed over in full, a line each.
        write_s: seconds that writing took.
    """

    mix: Mix
    recipe: Recipe
    remarks: tuple[str, ...]
    write_s: float


def render_to(
    destination: Destination,
    plan: RenderPlan,
    *,
    progress: Progress | None = None,
    network: NetworkRunner | None = None,
    threads: int | None = None,
    made: Premaster | None = None,
    computing: AbstractContextManager[object] | None = None,
    take: Callable[[Mix], Take] | None = None,
) -> Rendered:
    """Mix, write, and deliver what goes with it.

    Args:
        destination: where to; `Destination.check` says beforehand whether it will go.
        plan: from `plan_render`.
        progress, network, threads: as of `mixer.render`.
        made: the plan's mix before its master, where there is one already.
        computing: entered while the mix is made, and left before it is written.
        take: tells how the finished mix came from another one; None where it came from none.

    Raises:
        MixerError: as of `mixer.render`, `mixer.write_mix` and `deliver`.
    """
    with computing or nullcontext():
        if made is None:
            made = premaster(
                plan,
                wet_stems=destination.writes_stems,
                wet_tracks=destination.tracks or (destination.delivery.edits and bool(plan.tracks)),
                stages=destination.delivery.report,
                progress=progress,
                network=network,
                threads=threads,
            )
        mix = master(made, progress)
        del made
    if progress is not None:
        progress("write", destination.path.name, 1.0)
    began = time.perf_counter()
    told = None if take is None else take(mix)
    if destination.home is not None:
        recipe, remarks = _write(mix, destination, destination.home, told)
    else:
        folder = destination.path.parent
        with staging_folder(folder) as staging:
            staged = replace(destination, path=staging / destination.path.name)
            recipe, remarks = _write(mix, staged, folder.resolve(), told)
            bring(staged.path, destination.path, mix.song, overwrite=destination.overwrite)
    return Rendered(mix, recipe, remarks, time.perf_counter() - began)


def _write(
    mix: Mix, destination: Destination, home: Path, take: Take | None
) -> tuple[Recipe, tuple[str, ...]]:
    """Write everything into a staging folder, the recipe last; it, and what could not be done."""
    path = destination.path
    recipe = write_audios(
        mix if destination.tracks else replace(mix, wet_tracks={}),
        path,
        file_format=destination.file_format,
        bit_depth=destination.bit_depth,
    )
    if take is not None:
        recipe = {**recipe, "take": take}
    # Nothing of another's is in this folder, but what an earlier attempt may have left.
    remarks = deliver(mix, recipe, path, destination.delivery, home=home, overwrite=True)
    return write_recipe(recipe, path, home), remarks
