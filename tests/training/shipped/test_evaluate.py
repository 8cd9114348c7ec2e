"""Judging a default model: its systems, its songs, its targets, from the command line."""

import json

import numpy as np
import pytest

from mixer.audio import write_audio
from mixer.errors import SettingsError
from mixer.evaluate.benchmark import ERROR_NAMES, BenchmarkResult, SegmentResult
from mixer.evaluate.benchmark_summary import summarise_benchmark
from mixer.meters.measures import DAMAGE
from tests.signals import band
from training.shipped import benchmark_songs
from training.shipped.benchmark_songs import SongGroup
from training.shipped.evaluate import evaluate_songs, main, report, systems
from training.shipped.targets import check_targets

RATE_HZ = benchmark_songs.SAMPLE_RATE_HZ


@pytest.fixture
def songs(tmp_path, monkeypatch, rng):
    """A dry song and its true mix: the voice 6 dB up, one pan, nothing else."""

    def synthesise(seed: int, genre: str, duration_s: float):
        dry = band(np.random.default_rng(seed), duration_s, RATE_HZ)
        wet = dry | {
            "vocals": 2.0 * dry["vocals"],
            "other": np.array([[1.2], [0.8]], np.float32) * dry["other"],
        }
        return benchmark_songs._Stems(dry, wet, f"{genre} {seed}", True, {"seed": seed})

    monkeypatch.setattr(benchmark_songs, "_synthesise", synthesise)
    return list(benchmark_songs.synthetic_songs(tmp_path, 1, 1.5, ["soul", "metal"]))


def test_songs_are_kept_and_read_back(songs, tmp_path, monkeypatch) -> None:
    def never(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(benchmark_songs, "_synthesise", never)
    again = list(benchmark_songs.synthetic_songs(tmp_path, 1, 1.5, ["soul", "metal"]))
    assert again == songs
    inputs, truth = songs[0].inputs(), songs[0].truth()
    assert set(inputs) == set(truth) == {"vocals", "bass", "drums", "other"}
    # 24 bit, and one gain for all where a sum would not fit.
    ratio = np.abs(truth["vocals"]).max() / np.abs(inputs["vocals"]).max()
    np.testing.assert_allclose(inputs["vocals"] * ratio, truth["vocals"], atol=1e-5)


def test_a_song_that_cannot_be_made_leaves_nothing(tmp_path, monkeypatch) -> None:
    def broken(*_, **settings):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(benchmark_songs, "compose_demo_song", lambda *_: {"bass": np.zeros((1, 9))})
    monkeypatch.setattr(benchmark_songs, "write_audio", broken)
    with pytest.raises(benchmark_songs.OutputError, match="No space left"):
        list(benchmark_songs.demo_song(tmp_path))
    assert not list(tmp_path.glob("*/demo/demo"))


def test_the_plain_sum_is_wrong_by_what_the_engineer_did(songs) -> None:
    results = evaluate_songs(songs, systems("sum", []), lambda line: None)
    assert set(results) == {SongGroup.SYNTHETIC}
    assert set(results[SongGroup.SYNTHETIC]) == {"truth", "sum"}
    for result in results[SongGroup.SYNTHETIC]["truth"].values():
        assert max(result.means()[name] for name in ERROR_NAMES) < 1e-6
    stems = results[SongGroup.SYNTHETIC]["sum"][songs[0].name].stem_means()
    lean_db = 20.0 * np.log10(1.2 / 0.8)
    assert stems["other"]["balance_db"] == pytest.approx(lean_db, abs=0.05)
    voice_db = stems["vocals"]["level_db"] - stems["drums"]["level_db"]
    assert voice_db == pytest.approx(-20.0 * np.log10(2.0), abs=0.05)
    # The sum is its inputs: no filter is needed, no gain moves.
    means = results[SongGroup.SYNTHETIC]["sum"][songs[0].name].means()
    assert means["filter_residual_db"] == -60.0
    text, value, targets = report("sum", results, {"songs": 1})
    assert "truth" not in {target.group for target in targets}
    json.dumps(value, allow_nan=False)
    assert value["groups"][SongGroup.SYNTHETIC]["systems"]["sum"]["means"]["level_error_db"] > 0.0
    assert "### Held-out synthetic songs (songs: 1, segments: 1)" in text


def test_a_real_song_is_judged_from_its_first_note(tmp_path) -> None:
    stems = band(np.random.default_rng(2), 1.5, RATE_HZ)
    silence = np.random.default_rng(3).uniform(-3e-5, 3e-5, (2, RATE_HZ)).astype(np.float32)
    for name, audio in stems.items():
        led_in = np.concatenate([silence, audio], axis=1)
        write_audio(tmp_path / "sodium" / f"{name}.wav", led_in, RATE_HZ, bit_depth="32f")
    (song,) = benchmark_songs.real_songs(tmp_path / "cache", tmp_path, 1)
    mix = np.add.reduce(list(song.truth().values()))
    expected = np.add.reduce(list(stems.values()))
    first = int(np.argmax(np.abs(expected).max(axis=0) > 1e-3))
    assert np.abs(mix[:, :400]).max() < 1e-3
    assert mix.shape[1] == pytest.approx(expected.shape[1] - first + 441, abs=1)
    assert song.inputs()["drums"].shape == mix.shape


def test_two_systems_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="two systems"):
        systems("runs/a/default", ["runs/b/default"])
    assert systems("none", ["sum"])["sum"].amount == 0.0


