"""Whether tracks are dry is what the user says, and else what their levels do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song
from mixer.network.track_mixer.features import listen_to
from mixer.network.track_mixer.heard_tracks import HeardTracks
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.tracks import track_console
from tests.signals import noise

RATE_HZ = 44_100
TRACKS = ("Kick", "Bass", "Lead Vox")


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    return write_song({f"{name}.wav": 0.1 * noise(rng, 1.0, RATE_HZ)[:1] for name in TRACKS})


@pytest.mark.parametrize(
    ("levels", "said", "in_song", "is_dry"),
    [
        ("raw", None, False, True),
        ("raw", False, False, False),  # raw, and yet with a room on them
        ("raw", None, True, True),
        ("mix", None, False, False),
        ("mix", True, False, True),
        ("mix", None, True, True),
        ("mix", False, True, False),
    ],
)
def test_raw_tracks_are_dry_unless_the_user_says_otherwise(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    levels: str,
    said: bool | None,
    in_song: bool,
    is_dry: bool,
) -> None:
    (folder / "song.toml").write_text(f"dry = {str(in_song).lower()}\n")
    plan = plan_render(load_song(folder), RenderSettings(model="levels", levels=levels, dry=said))
    asked: list[HeardTracks] = []
    settings_of = track_console.level_settings

    def remembered(heard: HeardTracks) -> object:
        asked.append(heard)
        return settings_of(heard)

    monkeypatch.setattr(track_console, "level_settings", remembered)
    sound = np.random.default_rng(1).standard_normal((1, RATE_HZ)).astype(np.float32)
    track_console.set_console(plan, [listen_to(0.1 * sound, RATE_HZ)] * len(plan.tracks), None)
    assert [heard.dry for heard in asked] == [is_dry]
