"""Segments are aligned, drawn the same way every time, and never silence."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch.utils.data import DataLoader

from mixer.audio import read_segment
from mixer.errors import InputError, SettingsError
from mixer.stems import STEMS
from tests.signals import noise
from tests.training.songs import RATE_HZ, loudest_hz, tone_hz, tones, write_stems
from training.data.dataset import EpochSampler, SegmentDataset, SegmentSettings, ValidationSegments
from training.data.plan import PrepareSettings, plan_dataset
from training.data.prepare import prepare_dataset
from training.data.prepared_audio import read_dataset

N_SAMPLES = 11_025
NAMES = ("full", "late", "no vocals")
# An entry of a description that has no gains.
SONG = {
    "id": "full",
    "name": "Full",
    "split": "train",
    "stems": ["vocals"],
    "n_samples": 44_100,
    "normalised_gain_db": {},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Three training songs and a validation song of sines, normalised in loudness alone.

    The second begins with two seconds of silence; the third has no vocals.
    """
    source = tmp_path_factory.mktemp("source")
    for number, name in enumerate(NAMES):
        stems = tones(number, 4.0)
        if name == "late":
            for audio in stems.values():
                audio[:, : 2 * RATE_HZ] = 0.0
        if name == "no vocals":
            del stems["vocals"]
        write_stems(source / "train" / name, stems)
    write_stems(source / "valid" / "valid", tones(3, 3.0))
    write_stems(source / "test" / "short", tones(4, 0.1))
    settings = PrepareSettings(effects=("loudness",))
    plan = plan_dataset([source], tmp_path_factory.mktemp("data"), settings)
    prepare_dataset(plan, n_jobs=1)
    return plan.folder


def of(folder: Path, **settings) -> SegmentDataset:
    return SegmentDataset(folder, SegmentSettings(N_SAMPLES, **settings))


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def song_of(audio: np.ndarray) -> int:
    """Which song's tones a channel holds."""
    return int(loudest_hz(audio) + 100.0) // 1_000 - 1


def test_an_item_is_one_window_of_one_song(folder: Path) -> None:
    data = of(folder, swap_channels=False, with_wet=True)
    seen = set()
    for index in range(12):
        item = data[index]
        assert {key: (tuple(v.shape), v.dtype) for key, v in item.items()} == {
            "inputs": ((8, N_SAMPLES), torch.float32),
            "target": ((2, N_SAMPLES), torch.float32),
            "wet": ((4, 2, N_SAMPLES), torch.float32),
        }
        wet, inputs = item["wet"].numpy(), item["inputs"].numpy().reshape(4, 2, N_SAMPLES)
        assert np.abs(wet.sum(axis=0) - item["target"].numpy()).max() < 1e-6
        song = song_of(wet[1, 0])
        seen.add(song)
        for i, stem in enumerate(STEMS):
            if NAMES[song] == "no vocals" and stem == "vocals":
                assert not wet[i].any()
                assert not inputs[i].any()
                continue
            assert loudest_hz(wet[i, 0]) == pytest.approx(tone_hz(song, stem), abs=4.0)
            # loudness alone: the input is the stem times one gain, sample by sample
            gain = np.vdot(inputs[i], wet[i]) / np.vdot(wet[i], wet[i])
            assert np.abs(inputs[i] - gain * wet[i]).max() < 1e-5 * np.abs(inputs[i]).max() + 1e-6
    assert seen == {0, 1, 2}


def test_items_depend_on_seed_epoch_and_number_alone(folder: Path) -> None:
    data = of(folder, seed=3, items_per_epoch=6, input_gain_db=3.0, remix_share=0.5)
    again = of(folder, seed=3, items_per_epoch=6, input_gain_db=3.0, remix_share=0.5)
    items = [data[index] for index in range(12)]
    assert all(same(again[index], items[index]) for index in reversed(range(12)))
    assert not any(same(items[i], items[i + 6]) for i in range(6))
    other = of(folder, seed=4, items_per_epoch=6, input_gain_db=3.0, remix_share=0.5)
    assert not any(same(other[index], items[index]) for index in range(12))


@pytest.mark.parametrize("n_workers", [0, 2])
def test_a_loader_gives_the_same_whatever_its_workers(folder: Path, n_workers: int) -> None:
    data = of(folder, items_per_epoch=6)
    sampler = EpochSampler(len(data))
    sampler.epoch, sampler.start = 2, 2
    loader = DataLoader(data, batch_size=2, sampler=sampler, num_workers=n_workers)
    batches = list(loader)
    assert len(batches) == len(loader) == 2
    for number, batch in enumerate(batches):
        for place in range(2):
            expected = data[2 * 6 + 2 + 2 * number + place]
            assert torch.equal(batch["inputs"][place], expected["inputs"])
            assert torch.equal(batch["target"][place], expected["target"])


