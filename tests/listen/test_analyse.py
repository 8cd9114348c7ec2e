"""The paper's layout as a simulated study: what is known to be there is found, and nothing else."""

import json
import math
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from mixer.errors import InputError
from mixer.evaluate.statistics import paired_tests
from mixer.files.whole_file import write_json
from mixer.listen.analyse import analyse
from mixer.listen.analysis import AnalysisSettings, Blocks
from mixer.listen.analysis_page import analysis_page
from mixer.listen.answer_store import STORE_FILE, Store
from mixer.listen.collecting import collect_answers
from mixer.listen.design import read_design, read_key
from mixer.listen.ratings import check_key
from tests.listen.analysed import collected
from tests.listen.sample_answers import check_answers
from tests.listen.simulated_study import (
    EFFECTS,
    N_LISTENERS,
    SONGS,
    SYSTEMS,
    answers,
    design_and_key,
    listener,
    write_answers,
)


@pytest.mark.parametrize("scale", list(EFFECTS))
def test_what_differs_is_found_and_what_is_alike_is_not(analysis, scale) -> None:
    (result,) = (r for r in analysis.scales if r.scale.id == scale)
    assert len(result.pairs) == 15
    for pair in result.pairs:
        true = EFFECTS[scale][pair.test.first] - EFFECTS[scale][pair.test.second]
        assert pair.test.n == N_LISTENERS * len(SONGS)
        assert (pair.test.p_holm < 0.05) == (true != 0.0), pair
        assert pair.test.median_difference == pytest.approx(true, abs=4.0)
        if true:
            assert np.sign(pair.test.effect) == np.sign(pair.cliffs_delta) == np.sign(true)
            assert abs(pair.test.effect) > 0.6
        else:
            assert abs(pair.test.effect) < 0.35
    differs = len(set(EFFECTS[scale].values())) > 1
    assert (result.friedman.p < 0.01) == differs
    assert result.friedman.n_blocks == 84


def test_the_careless_one_is_left_out_with_the_reason(analysis, study) -> None:
    assert analysis.n_counted == N_LISTENERS
    (out,) = (p for p in analysis.participants if not p.counts)
    assert out.name == "X99"
    assert out.repeat_difference > 20.0
    assert out.reasons == (
        f"rated the repeated page {out.repeat_difference:.1f} points differently on average",
    )
    assert all(page.participant != "X99" for page in analysis.pages)
    design, key, people = study
    kept = analyse(collected(design, *people), design, key, AnalysisSettings(screening=False))
    assert kept.n_counted == N_LISTENERS + 1
    assert any("switched off" in rule for rule in kept.rules)


def test_statistics_are_scipys_on_the_blocks(analysis) -> None:
    (result,) = (r for r in analysis.scales if r.scale.id == "excitement")
    # A block: one participant's page of one song; the repetition is none.
    table = np.array([[p.ratings[s]["excitement"] for s in SYSTEMS] for p in analysis.pages])
    expected = scipy.stats.friedmanchisquare(*table.T)
    assert result.friedman.chi_squared == pytest.approx(expected.statistic)
    assert result.friedman.p == pytest.approx(expected.pvalue)
    pair = result.pairs[0]
    assert (pair.test.first, pair.test.second) == SYSTEMS[:2]
    # The exact p of two that are alike, near the normal approximation for 84 blocks.
    differences = (table[:, 0] - table[:, 1]).astype(float)
    approximate = scipy.stats.wilcoxon(differences, method="asymptotic").pvalue
    assert pair.test.p == pytest.approx(approximate, abs=0.01)
    assert pair.test.median_difference == np.median(differences)
    u = scipy.stats.mannwhitneyu(table[:, 0], table[:, 1]).statistic
    assert pair.cliffs_delta == pytest.approx(2.0 * u / 84**2 - 1.0)
    where = result.systems["human"]
    assert where.median == np.median(table[:, 5])
    assert where.median_low <= where.median <= where.median_high
    assert (where.n, where.n_groups) == (84, 14)


