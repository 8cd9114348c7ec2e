"""Versions of a mix: through one bus, aligned, and together the mix."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer import ModelError, RenderSettings, SettingsError, load_song
from mixer.audio import read_audio
from mixer.dsp.blocks import db_to_gain
from mixer.meters.true_peak import true_peak_dbtp
from mixer.output.deliverables import explicit_mask
from mixer.output.destination import Destination, Rendered, render_to
from mixer.output.output_settings import OutputSettings
from mixer.output.recipe_reader import read_recipe
from mixer.output.recipe_words import version_lines
from mixer.output.replay import replay
from mixer.output.versions import WORDS, parse_deliver, parse_template, version_paths
from mixer.preset.merge import resolve
from mixer.rendering.plans.planning import plan_render
from mixer.rendering.settings import with_console
from tests.signals import band, noise

RATE_HZ = 44_100
ALL = tuple(word for word in WORDS if word != "clean")


@pytest.fixture
def folder(write_song, rng: np.random.Generator) -> Path:
    return write_song({f"{n}.wav": a for n, a in band(rng, 3.0, RATE_HZ).items()})


def rendered(
    folder: Path,
    out: Path,
    deliver: tuple[str, ...],
    *sets: str,
    bit_depth: str = "32f",
    **settings: object,
) -> Rendered:
    asked = RenderSettings(**{"model": "default", "loudness_lufs": -9.0, **settings})
    song = load_song(folder)
    plan = plan_render(song, with_console(asked, resolve(sets=sets).console))
    wanted = OutputSettings(format="wav", bit_depth=bit_depth, deliver=deliver)
    destination = Destination(out / "song.wav", wanted)
    destination.check(plan)
    return render_to(destination, plan)


def read(done: Rendered, name: str) -> np.ndarray:
    return read_audio(Path(done.recipe["output"]["versions"][name]["path"]))[0]


def mix_of(done: Rendered) -> np.ndarray:
    return read_audio(Path(done.recipe["output"]["files"]["mix"]["path"]))[0]


def peak_db(audio: np.ndarray) -> float:
    return float(20.0 * np.log10(np.abs(audio).max()))


@pytest.mark.parametrize(
    ("sets", "error_dbfs"),
    [
        ((), -110.0),  # a limiter alone
        (("master.eq.0={type='high_shelf', gain_db=3}", "master.width=1.4"), -110.0),
        (("master.compressor={threshold_db=-25, ratio=4}", "vocals.reverb_db=-12"), -90.0),
    ],
)
def test_instrumental_and_a_cappella_are_the_mix_behind_the_limiter(
    folder: Path, tmp_path: Path, sets: tuple[str, ...], error_dbfs: float
) -> None:
    done = rendered(folder, tmp_path / "out", ("instrumental", "acapella"), *sets)
    assert done.mix.measurements["master"]["max_reduction_db"] > 1.0
    apart = read(done, "instrumental") + read(done, "acapella") - mix_of(done)
    stated = done.recipe["output"]["versions_error_dbfs"]
    assert peak_db(apart) <= max(stated, -125.0) + 0.5
    assert stated < error_dbfs


def test_every_version_is_as_long_as_the_mix_and_the_stems_are_it(
    folder: Path, tmp_path: Path
) -> None:
    done = rendered(folder, tmp_path / "out", ALL)
    mix, versions = mix_of(done), done.recipe["output"]["versions"]
    assert set(versions) == {
        "instrumental", "acapella", "tv", "vocal-up", "vocal-down",
        "stems/vocals", "stems/bass", "stems/drums", "stems/other",
    }  # fmt: skip
    assert all(read(done, name).shape == mix.shape for name in versions)
    total = sum(read(done, f"stems/{stem}") for stem in ("vocals", "bass", "drums", "other"))
    assert peak_db(total - mix) < -110.0
    assert np.array_equal(read(done, "tv"), read(done, "instrumental"))
    assert np.array_equal(read(done, "stems/vocals"), read(done, "acapella"))
    assert not done.mix.plan.tracks
    assert "stems" not in {p.name for p in (tmp_path / "out").iterdir()}


def test_vocals_move_by_a_decibel_and_the_ceiling_holds(folder: Path, tmp_path: Path) -> None:
    done = rendered(folder, tmp_path / "out", ("acapella", "vocal-up", "vocal-down"))
    mix, vocals = mix_of(done), read(done, "acapella")
    down = mix + np.float32(db_to_gain(-1.0) - 1.0) * vocals
    limited = done.recipe["output"]["versions"]["vocal-down"]["limited_db"]
    if limited == 0.0:
        assert np.allclose(read(done, "vocal-down"), down, atol=1e-6)
    for name in ("vocal-up", "vocal-down"):
        assert true_peak_dbtp(read(done, name), RATE_HZ) <= -1.0 + 0.02


def write_cancelling(write_song) -> Path:
    """A voice that takes the peaks of the rest away: without it they are twice as high."""
    time_s = np.arange(3 * RATE_HZ, dtype=np.float64) / RATE_HZ
    low, middle, high = (
        np.tile(np.sin(2.0 * np.pi * hz * time_s), (2, 1)).astype(np.float32)
        for hz in (90.0, 220.0, 550.0)
    )
    vocals, other = 0.2 * high - 0.4 * middle, 0.8 * middle + 0.1 * low
    folder: Path = write_song({"vocals.wav": vocals, "other.wav": other})
    return folder


def test_a_file_that_clips_a_version_is_named_and_no_sum_is_claimed(
    write_song, tmp_path: Path
) -> None:
    asked = {"loudness_lufs": -6.0, "model": "none", "effects": ()}
    song, words = write_cancelling(write_song), ("instrumental", "stems")
    for bit_depth, clips in (("24", True), ("32f", False)):
        done = rendered(song, tmp_path / bit_depth, words, bit_depth=bit_depth, **asked)
        lines = list(version_lines(done.recipe))
        assert ("clipped in its file" in lines[0]) == clips
        assert ("but for what their files clip" in lines[-1]) == clips


def test_a_version_above_the_ceiling_is_named_with_the_gain_that_brings_all_below_it(
    write_song, tmp_path: Path
) -> None:
    song, words = write_cancelling(write_song), ("instrumental", "acapella", "vocal-up")
    asked = {"loudness_lufs": -6.0, "model": "none", "effects": ()}
    done = rendered(song, tmp_path / "out", words, **asked)
    versions = done.recipe["output"]["versions"]
    peak_dbtp = true_peak_dbtp(read(done, "instrumental"), RATE_HZ)
    assert versions["instrumental"]["over_ceiling_db"] == pytest.approx(peak_dbtp + 1.0, abs=0.01)
    assert peak_dbtp > 0.0
    assert versions["vocal-up"]["over_ceiling_db"] < 0.05
    (remark,) = done.remarks
    assert remark.startswith("instrumental is up to")
    gain_db = float(remark.split("--deliver-gain ")[1].split()[0])
    assert f"{peak_dbtp + 1.0:.1f} dB above the ceiling" in "".join(version_lines(done.recipe))
    wanted = OutputSettings("wav", "32f", deliver=words, deliver_gain_db=gain_db)
    again = render_to(Destination(tmp_path / "low" / "song.wav", wanted), done.mix.plan)
    assert again.remarks == ()
    assert np.array_equal(mix_of(again), mix_of(done))
    for name in words:
        expected = read(done, name) * np.float32(db_to_gain(gain_db))
        assert np.array_equal(read(again, name), expected)
        assert true_peak_dbtp(expected, RATE_HZ) <= -1.0 + 0.02
    assert again.recipe["output"]["versions_gain_db"] == gain_db
    recorded = read_recipe(tmp_path / "low" / "song.mix.json")
    assert replay(recorded, tmp_path / "again").is_same


def test_without_a_bus_the_parts_are_the_wet_stems(folder: Path, tmp_path: Path) -> None:
    done = rendered(
        folder, tmp_path / "out", ("stems",), loudness_lufs=None, true_peak_dbtp=None, model="none"
    )
    assert done.recipe["output"]["versions_error_dbfs"] < -130.0


def test_the_sum_is_claimed_of_files_that_hold_it(folder: Path, tmp_path: Path) -> None:
    for bit_depth, words in (("32f", ""), ("16", ", before their files are rounded to 16 bits")):
        done = rendered(
            folder, tmp_path / bit_depth, ("stems",), bit_depth=bit_depth, model="none", effects=()
        )
        (line,) = [line for line in version_lines(done.recipe) if line.startswith("the stems sum")]
        stated = done.recipe["output"]["versions_error_dbfs"]
        assert line == f"the stems sum to the mix within {stated:.0f} dBFS{words}"
        total = sum(read(done, name) for name in done.recipe["output"]["versions"])
        assert (peak_db(total - mix_of(done)) < -110.0) == (bit_depth == "32f")


def test_a_clean_version_lacks_the_vocals_where_song_toml_says(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="no words are marked as explicit"):
        rendered(folder, tmp_path / "out", ("clean",))
    (folder / "song.toml").write_text("explicit = [{ from_s = 1.0, to_s = 1.5 }]\n")
    done = rendered(
        folder, tmp_path / "out", ("clean", "instrumental"), loudness_lufs=None, model="none"
    )
    clean, mix, bare = read(done, "clean"), mix_of(done), read(done, "instrumental")
    inside, before = slice(RATE_HZ, 3 * RATE_HZ // 2), slice(0, RATE_HZ - 300)
    assert np.allclose(clean[:, inside], bare[:, inside], atol=1e-6)
    assert np.array_equal(clean[:, before], mix[:, before])


def test_words_that_follow_at_once_leave_nothing_of_the_vocals_between_them(
    folder: Path,
) -> None:
    times = "{ from_s = 1.0, to_s = 1.2 }, { from_s = 1.203, to_s = 1.4 }"
    (folder / "song.toml").write_text(f"explicit = [{times}]\n")
    mask = explicit_mask(load_song(folder), 2 * RATE_HZ, RATE_HZ)
    at = lambda time_s: float(mask[round(time_s * RATE_HZ)])  # noqa: E731
    assert [at(1.0), at(1.1), at(1.2), at(1.203), at(1.4)] == [1.0] * 5
    # between them the later fade is 0.3 of the way up, the earlier one 0.7 of its way
    assert at(1.2015) == pytest.approx(0.7, abs=0.01)
    assert [at(0.9949), at(1.4051)] == [0.0, 0.0]
    assert at(0.9975) == pytest.approx(0.5, abs=0.01)


def test_a_tv_mix_keeps_the_backing_vocals_of_a_mix_of_tracks(
    write_song, rng: np.random.Generator, tmp_path: Path
) -> None:
    names = ("Kick", "Bass", "Lead Vox", "Lead Vox Double", "BGV")
    folder = write_song({f"{n}.wav": 0.1 * noise(rng, 2.0, RATE_HZ)[:1] for n in names})
    with pytest.raises(ModelError, match="mixes lead and backing vocals as one stem"):
        rendered(folder, tmp_path / "out", ("tv",))
    done = rendered(folder, tmp_path / "out", ("tv", "instrumental", "acapella"), model="tracks")
    backing = read(done, "tv") - read(done, "instrumental")
    lead = read(done, "acapella") - backing
    wet = done.mix.wet_tracks
    sung = wet["Lead Vox.wav"] + wet["Lead Vox Double.wav"]
    for part, expected in ((backing, wet["BGV.wav"]), (lead, sung)):
        assert np.corrcoef(part.ravel(), expected.ravel())[0, 1] > 0.95
    assert not (tmp_path / "out" / "song.tracks").exists()


def test_a_song_without_vocals_has_no_versions_of_them(write_song, rng, tmp_path: Path) -> None:
    folder = write_song({"drums.wav": noise(rng, 2.0, RATE_HZ)})
    with pytest.raises(SettingsError, match="no vocals, so there is no acapella"):
        rendered(folder, tmp_path / "out", ("acapella",))
    assert set(rendered(folder, tmp_path / "out", ("stems",)).recipe["output"]["versions"]) == {
        "stems/drums"
    }


def test_versions_have_bext_and_come_again_from_the_recipe(folder: Path, tmp_path: Path) -> None:
    done = rendered(folder, tmp_path / "out", ("acapella", "stems"))
    for entry in done.recipe["output"]["versions"].values():
        assert b"bext" in Path(entry["path"]).read_bytes()[:4096]
    recipe = read_recipe(tmp_path / "out" / "song.mix.json")
    again = replay(recipe, tmp_path / "again")
    assert again.is_same, [str(one) for one in again.differences]
    assert "versions/acapella" in again.written


def test_names_follow_the_template(tmp_path: Path) -> None:
    def names(template: str, *words: str) -> list[str]:
        paths = version_paths(
            words, parse_template(template), tmp_path / "a.wav",
            song="AC/DC", stems=("drums",), rate=48_000, bits="24",
        )  # fmt: skip
        assert all(path.parent == tmp_path / "a.versions" for path in paths.values())
        return [path.name for path in paths.values()]

    assert names("{name} ({kind})", "tv", "stems") == ["a (TV).wav", "a (Drums).wav"]
    assert names("{song} - {kind} {rate}-{bits}", "acapella") == ["AC_DC - A Cappella 48000-24.wav"]
    for wrong in ("{name}", "{kind} {artist}", "{kind!r}", "{kind", "{kind.upper}"):
        with pytest.raises(SettingsError):
            parse_template(wrong)


def test_words_are_checked(tmp_path: Path) -> None:
    assert parse_deliver("stems, TV,mix") == ("mix", "tv", "stems")
    assert parse_deliver("none") == ()
    assert parse_deliver("ACappella, a cappella,a-cappella") == ("acapella",)
    with pytest.raises(SettingsError, match="did you mean 'instrumental'"):
        parse_deliver("instrumentals")
    with pytest.raises(SettingsError, match="unknown version"):
        OutputSettings(deliver=("x",))


@pytest.mark.slow
def test_a_batch_delivers_by_a_column(folder: Path, tmp_path: Path) -> None:
    from mixer.cli.main import run

    manifest = tmp_path / "songs.csv"
    manifest.write_text(f'song,id,deliver,model\n{folder},song,"instrumental,acapella",none\n')
    assert run(["batch", str(manifest), "-o", str(tmp_path / "out"), "-q"]) == 0
    found = sorted(path.name for path in (tmp_path / "out" / "song.versions").iterdir())
    assert found == ["song (A Cappella).wav", "song (Instrumental).wav"]
    recipe = json.loads((tmp_path / "out" / "song.mix.json").read_text())
    paths = [Path(f["path"]) for f in recipe["output"]["versions"].values()]
    assert all(path.is_file() for path in paths)
    assert soundfile.info(paths[0]).frames == soundfile.info(tmp_path / "out" / "song.wav").frames