def test_processes_share_an_epoch_without_overlap() -> None:
    numbers: list[int] = []
    for rank in range(3):
        sampler = EpochSampler(11, rank=rank, n_ranks=3)
        sampler.epoch, sampler.start = 4, 3
        assert len(list(sampler)) == len(sampler) == 2
        numbers += sampler
    assert sorted(numbers) == list(range(4 * 11 + 3, 4 * 11 + 9))


def test_left_and_right_change_places_in_half_of_the_items(folder: Path) -> None:
    swapping, plain = of(folder, swap_channels=True), of(folder, swap_channels=False)
    # the left of every tone is the louder one; that a window is another does not matter
    is_swapped = []
    for index in range(60):
        target = swapping[index]["target"].numpy()
        inputs = swapping[index]["inputs"].numpy().reshape(4, 2, -1)
        left_is_louder = np.std(target[0]) > np.std(target[1])
        assert (np.std(inputs[1, 0]) > np.std(inputs[1, 1])) == left_is_louder
        is_swapped.append(not left_is_louder)
    # four standard deviations of fair coins
    assert abs(sum(is_swapped) - 30) < 4.0 * np.sqrt(60 / 4)
    targets = [plain[index]["target"].numpy() for index in range(20)]
    assert all(np.std(target[0]) > np.std(target[1]) for target in targets)


def test_silence_is_skipped(folder: Path) -> None:
    data = of(folder)
    levels = [float(data[index]["target"].std()) for index in range(80)]
    assert min(levels) > 1e-3  # -60 dBFS
    n_late = sum(song_of(data[index]["target"][0].numpy()) == 1 for index in range(80))
    # half of the song is silent: it is drawn about half as often as each of the others
    assert 4 <= n_late <= 30


def test_gains_change_the_input_alone(folder: Path) -> None:
    plain, gained = of(folder), of(folder, input_gain_db=6.0)
    gains_db = []
    for index in range(30):
        a, b = plain[index], gained[index]
        assert torch.equal(a["target"], b["target"])
        for before, after in zip(a["inputs"][2:].numpy(), b["inputs"][2:].numpy(), strict=True):
            gain = np.vdot(before, after) / np.vdot(before, before)
            assert np.abs(after - gain * before).max() < 1e-6
            gains_db.append(20.0 * float(np.log10(gain)))
    assert -6.0 <= min(gains_db) < -3.0
    assert 3.0 < max(gains_db) <= 6.0


def test_a_remix_is_the_sum_of_stems_of_several_songs(folder: Path) -> None:
    data = of(folder, remix_share=1.0, with_wet=True)
    several = 0
    for index in range(12):
        item = data[index]
        wet = item["wet"].numpy()
        assert np.abs(wet.sum(axis=0) - item["target"].numpy()).max() < 1e-6
        inputs = item["inputs"].numpy().reshape(wet.shape)
        songs = set()
        for i, stem in enumerate(STEMS):
            hz = loudest_hz(inputs[i, 0])
            song = song_of(inputs[i, 0])
            songs.add(song)
            assert hz == pytest.approx(tone_hz(song, stem), abs=4.0)
            assert loudest_hz(wet[i, 0]) == pytest.approx(hz, abs=4.0)
        several += len(songs) > 1
    assert several >= 8
    assert float(data[0]["target"].abs().max()) <= 1.0


def test_a_dropped_stem_is_missing_from_what_goes_in_and_from_the_target(folder: Path) -> None:
    whole = of(folder, with_wet=True)
    dropped = of(folder, with_wet=True, drop_share=1.0)
    silenced = set()
    for index in range(12):
        before, after = whole[index], dropped[index]
        played, left = (item["wet"].abs().amax((1, 2)) > 0.0 for item in (before, after))
        assert int(played.sum()) - int(left.sum()) == 1
        [stem] = (played & ~left).nonzero()[0].tolist()
        silenced.add(stem)
        assert not after["inputs"].view(4, 2, -1)[stem].any()
        wanted = before["target"] - before["wet"][stem]
        torch.testing.assert_close(after["target"], wanted)
        kept = [i for i in range(4) if i != stem]
        for name, shape in (("inputs", (4, 2, -1)), ("wet", (4, 2, -1))):
            assert torch.equal(after[name].view(shape)[kept], before[name].view(shape)[kept])
    assert len(silenced) > 1
    # The wet stems are read for it, and handed out where they are asked for.
    assert same(of(folder, drop_share=1.0)[3], {k: v for k, v in dropped[3].items() if k != "wet"})


def test_validation_is_the_same_every_time(folder: Path) -> None:
    first = ValidationSegments(folder, N_SAMPLES, per_song=3, with_wet=True)
    again = ValidationSegments(folder, N_SAMPLES, per_song=3, with_wet=True)
    assert len(first) == 3
    assert all(same(first[i], again[i]) for i in range(3))
    starts = [start for _, start in first.excerpts]
    assert starts == sorted(set(starts))
    assert all(start + N_SAMPLES <= 3 * RATE_HZ for start in starts)
    assert all(song_of(first[i]["target"][0].numpy()) == 3 for i in range(3))