def test_six_systems_that_are_alike_are_rarely_called_different(rng) -> None:
    # The family's error is 5 %: of 60 studies 3 are expected, and 10 come by chance in 1 of 2 000.
    false_alarms = 0
    for _ in range(60):
        ratings = np.rint(rng.normal(50.0, 15.0, (24, 6)))
        tests = paired_tests(dict(zip(SYSTEMS, ratings.T, strict=True)))
        false_alarms += min(test.p_holm for test in tests) < 0.05
    assert false_alarms < 10


def test_participants_as_blocks(study) -> None:
    design, key, people = study
    settings = AnalysisSettings(blocks=Blocks.BY_PARTICIPANT)
    result = analyse(collected(design, *people), design, key, settings).scales[0]
    assert result.friedman.n_blocks == N_LISTENERS
    (pair,) = (p for p in result.pairs if (p.test.first, p.test.second) == ("WUN-S-Lb", "human"))
    # All fourteen prefer the human mix: no smaller p is possible.
    assert pair.test.p == pytest.approx(2.0 / 2**14)
    assert pair.test.median_difference == pytest.approx(-36.0, abs=4.0)


def test_a_hand_computed_study() -> None:
    design, key = design_and_key(("a", "b", "c"), SONGS[:2])
    points = {"a": 10, "b": 20, "c": 30}
    people = [
        answers(
            design, name, lambda page, m, scale, more=more: points[key.stimuli[m].system] + more
        )
        for name, more in (("one", 0), ("two", 6), ("three", 60))
    ]
    result = analyse(collected(design, *people), design, key).scales[0]
    assert [where.median for where in result.systems.values()] == [16.0, 26.0, 36.0]
    assert [where.mean for where in result.systems.values()] == pytest.approx([32.0, 42.0, 52.0])
    # Six blocks that agree: n (k - 1).
    assert result.friedman.chi_squared == pytest.approx(12.0)
    assert result.friedman.mean_ranks == {"a": 1.0, "b": 2.0, "c": 3.0}
    pair = result.pairs[0]
    assert (pair.test.effect, pair.test.median_difference) == (-1.0, -10.0)
    assert pair.test.p == pytest.approx(2 / 2**6)
    assert pair.test.p_holm == pytest.approx(6 / 2**6)
    # Of 3 x 3 pairs of ratings (twice each): 10 is below all, 16 below 20, 26, 80; 70 below 80.
    # Above: 70 over 20 and 26. 7 below, 2 above.
    assert pair.cliffs_delta == pytest.approx(-5 / 9)


def test_the_hidden_reference_rule_counts_ratings() -> None:
    design, key = design_and_key(reference="human")
    rng = np.random.default_rng(3)
    honest = listener(design, key, "honest", rng)
    misses = listener(design, key, "misses", rng)
    just = listener(design, key, "just", rng)
    # 7 rated pages x 3 scales are 21 tries: 3 misses are 14 %, 4 are 19 %.
    for one, n in ((misses, 4), (just, 3)):
        tries = [
            (one["pages"][page.id]["ratings"][stimulus.id], scale.id)
            for page in design.pages
            if page.kind == "rated"
            for stimulus in page.stimuli
            if key.stimuli[stimulus.id].system == "human"
            for scale in design.scales
        ]
        assert len(tries) == 21
        for ratings, scale in tries[:n]:
            ratings[scale] = 89
    result = analyse(collected(design, honest, misses, just), design, key)
    by_name = {participant.name: participant for participant in result.participants}
    assert by_name["honest"].missed_share == 0.0
    assert by_name["just"].missed_share == pytest.approx(3 / 21)
    assert by_name["just"].counts
    assert by_name["misses"].reasons == (
        "rated the hidden reference below 90 in 19 % of its ratings",
    )
    assert any("played openly" in remark for remark in result.remarks)


