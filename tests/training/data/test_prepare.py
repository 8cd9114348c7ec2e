"""A data set holds what its sources hold, survives what happens, and says what it left out."""

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.errors import InputError, ModelError, OutputError, SettingsError
from mixer.fxnorm.chain import normalise_stem
from mixer.fxnorm.profile import read_profile
from mixer.fxnorm.profile_measurement import measure_profile
from mixer.stems import STEMS
from tests.signals import noise, sine
from tests.training.songs import RATE_HZ, loudest_hz, tones, write_song, write_stems
from training.data.plan import PrepareSettings, plan_dataset
from training.data.prepare import prepare_dataset
from training.data.prepare_song import _variant_seed
from training.data.prepared_audio import read_dataset, read_envelope_dbfs
from training.data.song_files import SongWriter

STEP_24_BIT = 2.0**-23
QUICK = PrepareSettings(effects=("loudness",))


def prepare(source: Path, folder: Path, settings: PrepareSettings = QUICK, **options) -> dict:
    plan = plan_dataset([source], folder, settings)
    return prepare_dataset(plan, n_jobs=options.pop("n_jobs", 1), **options)


def read(path: Path) -> np.ndarray:
    audio, rate = soundfile.read(path, dtype="float64", always_2d=True)
    assert rate == RATE_HZ
    assert soundfile.info(path).subtype == "PCM_24"
    return audio.T


def files_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file's time of change and content."""
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_mtime_ns, p.read_bytes())
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def stems_of(folder: Path) -> dict[str, np.ndarray]:
    return {p.stem: soundfile.read(p, dtype="float32")[0].T for p in sorted(folder.glob("*.wav"))}


def described(description: dict, data: Path) -> None:
    """The description of one song is what training relies on."""
    assert json.loads((data / "dataset.json").read_text()) == description
    assert description["schema_version"] == 1
    assert description["sample_rate"] == RATE_HZ
    assert description["stems"] == list(STEMS)
    fingerprint = read_profile(data / "profile.json").sha256
    assert description["profile"] == {"file": "profile.json", "sha256": fingerprint}
    (song,) = description["songs"]
    assert (song["id"], song["name"], song["target"]) == ("a-song", "A Song!", "sum")
    assert song["n_samples"] == 3 * RATE_HZ


def test_the_files_are_the_sources_and_their_normalisation(tmp_path: Path) -> None:
    write_song(tmp_path / "source" / "A Song!", 3.0)
    effects = ("reverb", "eq", "compression", "balance", "loudness")
    settings = PrepareSettings(effects=effects, n_variants=2, seed=7)
    description = prepare(tmp_path / "source", tmp_path / "data", settings)
    (song,) = read_dataset(tmp_path / "data").songs
    originals = stems_of(tmp_path / "source" / "A Song!")
    profile = read_profile("musdb18")
    assert read_dataset(tmp_path / "data").profile == profile
    assert np.abs(read(song.mixture_path) - sum(originals.values())).max() < 2 * STEP_24_BIT
    for stem in STEMS:
        assert np.abs(read(song.wet_path(stem)) - originals[stem]).max() < STEP_24_BIT
        variants = [
            read(song.normalised_path(stem, variant)) for variant in range(len(song.gains_db[stem]))
        ]
        assert len(variants) == (2 if stem in ("vocals", "other") else 1)
        for variant, written in enumerate(variants):
            seed = _variant_seed(7, song.id, variant)
            expected, _ = normalise_stem(
                originals[stem], RATE_HZ, stem, profile, effects, seed=seed
            )
            assert np.abs(written - expected).max() < STEP_24_BIT
        if len(variants) == 2:
            assert np.std(variants[0] - variants[1]) > 0.01 * np.std(variants[0])
    described(description, tmp_path / "data")
    level_dbfs, hop_samples = read_envelope_dbfs(song, "vocals")
    first = originals["vocals"][:, :hop_samples]
    assert level_dbfs[0] == pytest.approx(10 * np.log10(np.mean(np.square(first))), abs=0.051)


