"""`mixer profile import`: the figures of a published feature file as a profile to render with."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mixer.cli.profile import command
from mixer.errors import ModelError, OutputError
from mixer.fxnorm.profile import read_profile
from tests.fxnorm.test_published import RunsCode, features, npy


def run(*arguments: object) -> str:
    result = CliRunner().invoke(
        command, ["import", *map(str, arguments)], catch_exceptions=False, standalone_mode=False
    )
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_published_file_becomes_a_profile_that_can_be_read(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    path, output = tmp_path / "features.npy", tmp_path / "mine" / "profile.json"
    np.save(path, features(rng), allow_pickle=True)
    printed = json.loads(run(path, "-o", output, "--json"))
    profile = read_profile(output)
    assert profile.stem("vocals").loudness_lufs == -30.7
    assert printed["sha256"] == profile.sha256
    assert list(printed["stems"]) == ["vocals", "bass"]
    with pytest.raises(OutputError, match="already exists"):
        run(path, "-o", output)


def test_a_sample_rate_moves_the_bins(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "features.npy"
    np.save(path, features(rng), allow_pickle=True)
    for rate in (44_100, 88_200):
        run(path, "-o", tmp_path / f"{rate}.json", "--sample-rate", rate)
    low, high = (read_profile(tmp_path / f"{rate}.json") for rate in (44_100, 88_200))
    # The same bins lie an octave higher at twice the rate; only the shape of a spectrum counts.
    octave_of_low = np.divide(*low.magnitude_at("vocals", [2_000.0, 1_000.0]))
    octave_of_high = np.divide(*high.magnitude_at("vocals", [4_000.0, 2_000.0]))
    assert octave_of_low == pytest.approx(octave_of_high, rel=0.01)


def test_a_file_that_would_run_code_writes_nothing(tmp_path: Path) -> None:
    marker, output = tmp_path / "it ran", tmp_path / "profile.json"
    path = npy(tmp_path / "evil.npy", pickle.dumps({"eq": RunsCode(marker)}))
    with pytest.raises(ModelError):
        run(path, "-o", output)
    assert not marker.exists()
    assert not output.exists()
