"""Which model mixes a song that names none: tracks as tracks, finished stems as stems."""

import json
from pathlib import Path

import numpy as np
import pytest

from mixer.audio import write_audio
from mixer.console.settings import Console
from mixer.output.destination import Destination, render_to
from mixer.output.output_settings import OutputSettings
from mixer.preset.merge import resolve
from mixer.rendering.pipeline import render
from mixer.rendering.plans.model_choice import model_of
from mixer.rendering.plans.plan import MaterialKind
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import RenderSettings
from mixer.song.load import load_song
from mixer.song.song import Song

RATE = 44_100
STEMS = ("vocals", "bass", "drums", "other")
TRACKS = ("Kick", "Snare Top", "Bass DI", "Lead Vox", "Gtr L", "Gtr R")


def song_of(
    folder: Path, names: tuple[str, ...], gains_db: tuple[float, ...] = (), n_channels: int = 2
) -> Song:
    rng = np.random.default_rng([5, n_channels])
    for number, name in enumerate(names):
        gain = 10.0 ** ((gains_db[number] if gains_db else -20.0) / 20.0)
        audio = gain * rng.uniform(-1, 1, (n_channels, 2 * RATE))
        write_audio(folder / f"{name}.wav", audio.astype(np.float32), RATE, bit_depth="32f")
    return load_song(folder)


@pytest.mark.parametrize(
    ("names", "model"), [(STEMS, "default"), (TRACKS, "tracks"), (("vocals",), "default")]
)
def test_tracks_are_mixed_as_tracks_and_finished_stems_as_stems(tmp_path, names, model):
    plan = plan_render(song_of(tmp_path / "song", names), RenderSettings())
    assert plan.model_name == model
    # The record names the model, so that a replay does not depend on how it was chosen.
    assert plan.settings.model == model


@pytest.mark.parametrize(
    ("names", "model"), [(STEMS, "tracks"), (("vocals", "bass"), "default"), (("drums",), "tracks")]
)
def test_mono_files_of_instruments_are_recordings(tmp_path, names, model):
    song = song_of(tmp_path / "song", names, n_channels=1)
    assert model_of(song, RenderSettings(), Console()) == model


def test_dry_and_raw_stems_are_mixed_as_tracks(tmp_path):
    song = song_of(tmp_path / "song", STEMS)
    assert model_of(song, RenderSettings(levels="raw"), Console()) == "tracks"
    assert model_of(song, RenderSettings(dry=True), Console()) == "tracks"
    (song.folder / "song.toml").write_text("dry = true\n", encoding="utf-8")
    said = load_song(song.folder)
    assert model_of(said, RenderSettings(), Console()) == "tracks"
    assert model_of(said, RenderSettings(dry=False), Console()) == "default"


def test_a_pair_of_files_is_one_track(tmp_path):
    folder = tmp_path / "song"
    song_of(folder, ("Lead Vox", "Bass", "Drums"))
    song = song_of(folder, ("Keys L", "Keys R"), n_channels=1)
    assert len(song.recordings) == 5
    assert model_of(song, RenderSettings(), Console()) == "default"


def test_a_model_that_is_named_is_taken(tmp_path):
    song = song_of(tmp_path / "song", TRACKS)
    assert model_of(song, RenderSettings("default"), Console()) == "default"
    assert model_of(song, RenderSettings("none"), Console()) == "none"


def test_normalisations_belong_to_models_of_stems(tmp_path):
    song = song_of(tmp_path / "song", TRACKS)
    assert model_of(song, RenderSettings(effects=("balance",)), Console()) == "default"
    assert model_of(song, RenderSettings(profile="musdb18"), Console()) == "default"


