"""Albums: the songs of one share one loudness offset, so that their relative levels stay.

Each song is mixed up to the master and measured; the album's loudness is the energy of its songs,
each weighted by its length; the offset brings that to the target. A song's own target is then its
own loudness plus the offset.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixer.errors import SettingsError
from mixer.rendering.settings import LOUDNESS_RANGE_LUFS

if TYPE_CHECKING:
    from mixer.rendering.mix import Mix
    from mixer.rendering.settings import RenderSettings
    from mixer.song.song import Song

# Offsets closer than this are one: nobody hears it, and nothing is rendered again for it.
OFFSET_TOLERANCE_DB = 0.005
_META_FILE = "premaster.json"
_MIX_FILE, _STAGE_FILE = "mix.npy", "stage-{}.npy"


@dataclass(frozen=True)
class Measured:
    """A song of an album before the master.

    Attributes:
        premaster_lufs: its integrated loudness; None for silence.
        duration_s: its length.
    """

    premaster_lufs: float | None
    duration_s: float


def album_loudness_lufs(songs: Iterable[Measured]) -> float | None:
    """Loudness of songs as one programme; None where all are silent."""
    energy, total_s = 0.0, 0.0
    for song in songs:
        if song.premaster_lufs is not None and song.duration_s > 0.0:
            energy += song.duration_s * 10.0 ** (song.premaster_lufs / 10.0)
            total_s += song.duration_s
    return 10.0 * math.log10(energy / total_s) if total_s else None


def album_offset_db(songs: Iterable[Measured], target_lufs: float) -> float:
    """What brings an album to its target; 0 for silence."""
    own_lufs = album_loudness_lufs(songs)
    return 0.0 if own_lufs is None else target_lufs - own_lufs


def song_target_lufs(premaster_lufs: float | None, offset_db: float) -> float | None:
    """A song's own target on its album, within what the master takes; None for silence."""
    if premaster_lufs is None:
        return None
    low, high = LOUDNESS_RANGE_LUFS
    return min(max(premaster_lufs + offset_db, low), high)


def save_premaster(mix: Mix, folder: Path, inputs_sha256: str) -> None:
    """Keep a mix as it is before the master: whole or not at all.

    Args:
        mix: rendered without a loudness target and without a ceiling.
        folder: where it will be; replaced if it is there.
        inputs_sha256: of what it was made of.
    """
    import numpy as np

    from mixer.preset.schema import plain_table

    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    np.save(partial / _MIX_FILE, mix.audio, allow_pickle=False)
    for stem, audio in mix.wet_stems.items():
        np.save(partial / f"{stem}.npy", audio, allow_pickle=False)
    for stage, audio in mix.stages.items():
        np.save(partial / _STAGE_FILE.format(stage), audio, allow_pickle=False)
    about = {
        "inputs_sha256": inputs_sha256,
        "sample_rate": mix.sample_rate,
        "wet_stems": list(mix.wet_stems),
        "stages": list(mix.stages),
        "console": plain_table(mix.console),
        "device": mix.device,
        "model": mix.model,
        "measurements": mix.measurements,
        "seconds": mix.seconds,
    }
    (partial / _META_FILE).write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def load_premaster(
    folder: Path, song: Song, settings: RenderSettings, inputs_sha256: str
) -> Mix | None:
    """The mix that `save_premaster` kept; None where there is none made of these inputs."""
    import numpy as np

    from mixer.preset.schema import read_console
    from mixer.rendering.mix import Mix

    try:
        about = json.loads((folder / _META_FILE).read_text(encoding="utf-8"))
        if about["inputs_sha256"] != inputs_sha256:
            return None
        return Mix(
            audio=np.load(folder / _MIX_FILE, allow_pickle=False),
            sample_rate=about["sample_rate"],
            song=song,
            settings=settings,
            wet_stems={
                stem: np.load(folder / f"{stem}.npy", allow_pickle=False)
                for stem in about["wet_stems"]
            },
            device=about["device"],
            model=about["model"],
            measurements=about["measurements"],
            seconds=about["seconds"],
            console=read_console(about["console"], str(folder / _META_FILE)),
            stages={
                stage: np.load(folder / _STAGE_FILE.format(stage), allow_pickle=False)
                for stage in about["stages"]
            },
        )
    except (OSError, ValueError, KeyError, SettingsError):
        return None


def master_premaster(mix: Mix, settings: RenderSettings) -> Mix:
    """The last stage of a render on a mix that stopped before it."""
    import numpy as np

    from mixer.console.master import apply_master
    from mixer.dsp.blocks import db_to_gain

    audio, report = apply_master(
        mix.audio,
        mix.sample_rate,
        loudness_lufs=settings.loudness_lufs,
        ceiling_dbtp=settings.true_peak_dbtp,
    )
    wet = dict(mix.wet_stems)
    if report.gain_db != 0.0:
        gain = np.float32(db_to_gain(report.gain_db))
        wet = {stem: stem_audio * gain for stem, stem_audio in wet.items()}
    measurements: Mapping[str, Any] = {
        **mix.measurements,
        "wet_stems": _moved(mix.measurements["wet_stems"], report.gain_db),
        "master": report.as_json(),
    }
    return replace(mix, audio=audio, wet_stems=wet, measurements=measurements, settings=settings)


def _moved(
    levels: Mapping[str, Mapping[str, float | None]], gain_db: float
) -> dict[str, dict[str, float | None]]:
    """Levels of wet stems, all in dB, after a gain."""
    return {
        stem: {name: None if level is None else level + gain_db for name, level in own.items()}
        for stem, own in levels.items()
    }
