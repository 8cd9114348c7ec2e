"""What the network did, as numbers and as a picture; and the words around it."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.preset.merge import resolve
from mixer.rendering.mix import Mix
from mixer.report import ReportData, report_data, write_report
from mixer.report.channels import CURVE_POINTS_HZ, console_picture
from mixer.report.report_tables import loudness_sentence
from tests.browser import file_url, has_horizontal_scroll
from tests.signals import noise

HAND = (
    "roles.kick={gain_db = 3, pan = -0.4}",
    "tracks.Bass.eq=[{type = 'peak', frequency_hz = 1000, gain_db = 6}]",
    "bass.delay_db=-18",
)
SONG = """
title = "Sections"
[[markers]]
time_s = 0.5
name = "Verse <b>"
[[markers]]
time_s = 1.25
name = "Chorus"
"""


@pytest.fixture(scope="module")
def track_mix(tmp_path_factory) -> Mix:
    import soundfile

    folder = tmp_path_factory.mktemp("console") / "song"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for name in ("Kick", "Bass", "Lead Vox", "Gtr 1", "Gtr 2"):
        soundfile.write(folder / f"{name}.wav", noise(rng, 2.0, 44_100)[0], 44_100, subtype="FLOAT")
    soundfile.write(folder / "Pad.wav", np.zeros(88_200), 44_100, subtype="FLOAT")
    (folder / "song.toml").write_text(SONG, encoding="utf-8")
    console = resolve((), None, HAND).console
    settings = RenderSettings(model="levels", console=console)
    return render(load_song(folder), settings, wet_stems=True, stages=True)


@pytest.fixture(scope="module")
def tracks_data(track_mix: Mix) -> ReportData:
    return report_data(track_mix, files={})


@pytest.fixture(scope="module")
def report(tracks_data: ReportData, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "mix.report.html"
    write_report(path, tracks_data, embed=True, overwrite=False)
    return path


def test_the_hand_is_told_from_the_model(track_mix: Mix) -> None:
    picture = console_picture(track_mix)
    channels = {channel["name"]: channel for channel in picture["channels"]}
    assert picture["why"] == ""
    record = track_mix.measurements["tracks"]["tracks"]
    kick, strip = channels["Kick"], record["Kick.wav"]["strip"]
    assert kick["found"]["gain_db"] == pytest.approx(strip["gain_db"], abs=0.01)
    assert kick["set"]["gain_db"] == pytest.approx(strip["gain_db"] + 3.0, abs=0.01)
    assert kick["found"]["pan"] == pytest.approx(strip["pan"], abs=0.001)
    assert kick["set"]["pan"] == pytest.approx(-0.4, abs=0.001)
    assert kick["by_hand"]
    assert not channels["Gtr 1"]["by_hand"]
    assert channels["Gtr 1"]["found"] == channels["Gtr 1"]["set"]
    assert channels["Pad"]["notes"] == ["silent"]
    assert channels["bass bus"]["set"]["sends"] == {"delay": -18.0}
    assert {"short room", "long room", "echo", "delay"} == {
        room["name"] for room in picture["rooms"]
    }


def test_a_curve_is_the_models_with_the_hands_on_top(track_mix: Mix) -> None:
    channels = {channel["name"]: channel for channel in console_picture(track_mix)["channels"]}
    bass = channels["Bass"]
    at_1_khz = int(np.argmin(np.abs(CURVE_POINTS_HZ - 1_000.0)))
    found = bass["found"]["curve_db"] or [0.0] * len(CURVE_POINTS_HZ)
    assert bass["set"]["curve_db"][at_1_khz] - found[at_1_khz] == pytest.approx(6.0, abs=0.05)


def test_without_a_network_it_says_why(data: ReportData) -> None:
    picture = data.charts["console"]
    assert "amount is 0" in picture["why"]
    assert {channel["name"] for channel in picture["channels"]} == {"vocals", "bass"}
    assert all(channel["found"] is None for channel in picture["channels"])


@pytest.mark.browser
def test_without_anything_set_there_is_the_reason_and_no_picture(
    data: ReportData, open_page, tmp_path
) -> None:
    write_report(tmp_path / "a.html", data, embed=False, overwrite=False)
    page = open_page(file_url(tmp_path / "a.html"))
    assert "amount is 0" in page.inner_text("#console")
    assert page.locator(".channels").count() == 0


def test_loudness_is_said_in_a_sentence(data: ReportData) -> None:
    def said(target_lufs, **master) -> str:
        settings = replace(data.mix.settings, loudness_lufs=target_lufs)
        measured = {**data.mix.measurements["master"], "max_reduction_db": 0.0, **master}
        mix = replace(
            data.mix,
            plan=replace(data.mix.plan, settings=settings),
            measurements={**data.mix.measurements, "master": measured},
        )
        return loudness_sentence(replace(data, mix=mix))

    peaks = [said(None, loudness_lufs=-14.0, true_peak_dbtp=peak) for peak in (-1.0, None)]
    assert ["its highest true peak is -1.0 dBTP" in words for words in peaks] == [True, False]
    assert said(-14.0, loudness_lufs=None) == "The mix is silent."
    assert "-14.0 LUFS, on its target of -14;" in said(-14.0, loudness_lufs=-14.04)
    assert "-16.5 LUFS, 2.5 LU below its target of -14" in said(-14.0, loudness_lufs=-16.5)
    assert "no loudness target" in said(None, loudness_lufs=-16.5)
    assert said(None, loudness_lufs=-16.5).endswith("The limiter was not needed.")
    limited = said(-9.0, loudness_lufs=-9.0, max_reduction_db=4.2, limited_share=0.031)
    assert limited.endswith("The limiter reduced peaks by up to 4.2 dB, in 3.1 % of samples.")


def test_presets_are_named(data: ReportData, tmp_path) -> None:
    sources = [{"name": name, "path": "", "sha256": ""} for name in ("rock", "<wide>")]
    mix = replace(data.mix, plan=replace(data.mix.plan, presets=sources))
    write_report(tmp_path / "a.html", replace(data, mix=mix), embed=False, overwrite=False)
    assert "presets rock and &lt;wide&gt;" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_what_is_missing_says_why(data: ReportData, tmp_path) -> None:
    bare = replace(data.mix, wet_stems={}, stages={})
    write_report(tmp_path / "a.html", report_data(bare, files={}), embed=False, overwrite=False)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Not known: the mix was rendered without its wet stems." in page
    figures = json.loads(re.search(r'id="figures">(.*?)</script>', page).group(1))
    assert figures["markers"] == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_picture_shows_found_and_moved(report: Path, open_page, width: int) -> None:
    page = open_page(file_url(report), width=width)
    assert not has_horizontal_scroll(page)
    rows = page.locator(".channels tbody tr")
    assert rows.count() == 5 + 5  # tracks that sound; four buses and the mix's
    assert "1 track is silent" in page.inner_text("#console-chart")
    kick = page.locator(".channels tr", has_text="Kick")
    assert kick.locator(".found").count() == 2
    assert re.search(
        r"fader .* changed to ", kick.locator(".slider").first.get_attribute("aria-label")
    )
    assert kick.locator(".slider .value").nth(1).inner_text() == "40\u00a0L"
    assert page.locator(".channels tr", has_text="Gtr 1").locator(".found").count() == 0
    assert page.locator("#curve-chart path.curve").count() > 0
    assert "delay: every" in page.inner_text("#room-chart .legend")
    assert "Nothing is sent to: " in page.inner_text("#room-chart")


@pytest.mark.browser
def test_sections_go_where_they_begin(report: Path, open_page) -> None:
    page = open_page(file_url(report))
    assert page.locator(".section").all_inner_texts() == ["Verse <b>", "Chorus"]
    page.click(".section:has-text('Chorus')")
    assert page.evaluate("mixReport.player.position_s()") == pytest.approx(1.25)


@pytest.mark.browser
def test_a_silent_song_is_drawn_without_faults(write_song, open_page, tmp_path) -> None:
    silent = np.zeros((2, 2 * 44_100), np.float32)
    folder = write_song({"vocals.wav": silent, "bass.wav": silent})
    mix = render(load_song(folder), RenderSettings(model="none"), wet_stems=True, stages=True)
    write_report(tmp_path / "a.html", report_data(mix, files={}), embed=False, overwrite=False)
    page = open_page(file_url(tmp_path / "a.html"))
    assert "The mix is silent." in page.inner_text("header")
    assert "shorter than the 3 s" in page.inner_text("#loudness-lane")
    assert "No stem of this mix is audible." in page.inner_text("#masking")
    assert "NaN" not in page.content()
