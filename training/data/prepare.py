"""Prepare a data set for training: profile, every song, description.

An interrupted run resumes: songs that are complete, made from the same files with the same
settings, are kept. A song that cannot be used is left out and the others are still prepared. The
folder's description is written last.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypedDict, cast

from mixer.errors import InputError, MixerError, OutputError
from mixer.files.whole_file import hash_file, output_file, write_json
from mixer.fxnorm.profile import Profile, read_profile, write_profile
from mixer.rendering.choices.shipped import PUBLISHED_PROFILE
from mixer.stems import STEMS
from mixer.version import __version__
from training.data import prepared
from training.data.forms import FORMS
from training.data.measure_profile import measure_multitracks
from training.data.multitracks import SAMPLE_RATE_HZ, LeftOut
from training.data.plan import MEASURE, Plan, PrepareSettings
from training.data.song_files import SongRecord
from training.data.song_task import NormalisationSettings, SongTask
from training.data.workers import each_in_processes

# Called with the stage, the item within it, and the completed share of the stage, 0 to 1.
Progress = Callable[[str, str, float], None]


class ProfileTable(TypedDict):
    """The profile to which the stems were normalised."""

    file: str
    sha256: str


class LeftOutTable(TypedDict):
    """A song that could not be used, and the reason."""

    name: str
    reason: str


class SongTable(TypedDict):
    """A song in the description; each form of examples adds its own keys."""

    id: str
    name: str
    split: str
    n_samples: int
    stems: list[str]
    notes: list[str]
    key: str


class DatasetTable(TypedDict):
    """Contents of `dataset.json`; each form of examples adds its own keys.

    Attributes:
        sha256: hash of everything except itself and the songs left out.
    """

    schema_version: int
    mixer_version: str
    sample_rate: int
    stems: list[str]
    effects: list[str]
    n_variants: int
    seed: int
    profile: ProfileTable
    songs: list[SongTable]
    left_out: list[LeftOutTable]
    sha256: str


def prepare_dataset(
    plan: Plan, *, n_jobs: int, overwrite: bool = False, progress: Progress | None = None
) -> DatasetTable:
    """Carry out a plan.

    Args:
        plan: from `plan_dataset`.
        n_jobs: number of processes.
        overwrite: replace a data set that was prepared with other settings.
        progress: called from the calling thread.

    Returns:
        The description of the data set, as in `dataset.json`; songs that failed are in `left_out`.

    Raises:
        InputError: no song could be prepared, or the folder of rooms cannot be used.
        OutputError: the folder contains something else, or the disk is full or read-only.
    """
    show = progress or (lambda stage, detail, share: None)
    _check_folder(plan, overwrite)
    try:
        plan.folder.mkdir(parents=True, exist_ok=True)
        (plan.folder / prepared.DATASET_FILE).unlink(missing_ok=True)
        _sweep(plan.folder)
    except OSError as error:
        raise OutputError(f"{plan.folder}: cannot be written ({error.strerror})") from None
    try:
        profile = _settle_profile(plan, n_jobs, show)
        records, failed = _prepare_songs(plan, profile, n_jobs, show)
    finally:
        _sweep(plan.folder)
    if not records:
        raise InputError(
            f"no song could be prepared; the first: {failed[0].name}: {failed[0].reason}"
        )
    description = _description(plan, profile, records, failed)
    write_json(plan.folder / prepared.DATASET_FILE, description)
    return description


def _prepare_songs(
    plan: Plan, profile: Profile, n_jobs: int, show: Progress
) -> tuple[dict[str, SongRecord], list[LeftOut]]:
    """Prepare the songs; each song's record by its id, and the songs that failed."""
    settings, form = _normalisation_settings(plan.settings, profile), FORMS[plan.settings.examples]
    tasks = [
        SongTask(song.multitrack, song.id, prepared.song_folder(plan.folder, song.id), settings)
        for song in plan.songs
    ]
    records: dict[str, SongRecord] = {}
    failed: dict[int, LeftOut] = {}

    shares = [0.0] * len(tasks)

    def reported(index: int, share: float) -> None:
        shares[index] = share
        show("prepare", plan.songs[index].multitrack.name, sum(shares) / len(shares))

    for index, result in each_in_processes(form.prepare, tasks, n_jobs, reported):
        song = plan.songs[index]
        if isinstance(result, MixerError):
            failed[index] = LeftOut(song.multitrack.name, str(result))
            shutil.rmtree(tasks[index].folder, ignore_errors=True)
        else:
            records[song.id] = result
        reported(index, 1.0)
    return records, [failed[index] for index in sorted(failed)]


def _normalisation_settings(settings: PrepareSettings, profile: Profile) -> NormalisationSettings:
    rooms = settings.rooms
    rooms_sha256 = None
    if rooms is not None:
        if not Path(rooms).is_dir():
            raise InputError(f"{rooms}: no such folder; give a folder of impulse responses")
        files = sorted(path for path in Path(rooms).iterdir() if path.is_file())
        listed = "".join(f"{path.name}\0{hash_file(path)}\n" for path in files)
        rooms_sha256 = hashlib.sha256(listed.encode()).hexdigest()
    return NormalisationSettings(
        profile, settings.effects, settings.n_variants, settings.seed, rooms, rooms_sha256
    )


