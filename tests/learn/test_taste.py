"""Changes that several songs have in common become a preset; others are reported and left out."""

import json
import tomllib

import numpy as np
import pytest
import soundfile

from mixer.cli.main import run
from mixer.learn.common_bands import net_bands
from mixer.learn.decision import is_most, why_not
from mixer.output.daw.session_reading import read_session
from mixer.output.daw.strips.native import response_db
from mixer.output.daw.strips.native_strip import EqBand
from tests.learn.edits import Text
from tests.output.daw.test_editable import RATE_HZ, deliver
from tests.signals import band

HZ = np.geomspace(40.0, 16_000.0, 40)
# The model's own rooms differ from song to song; here they are the same, that they can be turned.
SETS = (
    'tracks."Lead Vox".network.short_room_db={set=-18}',
    'tracks."Lead Vox".reverb_db=-14',
)


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Five songs, rendered, with a session each."""
    root = tmp_path_factory.mktemp("taste")
    for number in range(5):
        folder = root / f"song{number}"
        folder.mkdir()
        sounds = band(np.random.default_rng(number), 1.0, RATE_HZ)
        files = {"Lead Vox.wav": sounds["vocals"][:1], "Bass DI.wav": sounds["bass"][:1],
                 "Kick.wav": sounds["drums"], "Synth.wav": sounds["other"]}  # fmt: skip
        for name, audio in files.items():
            soundfile.write(folder / name, audio.T, RATE_HZ, subtype="FLOAT")
        deliver(folder, root / f"out{number}", "tracks", SETS, daws=("reaper",))
    return root


def strips(path):
    return {track.name: track.strip for track in read_session(path).tracks}


@pytest.fixture(scope="module")
def learnt(songs):
    """Sessions changed as a user of some habits would, and what was said of them."""
    for number in range(5):
        text = Text(songs / f"out{number}" / "mix.rpp")
        text.volpan("Lead Vox", db=(1.0, 1.4, 2.0, 1.2, 1.6)[number])
        text.automate("Bass DI")
        if number < 4:
            hz, gain_db = 500.0 * 2.0 ** (0.1 * number), 3.0 + 0.2 * number
            text.band("Lead Vox", 8, hz, gain_db, 1.0)
            text.volpan("Kick", pan=(0.3, 0.25, 0.35, 0.3)[number])
            text.send("Lead Vox", "Room", 3.0)
            text.send("Lead Vox", "Reverb", (4.0, 5.0, 6.0, 5.0)[number])
            text.band("Synth", 4, 120.0 + 10.0 * number, 0.0, 2.0)
        if number < 3:
            text.width("Synth", 0.6)
            text.volpan("drums", db=-2.0)
        if number % 2:
            text.volpan("Synth", db=3.0)
        else:
            text.volpan("Synth", db=-3.0)
        if number == 0:
            text.volpan("Bass DI", db=-4.0)
            text.band("Lead Vox", 1, 8_000.0, 6.0, 2.0)
        text.write()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MIXER_PRESETS", str(songs / "presets"))
        paths = [str(songs / f"out{number}" / "mix.rpp") for number in range(5)]
        assert run(["learn", *paths, "--preset", "my-taste"]) == 0
        yield songs


def test_the_preset_has_the_middle_of_what_was_done_alike(learnt) -> None:
    table = tomllib.loads((learnt / "presets" / "my-taste.toml").read_text())
    vocal, kick, synth = (table["roles"][role] for role in ("lead_vocal", "kick", "lead_synth"))
    assert vocal["gain_db"] == 1.4
    (bell,) = vocal["eq"]
    assert bell["type"] == "peak"
    assert bell["frequency_hz"] == pytest.approx(500.0 * 2.0**0.15, rel=0.01)
    assert bell["gain_db"] == pytest.approx(3.3, abs=0.01)
    assert bell["q"] == pytest.approx(2**0.5, rel=0.05)
    assert vocal["network"] == {"short_room_db": pytest.approx(3.0, abs=0.01)}
    assert vocal["reverb_db"] == pytest.approx(-9.0, abs=0.01)
    assert synth["width"] < 0.7
    assert kick["pan"] > 0.1
    assert synth["high_pass"]["frequency_hz"] == pytest.approx(135.0)
    assert table["drums"] == {"gain_db": -2.0}
    assert set(table["roles"]) == {"lead_vocal", "kick", "lead_synth"}


def test_it_says_what_was_learnt_and_what_was_not(learnt, capsys) -> None:
    paths = [str(learnt / f"out{number}" / "mix.rpp") for number in range(5)]
    assert run(["learn", *paths, "--preset", "another", "--dry-run", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert "lead vocal +1.4 dB in 5 of 5 songs (+1.0 to +2.0)" in said["habits"]
    (bell,) = [words for words in said["habits"] if "bell" in words]
    assert bell.startswith("lead vocal bell +3.3 dB at 555 Hz, Q 1.4 in 4 of 5 songs (+3.0 to +3.6")
    assert "drums -2.0 dB in 3 of 5 songs (-2.0 to -2.0)" in said["habits"]
    left = said["no_habits"]
    assert "bass -4.0 dB in 1 of 5 songs: too few songs" in left
    assert "lead synth -3.0 dB in 5 of 5 songs: in different directions" in left
    assert "bass: automation cannot be set in a preset, in 5 of 5 songs" in left
    (shelf,) = [words for words in left if "shelf" in words]
    assert shelf.endswith("in 1 of 5 songs: too few songs")
    assert not list(learnt.glob("presets/another*"))


@pytest.mark.parametrize("number", [1, 4])
def test_a_render_with_the_preset_has_these_settings(learnt, tmp_path, number) -> None:
    """Those of the strips of before, with the hand's habits on top; also where they were not."""
    for name, presets in (("plain", ()), ("taste", ("my-taste",))):
        deliver(learnt / f"song{number}", tmp_path / name, "tracks", SETS[:1], daws=("reaper",),
                presets=presets)  # fmt: skip
    before, now = (strips(tmp_path / name / "mix.rpp") for name in ("plain", "taste"))
    vocal, was = now["Lead Vox"], before["Lead Vox"]
    assert vocal.gain_db - was.gain_db == pytest.approx(1.4, abs=0.01)
    sends = dict(vocal.sends)
    assert sends["Room"] - dict(was.sends)["Room"] == pytest.approx(3.0, abs=0.01)
    assert sends["Reverb"] == pytest.approx(-9.0, abs=0.01)
    bell = response_db((EqBand("bell", 555.0, 3.3, 2**0.5),), HZ, RATE_HZ)
    more_db = response_db(vocal.bands, HZ, RATE_HZ) - response_db(was.bands, HZ, RATE_HZ)
    np.testing.assert_allclose(more_db, bell, atol=0.15)
    assert now["Kick"].pan - before["Kick"].pan == pytest.approx(0.3, abs=0.03)
    assert now["Kick"].gain_db == pytest.approx(before["Kick"].gain_db, abs=0.1)
    assert now["Synth"].width == pytest.approx(0.6, abs=0.02)
    corners = [b.frequency_hz for b in now["Synth"].bands if b.kind == "high_pass"]
    assert corners[-1] == pytest.approx(135.0, rel=0.01)
    assert now["Bass DI"].gain_db == pytest.approx(before["Bass DI"].gain_db, abs=0.01)


