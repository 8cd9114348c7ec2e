"""The index page of a batch: what it says of songs, and how it works in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.states import State
from mixer.batch.tables.index_page import index_page
from mixer.batch.tables.outliers import find_outliers
from mixer.batch.tables.page_rows import album_totals
from tests.batch.tables.index_rows import rows_of
from tests.browser import file_url, has_horizontal_scroll, wait_until

HOSTILE = '</script><img src=x onerror="window.hacked=1">\u202e'
STEMS = ("vocals", "drums")


def song(name: str, target_lufs: float | None = -14.0, off_lu: float = 0.0, **more) -> Record:
    """A finished song, with stems, a session and a report."""
    files = [f"{name}.wav", f"{name}.report.html", f"{name}.rpp"]
    files += [f"{name}.stems/{stem}.wav" for stem in STEMS]
    values = {
        "output": f"{name}.wav",
        "files": [[file, 1, "abc"] for file in files],
        "settings": {"loudness_lufs": target_lufs, "presets": [{"name": "a/rock.toml"}]},
        "figures": {
            "loudness_lufs": (target_lufs or -20.0) + off_lu,
            "true_peak_dbtp": -1.5,
            "gain_reduction_db": 2.0,
            "duration_s": 61.0,
            "model": "default",
            "seconds": {"network": 2.0},
            "left_out": ["old.wav"],
            "not_recognised": [],
        },
    }
    return Record(name, **{"state": State.DONE, **values, **more})


def test_a_row_knows_its_own_target_and_its_marks_are_for_that() -> None:
    records = [song(f"quiet {n}", -20.0) for n in range(20)] + [song("loud", -14.0)]
    records.append(song("missed", -14.0, off_lu=-3.0))
    rows = {row["id"]: row for row in rows_of(index_page(records, find_outliers(records)))}
    assert (rows["loud"]["loudness_lufs"], rows["loud"]["target_lufs"]) == (-14.0, -14.0)
    assert rows["loud"]["marks"] == []
    assert rows["quiet 3"]["marks"] == []
    (mark,) = rows["missed"]["marks"]
    assert mark.startswith("\u221217.0 LUFS, 3.0 LU below its target of")


def test_an_albums_line_is_of_its_songs_that_are_done() -> None:
    alone = song("alone", album="EP")
    figures = {**alone.figures, "album_offset_db": -3.5}
    other = song("other", -18.0, album="LP")
    bad = song("bad", album="LP", state=State.FAILED, error="why")
    ep, lp = album_totals([replace(alone, figures=figures), other, bad])
    assert (ep["name"], ep["offset_db"], ep["loudness_lufs"]) == ("EP", -3.5, -14.0)
    assert (lp["name"], lp["offset_db"], lp["loudness_lufs"]) == ("LP", None, -18.0)
    assert (lp["n_songs"], lp["n_done"], lp["n_failed"], lp["duration_s"]) == (2, 1, 1, 61.0)


def test_files_are_linked_where_they_are() -> None:
    (row,) = rows_of(index_page([song("disc 1/a #1: x?")], {}))
    assert row["mix"] == "disc%201/a%20%231%3A%20x%3F.wav"
    assert row["report"] == "disc%201/a%20%231%3A%20x%3F.report.html"
    assert [link["name"] for link in row["stems"]] == list(STEMS)
    assert [link["name"] for link in row["sessions"]] == ["REAPER"]
    assert (row["preset"], row["model"], row["left_out"]) == ("rock", "default", ["old.wav"])


def test_only_what_is_done_has_figures_and_files() -> None:
    bad = song("bad", state=State.FAILED, error="vocals.wav: cannot be read")
    (failed, later) = rows_of(index_page([bad, Record("later")], {}))
    assert (failed["error"], failed["mix"], failed["loudness_lufs"]) == (bad.error, "", None)
    assert (later["state"], later["stems"], later["left_out"]) == ("pending", [], None)


def test_totals_are_of_the_whole_batch_and_of_its_albums() -> None:
    records = [song(f"s{n}", album="One" if n < 2 else "Two & more") for n in range(5)]
    records.append(song("bad", state=State.FAILED, error="why", album="One"))
    page = index_page(records, {})
    assert "<h1>5 done, 1 failed</h1>" in page
    assert "<dd>5:05</dd>" in page  # five songs of 61 s
    assert "30.5 times real time" in page
    (album,) = re.findall(r"<tr><th scope=\"row\"><bdi>One</bdi>.*?</tr>", page)
    assert re.sub("<[^>]*>", " ", album).split() == [
        "One",
        "3",
        "2",
        "1",
        "2:02",
        "\u221214.0",
        "–",
    ]
    assert "Two &amp; more" in page


def test_a_strangers_ledger_breaks_nothing() -> None:
    for presets in (7, ["x"], [{"name": 3}], None):
        (row,) = rows_of(index_page([song("a", settings={"presets": presets})], {}))
        assert row["preset"] == ""


def test_it_loads_nothing_from_elsewhere_and_runs_its_own_script_alone() -> None:
    page = index_page([song("one")], {})
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy.replace("'self'", "")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)


@pytest.fixture
def batch_page(tmp_path: Path) -> Path:
    """Three songs that are there at 12 dB of difference, one that failed, one to come."""
    for name, level in (("loud", 0.4), ("middle", 0.2), ("quiet", 0.1)):
        tone = level * np.sin(2 * np.pi * 440.0 * np.arange(88_200) / 44_100)
        soundfile.write(tmp_path / f"{name}.wav", tone, 44_100)
    records = [song("loud", -12.0), song("middle", -18.0, album="One"), song("quiet", -24.0)]
    records += [Record("later"), Record(HOSTILE, State.FAILED, error=HOSTILE)]
    page = index_page(records, {"middle": ["spectral correlation with the other songs: 0.1"]})
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    return tmp_path / "index.html"


def names(page) -> list[str]:
    return page.locator(".song .id").all_inner_texts()


@pytest.mark.browser
def test_failures_come_first_and_heads_sort(batch_page: Path, open_page) -> None:
    page = open_page(file_url(batch_page))
    assert page.evaluate("window.hacked") is None
    first, *others = names(page)
    assert "<img src=x" in first
    assert others == ["middle", "later", "loud", "quiet"]
    head = page.locator("[role=columnheader]", has_text="LUFS")
    for order, shown in (
        ("ascending", ["quiet", "middle", "loud"]),
        ("descending", ["loud", "middle", "quiet"]),
    ):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == order
        assert names(page)[:3] == shown  # what is not known comes last either way
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "none"
    assert names(page)[1] == "middle"
    page.click("text=Failed 1")
    assert len(names(page)) == 1
    page.click("text=All 5")
    page.fill("input[type=search]", "ROCK")
    assert names(page) == ["middle", "loud", "quiet"]


@pytest.mark.browser
def test_songs_play_at_one_loudness(batch_page: Path, open_page) -> None:
    page = open_page(file_url(batch_page))
    volumes = {}
    for name in ("loud", "middle", "quiet"):
        page.get_by_role("button", name=f"play {name}", exact=True).click()
        wait_until(page, "!document.querySelector('audio').paused")
        volumes[name] = page.evaluate("document.querySelector('audio').volume")
        assert page.get_by_role("button", name=f"pause {name}", exact=True).count() == 1
    assert volumes["quiet"] == 1.0
    # 12 and 6 dB louder than the quietest.
    assert volumes["loud"] == pytest.approx(10 ** (-12 / 20), abs=1e-4)
    assert volumes["middle"] == pytest.approx(10 ** (-6 / 20), abs=1e-4)
    page.keyboard.press("l")
    assert page.evaluate("document.querySelector('audio').volume") == 1.0
    page.keyboard.press("k")
    assert "loud, at its own level" in page.inner_text(".what")
    found = page.locator(".detail a").evaluate_all("(links) => links.map((a) => a.textContent)")
    assert found == ["mix", "report", "stem vocals", "stem drums", "REAPER session"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_it_fits_the_window(batch_page: Path, open_page, width: int) -> None:
    page = open_page(file_url(batch_page), width=width)
    assert not has_horizontal_scroll(page)
    page.locator(".song").nth(1).click()
    assert not has_horizontal_scroll(page)
    boxes = [row.bounding_box() for row in page.locator(".song").all()]
    assert all(a["y"] + a["height"] <= b["y"] + 1 for a, b in pairwise(boxes))
    if width > 1100:
        heads = page.locator("[role=columnheader]").count()
        assert page.locator(".song").first.locator("[role=cell]").count() == heads


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_why_a_song_failed_takes_the_room_of_its_figures(
    tmp_path: Path, open_page, width: int
) -> None:
    error = "drums.wav: cannot be read as audio (Format not recognised)"
    records = [song("fine"), Record("broken", State.FAILED, error=error)]
    (tmp_path / "index.html").write_text(index_page(records, {}), encoding="utf-8")
    page = open_page(file_url(tmp_path / "index.html"), width=width)
    fits = "(cell) => cell.scrollWidth <= cell.clientWidth"
    broken = page.locator(".song.failed .remarks")
    assert broken.inner_text() == f"failed: {error}"
    if width > 1100:
        assert broken.evaluate(fits)
        box, row = broken.bounding_box(), page.locator(".song.failed").bounding_box()
        assert box["width"] > 0.4 * row["width"]
        assert box["x"] + box["width"] <= row["x"] + row["width"]
    assert page.locator(".song:not(.failed) .loudness_lufs").is_visible()


@pytest.mark.slow
@pytest.mark.browser
def test_ten_thousand_songs_are_drawn_as_far_as_they_are_seen(tmp_path: Path, open_page) -> None:
    records = [song(f"song {n:05d}") for n in range(10_000)]
    (tmp_path / "index.html").write_text(index_page(records, {}), encoding="utf-8")
    page = open_page(file_url(tmp_path / "index.html"))
    assert page.locator(".songs").get_attribute("aria-rowcount") == "10001"
    assert page.locator(".song").count() < 100
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_selector(".song:has-text('song 09999')")
    assert page.locator(".song").count() < 100
    # The heads stay in sight.
    assert page.locator(".heads").bounding_box()["y"] == pytest.approx(0.0, abs=1.0)
    assert page.locator(".song", has_text="09999").get_attribute("aria-rowindex") == "10001"