def _settle_profile(plan: Plan, n_jobs: int, show: Progress) -> Profile:
    """Measure or read the profile, and write it into the data set."""
    path = plan.folder / prepared.PROFILE_FILE
    plan_path = plan.folder / prepared.PLAN_FILE
    record = _plan_record(plan)
    if plan.profile != MEASURE:
        profile = read_profile(plan.profile)
    elif path.is_file() and _earlier_plan(plan.folder) == record:
        # An unfinished measurement leaves no profile.
        return read_profile(path)
    else:
        path.unlink(missing_ok=True)
        write_json(plan_path, record)
        training = [song.multitrack for song in plan.of_split("train")]
        measurement = measure_multitracks(
            training,
            effects=plan.settings.effects,
            n_jobs=n_jobs,
            of="training songs",
            progress=lambda stem, share: show("measure", stem, share),
        )
        profile = _completed(measurement.profile)
    write_json(plan_path, record)
    with output_file(path) as partial:
        write_profile(profile, partial)
    return profile


def _completed(profile: Profile) -> Profile:
    """Complete a profile; stems that could not be measured get the published averages."""
    published = read_profile(PUBLISHED_PROFILE)
    borrowed = [stem for stem in STEMS if stem not in profile.stems]
    if not borrowed:
        return profile
    if profile.bands_hz != published.bands_hz:
        raise InputError(f"no training song has {borrowed[0]}; choose a profile that has it")
    stems = {**published.stems, **profile.stems}
    about = f"{profile.about}; {', '.join(borrowed)} from {PUBLISHED_PROFILE}"
    return replace(profile, stems=stems, about=about)


def _check_folder(plan: Plan, overwrite: bool) -> None:
    folder = plan.folder
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder; choose another --output")
    if not folder.is_dir():
        return
    if not (folder / prepared.PLAN_FILE).is_file():
        if any(folder.iterdir()):
            raise OutputError(f"{folder} holds other files; choose an empty or a new folder")
        return
    earlier, record = _earlier_plan(folder), _plan_record(plan)
    if overwrite or earlier == record:
        return
    changed = [key for key in record if earlier.get(key) != record[key]]
    what = (
        "another selection of songs to measure the profile on"
        if changed == ["measured_on"]
        else f"other settings ({', '.join(changed)})"
    )
    raise OutputError(
        f"{folder} holds a data set prepared with {what}; add --overwrite to prepare it "
        "again, or choose another folder"
    )


def _plan_record(plan: Plan) -> dict[str, object]:
    """Settings that must match for a run to resume an earlier one."""
    measured_on = None
    if plan.profile == MEASURE:
        songs = sorted(
            (song.multitrack.name, song.multitrack.n_samples, len(song.multitrack.song.recordings))
            for song in plan.of_split("train")
        )
        measured_on = hashlib.sha256(json.dumps(songs).encode()).hexdigest()
    settings = {**asdict(plan.settings), "effects": list(plan.settings.effects)}
    if plan.settings.examples == prepared.Examples.AUDIO:
        del settings["examples"]  # as it was written before there were others
    return {**settings, "profile": plan.profile, "measured_on": measured_on}


def _earlier_plan(folder: Path) -> dict[str, object]:
    try:
        return prepared.read_object(folder / prepared.PLAN_FILE)
    except InputError:
        return {}


def _description(
    plan: Plan, profile: Profile, records: dict[str, SongRecord], failed: list[LeftOut]
) -> DatasetTable:
    form = FORMS[plan.settings.examples]
    said: Mapping[str, Mapping[str, object]] = records
    songs = [
        {
            "id": song.id,
            "name": song.multitrack.name,
            "split": song.split,
            **{key: said[song.id][key] for key in form.song_keys},
        }
        for song in plan.songs
        if song.id in records
    ]
    content = {
        "schema_version": prepared.SCHEMA_VERSION,
        "mixer_version": __version__,
        "sample_rate": SAMPLE_RATE_HZ,
        "stems": list(STEMS),
        "effects": list(plan.settings.effects),
        "n_variants": plan.settings.n_variants,
        "seed": plan.settings.seed,
        "profile": {"file": prepared.PROFILE_FILE, "sha256": profile.sha256},
        "songs": songs,
        **form.stated,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    description = {
        **content,
        "left_out": [asdict(song) for song in (*plan.left_out, *failed)],
        "sha256": hashlib.sha256(canonical.encode()).hexdigest(),
    }
    return cast(DatasetTable, description)


def _sweep(folder: Path) -> None:
    """Remove incomplete files left by killed processes."""
    for pattern in (".*.partial", "songs/*/.*.partial", "songs/*/*/.*.partial"):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)