def judged(error: float, damage: dict[str, float]) -> dict[str, BenchmarkResult]:
    """Twelve songs that all measure alike."""
    measures = dict.fromkeys(ERROR_NAMES, error) | damage
    return {
        f"song {k}": BenchmarkResult((SegmentResult(0.0, 10.0, {}, (), measures),))
        for k in range(12)
    }


def test_targets_are_met_and_missed_by_what_they_are() -> None:
    fine = dict(zip((m.name for m in DAMAGE), (0.95, 0.5, 40.0, 0.0, -20.0, 0.0), strict=True))
    bad = fine | {"low_correlation": 0.7, "gain_speed_db_s": 90.0}
    good = summarise_benchmark({"mine": judged(0.7, fine), "none": judged(1.0, fine)}, "mine")
    assert all(target.met for target in check_targets({SongGroup.REAL: good}))
    worse = summarise_benchmark({"mine": judged(2.0, bad), "none": judged(1.0, fine)}, "mine")
    missed = {
        target.name: target for target in check_targets({SongGroup.REAL: worse}) if not target.met
    }
    assert missed["level error, dB, at most"].value == pytest.approx(2.0)
    assert missed["correlation below 120 Hz, above"].value == pytest.approx(0.7)
    assert missed["fastest gain outside onsets, dB/s, at most"].value == pytest.approx(90.0)
    assert missed["measures (of 8) better than none, p below 0.05"].value == 0.0
    assert "missed by 0.20" in missed["level error, dB, at most"].line()
    assert "mono fold-down loss, LU, at most" not in missed
    # Without a truth damage alone is asked for.
    assert len(check_targets({SongGroup.DEMO: good})) == 3


def test_the_command_prints_and_writes(tmp_path, capsys, monkeypatch) -> None:
    def demo(cache):
        yield benchmark_songs._kept(cache, SongGroup.DEMO, "demo", lambda: short)

    rng = np.random.default_rng(1)
    short = benchmark_songs._Stems(band(rng, 1.5, RATE_HZ), {}, "Demo", True, {})
    monkeypatch.setattr("training.shipped.evaluate.demo_song", demo)
    out = tmp_path / "benchmark.json"
    arguments = ["--model", "sum", "--songs", "0", "--takes", "0", "--cache", str(tmp_path)]
    assert main([*arguments, "--json", str(out), "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "| correlation below 120 Hz (least)" in printed.out
    written = json.loads(out.read_text())
    assert set(written["groups"]) == {SongGroup.DEMO}
    assert main([*arguments, "--no-demo"]) == 1
    assert "no songs to judge the model on" in capsys.readouterr().err
    assert main([*arguments, "--model", str(tmp_path / "nothing")]) == 3
