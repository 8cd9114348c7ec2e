"""docs/compare_systems.py: from a folder of multitracks to a figure, as it stands in its head."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.signals import band

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "compare_systems.py"


@pytest.mark.slow
def test_a_folder_of_multitracks_becomes_a_figure(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for seed, name in enumerate(("Ada", "Bo")):
        folder = tmp_path / "multitracks" / name
        folder.mkdir(parents=True)
        stems = band(np.random.default_rng(seed), 2.0, 44_100)
        # The first has a human mix, the second only wet stems.
        files = {**stems, "mixture": sum(stems.values())} if name == "Ada" else stems
        for stem, audio in files.items():
            soundfile.write(folder / f"{stem}.wav", 0.4 * audio.T, 44_100)
    figure = tmp_path / "figure.png"
    command = [sys.executable, str(SCRIPT), "multitracks", "default", "none", "-o", str(figure)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert figure.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    lines = done.stdout.splitlines()
    assert lines[-1] == str(figure)
    # Two systems a measure, and no third one.
    for line in lines[:-1]:
        assert re.fullmatch(r".+ \(lower is better\): default \S+, none \S+, p \S+", line), line
    assert [line.split(",")[0] for line in lines[:2]] == ["spectral", "panning"]


@pytest.mark.parametrize(
    ("folder", "model", "says"),
    [
        ("nowhere", "default", "nowhere: no such folder; give one that holds a folder a song"),
        ("empty", "default", "empty: no song folders in it; give one that holds a folder a song"),
        ("songs", "defualt", "unknown model 'defualt'"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, model: str, says: str
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), folder, model, "none"])
    (tmp_path / "empty").mkdir()
    song = tmp_path / "songs" / "Ada"
    song.mkdir(parents=True)
    for stem, audio in band(np.random.default_rng(0), 1.0, 44_100).items():
        soundfile.write(song / f"{stem}.wav", 0.4 * audio.T, 44_100)
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    # What a program ends with that is not a number is said on stderr, and its exit code is 1.
    assert str(ended.value.code).startswith(f"compare_systems.py: {says}")
    assert "\n" not in ended.value.code
