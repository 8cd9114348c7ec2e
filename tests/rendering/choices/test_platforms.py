"""Targets by name, and what becomes of a mix there, in words."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, SettingsError, load_song, render, write_mix
from mixer.batch.requests.manifest import read_manifest
from mixer.console.settings import Console
from mixer.output.recipe_reader import read_recipe
from mixer.rendering.choices.platforms import PLATFORMS, TurnsUp, verdict
from mixer.rendering.settings import with_console
from tests.signals import band


@pytest.mark.parametrize(
    ("name", "lufs", "dbtp", "line"),
    [
        # the example that Spotify itself gives: -20 LUFS with peaks of -5 is lifted to -16
        (
            "spotify", -20.0, -5.0,
            "6.0 LU below Spotify's -14 LUFS: it will be turned up by 4.0 dB at most, as "
            "its peak of "
            "-5.0 dBTP may rise to -1",
        ),
        ("spotify", -16.1, -3.5, "2.1 LU below Spotify's -14 LUFS: it will be turned up by 2.1 dB"),
        (
            "spotify", -16.1, -1.0,
            "2.1 LU below Spotify's -14 LUFS: it will not be turned up, as its peak of -1.0 dBTP "
            "leaves no room",
        ),
        (
            "spotify", -10.0, -1.0,
            "4.0 LU above Spotify's -14 LUFS: it will be turned down by 4.0 dB; its peak of -1.0 "
            "dBTP is above its ceiling for louder mixes of -2, so it may clip when it is encoded",
        ),
        (
            "youtube", -16.0, -6.0,
            "2.0 LU below YouTube's -14 LUFS: it will not be turned up, and will be quieter than "
            "others",
        ),
        ("broadcast-ebu", -23.1, -3.0, "at EBU R 128's -23 LUFS: it will be played unchanged"),
        (
            "broadcast-ebu", -21.0, -3.0,
            "2.0 LU above EBU R 128's -23 LUFS: it will be rejected or changed; deliver it at "
            "-23 LUFS",
        ),
        ("podcast", -16.8, -1.5, "at podcasts' -16 LUFS: it will be played unchanged"),
        ("club", -11.0, -1.0, "2.0 LU below a club's -9 LUFS: it is played at its own level"),
        (
            "apple-music", -16.0, 0.2,
            "at Apple Music's -16 LUFS: it will be played unchanged; its peak of 0.2 dBTP is above "
            "its ceiling of -1, so it may clip when it is encoded",
        ),
    ],
)  # fmt: skip
def test_a_verdict_says_what_becomes_of_it(name: str, lufs: float, dbtp: float, line: str) -> None:
    assert verdict(name, lufs, dbtp) == line


def test_silence_has_a_verdict_too() -> None:
    assert verdict("cd", None, None) == "silent: a CD has nothing to play"


def test_every_record_has_a_source_and_a_date() -> None:
    for name, place in PLATFORMS.items():
        assert place.name == name
        assert len(place.source) > 20
        assert re.fullmatch(r"20\d\d-\d\d", place.looked_up)
        assert (place.turns_up is TurnsUp.TO_HEADROOM) == (place.headroom_dbtp < 0.0)


def test_a_platform_sets_what_nobody_else_has_asked_for() -> None:
    settings = RenderSettings(platform="broadcast-ebu")
    assert (settings.loudness_lufs, settings.true_peak_dbtp) == (-23.0, -1.0)
    assert RenderSettings(platform="cd").true_peak_dbtp == -0.3
    assert RenderSettings(platform="cd", loudness_lufs=-10.0).loudness_lufs == -10.0
    assert RenderSettings(platform="cd", true_peak_dbtp=-2.0).true_peak_dbtp == -2.0
    assert RenderSettings(platform="cd", true_peak_dbtp=None).true_peak_dbtp is None
    from_preset = with_console(settings, Console(loudness_lufs=-9.0, true_peak_dbtp=-3.0))
    assert (from_preset.loudness_lufs, from_preset.true_peak_dbtp) == (-23.0, -1.0)
    with pytest.raises(SettingsError, match="did you mean 'spotify'"):
        RenderSettings(platform="spotfy")


def test_the_mix_reaches_it_and_the_recipe_has_the_verdict(write_song, rng, tmp_path) -> None:
    folder = write_song({f"{n}.wav": a for n, a in band(rng, 3.0, 44_100).items()})
    mix = render(load_song(folder), RenderSettings(model="none", platform="broadcast-ebu"))
    assert mix.measurements["master"]["loudness_lufs"] == pytest.approx(-23.0, abs=0.1)
    assert mix.verdict == "at EBU R 128's -23 LUFS: it will be played unchanged"
    write_mix(mix, tmp_path / "a.wav")
    assert json.loads((tmp_path / "a.mix.json").read_text())["verdict"] == mix.verdict
    assert read_recipe(tmp_path / "a.wav").settings.platform == "broadcast-ebu"
    assert render(load_song(folder), RenderSettings(model="none")).verdict is None
    assert np.isfinite(mix.audio).all()


def test_a_manifests_rows_have_platforms(tmp_path: Path) -> None:
    (tmp_path / "song").mkdir()
    (tmp_path / "m.csv").write_text("song,platform,loudness_lufs\nsong,spotify,\nsong,cd,-10\n")
    (first, second), _ = read_manifest(tmp_path / "m.csv")
    assert first.settings["loudness_lufs"] == -14.0
    assert second.settings["loudness_lufs"] == -10.0
    assert second.settings["true_peak_dbtp"] == -0.3
