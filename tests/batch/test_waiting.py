"""Songs start in the order of the manifest, and the last ones longest first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from mixer.batch.listener import Summary
from tests.batch.conftest import HereEngine

# Thousands of samples of each song, in the order of the manifest.
LENGTHS = {f"s{n}": n_samples for n, n_samples in enumerate((9, 1, 4, 2, 8, 3, 5, 7, 6, 9))}


def write_of_lengths(manifest: Path) -> Path:
    for name, n_blocks in LENGTHS.items():
        song = np.full((1_000 * n_blocks, 2), 0.1, np.float32)
        soundfile.write(manifest.parent / name / "drums.wav", song, 44_100, subtype="PCM_16")
    return manifest


def started(batch: Callable[..., Summary], manifest: Path, out: Path) -> list[str]:
    assert batch(manifest, out).exit_code == 0
    return [order.id for order in batch.engine.seen]  # type: ignore[attr-defined]


def test_the_last_songs_start_longest_first(make_songs, batch, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(HereEngine, "n_workers", 2)
    manifest = write_of_lengths(make_songs(list(LENGTHS)))
    # The two before the last eight, then these; equal ones as in the manifest.
    longest = sorted(list(LENGTHS)[2:], key=lambda name: -LENGTHS[name])
    assert started(batch, manifest, tmp_path / "out") == ["s0", "s1", *longest]


def test_one_worker_keeps_to_the_manifest(make_songs, batch, tmp_path) -> None:
    manifest = write_of_lengths(make_songs(list(LENGTHS)))
    assert started(batch, manifest, tmp_path / "out") == list(LENGTHS)


def test_one_of_them_that_cannot_be_read_fails(make_songs, batch, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(HereEngine, "n_workers", 2)
    manifest = write_of_lengths(make_songs(list(LENGTHS)))
    (tmp_path / "s4" / "drums.wav").write_bytes(b"RIFF")
    summary = batch(manifest, tmp_path / "out")
    assert (summary.n_done, summary.n_failed) == (9, 1)
