"""Working files of an open song: what is written is read, and a full disk is told at once."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mixer.errors import OutputError
from mixer.studio.sample_files import Samples
from tests.studio.desk import Open, wait_for


def test_what_is_written_is_read_from_any_place_within_half_a_step(tmp_path: Path) -> None:
    audio = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 700_000)).astype(np.float32)
    samples = Samples(tmp_path, audio.shape[1])
    assert samples.read(0, 100) == b""
    samples.write(audio[:, :400_000])
    assert (samples.version, samples.ready_frames) == (1, 400_000)
    for start, n_frames, n_read in ((0, 400_000, 400_000), (262_100, 90, 90), (399_990, 90, 10)):
        read = np.frombuffer(samples.read(start, n_frames), "<i2").reshape(-1, 2).T
        assert read.shape[1] == n_read
        heard = read * (samples.full_scale / 32_767.0)
        step = samples.full_scale / 32_767.0
        np.testing.assert_allclose(heard, audio[:, start : start + n_read], atol=0.51 * step)
    samples.write(audio)
    assert samples.ready_frames == 700_000
    assert samples.peaks(1) == [round(float(np.abs(audio).max()), 4)]
    samples.close()
    assert samples.read(0, 100) == b""


def test_a_disk_that_is_full_or_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"gone: no space for samples: No such file"):
        Samples(tmp_path / "gone", 100)


def test_a_song_that_the_disk_has_no_room_for_is_not_begun(
    track_song: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=6_000_000))
    session = opened(track_song)
    wait_for(lambda: session.state()["phase"] == "failed")
    problem = session.state()["problem"]
    assert problem is not None
    # Six tracks, four stems, the mix and the plain sum: three seconds of 16-bit stereo each.
    assert "this song needs 6.4 MB there while it is open, and 6.0 MB are free" in problem
    assert problem.endswith("another folder with the environment variable TMPDIR")
