"""The tables and the page of an analysis: what they say, and that they say it safely."""

import csv
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from mixer.listen.analyse import analyse
from mixer.listen.analysis_page import analysis_page
from mixer.listen.analysis_tables import TABLES, tables, write_tables
from mixer.listen.design import SCALES
from mixer.listen.plots import draw
from tests.listen.analysed import collected
from tests.listen.simulated_study import (
    SONGS,
    answers,
    design_and_key,
)


def test_tables_are_read_back(analysis, tmp_path) -> None:
    write_tables(tmp_path, analysis)
    read = {}
    for name in TABLES:
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            read[name] = list(csv.DictReader(file))
    assert {name: len(rows) for name, rows in read.items()} == {
        "ratings": 14 * 6 * 6 * 3,
        "participants": 15,
        "systems": 6 * 3,
        "songs": 6 * 6 * 3,
        "friedman": 3,
        "pairs": 15 * 3,
    }
    human = [
        int(row["rating"])
        for row in read["ratings"]
        if (row["system"], row["scale"]) == ("human", "clarity")
    ]
    (line,) = (r for r in read["systems"] if (r["system"], r["scale"]) == ("human", "clarity"))
    assert float(line["median"]) == np.median(human)
    assert float(line["quartile_1"]) == np.percentile(human, 25)
    (line,) = (
        r
        for r in read["songs"]
        if (r["song"], r["system"], r["scale"]) == (SONGS[1], "human", "clarity")
    )
    own = [page.ratings["human"]["clarity"] for page in analysis.pages if page.song == SONGS[1]]
    figures = {"n": len(own), "median": np.median(own), "mean": np.mean(own), "least": min(own),
               "quartile_1": np.percentile(own, 25), "quartile_3": np.percentile(own, 75),
               "greatest": max(own)}  # fmt: skip
    assert {name: float(line[name]) for name in figures} == pytest.approx(figures)
    for row, result in zip(read["friedman"], analysis.scales, strict=True):
        ranks = {name: float(row[f"mean_rank.{name}"]) for name in analysis.systems}
        assert ranks == pytest.approx(dict(result.friedman.mean_ranks))
    for row, pair in zip(read["pairs"], analysis.scales[0].pairs, strict=False):
        assert float(row["p_holm"]) == pytest.approx(pair.test.p_holm)
    assert [r["participant"] for r in read["participants"] if r["counts"] == "no"] == ["X99"]
    # No hidden reference: undefined, so empty.
    assert {row["missed_share"] for row in read["participants"]} == {""}


def test_no_name_becomes_a_formula(tmp_path) -> None:
    design, key = design_and_key(("=cmd()", "@b", "c"), ("+song",))
    one = answers(design, "one", lambda page, stimulus, scale: 50)
    result = analyse(collected(design, one), design, key)
    write_tables(tmp_path, result)
    for name in TABLES:
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert not [c for c in cells if c.startswith(("=", "@", "+"))]
    assert tables(result)["songs"][0]["song"] == "+song"


class _Reader(HTMLParser):
    """Tags with their attributes, and the text outside them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_report_escapes_and_needs_nothing_else() -> None:
    bad = "<script>alert(1)</script>&\"'"
    design, key = design_and_key((f"{bad}1", "b", "c"), (f"{bad}2",))
    design = replace(design, title=f"{bad}3")
    one = answers(design, "one", lambda page, stimulus, scale: 50)
    one["pages"]["p01"]["comment"] = f"{bad}4 " + "long " * 200 + "the end"
    one["comment"] = f"{bad}5"
    result = analyse(collected(design, one), design, key)
    reader = _Reader()
    reader.feed(analysis_page(result, draw(result)))
    tags = [tag for tag, _ in reader.tags]
    assert "script" not in tags
    assert tags.count("svg") == 2 * len(SCALES)
    for number in range(1, 6):
        assert f"{bad}{number}" in reader.words
    assert "long the end" in reader.words
    sources = [attrs[name] for _, attrs in reader.tags for name in ("src", "href") if name in attrs]
    assert all(source.startswith("data:") for source in sources)
    (policy,) = (a["content"] for t, a in reader.tags if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")


def test_the_report_says_what_the_figures_are(analysis) -> None:
    reader = _Reader()
    reader.feed(analysis_page(analysis, {}))
    assert "14 of 15 participants count, 1 left out" in reader.words
    assert "Friedman over 84 blocks: chi-squared(5) = " in reader.words
    assert analysis.participants[-1].reasons[0] in reader.words
    rows = [attrs.get("class") for tag, attrs in reader.tags if tag == "tr"]
    assert rows.count("out") == 1
    # Nothing of what it says is cut.
    assert "\u2026" not in reader.words
    # What is significant is bold: 13 pairs of production value, 5 of excitement.
    bold = [attrs for tag, attrs in reader.tags if attrs.get("class") == "number real"]
    assert len(bold) == 6 * (13 + 5)


def test_bootstrap_and_report_are_the_same_again(study, analysis) -> None:
    design, key, people = study
    again = analyse(collected(design, *people), design, key)
    assert again.as_json() == analysis.as_json()
    assert analysis_page(again, {}) == analysis_page(analysis, {})
