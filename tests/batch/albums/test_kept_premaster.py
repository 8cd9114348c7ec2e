"""A mix kept for its album comes back as it was; what a stranger left in its place does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mixer.batch.albums.kept_premaster import load_premaster, save_premaster
from mixer.rendering.mix import Premaster

PLAN: Any = SimpleNamespace(identity={"name": "a"}, varies=False)
AUDIO = np.linspace(-1.0, 1.0, 20, dtype=np.float32).reshape(2, 10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = Premaster(
        plan=PLAN,
        audio=AUDIO,
        wet_stems={"vocals": 0.5 * AUDIO, "bass": 0.25 * AUDIO},
        wet_levels={},
        stages={"input": -AUDIO, "normalised": 2.0 * AUDIO},
        device="cpu",
        measurements={},  # type: ignore[typeddict-item]
        seconds={"mix": 1.0},
        wet_tracks={"Kick": 0.125 * AUDIO},
    )
    save_premaster(made, tmp_path / "kept", "hash")
    return tmp_path / "kept"


def test_it_comes_back_as_it_was(folder: Path) -> None:
    found = load_premaster(folder, PLAN, "hash")
    assert found is not None
    np.testing.assert_array_equal(found.audio, AUDIO)
    np.testing.assert_array_equal(found.wet_stems["bass"], 0.25 * AUDIO)
    np.testing.assert_array_equal(found.stages["normalised"], 2.0 * AUDIO)
    np.testing.assert_array_equal(found.wet_tracks["Kick"], 0.125 * AUDIO)
    assert found.seconds == {"mix": 1.0}
    assert load_premaster(folder, PLAN, "another hash") is None
    other = SimpleNamespace(**{**vars(PLAN), "identity": None})
    assert load_premaster(folder, other, "hash") is None  # type: ignore[arg-type]


def outside(folder: Path) -> None:
    np.save(folder.parent / "elsewhere.npy", AUDIO)
    change(folder, wet_stems=[str(folder.parent / "elsewhere")])


def change(folder: Path, **values: object) -> None:
    path = folder / "premaster.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    "damage",
    [
        outside,
        lambda folder: change(folder, stages=["../vocals"]),
        lambda folder: change(folder, wet_stems=7),
        lambda folder: change(folder, wet_stems=[["vocals"]]),
        lambda folder: (folder / "premaster.json").write_text("[" * 100_000),
        lambda folder: (folder / "premaster.json").write_text("[1]"),
        lambda folder: (folder / "premaster.json").write_bytes(b" " * (17 << 20) + b"{}"),
        lambda folder: (folder / "mix.npy").write_bytes(b""),
        lambda folder: np.save(folder / "mix.npy", np.zeros((3, 10), np.float32)),
        lambda folder: np.save(folder / "mix.npy", np.zeros((2, 10), np.float64)),
        lambda folder: np.save(folder / "bass.npy", np.zeros(10, np.float32)),
    ],
    ids=range(11),
)
def test_what_was_not_kept_is_made_again(folder: Path, damage: Callable[[Path], None]) -> None:
    assert load_premaster(folder, PLAN, "hash") is not None
    damage(folder)
    assert load_premaster(folder, PLAN, "hash") is None