def test_half_of_the_songs_and_one_direction_make_a_taste() -> None:
    assert why_not([1.0], 1, 0.2) == "too few songs"
    assert why_not([1.0, 1.0], 5, 0.2) == "too few songs"
    assert why_not([1.0, 1.0], 4, 0.2) == ""
    assert why_not([1.0, 1.0, 1.0, -1.0], 4, 0.2) == ""
    assert why_not([1.0, 1.0, -1.0], 4, 0.2) == "in different directions"
    assert why_not([0.1, 0.1, 0.1], 3, 0.2) == "by too little"
    assert is_most(2, 3)
    assert not is_most(1, 2)


def test_a_turned_band_is_one_band_that_does_as_much() -> None:
    undone, new = EqBand("bell", 1_000.0, -4.0, 1.0), EqBand("bell", 1_100.0, 1.0, 1.0)
    (net,) = net_bands([undone, new])
    both = response_db((undone, new), HZ, RATE_HZ)
    np.testing.assert_allclose(response_db((net,), HZ, RATE_HZ), both, atol=0.6)
    assert net_bands([undone, EqBand("bell", 4_000.0, 4.0, 1.0)])[0] == undone
    assert (net.frequency_hz, net.gain_db) == (1_100.0, -3.0)
    assert net_bands([EqBand("bell", 1_000.0, 0.01, 1.0)]) == []


def test_bands_of_one_direction_or_of_two_kinds_stay_two() -> None:
    bell, near = EqBand("bell", 1_000.0, -4.0, 1.0), EqBand("bell", 1_100.0, -1.0, 1.0)
    shelf = EqBand("low_shelf", 1_000.0, 4.0, 1.0)
    notches = [EqBand("notch", hz, 0.0, 8.0) for hz in (50.0, 60.0)]
    for two in ([bell, near], [bell, shelf], notches):
        assert net_bands(two) == two
