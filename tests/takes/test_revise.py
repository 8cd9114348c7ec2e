"""The next take: what was not asked for is bit for bit what it was, and the recipe proves it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import (
    InputError,
    RenderSettings,
    SettingsError,
    list_takes,
    load_song,
    render,
    revise,
    write_mix,
)
from mixer.audio import read_audio
from mixer.audio.formats import LossyCoding
from mixer.console.settings import Compressor, Console, Strip
from mixer.output.output_settings import OutputSettings, ReportKind
from mixer.output.recipe_reader import read_recipe
from mixer.output.recipe_words import proof_lines
from mixer.output.replay import replay
from mixer.rendering.kept.kept_material import kept_alike
from mixer.rendering.timing.progress import Stage
from mixer.rendering.wanted_audio import WantedAudio
from mixer.takes.revise import _kept, make_take, plan_revision
from tests.signals import band, noise

First = Callable[..., Path]
OTHERS = ["vocals", "bass", "other"]


def test_less_room_on_the_drums_leaves_the_other_stems_bit_for_bit(first_take: First) -> None:
    recipe = first_take()
    done = revise(recipe, "less reverb on drums")
    assert sorted(done.take["same"]) == sorted(OTHERS)
    assert done.take["different"] == ["drums"]
    record = done.rendered.mix.measurements["network"]["drums"]
    assert record["used"]["room_db"] == pytest.approx(max(record["found"]["room_db"] - 6, -45))
    assert done.rendered.mix.wet_stems == {}
    assert done.rendered.recipe["take"]["parent"]["file"] == "song.mix.json"


def test_the_proof_is_of_the_samples_that_are_written(first_take: First, tmp_path: Path) -> None:
    """Without a gain of the bus, the stems beside two takes are equal files."""
    recipe = first_take(model="none")
    folder = recipe.parent
    make_take(plan_revision(recipe, ["vocals.gain_db=+1"], wanted=OutputSettings(stems=True)))
    make_take(plan_revision(folder / "song.take2.mix.json", ["bass.width=0.5"]))
    takes = [folder / f"song.take{n}.stems" for n in (2, 3)]
    for stem in ("vocals", "drums", "other"):
        one, two = (read_audio(take / f"{stem}.wav")[0] for take in takes)
        assert np.array_equal(one, two)
    one, two = (read_audio(take / "bass.wav")[0] for take in takes)
    assert not np.array_equal(one, two)


def test_a_processed_stem_stays_when_another_ones_room_moves_the_level_of_the_desk(
    first_take: First,
) -> None:
    recipe = first_take()
    revise(recipe, "steadier vocals", "vocals.saturation={drive_db=6}")
    third = revise(recipe.parent / "song.take2.wav", "drums.network.gain_db=+6")
    assert "vocals" in third.take["same"]
    assert third.take["different"] == ["drums"]


def test_takes_are_numbered_listed_and_replayed(first_take: First, tmp_path: Path) -> None:
    recipe = first_take()
    folder = recipe.parent
    first = recipe.read_bytes(), (folder / "song.wav").read_bytes()
    revise(recipe, "vocals up")
    revise(folder / "song.take2.wav", "vocals up 1 dB")
    revise(recipe, "bass.gain_db=-2")
    assert (recipe.read_bytes(), (folder / "song.wav").read_bytes()) == first
    takes = list_takes(recipe)
    assert [take.number for take in takes] == [1, 2, 3, 4]
    assert [take.parent for take in takes] == [
        None, "song.mix.json", "song.take2.mix.json", "song.mix.json"
    ]  # fmt: skip
    assert takes[2].changes == ("vocals.gain_db 1.5 -> 2.5",)
    assert takes[3].asked == ("bass.gain_db=-2",)
    assert not any(take.state for take in takes)
    assert list_takes(folder / "song.take3.wav") == takes
    for take in takes:
        again = replay(read_recipe(take.recipe), tmp_path / f"again{take.number}")
        assert again.is_same, [str(one) for one in again.differences]


def test_a_take_after_it_was_lost_gets_no_number_that_was_used(first_take: First) -> None:
    recipe = first_take(model="none")
    revise(recipe, "vocals up")
    revise(recipe, "bass up")
    (recipe.parent / "song.take2.mix.json").unlink()
    assert revise(recipe, "drums up").take["number"] == 4


@pytest.mark.parametrize(
    ("file_format", "bit_depth", "bitrate_kbps", "stems"),
    [("wav", "16", None, True), ("flac", "24", None, False), ("mp3", "24", 192, False)],
)
def test_a_take_is_written_as_its_parent_was(
    write_song, rng, tmp_path: Path, file_format, bit_depth, bitrate_kbps, stems
) -> None:
    files = {f"{name}.wav": audio for name, audio in band(rng, 0.6, 44_100).items()}
    mix = render(load_song(write_song(files)), RenderSettings("none"), wet_stems=stems)
    coding = LossyCoding(bitrate_kbps)
    path = tmp_path / f"own.{file_format}"
    write_mix(mix, path, bit_depth=bit_depth, coding=coding)
    for asked in (False, True):
        wanted = OutputSettings(stems=asked)
        take = plan_revision(path, ["vocals up"], wanted=wanted).destination.wanted
        assert (take.format, take.bit_depth) == (file_format, bit_depth)
        assert (take.bitrate_kbps, take.stems) == (bitrate_kbps, stems or asked)


def test_the_bus_is_told_apart_and_its_gain_can_be_held(first_take: First) -> None:
    recipe = first_take(loudness_lufs=-16.0)
    louder = revise(recipe, "all_stems.gain_db=+3")
    bus = louder.take["bus"]
    was, now = bus["was"]["gain_db"], bus["now"]["gain_db"]
    assert was is not None
    assert now is not None
    assert now - was == pytest.approx(-3.0, abs=0.1)
    held = revise(recipe, "all_stems.gain_db=+3", hold_gain=True)
    assert held.take["bus"]["now"]["gain_db"] == was
    assert held.rendered.mix.measurements["master"]["loudness_lufs"] > -14.5


def test_a_bus_that_compresses_is_told_by_what_it_does_to_the_loudness(first_take: First) -> None:
    compressor = Compressor(threshold_db=-30.0, ratio=4.0)
    recipe = first_take(model="none", console=Console(master=Strip(compressor=compressor)))
    second = revise(recipe, "all_stems.gain_db=+4")
    was, now = (second.take["bus"][when]["own_bus_db"] for when in ("was", "now"))
    assert was is not None
    assert now is not None
    # Of 4 dB more, a compressor of 4:1 takes 3 at most, and none of what is below its threshold.
    assert -3.0 <= now - was < -1.0
    told = f"the bus: {was:.2f} -> {now:.2f} dB through its own processing"
    assert told in proof_lines(second.take)
    # What the second take says of itself is what the third compares with.
    third = revise(recipe.parent / "song.take2.wav", "all_stems.gain_db=-4")
    assert third.take["bus"]["was"]["own_bus_db"] == now
    assert third.take["bus"]["now"]["own_bus_db"] == pytest.approx(was, abs=1e-3)


def test_a_bus_that_follows_no_level_has_no_processing_to_tell(first_take: First) -> None:
    take = revise(first_take(model="none", true_peak_dbtp=None), "all_stems.gain_db=+4").take
    assert take["bus"]["now"]["own_bus_db"] is None
    assert "the bus: the same gain, the same limiting" in proof_lines(take)


def test_what_is_unchanged_is_found_and_not_made_again(first_take: First, cache: Path) -> None:
    recipe = first_take()
    revision = plan_revision(recipe, ["vocals up"])
    kept, plan = _kept(revision), revision.plan
    assert kept is not None
    assert kept.holds(plan, WantedAudio(True)) == {}
    before = revise(recipe, "vocals up")
    whole = {Stage.NORMALISE: 0, Stage.NETWORK: 5}
    assert kept.holds(plan, WantedAudio(True)) == whole
    assert kept_alike(plan, revision.parent_plan, WantedAudio(True)) == whole
    of_the_model = plan_revision(recipe, ["less reverb on drums"]).plan
    assert kept.holds(of_the_model, WantedAudio(True)) == {Stage.NORMALISE: 4}
    assert kept_alike(of_the_model, plan, WantedAudio(True)) == {Stage.NORMALISE: 4}
    assert before.n_reused > 0  # the parent was made on the way to prove it
    after = revise(recipe.parent / "song.take2.wav", "vocals up")
    assert after.n_reused == 5
    stages = after.rendered.mix.seconds
    assert stages["network"] < before.rendered.mix.seconds["network"] or stages["network"] < 0.2
    shutil.rmtree(cache)
    anew = revise(recipe.parent / "song.take2.wav", "vocals up")
    assert np.array_equal(anew.rendered.mix.audio, after.rendered.mix.audio)
    assert anew.take["parts"] == after.take["parts"]


def test_a_damaged_cache_is_made_again(first_take: First, cache: Path) -> None:
    recipe = first_take()
    before = revise(recipe, "vocals up")
    for path in cache.iterdir():
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    after = revise(recipe, "vocals up")
    assert np.array_equal(before.rendered.mix.audio, after.rendered.mix.audio)


def test_tracks_are_proven_one_by_one(write_song, rng, tmp_path: Path) -> None:
    from mixer import RenderSettings, render, write_mix

    names = ("Kick", "Snare", "Bass", "Gtr 1", "Lead Vox")
    folder = write_song({f"{name}.wav": 0.1 * noise(rng, 2.0, 44_100)[:1] for name in names})
    mix = render(load_song(folder), RenderSettings(model="tracks"))
    write_mix(mix, tmp_path / "mixes" / "song.wav")
    done = revise(tmp_path / "mixes" / "song.wav", "snare down", "roles.snare.room_db=-3")
    assert done.take["different"] == ["drums", "tracks/Snare.wav"]
    assert {f"tracks/{name}.wav" for name in names if name != "Snare"} < set(done.take["same"])
    assert not done.rendered.mix.wet_tracks


def test_a_song_that_changed_is_not_revised(first_take: First, rng) -> None:
    recipe = first_take(model="none")
    song = read_recipe(recipe).song_folder
    vocals = band(rng, 3.0, 44_100)["vocals"]
    soundfile.write(song / "vocals.wav", 0.5 * vocals.T, 44_100, subtype="FLOAT")
    with pytest.raises(InputError, match=r"vocals\.wav.* render the song again"):
        revise(recipe, "vocals up")


def test_what_asks_for_nothing_is_refused_before_work(first_take: First) -> None:
    recipe = first_take(model="none")
    with pytest.raises(SettingsError, match="already has these settings"):
        revise(recipe, "vocals.gain_db=0")
    with pytest.raises(InputError, match="no such recipe"):
        list_takes(recipe.parent / "other.wav")


def test_a_folder_of_mixes_names_them(tmp_path: Path) -> None:
    for name in ("b.mix.json", "a.mix.json", "a.take2.mix.json", "a.var1.mix.json", "c.wav"):
        (tmp_path / name).touch()
    named = r"a folder of mixes, not of a song; .* recipes: a\.mix\.json, b\.mix\.json$"
    with pytest.raises(InputError, match=named):
        list_takes(tmp_path)


def test_a_takes_report_tells_what_it_changed_and_where_it_is_lost(first_take: First) -> None:
    recipe = first_take(model="none", effects=())
    wanted = OutputSettings(
        report=ReportKind.EMBEDDED, deliver=("acapella",), check_translation=True
    )
    make_take(plan_revision(recipe, ["vocals.gain_db=+1"], wanted=wanted))
    page = (recipe.parent / "song.take2.report.html").read_text(encoding="utf-8")
    assert "vocals.gain_db 0 -&gt; 1" in page
    assert "bit for bit as before: bass, drums, other" in page
    assert "the stems sum to the mix within" in page
    assert ">Elsewhere<" in page
