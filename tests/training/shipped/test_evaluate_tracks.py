"""The page's table comes from the figures that were measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.audio import write_audio
from mixer.evaluate.track_errors import TrackErrors
from training.shipped.benchmark_songs import SAMPLE_RATE_HZ
from training.shipped.evaluate_tracks import main, page_table, read_stem_song


def errors(level_db: float, group_db: float, share: float, *, tracks: bool = True) -> TrackErrors:
    of_tracks = {"level": level_db, "spectrum": 2.0} if tracks else {}
    return TrackErrors(of_tracks, group_db, share, group_db - 2.0, -3.0, 0.4, {"bass": group_db})


RESULTS = {
    "sum": {"a 1": errors(6.0, 5.0, 0.25), "a 2": errors(8.0, 4.0, 0.5)},
    "default": {
        "a 1": errors(0.0, 2.0, 0.75, tracks=False),
        "a 2": errors(0.0, 3.0, 0.75, tracks=False),
    },
    "tracks": {"a 1": errors(4.0, 3.0, 0.5), "a 2": errors(5.0, 2.5, 0.5)},
}


def test_the_table_has_means_and_the_best_of_each_column_in_bold() -> None:
    lines = page_table(RESULTS)
    same = "**3.00** | **0.40** |"
    assert lines[2] == f"| plain sum | 7.00 | **2.00** | 4.50 | 38 % | 2.50 | {same}"
    # A model that mixes sums has no tracks to be judged by.
    assert lines[3].endswith(f" levels |  |  | **2.50** | **75 %** | **0.50** | {same}")
    assert lines[4] == f"| `tracks` | **4.50** | **2.00** | 2.75 | 50 % | 0.75 | {same}"


def test_figures_that_were_kept_go_into_a_page_without_a_render(tmp_path: Path) -> None:
    kept, page = tmp_path / "tracks.json", tmp_path / "models.md"
    plain = {m: {n: vars(e) for n, e in by.items()} for m, by in RESULTS.items()}
    kept.write_text(json.dumps(plain), encoding="utf-8")
    page.write_text("above\n<!-- tracks -->\nold\n<!-- /tracks -->\nbelow\n", encoding="utf-8")
    assert main(["--measured", str(kept), "--page", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("above\n<!-- tracks -->\n| | level of a track")
    assert "old" not in text
    assert text.endswith("<!-- /tracks -->\nbelow\n")


def test_songs_that_are_not_there_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for asked in (["all"], ["Nowhere"]):
        assert main(["--tracks", str(tmp_path), "--songs", *asked]) == 2
        assert f"{tmp_path}" in capsys.readouterr().err


def test_finished_stems_come_in_at_levels_drawn_over_20_db(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for stem, channels in (("drums", 2), ("vocals", 1)):
        audio = 0.1 * rng.standard_normal((channels, SAMPLE_RATE_HZ)).astype(np.float32)
        write_audio(tmp_path / f"{stem}.wav", audio, SAMPLE_RATE_HZ, bit_depth="32f")
    silence = np.zeros((2, SAMPLE_RATE_HZ), np.float32)
    write_audio(tmp_path / "bass.wav", silence, SAMPLE_RATE_HZ, bit_depth="32f")
    song, again, other = (read_stem_song(tmp_path, draw) for draw in (0, 0, 1))
    assert set(song.inputs) == set(song.wet) == {"drums", "vocals"}
    for name, wet in song.wet.items():
        assert wet.shape[0] == 2
        gain_db = 20.0 * np.log10(np.std(song.inputs[name]) / np.std(wet))
        assert -20.0 <= gain_db <= 0.0
        np.testing.assert_array_equal(song.inputs[name], again.inputs[name])
    assert any(np.std(song.inputs[n]) != np.std(other.inputs[n]) for n in song.inputs)
