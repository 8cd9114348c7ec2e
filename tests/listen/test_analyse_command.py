"""`mixer listen analyse` as organisers meet it, and its pictures."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from mixer.cli.main import run
from mixer.listen.analyse import analyse
from mixer.listen.analysis import AnalysisSettings
from mixer.listen.answer_store import STORE_FILE, Store
from mixer.listen.collecting import Collected
from mixer.listen.design import SCALES, read_design
from mixer.listen.plots import draw, picture_songs, svg_file
from tests.browser import file_url, has_horizontal_scroll
from tests.listen.sample_answers import check_answers, whole_answers
from tests.listen.simulated_study import (
    SONGS,
    answers,
    careless,
    design_and_key,
    listener,
    write_answers,
    write_study,
)


@pytest.fixture
def study_folder(tmp_path: Path) -> Path:
    """A small study: three systems, two songs, four listeners and one who is careless."""
    design, key = design_and_key(("WUN-S-Lb", "WUN-L-Lb", "human"), SONGS[:2])
    rng = np.random.default_rng(5)
    people = [listener(design, key, f"L{i}", rng) for i in range(4)]
    write_answers(tmp_path / "answers", *people, careless(design, "X9", rng))
    return write_study(tmp_path / "TEST", design, key)


def test_a_folder_of_answers_becomes_a_report(study_folder, capsys) -> None:
    folder = study_folder.parent / "answers"
    assert run(["listen", "analyse", str(study_folder), str(folder)]) == 0
    said = capsys.readouterr().out
    assert "4 of 5 participants count, 2 songs, 3 systems" in said
    assert "left out: X9: rated the repeated page" in said
    assert "Friedman over 8 blocks" in said
    made = study_folder / "analysis"
    assert sorted(path.name for path in made.iterdir()) == [
        "friedman.csv",
        "pairs.csv",
        "participants.csv",
        "ratings.csv",
        "report.html",
        "songs.csv",
        "songs_clarity.svg",
        "songs_excitement.svg",
        "songs_production_value.svg",
        "systems.csv",
        "violins.svg",
    ]
    # What is drawn inside is in the files beside, with the colours that it takes there.
    page = (made / "report.html").read_text(encoding="utf-8")
    drawn = set(re.findall('<path class="(?:violin|box)" d="[^"]*"/>', page))
    beside = [path.read_text(encoding="utf-8") for path in sorted(made.glob("*.svg"))]
    assert len(drawn) > 10
    assert drawn == {d for svg in beside for d in drawn if d in svg}
    for svg in beside:
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme: dark" in svg
    assert run(["listen", "analyse", str(study_folder), str(folder), "-q"]) == 1
    assert "--overwrite" in capsys.readouterr().err
    arguments = ["listen", "analyse", str(study_folder), str(folder), "-q", "--no-plots"]
    assert run([*arguments, "--overwrite"]) == 0
    assert capsys.readouterr() == ("", "")
    assert "<svg" not in (made / "report.html").read_text(encoding="utf-8")


def test_the_servers_answers_are_found_by_themselves(study_folder, tmp_path, capsys) -> None:
    design, key = design_and_key(("WUN-S-Lb", "WUN-L-Lb", "human"), SONGS[:2])
    arguments = ["listen", "analyse", str(study_folder), "--no-plots", "-o", str(tmp_path / "out")]
    assert run(arguments) == 1
    assert "no answers were collected here yet; run mixer listen serve" in capsys.readouterr().err
    store = Store(study_folder / STORE_FILE, design.test_id)
    rng = np.random.default_rng(6)
    for name in ("P001", "P002"):
        store.save(check_answers(listener(design, key, name, rng), design))
    store.close()
    assert run([*arguments, "--json", "--blocks", "participant"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [p["name"] for p in said["participants"]] == ["P001", "P002"]
    assert said["scales"]["clarity"]["friedman"]["n_blocks"] == 2
    assert said["settings"]["blocks"] == "participant"
    assert said["failed"] == []
    assert Path(said["report"]).is_file()


def test_one_bad_file_costs_itself(study_folder, capsys) -> None:
    folder = study_folder.parent / "answers"
    (folder / "bad.json").write_text('{"format": "mixer-listening-answers", "version": 1}')
    out = study_folder.parent / "out"
    arguments = ["listen", "analyse", str(study_folder), str(folder), "--no-plots", "-o", str(out)]
    assert run([*arguments, "--json"]) == 1
    streams = capsys.readouterr()
    assert len(json.loads(streams.out)["participants"]) == 5
    assert "bad.json: test_id must be that of this test" in streams.err
    assert "1 set of answers could not be used (see above); 5 could" in streams.err
    assert "Traceback" not in streams.err
    assert (out / "report.html").is_file()
    alone = ["listen", "analyse", str(study_folder), str(folder / "bad.json"), "--no-plots"]
    assert run(alone) == 1
    assert not (study_folder / "analysis").exists()


def test_a_test_that_was_built_is_analysed(test_folder, short_folder, tmp_path, capsys) -> None:
    design = read_design(test_folder)
    arguments = ["--no-plots", "--json", "-o", str(tmp_path / "out")]
    folder = write_answers(tmp_path / "in", *(whole_answers(design, f"P{i}", i) for i in range(6)))
    assert run(["listen", "analyse", str(test_folder), str(folder), *arguments]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["songs"] == ["Ada", "Bo"]
    assert said["systems"] == ["sum", "secret-system", "human"]
    # Everybody rates everything alike: 0 to 5, two songs each.
    for scale in said["scales"].values():
        assert scale["systems"]["human"]["median"] == 2.5
        assert scale["friedman"]["p"] == 1.0
        assert scale["friedman"]["n_blocks"] == 12
    # The hidden reference was rated 60 by the only one.
    alone = write_answers(tmp_path / "alone", whole_answers(read_design(short_folder), "P1"))
    assert run(["listen", "analyse", str(short_folder), str(alone), *arguments, "--overwrite"]) == 1
    told = capsys.readouterr().err
    assert "none of 1 participants counts: P1 rated the hidden reference below 90 in 100 %" in told


def test_pictures_show_where_ratings_lie() -> None:
    # Names that would be markup, or that no font has.
    names = ('<b>&"', "\u97f3\u697d" * 20, "c\x07")
    design, key = design_and_key(names, ("$x^",))

    def medians(rating: int) -> list[float]:
        one = answers(design, "one", lambda page, stimulus, scale: rating)
        checked = Collected({"one": check_answers(one, design)}, {"one": "one.json"}, (), ())
        svg = svg_file(draw(analyse(checked, design, key))["violins"])
        ElementTree.fromstring(svg)
        assert "<b>" not in svg
        return [float(x) for x in re.findall('<circle class="median" cx="([^"]*)"', svg)]

    low, middle, high = medians(0), medians(50), medians(100)
    # A dot a system on each scale, all at the scale's foot, middle or head.
    assert len(low) == len(names) * len(SCALES)
    assert len({*low}) == len({*high}) == 1
    assert middle[0] == pytest.approx((low[0] + high[0]) / 2.0, abs=0.1)
    assert high[0] > low[0]


def test_a_box_holds_the_middle_half() -> None:
    design, key = design_and_key(("a", "b", "c"), ("song",))
    people = {}
    for number, rating in enumerate((0, 20, 40, 60, 80)):
        one = answers(design, f"P{number}", lambda page, stimulus, scale, r=rating: r)
        people[f"P{number}"] = check_answers(one, design)
    checked = Collected(people, dict.fromkeys(people, "x.json"), (), ())
    settings = AnalysisSettings(screening=False)
    svg = svg_file(draw(analyse(checked, design, key, settings))["songs_clarity"])
    feet = sorted({float(x) for x in re.findall(r'd="M([\d.]+) [^"]*" ?/>', svg)})
    (grid,) = {
        tuple(float(x) for x in found)
        for found in [re.findall('<path class="grid" d="M([^ ]*)', svg)[:5]]
    }
    boxes = re.findall(r'<path class="box" d="M([\d.]+) [\d.]+L([\d.]+) ', svg)
    scale = (grid[-1] - grid[0]) / 100.0
    for left, right in boxes:
        assert float(left) == pytest.approx(grid[0] + 20.0 * scale, abs=0.1)
        assert float(right) == pytest.approx(grid[0] + 60.0 * scale, abs=0.1)
    assert len(boxes) == 3
    assert feet[0] >= grid[0]


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_pictures_have_the_pages_colours_and_whole_titles(study_folder, open_page, dark) -> None:
    folder = study_folder.parent / "answers"
    assert run(["listen", "analyse", str(study_folder), str(folder), "-q"]) == 0
    page = open_page(file_url(study_folder / "analysis" / "report.html"), width=390, dark=dark)
    assert not has_horizontal_scroll(page)
    ink, dot, card = page.evaluate(
        """[getComputedStyle(document.body).color,
            getComputedStyle(document.querySelector("circle.median")).stroke,
            getComputedStyle(document.querySelector("circle.median")).fill]"""
    )
    assert ink == dot
    assert (card == "rgb(255, 255, 255)") is not dark
    # Every word of every plot is inside of it.
    outside = page.evaluate(
        """[...document.querySelectorAll("svg.plot text")].filter((text) => {
             const [word, plot] = [text, text.closest("svg")].map((e) => e.getBoundingClientRect());
             return word.left < plot.left - 0.5 || word.right > plot.right + 0.5;
           }).map((text) => text.textContent)"""
    )
    assert outside == []


def test_many_songs_are_spread_over_pictures() -> None:
    songs = [f"song {i}" for i in range(14)]
    pictures = picture_songs(SCALES[1], songs)
    assert list(pictures) == ["songs_clarity_1", "songs_clarity_2"]
    assert [song for shown in pictures.values() for song in shown] == songs
    assert list(picture_songs(SCALES[1], songs[:6])) == ["songs_clarity"]
