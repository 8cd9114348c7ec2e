"""Keys of what a model set, from presets to the mix: on stems, tracks, roles, buses and rooms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.preset.merge import resolve
from mixer.rendering.mix import Mix
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import with_console
from tests.signals import noise

RATE_HZ = 44_100


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    names = ("Kick", "Snare", "Bass", "Gtr 1", "Lead Vox")
    return write_song({f"{name}.wav": 0.1 * noise(rng, 2.0, RATE_HZ)[:1] for name in names})


def settings(*sets: str, model: str = "tracks", presets: tuple[Path, ...] = ()) -> RenderSettings:
    return with_console(RenderSettings(model=model), resolve(presets, sets=sets).console)


def mixed(folder: Path, *sets: str, model: str = "tracks") -> Mix:
    return render(load_song(folder), settings(*sets, model=model), wet_stems=True, wet_tracks=True)


def strips(mix: Mix) -> dict[str, dict]:
    return {name: dict(t["strip"]) for name, t in mix.measurements["tracks"]["tracks"].items()}


def test_a_track_setting_is_offset_on_a_track_a_role_and_a_stem(folder: Path) -> None:
    before = mixed(folder)
    after = mixed(
        folder,
        'tracks."Lead Vox".network.pan=0.25',
        "roles.snare.network.gain_db=-2",
        "drums.room_db.set=-20",
    )
    was, now = strips(before), strips(after)
    assert now["Lead Vox.wav"]["pan"] == pytest.approx(was["Lead Vox.wav"]["pan"] + 0.25)
    assert now["Snare.wav"]["gain_db"] == pytest.approx(was["Snare.wav"]["gain_db"] - 2.0)
    for name in ("Kick.wav", "Snare.wav"):
        assert now[name]["short_room_db"] == now[name]["long_room_db"] == -20.0
    assert {name for name in was if was[name] != now[name]} == {
        "Lead Vox.wav", "Snare.wav", "Kick.wav"
    }  # fmt: skip
    record = after.measurements["tracks"]["tracks"]["Lead Vox.wav"]
    assert record["found"]["pan"] == was["Lead Vox.wav"]["pan"]
    assert np.array_equal(before.wet_tracks["Bass.wav"], after.wet_tracks["Bass.wav"])
    assert np.array_equal(before.wet_stems["other"], after.wet_stems["other"])
    assert not np.array_equal(before.wet_stems["drums"], after.wet_stems["drums"])


def test_buses_and_rooms_have_keys_too(folder: Path) -> None:
    after = mixed(
        folder,
        "bass.network.gain_db=1.5",
        "master.network.curve_12500_hz_db=2",
        "master.network.ratio.set=1",
        "space.long_decay_s.scale=0.5",
    )
    was = mixed(folder).measurements["tracks"]
    now = after.measurements["tracks"]
    bass = [side["groups"]["bass"]["gain_db"] for side in (was, now)]
    assert bass[1] == pytest.approx(bass[0] + 1.5)
    assert now["mix"]["curve_db"][-1] == pytest.approx(was["mix"]["curve_db"][-1] + 2.0)
    assert now["mix"]["compression"]["ratio"] == 1.0
    assert now["space"]["long_decay_s"] == pytest.approx(0.5 * was["space"]["long_decay_s"])


def test_a_preset_may_say_it_by_a_number_or_by_a_table(folder: Path, tmp_path: Path) -> None:
    preset = tmp_path / "dry.toml"
    preset.write_text("[all_stems.network]\nroom_db = -6\necho_db = { scale = 0 }\n")
    console = resolve([preset], sets=["drums.room_db.scale=0.5", "vocals.network.echo_db=none"])
    drums = console.console.strip("drums").network
    assert drums is not None
    assert drums.room_db is not None
    assert (drums.room_db.offset, drums.room_db.scale, drums.room_db.set) == (-6.0, 0.5, None)
    vocals = console.console.strip("vocals").network
    assert vocals is not None
    assert vocals.echo_db is None
    assert resolve(song_table=console.table).console == console.console


def test_what_a_model_does_not_set_is_told(folder: Path) -> None:
    song = load_song(folder)
    of_none = plan_render(song, settings("drums.room_db=-6", "space.echo_s=1", model="none"))
    line = "model none has no setting that drums.network.room_db or space.echo_s could change"
    assert line in of_none.warnings
    of_bands = plan_render(song, settings("drums.room_db=-6", "drums.ratio=1", model="default"))
    line = "model default has no setting that drums.network.ratio could change"
    assert line in of_bands.warnings
    assert not plan_render(song, settings("drums.ratio=1")).warnings


def test_the_default_models_room_is_lowered_and_no_other_stem_is_touched(folder: Path) -> None:
    song = load_song(folder)
    before = render(song, settings(model="default"), wet_stems=True)
    after = render(song, settings("drums.room_db=-6", model="default"), wet_stems=True)
    record = after.measurements["network"]["drums"]
    assert record["used"]["room_db"] == pytest.approx(max(record["found"]["room_db"] - 6.0, -45.0))
    for stem in ("vocals", "bass", "other"):
        assert np.array_equal(before.wet_stems[stem], after.wet_stems[stem])
    assert not np.array_equal(before.wet_stems["drums"], after.wet_stems["drums"])