def test_levels_rates_and_mixtures(tmp_path: Path) -> None:
    loud = np.repeat(sine(300.0, 1.0, RATE_HZ, level=0.9), 2, axis=0)
    fifth = np.repeat(sine(1_500.0, 1.0, RATE_HZ, level=0.9), 2, axis=0)  # peaks where it does
    write_stems(tmp_path / "source" / "loud", {"vocals": loud, "drums": fifth})
    longer = np.repeat(sine(5_000.0, 1.5, RATE_HZ), 2, axis=0)
    write_stems(tmp_path / "source" / "mixed", {**tones(0, 1.0), "mixture": longer})
    folder = write_stems(tmp_path / "source" / "rates", {"drums": tones(0, 1.0)["drums"]})
    high = np.repeat(sine(3_000.0, 1.0, 96_000), 2, axis=0)
    write_stems(folder, {"vocals": high}, 96_000)
    description = prepare(tmp_path / "source", tmp_path / "data")
    notes = {song["name"]: song["notes"] for song in description["songs"]}
    songs = {song.name: song for song in read_dataset(tmp_path / "data").songs}

    # a sum over full scale is turned down, with its stems
    target = read(songs["loud"].mixture_path)
    assert np.abs(target).max() == pytest.approx(1.0, abs=2 * STEP_24_BIT)
    wet = sum(read(songs["loud"].wet_path(stem)) for stem in songs["loud"].stems)
    assert np.abs(wet - target).max() < 4 * STEP_24_BIT
    assert notes["loud"] == ["turned down by 5.1 dB to stay within full scale"]

    # a mixture is the target, as long as the stems are
    assert description["songs"][1]["target"] == "mixture"
    assert np.abs(read(songs["mixed"].mixture_path) - longer[:, :RATE_HZ]).max() < STEP_24_BIT

    # other rates are resampled, and said to be
    vocals = read(songs["rates"].wet_path("vocals"))
    assert vocals.shape == (2, RATE_HZ)
    assert loudest_hz(vocals[0]) == pytest.approx(3_000.0, abs=1.0)
    assert notes["rates"] == ["resampled from 44100 and 96000 Hz to 44100 Hz"]