def test_what_only_a_model_of_tracks_can_do_asks_for_it(tmp_path):
    song = song_of(tmp_path / "song", STEMS)
    panned = resolve((), {}, ['tracks."other".pan=0.3']).console
    louder = resolve((), {}, ['tracks."other".gain_db=2']).console
    assert model_of(song, RenderSettings(), panned) == "tracks"
    assert model_of(song, RenderSettings(), louder) == "default"
    assert model_of(song, RenderSettings(), Console(), wet_tracks=True) == "tracks"
    # Only there does what comes in stay nearly as it is.
    assert model_of(song, RenderSettings(levels="mix"), Console()) == "tracks"


def test_the_recipe_names_the_model_that_was_chosen(tmp_path):
    plan = plan_render(song_of(tmp_path / "song", TRACKS), RenderSettings())
    assert plan.material is MaterialKind.TRACKS
    render_to(Destination(tmp_path / "mix.wav", OutputSettings("wav")), plan)
    recipe = json.loads((tmp_path / "mix.mix.json").read_text())
    assert recipe["settings"]["model"] == recipe["model"]["name"] == "tracks"


@pytest.mark.parametrize("model", ["default", "tracks"])
def test_dry_stems_come_out_the_same_whatever_their_levels(tmp_path, model):
    """A raw recording is as loud as the preamplifier happened to stand."""
    settings = RenderSettings(model, dry=True, true_peak_dbtp=None, loudness_lufs=None)
    even = render(song_of(tmp_path / "a", STEMS, (-20.0,) * 4), settings)
    drawn = render(song_of(tmp_path / "b", STEMS, (-6.0, -26.0, -14.0, -30.0)), settings)
    assert even.measurements["levels"]["taken_for"] == "raw"
    np.testing.assert_allclose(drawn.audio, even.audio, atol=2e-4)


def test_dry_stems_of_a_song_without_voices_have_their_other_instruments_lower(tmp_path):
    """As in mixes of such songs, for a model of stems as for one of tracks."""
    settings = RenderSettings("default", dry=True, true_peak_dbtp=None)

    def apart_db(name: str, stems: tuple[str, ...], voice_db: float) -> dict[str, float]:
        gains_db = tuple(voice_db if stem == "vocals" else -20.0 for stem in stems)
        found = render(song_of(tmp_path / name, stems, gains_db), settings).measurements["stems"]
        lufs = {stem: found[stem]["after"]["loudness_lufs"] for stem in STEMS[1:]}
        return {stem: lufs[stem] - lufs["drums"] for stem in ("bass", "other")}

    sung = apart_db("sung", STEMS, -20.0)
    # A silent stem does not count as a singer.
    for name, stems in (("none", STEMS[1:]), ("silent", STEMS)):
        unsung = apart_db(name, stems, -np.inf)
        assert unsung["bass"] - sung["bass"] == pytest.approx(0.0, abs=0.05)
        assert unsung["other"] - sung["other"] == pytest.approx(-2.0, abs=0.05)


def test_levels_of_a_mix_are_believed_and_those_that_no_mix_has_are_not(tmp_path):
    usual = song_of(tmp_path / "a", STEMS, (-20.0, -24.0, -22.0, -20.5))
    drawn = song_of(tmp_path / "b", STEMS, (-6.0, -36.0, -14.0, -40.0))
    alike = song_of(tmp_path / "c", STEMS, (0.0,) * 4)
    taken = [render(song).measurements["levels"]["taken_for"] for song in (usual, drawn, alike)]
    assert taken == ["rough", "raw", "raw"]
    asked = render(drawn, RenderSettings(levels="rough")).measurements["levels"]
    assert asked == {"taken_for": "rough", "reason": "as asked"}


def test_effects_that_were_asked_for_are_the_only_ones(tmp_path):
    song = song_of(tmp_path / "song", STEMS, (-6.0, -36.0, -14.0, -40.0))
    mix = render(song, RenderSettings(effects=("balance",)))
    assert mix.measurements["levels"] is None
    assert set(mix.measurements["stems"]["vocals"]["effects"]) == {"balance"}