def test_training_repetitions_and_unheard_pages_count_for_nothing(study) -> None:
    design, key, people = study
    one = json.loads(json.dumps(people[0]))
    one["pages"]["p02"]["heard_s"]["m0203"] = 1.0
    result = analyse(collected(design, one), design, key)
    assert [page.page for page in result.pages] == ["p01", "p03", "p04", "p05", "p06"]
    assert result.participants[0].n_unheard_pages == 1
    settings = AnalysisSettings(screening=False)
    kept = analyse(collected(design, one), design, key, settings)
    assert [page.page for page in kept.pages] == ["p01", "p02", "p03", "p04", "p05", "p06"]


def test_who_did_not_finish_counts_with_what_is_done(study) -> None:
    design, key, people = study
    half = json.loads(json.dumps(people[0]))
    half["complete"] = False
    for page in ("p04", "p05", "p06", "p07"):
        del half["pages"][page]
    half["pages"]["p03"]["done"] = False
    everybody = collected(design, half, *people[1:3])
    result = analyse(everybody, design, key)
    assert [p.n_pages for p in result.participants] == [2, 6, 6]
    assert math.isnan(result.participants[0].repeat_difference)
    assert any("1 of 3 participants did not finish" in remark for remark in result.remarks)
    strict = analyse(everybody, design, key, AnalysisSettings(complete_only=True))
    assert strict.participants[0].reasons == ("did not finish the whole test",)
    for n, more in ((1, ""), (2, ", 1 more is left out"), (3, ", 2 more are left out")):
        words = f"none of {n} participants counts: L01 did not finish the whole test{more}; --no-s"
        alike = [{**half, "participant": f"L{number:02}"} for number in range(2, n + 1)]
        with pytest.raises(InputError, match=words):
            analyse(
                collected(design, half, *alike), design, key, AnalysisSettings(complete_only=True)
            )


def test_two_systems_and_one_listener_are_enough_for_figures() -> None:
    design, key = design_and_key(("a", "b"), SONGS[:1])
    one = answers(design, "one", lambda page, stimulus, scale: 50)
    result = analyse(collected(design, one), design, key)
    assert result.scales[0].friedman is None
    assert result.scales[0].pairs[0].test.p == 1.0
    json.dumps(result.as_json(), allow_nan=False)
    assert "Friedman" in analysis_page(result, {})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d, k: replace(k, test_id="0"), "test_id"),
        (lambda d, k: replace(k, systems=("x",)), "different systems"),
        (lambda d, k: replace(k, systems=(7,)), "systems"),
        (lambda d, k: replace(k, systems=("x" * 201,)), "systems.* at most 200"),
        (lambda d, k: replace(k, reference_system="x"), "reference_system"),
        (lambda d, k: replace(k, stimuli={}), "is missing"),
        (lambda d, k: replace(k, pages={}), "is missing"),
        (
            lambda d, k: replace(
                k, screening=replace(k.screening, repeat_largest_mean_difference="20")
            ),
            "screening.repeat",
        ),
        (
            lambda d, k: replace(
                k, pages={**k.pages, "p07": replace(k.pages["p07"], repeats=["p01"])}
            ),
            "repeats",
        ),
        (
            lambda d, k: replace(
                k, stimuli={**k.stimuli, "m0100": replace(k.stimuli["m0100"], system="human")}
            ),
            "different systems",
        ),
    ],
)
def test_a_key_that_does_not_fit_is_refused(tmp_path, change, says) -> None:
    design, key = design_and_key()
    write_json(tmp_path / "key.json", key.as_json())
    check_key(design, read_key(tmp_path), tmp_path)
    write_json(tmp_path / "key.json", change(design, key).as_json())
    with pytest.raises(InputError, match=says) as refusal:
        check_key(design, read_key(tmp_path), tmp_path)
    assert str(tmp_path / "key.json") in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_scale_cannot_name_a_file_elsewhere(tmp_path) -> None:
    design, _ = design_and_key()
    scales = (replace(design.scales[0], id="../../x"),)
    (tmp_path / "public").mkdir()
    write_json(tmp_path / "public/design.json", replace(design, scales=scales).as_json())
    with pytest.raises(InputError, match=r"scales\.0\.id must be a name of letters, digits"):
        read_design(tmp_path)


