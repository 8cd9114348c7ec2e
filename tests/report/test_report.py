"""The file itself: whole, alone, safe against names, and legible on any screen."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.audio import read_audio
from mixer.console.settings import Band, Compressor, Console, Strip
from mixer.errors import OutputError
from mixer.report import report_data, report_tables, write_listening_copies, write_report
from mixer.report.listening import linked_player
from mixer.report.markup import data_block, element, text
from mixer.report.report_words import rows, words
from tests.browser import file_url, has_horizontal_scroll, wait_until
from tests.report.colours import contrast, relative_luminance
from tests.signals import band

HOSTILE = (
    '</script><img src=x onerror="window.hacked=1"><script>window.hacked=2</script>\'\u202e&amp;'
)


def written(path: Path, data, *, embed: bool = False) -> str:
    write_report(path, data, embed=embed, overwrite=False)
    return path.read_text(encoding="utf-8")


def test_nothing_is_loaded_from_elsewhere(data, folder) -> None:
    page = written(folder / "alone.html", data)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "@import" not in page
    assert "url(" not in page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    embedded = written(folder / "embedded.html", data, embed=True)
    assert "connect-src 'none'" in embedded
    assert "media-src 'none'" in embedded


def test_the_figures_of_the_mix_are_in_its_tables(data, folder) -> None:
    page = written(folder / "figures.html", data)
    master = data.mix.measurements["master"]
    assert f"\u2212{abs(master['loudness_lufs']):.1f}\u00a0LUFS" in page
    assert f"\u2212{abs(master['true_peak_dbtp']):.1f}\u00a0dBTP" in page
    assert "exact stem name" in page  # why vocals.wav is vocals


def test_files_are_counted_stem_by_stem(data) -> None:
    song = data.mix.song
    first, *others = song.recordings
    more = replace(song, recordings=(first, first, first, *others))
    mix = replace(data.mix, plan=replace(data.mix.plan, song=more))
    rows = str(report_tables.stems(replace(data, mix=mix))).partition("<tbody>")[2].split("</tr>")
    counts = dict(re.sub("<[^>]*>", " ", row).split()[:2] for row in rows[: len(song.stems)])
    assert counts == {stem: "3" if stem == first.stem else "1" for stem in song.stems}


def test_strips_are_shown_as_they_were_set_and_with_what_they_did(data, folder) -> None:
    strip = Strip(
        compressor=Compressor(threshold_db=-21.0),
        eq=(Band(frequency_hz=250.0, gain_db=-3.0),),
        gain_db=((0.0, -1.0), (2.0, 1.5)),
    )
    record = {
        "stems": {"vocals": {"heard": True, "effects": {"compressor": {"max_reduction_db": 4.25}}}},
        "reverb": {"decay_s": 1.4},
    }
    mix = replace(
        data.mix,
        plan=replace(data.mix.plan, asked=Console(strips=(("vocals", strip),))),
        measurements={**data.mix.measurements, "console": record},
    )
    page = written(folder / "console.html", replace(data, mix=mix))
    part = re.search(r"<h4>Compressor</h4>(.*?)</section>", page).group(1)
    assert "\u221221\u00a0dB" in part
    assert "4.25\u00a0dB" in part
    assert "250\u00a0Hz" in page
    assert "automated, 2 points from \u22121.00\u00a0dB to 1.50\u00a0dB" in page
    assert "reverb decay" in page
    assert page.count("<h4>Compressor</h4>") == 1  # the other strips are neutral


def test_links_are_relative_and_escaped(data, folder, tmp_path) -> None:
    odd = tmp_path / "a b" / "50% #1?.wav"
    sources = tuple(replace(s, file=odd) for s in data.sources)
    player = linked_player(replace(data, sources=sources), tmp_path / "reports")
    assert {s["url"] for s in player["sources"]} == {"./../a%20b/50%25%20%231%3F.wav"}
    beside = replace(data, sources=(replace(data.sources[0], file=tmp_path / "javascript:x.wav"),))
    assert linked_player(beside, tmp_path)["sources"][0]["url"] == "./javascript%3Ax.wav"


def test_an_existing_report_is_kept(data, tmp_path) -> None:
    path = tmp_path / "mix.report.html"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists"):
        write_report(path, data, embed=False, overwrite=False)
    assert path.read_text(encoding="utf-8") == "mine"
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(tmp_path / "file" / "report.html", data, embed=False, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "mix.report.html"]


def test_the_same_mix_gives_the_same_report(data, folder) -> None:
    assert written(folder / "first.html", data) == written(folder / "second.html", data)


def test_what_would_clip_is_written_lower_and_played_as_loud(data, tmp_path) -> None:
    loud = replace(data.sources[0], audio=30.0 * data.sources[0].audio, file=None)
    copied = write_listening_copies(tmp_path, replace(data, sources=(loud,)), overwrite=False)
    (source,) = copied.sources
    audio, _ = read_audio(source.file)
    assert 0.95 < np.abs(audio).max() < 1.0
    (played,) = linked_player(copied, tmp_path)["sources"]
    restored = audio * 10.0 ** (played["gain_db"] / 20.0)
    assert np.abs(restored - loud.audio).max() < 1e-5
    with pytest.raises(OutputError, match="already exists"):
        write_listening_copies(tmp_path, replace(data, sources=(loud,)), overwrite=False)


@pytest.mark.parametrize("seconds", [0.0, 1 / 44_100, 1.0])
def test_short_and_silent_songs_have_a_report(write_song, tmp_path, seconds) -> None:
    n_samples = max(1, round(44_100 * seconds))
    silent = np.zeros((2, n_samples), np.float32)
    level = np.float32(0.3 if seconds else 0.0)
    folder = write_song({"vocals.wav": silent, "bass.wav": silent + level})
    settings = RenderSettings(model="none", loudness_lufs=-14.0)
    mix = render(load_song(folder), settings, wet_stems=True)
    data = report_data(replace(mix, stages={"input": silent}), files={})
    assert "Mix report" in written(tmp_path / "a.html", data)
    assert "Mix report" in written(tmp_path / "b.html", data, embed=True)


def test_each_stem_is_drawn_against_its_profile(write_song, rng, tmp_path) -> None:
    folder = write_song({f"{n}.wav": a for n, a in band(rng, 4.0, 44_100).items()})
    mix = render(load_song(folder), RenderSettings(model="none"), wet_stems=True)
    data = report_data(mix, files={})
    for stem, curves in data.charts["stem_spectra"].items():
        within = [i for i, hz in enumerate(curves["bands_hz"]) if 100 <= hz <= 8000]
        error = {
            name: np.mean([abs(curves[name][i] - curves["target_db"][i]) for i in within])
            for name in ("recorded_db", "wet_db")
        }
        # What normalisation is for: the stem's spectrum comes to the profile's.
        assert error["wet_db"] < 0.5 * error["recorded_db"], stem
    assert len(data.charts["spectrum"]["target_db"]) == len(data.charts["spectrum"]["bands_hz"])


def test_a_record_is_put_into_words() -> None:
    assert words("onset_peak_dbfs") == ("onset peak", "dBFS")
    assert words("limited_share") == ("limited", "%")
    record = {"gain_db": -1.5, "on": True, "none": None, "channels": [{"a_hz": 1000}, {"a_hz": 20}]}
    assert list(rows(record)) == [
        ("gain", "\u22121.50\u00a0dB"),
        ("on", "yes"),
        ("a", "1000\u00a0Hz | 20\u00a0Hz"),
    ]
    assert list(rows({"channels": [{"a_hz": 5}] * 2})) == [("a", "5\u00a0Hz")]
    assert list(rows({"channels": [None, {"a_hz": 5}]})) == [("a", "– | 5\u00a0Hz")]
    assert list(rows({"eq": [{"q": 1}, {"q": 2}]})) == [("eq 1 q", "1"), ("eq 2 q", "2")]
    assert len(list(rows({str(i): i for i in range(9999)}))) == 501


def test_text_is_escaped_and_bounded() -> None:
    assert element("p", HOSTILE).count("<") == 2
    assert element("a", title='"><b>') == '<a title="&quot;&gt;&lt;b&gt;"></a>'
    assert len(text("x" * 10_000)) == 300
    assert "\u202e" not in text(HOSTILE)
    assert "\ud800" not in text("\ud800")
    block = data_block("x", {"name": HOSTILE, "bad": "\ud800"})
    assert block.count("<") == 2
    assert json.loads(re.sub("<.*?>", "", block))["name"] == HOSTILE


@pytest.mark.browser
def test_a_hostile_name_stays_a_name(data, folder, open_page) -> None:
    recording = replace(data.mix.song.recordings[0], file=HOSTILE, reason=HOSTILE, certain=False)
    song = replace(data.mix.song, name=HOSTILE, recordings=(recording,))
    settings = replace(data.mix.settings, profile=HOSTILE)
    console = {"stems": {"vocals": {HOSTILE: {HOSTILE: HOSTILE}}}}
    measurements = {**data.mix.measurements, "console": console}
    plan = replace(data.mix.plan, song=song, settings=settings)
    mix = replace(data.mix, plan=plan, measurements=measurements)
    sources = tuple(replace(s, label=HOSTILE) for s in data.sources)
    hostile = replace(data, mix=mix, sources=sources, warnings=(HOSTILE,))
    written(folder / "hostile.html", hostile)
    page = open_page(file_url(folder / "hostile.html"))
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.locator("script:not([type])").count() == 1
    assert "<img src=x" in page.inner_text("h1")
    assert "<img src=x" in page.inner_text('[data-source="mix"]')


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280, 3840])
def test_it_fits_the_window(data, folder, open_page, width) -> None:
    song = replace(data.mix.song, name="x" * 200)
    long = replace(data.mix, plan=replace(data.mix.plan, song=song))
    path = folder / f"wide{width}.html"
    written(path, replace(data, mix=long))
    page = open_page(file_url(path), width=width)
    wait_until(page, "document.querySelectorAll('#spectrum-chart path').length > 10")
    assert not has_horizontal_scroll(page)
    for name in data.charts["stem_spectra"]:
        page.click(f'#spectrum [role="tab"]:has-text("{name.capitalize()}")')
    page.click('#field [role="tab"]:has-text("Wet stems")')
    assert not has_horizontal_scroll(page)
    page.set_viewport_size({"width": max(width // 2, 390), "height": 800})
    assert not has_horizontal_scroll(page)


@pytest.mark.browser
def test_dark_is_dark_and_both_have_contrast(data, folder, open_page) -> None:
    written(folder / "colours.html", data)
    colours = {}
    for dark in (False, True):
        page = open_page(file_url(folder / "colours.html"), dark=dark)
        for part in ("color", "backgroundColor"):
            value = page.evaluate(f"getComputedStyle(document.body).{part}")
            colours[dark, part] = luminance(value)
        assert contrast(colours[dark, "color"], colours[dark, "backgroundColor"]) > 7.0
    assert colours[True, "backgroundColor"] < 0.05 < 0.8 < colours[False, "backgroundColor"]


@pytest.mark.browser
def test_curves_can_be_read_by_pointer_and_by_key(data, folder, open_page) -> None:
    written(folder / "readout.html", data)
    page = open_page(file_url(folder / "readout.html"))
    plot = page.locator("#spectrum-chart .plot")
    plot.hover()
    assert re.search(
        r"Hz: Profile .*dB, Plain sum .*dB, .*Mix .*dB", page.inner_text("#spectrum .readout")
    )
    plot.focus()
    page.keyboard.press("ArrowRight")
    first = page.inner_text("#spectrum .readout")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#spectrum .readout") != first
    assert page.evaluate("mixReport.player.position_s()") == 0.0


@pytest.mark.browser
def test_every_button_has_a_name(data, folder, open_page) -> None:
    written(folder / "names.html", data)
    page = open_page(file_url(folder / "names.html"))
    unnamed = page.evaluate(
        """[...document.querySelectorAll("button, [role=img], [role=tab]")].filter((part) =>
             !(part.textContent.trim() || part.getAttribute("aria-label"))).length"""
    )
    assert unnamed == 0
    assert page.get_by_role("button", name="mute Bass").count() == 1


@pytest.mark.browser
def test_without_audio_it_can_still_be_read(data, folder, open_page) -> None:
    sources = tuple(replace(s, file=None) for s in data.sources)
    written(folder / "silent.html", replace(data, sources=sources))
    page = open_page(file_url(folder / "silent.html"))
    assert page.locator("button.play").is_disabled()
    assert "No audio with this report" in page.inner_text(".status")
    assert page.locator("#timeline .wave path").count() == len(sources)


def luminance(css: str) -> float:
    """Relative luminance of an rgb(...) colour."""
    channels = [int(value) for value in re.findall(r"\d+", css)[:3]]
    return relative_luminance("#" + "".join(f"{channel:02x}" for channel in channels))
