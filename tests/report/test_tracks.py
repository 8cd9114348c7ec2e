"""The report's section of tracks: a line each, in words, and none where no tracks were mixed."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mixer import RenderSettings, load_song, render
from mixer.preset.merge import resolve
from mixer.report import report_data, write_report
from mixer.report.report_words import with_minus
from tests.browser import file_url, has_horizontal_scroll
from tests.signals import noise

SETS = ("roles.lead_vocal={gain_db = 2, pan = -0.3}", "tracks.Bass.mute=true")


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    import soundfile

    folder = tmp_path_factory.mktemp("tracks") / "song"
    folder.mkdir()
    rng = np.random.default_rng(7)
    for name in ("Kick", "Bass", "Lead <Vox>", "Gtr 1", "Gtr 2"):
        audio = noise(rng, 2.0, 44_100)[0]
        soundfile.write(folder / f"{name}.wav", audio, 44_100, subtype="FLOAT")
    soundfile.write(folder / "Pad.wav", np.zeros(88_200), 44_100, subtype="FLOAT")
    console = resolve((), None, SETS).console
    settings = RenderSettings(model="levels", console=console)
    mix = render(load_song(folder), settings, wet_stems=True, stages=True)
    path = folder.parent / "mix.report.html"
    write_report(path, report_data(mix, files={}), embed=False, overwrite=False)
    return path


def row(page: str, name: str) -> str:
    part = page.split('id="tracks"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part)
    (found,) = [line for line in rows if f">{name}" in line]
    return re.sub("<[^>]*>", "|", found)


def test_every_track_and_bus_has_its_line(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    vox = row(page, "Lead &lt;Vox&gt;")
    assert "|lead vocal|" in vox
    assert re.search(r"[+\u2212][0-9.]+\u00a0dB", vox)
    assert "+2\u00a0dB, 30\u00a0L" in vox
    assert "|muted|" in row(page, "Bass")
    assert re.search(r"Silent: <bdi>Pad</bdi>\.", page)
    assert "0\u00a0dB" in row(page, "mix bus")
    assert row(page, "vocals bus")


@pytest.mark.browser
def test_the_section_fits_a_telephone(report: Path, open_page) -> None:
    page = open_page(file_url(report), width=390)
    assert not has_horizontal_scroll(page)
    line = page.locator("#tracks tbody tr").first
    assert line.bounding_box()["width"] <= 390


def test_a_mix_of_stems_has_no_such_section(data, folder: Path) -> None:
    write_report(folder / "stems.html", data, embed=False, overwrite=False)
    assert 'id="tracks"' not in (folder / "stems.html").read_text(encoding="utf-8")


def test_only_what_is_a_number_gets_a_minus() -> None:
    told = with_minus("high-pass 110 Hz, -3 dB at 1.6 kHz, de-esser, 35 L, 2:1 at -24 dB, 5 %")
    assert told == (
        "high-pass 110\u00a0Hz, \u22123\u00a0dB at 1.6\u00a0kHz, de-esser, 35\u00a0L, "
        "2:1 at \u221224\u00a0dB, 5\u00a0%"
    )
