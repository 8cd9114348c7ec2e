"""Albums in a run: songs share one loudness offset, whatever fails, is added or breaks off."""

import numpy as np
import pytest

from mixer.batch.listener import Stop
from mixer.batch.states import Phase, State
from tests.batch.recorded import records, seen
from tests.batch.stand_in import copy_song

ALBUM = "song,album,loudness_lufs\none,A,-14\ntwo,A,-14\nsingle,,-14\nthree,B,\n"


def test_songs_of_an_album_share_one_offset(make_songs, batch, tmp_path) -> None:
    names = ["one", "two", "single", "three"]
    manifest = make_songs(names, ALBUM, one={"lufs": -20.0}, two={"lufs": -26.0})
    out = tmp_path / "out"
    batch(manifest, out)
    phases = [(order.id, order.phase) for order in batch.engine.seen]
    assert sorted(phases) == [
        ("one", Phase.FINISH), ("one", Phase.MEASURE), ("single", Phase.WHOLE),
        ("three", Phase.WHOLE),
        ("two", Phase.FINISH), ("two", Phase.MEASURE),
    ]  # fmt: skip
    figures = {song_id: record.figures for song_id, record in records(out).items()}
    # the mean energy of -20 and -26 LUFS is -22.04 LUFS, so 8.04 dB are missing to -14
    assert figures["one"]["album_offset_db"] == pytest.approx(
        -14 - 10 * np.log10((10**-2.0 + 10**-2.6) / 2)
    )
    assert figures["two"]["album_offset_db"] == figures["one"]["album_offset_db"]
    loudness = {
        order.id: order.loudness_lufs for order in batch.engine.seen if order.phase == Phase.FINISH
    }
    assert loudness["one"] - loudness["two"] == pytest.approx(6.0)
    assert all(record.renders == 1 for record in records(out).values())
    batch(manifest, out)
    assert seen(batch) == []


def test_a_song_more_on_an_album_moves_the_others(make_songs, batch, tmp_path) -> None:
    manifest = make_songs(
        ["one", "two"], "song,album,loudness_lufs\none,A,-14\n", two={"lufs": -26}
    )
    out = tmp_path / "out"
    batch(manifest, out)
    manifest.write_text("song,album,loudness_lufs\none,A,-14\ntwo,A,-14\n")
    batch(manifest, out)
    assert [(o.id, o.phase) for o in batch.engine.seen] == [
        ("two", Phase.MEASURE), ("one", Phase.WHOLE), ("two", Phase.FINISH)
    ]  # fmt: skip
    assert records(out)["one"].renders == 2
    assert records(out)["one"].figures["album_offset_db"] == pytest.approx(
        -14 - 10 * np.log10((10**-2.0 + 10**-2.6) / 2)
    )


def test_an_album_that_broke_off_half_way_goes_on(make_songs, batch, tmp_path) -> None:
    manifest = make_songs(["one", "two"], "song,album,loudness_lufs\none,A,-14\ntwo,A,-14\n")
    out, stop = tmp_path / "out", Stop()

    def press(order, context, report):
        stop.request()
        return copy_song(order, context, report)

    batch(manifest, out, work=press, stop=stop)
    assert records(out)["one"].state == State.MEASURED
    summary = batch(manifest, out)
    assert [(o.id, o.phase) for o in batch.engine.seen] == [
        ("two", Phase.MEASURE), ("one", Phase.FINISH), ("two", Phase.FINISH)
    ]  # fmt: skip
    assert (summary.n_done, summary.exit_code) == (2, 0)


def test_a_failed_song_keeps_no_album_waiting(make_songs, batch, tmp_path) -> None:
    text = "song,album,loudness_lufs\none,A,-14\ntwo,A,-14\n"
    manifest = make_songs(["one", "two"], text, two={"fail": "no"})
    summary = batch(manifest, tmp_path / "out")
    assert (summary.n_done, summary.n_failed) == (1, 1)
    assert records(tmp_path / "out")["one"].figures["album_offset_db"] == pytest.approx(6.0)
