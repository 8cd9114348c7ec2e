"""Stems and raw recordings in two folders are a wet song and its dry one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer.network.track_mixer.features import listen_to
from tests.training.songs import RATE_HZ, write_stems
from training.data.multitracks import Multitrack, find_multitracks
from training.data.prepare_tracks import excerpts_of

METADATA = """stems:
  S01:
    filename: A_STEM_01.wav
    instrument: drum set
    raw:
      R01: {filename: A_RAW_01_01.wav, instrument: kick drum}
      R02: {filename: A_RAW_01_02.wav, instrument: snare drum}
  S02:
    component: bass
    filename: A_STEM_02.wav
    instrument: electric bass
    raw:
      R01: {filename: A_RAW_02_01.wav, instrument: electric bass}
"""


def noise(seed: int, gain: float) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((1, RATE_HZ))
    return np.float32(gain) * noise.astype(np.float32)


RAW = {"A_RAW_01_01": noise(1, 0.1), "A_RAW_01_02": noise(2, 0.05), "A_RAW_02_01": noise(3, 0.1)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wet = {
        "A_STEM_01": 0.5 * (RAW["A_RAW_01_01"] + RAW["A_RAW_01_02"]),
        "A_STEM_02": 0.25 * RAW["A_RAW_02_01"],
    }
    song = tmp_path / "set" / "A"
    write_stems(song / "A_RAW", RAW)
    write_stems(song / "A_STEMS", wet)
    write_stems(song, {"A_MIX": np.add.reduce(list(wet.values()))})
    return song


def check(multitrack: Multitrack) -> None:
    """The stems are wet, their recordings dry; each stem stands beside the sum of its own."""
    assert multitrack.name == "A"
    assert multitrack.target is not None
    assert multitrack.target.file == "A_MIX.wav"
    ((_, song),) = excerpts_of(multitrack.song, multitrack.dry, multitrack.raw_of)
    assert song.kind == "dry_and_wet"
    ratios = 10.0 * np.log10(song.wet_powers[:, 0].sum(axis=1) / song.dry_powers[:, 0].sum(axis=1))
    np.testing.assert_allclose(ratios, (-6.02, -12.04), atol=0.05)
    kit = listen_to(RAW["A_RAW_01_01"] + RAW["A_RAW_01_02"], RATE_HZ).powers
    np.testing.assert_allclose(song.dry_powers[0], kit, rtol=1e-3)


def test_metadata_says_what_belongs_together(folder: Path) -> None:
    (folder / "A_METADATA.yaml").write_text(METADATA)
    (multitrack,), left_out = find_multitracks([folder.parent])
    assert not left_out
    check(multitrack)
    assert [(r.stem, r.role) for r in multitrack.song.recordings] == [
        ("drums", "drum_stem"),
        ("bass", "bass"),
    ]
    assert multitrack.dry is not None
    assert [r.role for r in multitrack.dry.recordings] == ["kick", "snare", "bass"]


def test_numbers_say_it_without_metadata(folder: Path) -> None:
    (multitrack,), _ = find_multitracks([folder])
    check(multitrack)


def test_a_session_without_a_mix_is_one_song(folder: Path) -> None:
    (folder / "A_MIX.wav").unlink()
    (multitrack,), _ = find_multitracks([folder.parent])
    assert multitrack.target is None
    assert len(multitrack.song.recordings) == 2


def test_a_session_with_broken_metadata_is_left_out_with_the_reason(folder: Path) -> None:
    write_stems(folder.parent / "B", {"drums": noise(4, 0.1), "bass": noise(5, 0.1)})
    (folder / "A_METADATA.yaml").write_text("stems: [")
    (multitrack,), (left_out,) = find_multitracks([folder.parent])
    assert multitrack.name == "B"
    assert "A_METADATA.yaml: line 1: not valid YAML" in left_out.reason
