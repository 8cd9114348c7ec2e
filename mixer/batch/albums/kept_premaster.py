"""A song's mix before its master, kept on disk until its album's offset is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mixer.files.regular_file import read_regular
from mixer.stems import STEM_NAME

if TYPE_CHECKING:
    import numpy as np

    from mixer.rendering.mix import Premaster, PremasterMeasurements
    from mixer.rendering.plans.plan import RenderPlan

_META_FILE = "premaster.json"
_MIX_FILE, _STAGE_FILE = "mix.npy", "stage-{}.npy"
_MOST_META_BYTES = 16 << 20


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
    from mixer.rendering.mix import Premaster
    from mixer.rendering.tracks.track_files import TrackFiles

    try:
        about = json.loads(read_regular(folder / _META_FILE, _MOST_META_BYTES))
        if about["inputs_sha256"] != inputs_sha256 or about["model"] != plan.identity:
            return None
        return Premaster(
            plan=_as_it_was_made(plan, about["measurements"]),
            audio=_read_stereo(folder / _MIX_FILE),
            wet_stems={
                stem: _read_stereo(folder / f"{_plain(stem)}.npy") for stem in about["wet_stems"]
            },
            wet_levels=about["wet_levels"],
            stages={
                stage: _read_stereo(folder / _STAGE_FILE.format(_plain(stage)))
                for stage in about["stages"]
            },
            wet_tracks=TrackFiles(folder, about["wet_tracks"]),
            device=about["device"],
            measurements=about["measurements"],
            seconds=about["seconds"],
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _plain(name: str) -> str:
    """Refuse a name that leads elsewhere: the folder lies among results, perhaps untrusted ones."""
    if not STEM_NAME.fullmatch(name):
        raise ValueError("it names a file elsewhere")
    return name


def _read_stereo(path: Path) -> np.ndarray:
    from mixer.files.array_file import read_array

    audio = read_array(path)
    if audio.dtype != "float32" or audio.ndim != 2 or len(audio) != 2:
        raise ValueError("it is not stereo audio")
    return audio


def _as_it_was_made(plan: RenderPlan, measurements: PremasterMeasurements) -> RenderPlan:
    """The plan with the desk of the variation that the mix is; its target is the album's."""
    from mixer.rendering.sound.variation_step import varied_plan

    if not plan.varies:
        return plan
    return varied_plan(plan, measurements["variation"]["moves"], plan.settings.loudness_lufs)
