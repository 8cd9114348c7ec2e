"""Fixtures of the report's tests: a song whose stems are tones, so that one hears who plays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song, render
from mixer.output.write import write_mix
from mixer.rendering.mix import Mix
from mixer.report import ReportData, report_data, write_listening_copies
from tests.browser import browser, open_page, page, serve, watch  # noqa: F401
from tests.signals import sine

RATE_HZ = 44_100
DURATION_S = 6.0
# On the analyser's bins, so that one tone does not look like two.
TONES_HZ = {stem: k * RATE_HZ / 2048 for stem, k in zip(("vocals", "bass"), (40, 10), strict=True)}
INPUT_HZ, NORMALISED_HZ = 90 * RATE_HZ / 2048, 150 * RATE_HZ / 2048


def tone(frequency_hz: float, level: float) -> np.ndarray:
    """float32 (2, samples)."""
    return np.repeat(sine(frequency_hz, DURATION_S, RATE_HZ, level), 2, axis=0)


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tones") / "Two tones"
    folder.mkdir()
    for stem, frequency_hz in TONES_HZ.items():
        soundfile.write(folder / f"{stem}.wav", tone(frequency_hz, 0.2).T, RATE_HZ, subtype="FLOAT")
    return folder


@pytest.fixture(scope="session")
def mix(song_folder) -> Mix:
    """The plain sum: its wet stems are the recordings, and sum to it exactly."""
    return render(load_song(song_folder), RenderSettings(amount=0.0), wet_stems=True)


@pytest.fixture(scope="session")
def data(mix, tmp_path_factory) -> ReportData:
    """With its audio on the disk: mix and stems as rendered, the other two as listening copies."""
    folder = tmp_path_factory.mktemp("report")
    recipe = write_mix(mix, folder / "mix.wav")
    measured = report_data(
        replace(mix, stages={"input": tone(INPUT_HZ, 0.1), "normalised": tone(NORMALISED_HZ, 0.4)}),
        files={name: Path(file["path"]) for name, file in recipe["output"]["files"].items()},
    )
    return write_listening_copies(folder / "mix.report", measured, overwrite=False)


@pytest.fixture(scope="session")
def folder(data) -> Path:
    """Where the audio lies, and where its report belongs."""
    return data.sources[0].file.parents[1]
