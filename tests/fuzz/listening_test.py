"""One small listening test, built once and copied into the cases that need it."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from mixer.listen.build import build_test
from mixer.listen.build_settings import BuildSettings
from mixer.listen.design import Design, read_design
from mixer.listen.systems import parse_systems
from mixer.song.load import load_song

RATE_HZ = 44_100
_SECONDS = 5.0


@functools.cache
def _built() -> tuple[Design, dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        song = Path(folder) / "Ada"
        song.mkdir()
        for index, stem in enumerate(("drums", "bass")):
            rng = np.random.default_rng(index)
            audio = 0.1 * rng.standard_normal((round(_SECONDS * RATE_HZ), 2))
            soundfile.write(song / f"{stem}.wav", audio, RATE_HZ)
        test = Path(folder) / "T"
        settings = BuildSettings(
            length_s=3.0, least_heard_s=0.2, seed=7, training=False, align=False
        )
        build_test(
            [load_song(song)],
            parse_systems(["sum", f"none={_quiet(Path(folder))}"]),
            test,
            settings,
        )
        files = {
            path.relative_to(test).as_posix(): path.read_bytes()
            for path in test.rglob("*")
            if path.is_file()
        }
        return read_design(test), files


def _quiet(folder: Path) -> Path:
    """A folder with a finished mix of the song."""
    mixes = folder / "mixes"
    mixes.mkdir()
    audio = 0.05 * np.random.default_rng(5).standard_normal((round(_SECONDS * RATE_HZ), 2))
    soundfile.write(mixes / "Ada.wav", audio, RATE_HZ)
    return mixes


def lay_out_test(folder: Path) -> Design:
    """Put the test into a folder that is not there yet."""
    design, files = _built()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return design


def design_of_test() -> Design:
    """What the test asks for."""
    return _built()[0]
