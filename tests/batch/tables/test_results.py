"""The morning after: outliers, the page, merged shards, manifests from trees, estimates."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from mixer.batch.batch_plan import Shard, parse_shard
from mixer.batch.batch_session import Options, plan_batch
from mixer.batch.estimate import estimate_plan
from mixer.batch.ledgers.ledger import LEDGER_FILE, Ledger, read_records
from mixer.batch.ledgers.ledger_rows import Record
from mixer.batch.ledgers.lock import LockedError, hold_lock
from mixer.batch.merge_shards import merge_shards
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.batch.requests.tree import manifest_text
from mixer.batch.states import State
from mixer.batch.survey import ROUGH_SECONDS_PER_SECOND, read_headers
from mixer.batch.tables.index_page import index_page
from mixer.batch.tables.outliers import correlation, find_outliers, spectrum_correlations, unusual
from mixer.batch.tables.results import COLUMNS, result_of, write_results
from mixer.errors import InputError, SettingsError
from mixer.song.folders.song_folders import find_song_folders
from tests.batch.tables.index_rows import rows_of


def song(
    name: str, lufs: float | None = -14.0, peak: float = -1.0, tilt_db: float = -1.0
) -> Record:
    rng = np.random.default_rng(sum(name.encode()))
    spectrum = [tilt_db * band + float(rng.normal(0.0, 1.0)) for band in range(27)]
    figures = {
        "loudness_lufs": lufs,
        "true_peak_dbtp": peak,
        "spectrum_db": spectrum,
        "duration_s": 62.0,
        "seconds": {"network": 2.0, "write": 1.1},
    }
    return Record(
        name, State.DONE, f"{name}.wav", files=[[f"{name}.wav", 1, "abc"]], figures=figures
    )


def test_songs_unlike_the_others_are_marked_and_no_others() -> None:
    usual = [song(f"s{n}", -14.0 + 0.05 * n) for n in range(20)]
    assert find_outliers(usual) == {}
    odd = [
        song("loud", -8.0),
        song("peaky", peak=2.0),
        song("shrill", tilt_db=1.0),
        song("mute", None),
    ]
    marks = find_outliers([*usual, *odd])
    assert set(marks) == {"loud", "peaky", "shrill", "mute"}
    assert marks["loud"] == ["-8.0 LUFS; the median is -13.6"]
    assert marks["peaky"] == ["2.0 dBTP, above its ceiling of -1.0"]
    assert re.match(r"spectral correlation with the other songs: -0\.\d\d", marks["shrill"][0])
    assert marks["mute"] == ["silent"]
    # Too few to know what is usual; what a song asked for is known all the same.
    assert set(find_outliers(odd)) == {"peaky", "mute"}


def test_a_song_is_held_to_the_targets_of_its_own_row() -> None:
    usual = [
        replace(song(f"s{n}", -14.0 + 0.05 * n), settings={"loudness_lufs": -14.0})
        for n in range(20)
    ]
    quiet = replace(song("quiet", -23.0, -9.0), settings={"loudness_lufs": -23.0})
    missed = replace(song("missed", -16.4), settings={"loudness_lufs": -14.0})
    free = replace(song("free", peak=1.5), settings={"true_peak_dbtp": None})
    above = replace(song("above", peak=-2.5), settings={"true_peak_dbtp": -3.0})
    ballad = song("ballad", -19.0)
    ballad = replace(
        ballad,
        settings={"loudness_lufs": -14.0},
        figures={**ballad.figures, "premaster_lufs": -25.0, "album_offset_db": 6.0},
    )
    assert find_outliers([*usual, quiet, missed, free, above, ballad]) == {
        "missed": ["-16.4 LUFS, 2.4 LU below its target of -14.0"],
        "above": ["-2.5 dBTP, above its ceiling of -3.0"],
    }


def test_what_is_unusual_depends_on_how_far_the_others_are_apart() -> None:
    apart = {f"s{n}": -20.0 + 3.0 * n for n in range(9)}
    assert unusual(apart, 0.5) == set()
    assert unusual(apart | {"loud": 40.0, "soft": -60.0}, 0.5) == {"loud", "soft"}
    alike = dict.fromkeys(apart, -14.0)
    assert unusual(alike | {"near": -13.5, "loud": -13.4}, 0.5) == {"loud"}


def test_correlations_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    spectra = {str(n): list(rng.normal(-40.0, 10.0, 27)) for n in range(4)}
    found = spectrum_correlations(spectra)
    for name, own in spectra.items():
        others = np.mean([spectra[other] for other in spectra if other != name], axis=0)
        assert found[name] == pytest.approx(np.corrcoef(own, others)[0, 1])
    assert correlation([1.0, 1.0], [1.0, 2.0]) == 0.0


def test_the_page_stands_alone_and_trusts_no_name() -> None:
    evil = replace(song('<script>alert("x")</script>'), output='a "b" #1/ü?.wav')
    failed = Record("bad", State.FAILED, "bad.wav", error="<b>why</b>")
    text = index_page([evil, failed, Record("later")], {evil.id: ["too loud"]})
    rows = rows_of(text)
    assert [row["mix"] for row in rows] == ["a%20%22b%22%20%231/%C3%BC%3F.wav", "", ""]
    assert [row["marks"] for row in rows] == [["too loud"], [], []]
    assert rows[1]["error"] == "<b>why</b>"
    assert not re.search("<(link|img|iframe|script) [^>]*src", text)
    assert "<b>why" not in text
    assert "<script>alert" not in text
    assert "1 done, 1 failed, 1 left, 1 marked" in text


def test_a_result_has_every_column() -> None:
    result = result_of(song("one"), ["odd"])
    assert tuple(result) == COLUMNS
    assert (result["render_s"], result["real_time_factor"]) == (3.1, 20.0)
    assert (result["mix_sha256"], result["marks"], result["error"]) == ("abc", "odd", None)
    assert result_of(replace(song("one"), state=State.FAILED))["loudness_lufs"] is None
    assert (result["n_left_out"], result["n_not_recognised"]) == (None, None)  # of an older version
    counted = replace(song("one"), figures={"left_out": ["a", "b"], "not_recognised": []})
    assert (result_of(counted)["n_left_out"], result_of(counted)["n_not_recognised"]) == (2, 0)
    (row,) = rows_of(index_page([counted], {}))
    assert (row["left_out"], row["not_recognised"]) == (["a", "b"], [])


def test_shards_share_out_every_song_once_and_keep_albums_together(
    make_songs, batch, tmp_path
) -> None:
    names = [f"s{n}" for n in range(30)]
    lines = [f"{name},{'A' if n < 10 else ''}" for n, name in enumerate(names)]
    manifest, out = make_songs(names, "song,album\n" + "\n".join(lines) + "\n"), tmp_path / "out"
    parts = []
    for index in (1, 2, 3):
        batch(manifest, out, shard=Shard(index, 3))
        parts.append({order.id for order in batch.engine.seen})
    assert set().union(*parts) == set(names)
    assert sum(map(len, parts)) == len(names)
    assert sum(bool(part & set(names[:10])) for part in parts) == 1
    assert min(map(len, parts)) > 0
    assert (out / "results.shard-2-of-3.csv").exists()
    merged = merge_shards(out, manifest)
    assert (merged.n_done, merged.exit_code, merged.missing) == (30, 0, ())
    with (out / "results.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == names
    batch(manifest, out)  # a whole run now knows what the shards did
    assert batch.engine.seen == []


def test_figures_of_the_sheet_are_short_and_those_of_the_lines_are_whole(tmp_path) -> None:
    figures = {"loudness_lufs": -13.150630912747486, "true_peak_dbtp": -1.0100002687922636}
    record = Record("one", State.DONE, output="one.wav", figures=figures)
    write_results([record], tmp_path, tmp_path, "", html=False)
    with (tmp_path / "results.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["loudness_lufs"], row["true_peak_dbtp"]) == ("-13.151", "-1.01")
    whole = json.loads((tmp_path / "results.jsonl").read_text())
    assert {name: whole[name] for name in figures} == figures


def test_a_merge_says_what_is_missing_and_takes_the_latest(make_songs, batch, tmp_path) -> None:
    manifest, out = make_songs([f"s{n}" for n in range(8)]), tmp_path / "out"
    with pytest.raises(InputError, match="no shard has a ledger"):
        merge_shards(tmp_path, None)
    batch(manifest, out, shard=Shard(1, 2))
    merged = merge_shards(out, manifest)
    assert merged.missing == ("2/2",)
    assert merged.n_left > 0
    assert merged.exit_code == 1
    with Ledger(out / STATE_FOLDER / "shard-1-of-2") as ledger:
        first = next(iter(ledger))
        ledger.change(first.id, state=State.FAILED, error="later", finished="9999")
    assert merge_shards(out, manifest).n_failed == 0  # done is done
    records = read_records(out / STATE_FOLDER / LEDGER_FILE)
    assert {record.state for record in records} <= {State.DONE, State.PENDING}
    lock = out / STATE_FOLDER / "lock"
    with hold_lock(lock, shared=True), pytest.raises(LockedError):
        merge_shards(out, manifest)


@pytest.mark.parametrize("text", ["0/2", "3/2", "x", "1", "1/0", "-1/2"])
def test_shards_in_words(text) -> None:
    assert parse_shard("2/3") == Shard(2, 3)
    with pytest.raises(SettingsError, match="must be I/N"):
        parse_shard(text)


def test_a_tree_becomes_a_manifest_that_can_be_read(make_songs, tmp_path) -> None:
    from tests.batch.manifests import read_rows

    make_songs(["a, b", "disc 2/c"], folder="tree")
    (tmp_path / "tree" / "manifest.csv").unlink()
    (tmp_path / "tree" / "empty").mkdir()
    (tmp_path / "tree" / "out" / STATE_FOLDER).mkdir(parents=True)
    (tmp_path / "tree" / "out" / "mix.wav").write_text("a mix is no song")
    found = list(find_song_folders(tmp_path / "tree").songs)
    assert [path.name for path in found] == ["a, b", "c"]
    text, left_out = manifest_text(tmp_path / "tree", tmp_path)
    assert left_out == ["empty: empty"]
    (tmp_path / "m.csv").write_text(text)
    rows = read_rows(tmp_path / "m.csv")
    assert [row.id for row in rows] == ["a, b", "disc 2/c"]
    assert [row.song for row in rows] == found
    with pytest.raises(InputError, match="none of its folders holds"):
        manifest_text(tmp_path / "tree" / "empty", tmp_path)


def test_estimates_come_from_headers_and_from_what_songs_took(make_songs, batch, tmp_path) -> None:
    names = ["one", "two", "three", "four"]
    manifest, out = make_songs(names), tmp_path / "out"
    (tmp_path / "two" / "drums.wav").write_bytes(b"RIFF")
    estimate = estimate_plan(plan_batch(manifest, out, Options()), 2, 1)
    assert set(estimate.problems) == {"two"}
    assert estimate.duration_s == pytest.approx(0.3)
    assert not estimate.measured
    assert estimate.seconds == pytest.approx(0.15 * ROUGH_SECONDS_PER_SECOND)
    assert estimate.output_bytes >= 3 * 4410 * 2 * 3
    batch(manifest, out)
    estimate = estimate_plan(plan_batch(manifest, out, Options(mode="force")), 1, 1)
    assert estimate.measured
    # the stand-in says that a second of song took it 0.02 s
    assert estimate.seconds == pytest.approx(0.02 * estimate.duration_s)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("waits_from", [0.0, float("inf")])
def test_songs_are_read_alike_one_by_one_and_by_many_readers(
    make_songs, tmp_path, monkeypatch, waits_from
) -> None:
    manifest = make_songs([f"s{n}" for n in range(12)])
    (tmp_path / "s3" / "drums.wav").write_bytes(b"RIFF")
    monkeypatch.setattr("mixer.batch.estimate._TRIED_SONGS", 2)
    monkeypatch.setattr("mixer.batch.estimate._WAITS_FROM", waits_from)
    shares: list[float] = []
    jobs = plan_batch(manifest, tmp_path / "out", Options())
    estimate = estimate_plan(jobs, 2, 1, shares.append)
    assert list(estimate.sizes) == [f"s{n}" for n in range(12) if n != 3]
    assert "drums.wav: cannot be read" in estimate.problems["s3"]
    assert shares[-1] == 1.0


def test_a_song_of_several_rows_is_read_once(make_songs, tmp_path, monkeypatch) -> None:
    manifest = make_songs(["one"])
    manifest.write_text("song,id,loudness_lufs\none,quiet,-23\none,loud,-9\n")
    read: list[str] = []

    def counted(folder):
        read.append(folder.name)
        return read_headers(folder)

    monkeypatch.setattr("mixer.batch.estimate.read_headers", counted)
    estimate = estimate_plan(plan_batch(manifest, tmp_path / "out", Options()), 1, 1)
    assert (read, list(estimate.sizes)) == (["one"], ["quiet", "loud"])