def test_bad_files_cost_themselves_and_later_answers_win(study, tmp_path) -> None:
    design, _, people = study
    folder = write_answers(tmp_path / "in", *people[:3])
    (folder / "broken.json").write_text("{")
    wrong = json.loads(json.dumps(people[3]))
    wrong["pages"]["p01"]["ratings"]["m0100"]["clarity"] = 101
    (folder / "wrong.json").write_text(json.dumps(wrong))
    (folder / "notes.txt").write_text("no answers")
    earlier = json.loads(json.dumps(people[0]))
    earlier |= {"saved": "2025-03-01T09:00:00.000Z", "revision": 99, "comment": "earlier"}
    write_answers(tmp_path / "first", earlier)
    empty = tmp_path / "empty"
    empty.mkdir()
    for order in (["first", "in"], ["in", "first"]):
        found = collect_answers([*(tmp_path / name for name in order), empty], design)
        assert list(found.answers) == ["L01", "L02", "L03"]
        assert found.answers["L01"].comment == ""
        assert found.sources["L01"] == str(folder / "answers-L01.json")
        (remark,) = found.remarks
        assert remark.startswith("L01 answered twice")
        assert remark.endswith(f"{tmp_path / 'first' / 'answers-L01.json'} is left out")
        assert len(found.failures) == 3
        told = "\n".join(found.failures)
        assert "broken.json: not answers to a listening test: not valid JSON" in told
        assert "wrong.json: pages.p01.ratings.m0100.clarity must be" in told
        assert f"{empty}: no .json files" in told


def test_the_servers_database_is_read_while_it_runs_and_after(study, tmp_path) -> None:
    design, _, people = study
    path = tmp_path / "odd name#?%20.sqlite"
    store = Store(path, design.test_id)
    for one in people[:3]:
        store.save(check_answers(one, design))
    assert list(collect_answers([path], design).answers) == ["L01", "L02", "L03"]
    store.close()
    before = sorted(tmp_path.iterdir())
    found = collect_answers([path], design)
    assert found.answers["L02"] == check_answers(people[1], design)
    assert found.sources["L02"] == f"{path}, L02"
    assert sorted(tmp_path.iterdir()) == before


def test_hostile_databases_are_one_line_each(study, tmp_path) -> None:
    design, _, people = study
    garbage = tmp_path / "garbage.sqlite"
    garbage.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    foreign = tmp_path / "foreign.sqlite"
    Store(foreign, "another").close()
    endless = tmp_path / "endless.sqlite"
    with sqlite3.connect(endless) as db:
        db.execute("CREATE TABLE about (name, value)")
        db.execute(
            "CREATE VIEW answers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT i AS participant, 1 AS revision, 1 AS complete, '' AS saved, '' AS answers "
            "FROM n"
        )
    db.close()
    spoiled = tmp_path / STORE_FILE
    store = Store(spoiled, design.test_id)
    for one in people[:3]:
        store.save(check_answers(one, design))
    store.close()
    with sqlite3.connect(spoiled) as db:
        db.execute("UPDATE answers SET answers = x'ff' WHERE participant = 'L01'")
        db.execute("UPDATE answers SET participant = 'L77' WHERE participant = 'L02'")
    db.close()
    found = collect_answers([garbage, foreign, endless, spoiled], design)
    assert list(found.answers) == ["L03"]
    assert len(found.failures) == 5
    assert all("\n" not in failure for failure in found.failures)
    assert "no table of answers" in found.failures[2]
    assert "not 'L02'" in found.failures[4]