def test_a_bad_song_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for seed, name in enumerate(("a", "nan", "silent", "cut", "z")):
        write_song(source / name, 1.0, seed)
    broken = tones(0, 1.0)["bass"]
    broken[1, 22_050] = np.nan
    write_stems(source / "nan", {"bass": broken})
    write_stems(source / "silent", {stem: np.zeros((2, 4_410), np.float32) for stem in STEMS})
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (RATE_HZ, 2))
    (source / "cut" / "drums.wav").unlink()
    soundfile.write(source / "cut" / "drums.flac", noise, RATE_HZ)
    whole = (source / "cut" / "drums.flac").read_bytes()
    (source / "cut" / "drums.flac").write_bytes(whole[: len(whole) // 2])
    description = prepare(source, tmp_path / "data")
    assert [song["name"] for song in description["songs"]] == ["a", "z"]
    reasons = {song["name"]: song["reason"] for song in description["left_out"]}
    assert "NaN or infinite samples at 0.500 s" in reasons["nan"]
    assert "all its stems are silent" in reasons["silent"]
    assert "drums.flac" in reasons["cut"]
    assert all("\n" not in reason for reason in reasons.values())
    assert sorted(p.name for p in (tmp_path / "data" / "songs").iterdir()) == ["a", "z"]
    assert len(read_dataset(tmp_path / "data").songs) == 2


def test_no_song_at_all_is_an_error_and_no_data_set(tmp_path: Path) -> None:
    silent = {stem: np.zeros((2, 4_410), np.float32) for stem in STEMS}
    write_stems(tmp_path / "source" / "silent", silent)
    with pytest.raises(InputError, match="no song could be prepared; the first: silent: all its"):
        prepare(tmp_path / "source", tmp_path / "data")
    with pytest.raises(InputError, match="not finished; run the same mixer dataset prepare again"):
        read_dataset(tmp_path / "data")


def test_a_second_run_does_what_is_not_done(tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    for seed, name in enumerate(("a", "b", "c")):
        write_song(source / name, 1.0, seed)
    first = prepare(source, data)
    before = files_of(data / "songs")
    assert prepare(source, data) == first
    assert files_of(data / "songs") == before
    # one song undone, the second's source touched but the same, the third's changed
    (data / "songs" / "a" / "song.json").unlink()
    os.utime(source / "b" / "drums.wav")
    write_song(source / "c", 1.0, 9)
    second = prepare(source, data)
    assert second["sha256"] != first["sha256"]
    after = files_of(data / "songs")
    assert {n.split("/")[0] for n in after if after[n][0] != before[n][0]} == {"a", "c"}
    changed = {n for n in after if after[n][1] != before[n][1] and not n.endswith("song.json")}
    assert changed
    assert {n.split("/")[0] for n in changed} == {"c"}


def test_other_settings_never_overwrite_unasked(tmp_path: Path) -> None:
    source, data = write_song(tmp_path / "source" / "a", 1.0).parent, tmp_path / "data"
    reverb = PrepareSettings(effects=("reverb", "loudness"), n_variants=2)
    prepare(source, data, reverb)
    assert (data / "songs" / "a" / "normalised" / "vocals.1.flac").exists()
    with pytest.raises(OutputError, match=r"other settings \(effects, n_variants\).*--overwrite"):
        prepare(source, data)
    assert len(read_dataset(data).songs) == 1
    prepare(source, data, overwrite=True)
    assert read_dataset(data).effects == ("loudness",)
    assert not (data / "songs" / "a" / "normalised" / "vocals.1.flac").exists()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_data_set_is_left_alone(tmp_path: Path, kind: str) -> None:
    source, data = write_song(tmp_path / "source" / "a", 0.5).parent, tmp_path / "data"
    if kind == "file":
        data.write_text("mine")
    else:
        data.mkdir()
        (data / "mine.txt").write_text("mine")
    before = files_of(tmp_path)
    with pytest.raises(OutputError, match=r"is a file|holds other files"):
        prepare(source, data, overwrite=True)
    assert files_of(tmp_path) == before


def test_the_profile_is_the_average_of_the_training_songs(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for seed, name in enumerate(("train/a", "train/b", "test/c")):
        folder = write_song(source / name, 2.0, seed)
        (folder / "bass.wav").unlink()
    effects = ("eq", "balance", "loudness")
    settings = PrepareSettings(profile="measure", effects=effects, valid_share=0.0)
    description = prepare(source, tmp_path / "data", settings)
    data = read_dataset(tmp_path / "data")
    assert [song.split for song in data.songs] == ["test", "train", "train"]
    songs = [stems_of(source / "train" / name) for name in ("a", "b")]
    expected = measure_profile(songs, RATE_HZ, effects=effects)
    for stem in ("vocals", "drums", "other"):
        assert data.profile.stem(stem) == expected.stem(stem)
    # no song has a bass: its figures are borrowed, and said to be
    assert data.profile.stem("bass") == read_profile("musdb18").stem("bass")
    assert "bass from musdb18" in data.profile.about
    # measured once: a second run reads it
    written = (tmp_path / "data" / "profile.json").stat().st_mtime_ns
    assert prepare(source, tmp_path / "data", settings) == description
    assert (tmp_path / "data" / "profile.json").stat().st_mtime_ns == written
    write_song(source / "train" / "e", 3.0, 8)
    with pytest.raises(OutputError, match="another selection of songs to measure the profile on"):
        prepare(source, tmp_path / "data", settings)


def test_auto_measures_only_where_there_are_songs_enough(tmp_path: Path) -> None:
    drums = {"drums": np.zeros((2, 441), np.float32)}
    for i in range(20):
        write_stems(tmp_path / "source" / "train" / str(i), drums)
    write_stems(tmp_path / "source" / "test" / "t", drums)
    settings = PrepareSettings(valid_share=0.0)
    assert plan_dataset([tmp_path / "source"], tmp_path / "d", settings).profile == "measure"
    (tmp_path / "source" / "train" / "0" / "drums.wav").unlink()
    assert plan_dataset([tmp_path / "source"], tmp_path / "d", settings).profile == "musdb18"


def test_a_killed_worker_costs_its_song_a_retry(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for seed, name in enumerate(("a", "once", "twice")):
        write_song(source / name, 1.0, seed)
    left = {"once": 1, "twice": 2}

    def kill(stage: str, song: str, share: float) -> None:
        # told when the song is handed out: its process has not got far
        running = multiprocessing.active_children()
        if left.get(song) and running:
            left[song] -= 1
            os.kill(running[0].pid or 0, signal.SIGKILL)
            running[0].join()

    description = prepare(source, tmp_path / "data", progress=kill)
    assert [song["name"] for song in description["songs"]] == ["a", "once"]
    (left_out,) = description["left_out"]
    assert left_out["name"] == "twice"
    assert "killed twice" in left_out["reason"]
    assert sorted(p.name for p in (tmp_path / "data" / "songs").iterdir()) == ["a", "once"]
    assert not list(tmp_path.rglob("*.partial"))


def start(source: Path, data: Path, **options) -> subprocess.Popen:
    command = [sys.executable, "-m", "mixer", "dataset", "prepare", source, "-o", data]
    return subprocess.Popen(
        [*map(str, command), "--effects", "eq,compression,loudness", "-j", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
        **options,
    )


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60.0
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.005)


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    for seed, name in enumerate(("a", "b", "c")):
        write_song(source / name, 4.0, seed)
    interrupted = start(source, data)
    wait_for(data / "songs" / "a" / "song.json")
    interrupted.send_signal(signal.SIGINT)
    _, said = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
    assert said.splitlines()[-1].startswith("mixer: interrupted")
    assert not list(data.rglob("*.partial"))
    done = files_of(data / "songs" / "a")

    killed = start(source, data)
    wait_for(data / "songs" / "b" / "song.json")
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert not (data / "dataset.json").exists()

    again = start(source, data)
    answered, said = again.communicate(timeout=60)
    assert again.returncode == 0, said
    assert "3 songs" in answered
    assert files_of(data / "songs" / "a") == done
    assert not list(data.rglob("*.partial"))
    assert len(read_dataset(data).songs) == 3


def test_a_full_disk_is_one_line_and_nothing_half_written(tmp_path: Path) -> None:
    source, data = write_song(tmp_path / "source" / "a", 3.0).parent, tmp_path / "data"

    def no_file_beyond_200_kb() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    run = start(source, data, preexec_fn=no_file_beyond_200_kb)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert said.splitlines()[-1].startswith("mixer: ")
    assert "cannot be written" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert not (data / "dataset.json").exists()
    assert not list(data.rglob("*.partial"))
    for path in data.rglob("*.flac"):
        assert len(soundfile.read(path)[0]) == 3 * RATE_HZ


def test_a_file_cut_in_its_last_block_is_noticed(tmp_path: Path, rng) -> None:
    audio = noise(rng, 2.0, RATE_HZ)
    SongWriter(tmp_path).write(tmp_path / "whole.flac", audio)
    n_bytes = (tmp_path / "whole.flac").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes - 100, before[1]))
    try:
        with pytest.raises(OutputError, match=r"cut\.flac: cannot be written"):
            SongWriter(tmp_path).write(tmp_path / "cut.flac", audio)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name for path in tmp_path.iterdir()] == ["whole.flac"]


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"effects": ("loudness", "eq")}, SettingsError),
        ({"effects": ("flanger",)}, SettingsError),
        ({"n_variants": 0}, SettingsError),
        ({"seed": -1}, SettingsError),
        ({"split": "coin"}, SettingsError),
        ({"target": "loud"}, SettingsError),
        ({"valid_share": 1.0}, SettingsError),
        ({"profile": "no-such"}, ModelError),
        ({"rooms": "/no/such/rooms"}, InputError),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_written(
    tmp_path: Path, settings: dict, error: type
) -> None:
    source, data = write_song(tmp_path / "source" / "a", 0.5).parent, tmp_path / "data"
    with pytest.raises(error):
        prepare(source, data, PrepareSettings(**settings))
    assert not list(data.rglob("*.flac"))