def test_a_song_shorter_than_the_window_ends_in_silence(folder: Path) -> None:
    short = ValidationSegments(folder, N_SAMPLES, split="test")
    item = short[0]
    assert item["inputs"].shape == (8, N_SAMPLES)
    assert item["target"][:, :4_000].abs().max() > 0.1
    assert not item["target"][:, 4_410:].any()


def test_the_gain_of_storing_is_undone(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "data")
    content = json.loads((copy / "dataset.json").read_text())
    for song in content["songs"]:
        song["normalised_gain_db"] = {stem: [-6.0] for stem in song["stems"]}
    (copy / "dataset.json").write_text(json.dumps(content))
    plain, louder = of(folder)[0], of(copy)[0]
    assert torch.equal(plain["target"], louder["target"])
    assert torch.allclose(plain["inputs"] * 10.0**0.3, louder["inputs"], rtol=1e-5)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("schema_version", 99, "schema version must be 1, not 99"),
        ("stems", ["vocals"], "stems other than"),
        ("profile", {"sha256": "0"}, "not the profile that the data set was prepared with"),
        ("songs", "none", "songs must be a list"),
        ("songs", [{"id": "../../etc"}], r"songs\.0\.id must be a song id"),
        (
            "songs",
            [{"id": "full", "split": "all"}],
            r"songs\.0\.split must be one of train, valid, test",
        ),
        (
            "songs",
            [{"id": "full", "split": "train", "stems": ["../x"]}],
            r"stems\.0 must be one of vocals",
        ),
        ("songs", [{**SONG, "stems": ["bass", "vocals"]}], "stems must be in the order of vocals"),
        ("songs", [SONG], "a gain for each variant of vocals"),
        ("sample_rate", -1, "sample_rate must be"),
        ("n_variants", True, "n_variants must be a whole number"),
    ],
)
def test_a_damaged_description_is_refused(folder: Path, tmp_path: Path, key, value, says) -> None:
    for name in ("dataset.json", "profile.json"):
        shutil.copy(folder / name, tmp_path / name)
    content = json.loads((tmp_path / "dataset.json").read_text())
    (tmp_path / "dataset.json").write_text(json.dumps({**content, key: value}))
    with pytest.raises(InputError, match=says) as caught:
        read_dataset(tmp_path)
    assert "\n" not in str(caught.value)


def test_what_is_missing_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="contains no prepared data set"):
        read_dataset(tmp_path)
    with pytest.raises(InputError, match="absent: no such folder; prepare a data set there"):
        read_dataset(tmp_path / "absent")
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_dataset(tmp_path)
    copy = shutil.copytree(folder, tmp_path / "data")
    os.truncate(copy / "songs" / "full" / "wet" / "bass.flac", 2_000)
    with pytest.raises(InputError, match="bass"):
        [of(copy, with_wet=True)[index] for index in range(12)]
    (copy / "songs" / "full" / "wet" / "bass.flac").unlink()
    with pytest.raises(InputError, match=r"bass\.flac: missing"):
        read_dataset(copy)


@pytest.mark.parametrize(
    "settings",
    [
        {"items_per_epoch": 0},
        {"seed": -1},
        {"remix_share": 1.5},
        {"drop_share": -0.1},
        {"input_gain_db": -1.0},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(SettingsError):
        SegmentSettings(N_SAMPLES, **settings)


@pytest.mark.parametrize(("ending", "subtype"), [("wav", "FLOAT"), ("flac", "PCM_24")])
def test_a_segment_is_a_slice_of_its_file(tmp_path: Path, rng, ending, subtype) -> None:
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, noise(rng, 2.0, RATE_HZ).T, RATE_HZ, subtype=subtype)
    whole = soundfile.read(path, dtype="float32")[0].T
    for start, n_samples in ((0, 10), (4_095, 4_098), (50_001, 30_000), (88_190, 10)):
        segment = read_segment(path, start, n_samples)
        assert segment.dtype == np.float32
        assert np.array_equal(segment, whole[:, start : start + n_samples])
    beyond = read_segment(path, 88_000, 1_000)
    assert np.array_equal(beyond[:, :200], whole[:, 88_000:])
    assert not beyond[:, 200:].any()
    assert not read_segment(path, 10**12, 5).any()


def test_a_segment_that_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    audio = np.zeros((2, RATE_HZ), np.float32)
    audio[0, 100] = np.inf
    soundfile.write(tmp_path / "inf.wav", audio.T, RATE_HZ, subtype="FLOAT")
    (tmp_path / "text.flac").write_text("no audio")
    for name in ("inf.wav", "text.flac", "none.flac"):
        with pytest.raises(InputError, match=name.split(".")[0]) as caught:
            read_segment(tmp_path / name, 0, 1_000)
        assert "\n" not in str(caught.value)
    assert not read_segment(tmp_path / "inf.wav", 101, 1_000).any()
