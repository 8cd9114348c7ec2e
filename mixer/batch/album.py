"""Albums: the songs of one share one loudness offset, so that their relative levels stay.

Each song is mixed up to the master and measured; the album's loudness is the energy of its songs,
each weighted by its length; the offset brings that to the target. A song's own target is then its
own loudness plus the offset.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mixer.console.settings import LOUDNESS_RANGE_LUFS

if TYPE_CHECKING:
    from mixer.rendering.mix import Premaster, PremasterMeasurements
    from mixer.rendering.plans.plan import RenderPlan

# Offsets closer than this are one: nobody hears it, and nothing is rendered again for it.
OFFSET_TOLERANCE_DB = 0.005
_META_FILE = "premaster.json"
_MIX_FILE, _STAGE_FILE = "mix.npy", "stage-{}.npy"


@dataclass(frozen=True)
class Measured:
    """A song of an album before the master.

    Attributes:
        premaster_lufs: integrated loudness before the master; None for silence.
        duration_s: length of the song in seconds.
    """

    premaster_lufs: float | None
    duration_s: float


def album_loudness_lufs(songs: Iterable[Measured]) -> float | None:
    """Loudness of songs as one programme; None if all are silent."""
    energy, total_s = 0.0, 0.0
    for song in songs:
        if song.premaster_lufs is not None and song.duration_s > 0.0:
            energy += song.duration_s * 10.0 ** (song.premaster_lufs / 10.0)
            total_s += song.duration_s
    return 10.0 * math.log10(energy / total_s) if total_s else None


def album_offset_db(songs: Iterable[Measured], target_lufs: float) -> float:
    """Gain in dB that brings an album to its target; 0 for silence."""
    own_lufs = album_loudness_lufs(songs)
    return 0.0 if own_lufs is None else target_lufs - own_lufs


def song_target_lufs(premaster_lufs: float | None, offset_db: float) -> float | None:
    """A song's own loudness target on its album, within the master's range; None for silence."""
    if premaster_lufs is None:
        return None
    low, high = LOUDNESS_RANGE_LUFS
    return min(max(premaster_lufs + offset_db, low), high)


def save_premaster(made: Premaster, folder: Path, inputs_sha256: str) -> None:
    """Save a mix as it is before the master, whole or not at all.

    Args:
        made: from `mixer.rendering.pipeline.premaster`.
        folder: destination; replaced if it exists.
        inputs_sha256: hash of the inputs that it was made from.
    """
    import numpy as np

    from mixer.rendering.tracks.track_files import TrackFiles

    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    np.save(partial / _MIX_FILE, made.audio, allow_pickle=False)
    for stem, audio in made.wet_stems.items():
        np.save(partial / f"{stem}.npy", audio, allow_pickle=False)
    for stage, audio in made.stages.items():
        np.save(partial / _STAGE_FILE.format(stage), audio, allow_pickle=False)
    tracks = TrackFiles(partial, list(made.wet_tracks))
    for track, audio in made.wet_tracks.items():
        tracks.keep(track, audio)
    about = {
        "inputs_sha256": inputs_sha256,
        "model": made.plan.identity,
        "wet_stems": list(made.wet_stems),
        "wet_tracks": list(made.wet_tracks),
        "wet_levels": made.wet_levels,
        "stages": list(made.stages),
        "device": made.device,
        "measurements": made.measurements,
        "seconds": made.seconds,
    }
    (partial / _META_FILE).write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def load_premaster(folder: Path, plan: RenderPlan, inputs_sha256: str) -> Premaster | None:
    """Load a mix that `save_premaster` saved; None if its inputs or its model differ."""
    from mixer.files.array_file import read_array
    from mixer.rendering.mix import Premaster
    from mixer.rendering.tracks.track_files import TrackFiles

    try:
        about = json.loads((folder / _META_FILE).read_text(encoding="utf-8"))
        if about["inputs_sha256"] != inputs_sha256 or about["model"] != plan.identity:
            return None
        return Premaster(
            plan=_as_it_was_made(plan, about["measurements"]),
            audio=read_array(folder / _MIX_FILE),
            wet_stems={stem: read_array(folder / f"{stem}.npy") for stem in about["wet_stems"]},
            wet_levels=about["wet_levels"],
            stages={
                stage: read_array(folder / _STAGE_FILE.format(stage)) for stage in about["stages"]
            },
            wet_tracks=TrackFiles(folder, about["wet_tracks"]),
            device=about["device"],
            measurements=about["measurements"],
            seconds=about["seconds"],
        )
    except (OSError, ValueError, KeyError):
        return None


def _as_it_was_made(plan: RenderPlan, measurements: PremasterMeasurements) -> RenderPlan:
    """The plan with the desk of the variation that the mix is; its target is the album's."""
    from mixer.rendering.sound.variation_step import varied_plan

    if not plan.varies:
        return plan
    return varied_plan(plan, measurements["variation"]["moves"], plan.settings.loudness_lufs)
