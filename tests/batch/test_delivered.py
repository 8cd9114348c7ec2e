"""Sessions and reports of a batch, really rendered: in their places, with links that lead there."""

import json
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import soundfile

from mixer import MixerError, RenderSettings, load_song, render
from mixer.batch.batch_session import Options, plan_batch
from mixer.batch.engines.work import render_song
from mixer.batch.estimate import estimate_plan
from mixer.batch.ledgers.ledger import LEDGER_FILE, read_records
from mixer.batch.requests.outputs import STATE_FOLDER
from mixer.preset.merge import resolve
from mixer.rendering.settings import with_console
from tests.batch.tables.index_rows import rows_of
from tests.signals import band


@pytest.fixture
def songs(tmp_path, rng) -> Path:
    for name in ("one", "two"):
        (tmp_path / "songs" / name).mkdir(parents=True)
        for stem, audio in band(rng, 1.5, 44_100).items():
            path = tmp_path / "songs" / name / f"{stem}.wav"
            soundfile.write(path, audio.T, 44_100, subtype="PCM_16")
    return tmp_path


def manifest(folder: Path, text: str) -> Path:
    path = folder / "manifest.csv"
    path.write_text(text)
    return path


def links_of(report: Path) -> list[str]:
    """What the report's player plays."""
    data = re.search(r'id="player-data"[^>]*>(.*?)</script>', report.read_text(), re.DOTALL)
    return [source.get("url") for source in json.loads(data.group(1))["sources"]]


def files(folder: Path) -> set[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in found if not name.startswith((STATE_FOLDER, "results."))}


def test_everything_is_in_its_place_and_links_lead_there(songs, batch) -> None:
    text = "song,id,model,preset,vocals.gain_db,daw,report\n"
    text += "songs/one,disc 1/#1 'one',none,mine.toml,,dawproject+reaper,yes\n"
    text += "songs/two,two,none,,+3,,embed\n"
    (songs / "mine.toml").write_text("[drums]\ngain_db = -6\npan = 0.5\n")
    out, path = songs / "out", manifest(songs, text)
    promised = estimate_plan(plan_batch(path, out, Options()), 1, 1).output_bytes
    summary = batch(path, out, work=render_song, html=True)
    assert summary.n_failed == 0, summary.records
    taken = sum((out / name).stat().st_size for name in files(out))
    assert 0.5 * promised <= taken <= promised

    base = out / "disc 1" / "#1 'one'"
    urls = links_of(base.with_name(base.name + ".report.html"))
    assert len(urls) == 7
    for url in urls:
        assert soundfile.info(base.parent / unquote(url)).frames == 1.5 * 44_100
    assert links_of(out / "two.report.html") == [None] * 7  # the previews are inside

    session = base.with_name(base.name + ".rpp").read_text()
    sources = re.findall(r'^ +FILE (["\'`])(.*)\1$', session, re.MULTILINE)
    there = {(base.parent / source).resolve() for _, source in sources}
    stems = ("vocals", "bass", "drums", "other")
    assert there == {
        base.with_name(base.name + ".wav"),
        base.with_name(base.name + ".daw") / "residual.reaper.wav",
        *(songs / "songs" / "one" / f"{s}.wav" for s in stems),
    }
    assert all(file.is_file() for file in there)
    with zipfile.ZipFile(base.with_name(base.name + ".dawproject")) as container:
        assert sum(name.startswith("audio/") for name in container.namelist()) == len(there)

    shown = rows_of((out / "index.html").read_text())
    found = [row["report"] for row in shown]
    found += [session["url"] for row in shown for session in row["sessions"]]
    assert len(found) == 4
    assert all((out / unquote(link)).is_file() for link in found)
    settings = with_console(
        RenderSettings("none", device="cpu"), resolve([songs / "mine.toml"]).console
    )
    alone = render(load_song(songs / "songs" / "one"), settings)
    written, _ = soundfile.read(base.with_name(base.name + ".wav"), dtype="float32")
    np.testing.assert_allclose(written.T, alone.audio, atol=2**-22)
    recipe = json.loads((base.parent / f"{base.name}.mix.json").read_text())
    assert [source["name"] for source in recipe["presets"]] == ["mine"]
    assert recipe["settings"]["console"]["drums"] == {"pan": 0.5, "gain_db": -6.0}


def test_an_edited_session_is_kept_and_what_is_stale_goes(songs, batch) -> None:
    text = "song,id,model,daw,report,amount\nsongs/one,one,none,{}\n"
    out, path = songs / "out", manifest(songs, text.format("dawproject+reaper,yes,"))
    batch(path, out, work=render_song)
    played = (out / "one.daw/residual.reaper.wav").read_bytes()
    with (out / "one.rpp").open("a") as file:
        file.write("edited")
    assert batch(path, out, work=render_song).n_skipped == 1  # a session may be worked in
    path.write_text(text.format("reaper,no,0"))
    assert batch(path, out, work=render_song).n_done == 1
    kept_session = (out / "one (edited 1).rpp").read_text()
    assert kept_session.endswith("edited")
    assert "edited" not in (out / "one.rpp").read_text()
    # What it plays and was written with is kept with it, and named in it.
    assert (out / "one (edited 1).daw/residual.reaper.wav").read_bytes() == played
    assert (out / "one.daw/residual.reaper.wav").read_bytes() != played
    own_files = re.findall(r'FILE "(one[^"]*)"', kept_session)
    assert sorted(own_files) == ["one (edited 1).daw/residual.reaper.wav", "one (edited 1).wav"]
    recall = {f"one.recall.{ending}" for ending in ("md", "csv", "json")}
    kept = {"one.wav", "one.mix.json", "one.rpp", "one (edited 1).rpp", *recall, *own_files}
    kept |= {"one.daw/residual.reaper.wav", "one (edited 1).recall.json"}
    assert {name for name in files(out) if ".stems/" not in name} == kept
    assert not (out / "one.report").exists()


def test_an_album_with_strips_and_reports(songs, batch) -> None:
    """What waits for the album's offset keeps what its report and its record need."""
    text = "song,id,album,model,loudness_lufs,drums.mute,report\n"
    text += "songs/one,one,A,none,-20,yes,yes\nsongs/two,two,A,none,-20,,yes\n"
    out = songs / "out"
    summary = batch(manifest(songs, text), out, work=render_song)
    assert summary.n_done == 2, summary.records
    one, two = read_records(out / STATE_FOLDER / LEDGER_FILE)
    assert one.figures["album_offset_db"] == two.figures["album_offset_db"]
    recipe = json.loads((out / "one.mix.json").read_text())
    assert recipe["settings"]["console"] == {"drums": {"mute": True}}
    settings = RenderSettings("none", device="cpu", loudness_lufs=one.figures["loudness_lufs"])
    settings = with_console(settings, resolve(sets=["drums.mute=yes"]).console)
    levels = render(load_song(songs / "songs" / "one"), settings, wet_stems=True).measurements
    recorded = recipe["measurements"]["wet_stems"]["vocals"]
    assert recorded == pytest.approx(levels["wet_stems"]["vocals"], abs=0.05)
    for url in links_of(out / "one.report.html"):
        assert (out / unquote(url)).is_file()
    assert (out / "one.report" / "normalised_sum.flac").is_file()


def test_a_song_that_is_edited_meanwhile_fails(songs, batch) -> None:
    def edit(order, context, report):
        (songs / "songs" / "one" / "song.toml").write_text("[console.vocals]\ngain_db = 3\n")
        return render_song(order, context, report)

    path = manifest(songs, "song,id,model\nsongs/one,one,none\n")
    (record,) = batch(path, songs / "out", work=edit).records
    assert "song.toml changed since the run began; start again" in record.error
    assert batch(path, songs / "out", work=render_song).n_done == 1


def test_tracks_lie_beside_their_mix_until_they_are_no_longer_asked_for(songs, batch) -> None:
    text = 'song,id,model,tracks,album,bit_depth,"tracks.""vocals"".mute"\n'
    text += "songs/one,one,levels,yes,,32f,\nsongs/two,two,levels,yes,first,24,yes\n"
    out, path = songs / "out", manifest(songs, text)
    promised = estimate_plan(plan_batch(path, out, Options()), 1, 1).output_bytes
    summary = batch(path, out, work=render_song)
    assert summary.n_failed == 0, summary.records
    taken = sum((out / name).stat().st_size for name in files(out))
    assert 0.5 * promised <= taken <= promised
    tracks = {name for name in files(out) if ".tracks/" in name}
    assert len(tracks) == 2 * 5  # four of each song, and the residual
    recorded = json.loads((out / "one.mix.json").read_text())["output"]["tracks"]
    read = [soundfile.read(entry["path"], dtype="float32")[0] for entry in recorded.values()]
    mix, _ = soundfile.read(out / "one.wav", dtype="float32")
    assert np.abs(sum(read) - mix).max() < 1e-6
    silent = {n for n in tracks if not np.any(soundfile.read(out / n)[0])}
    assert {n for n in silent if "residual" not in n} == {"two.tracks/vocals.wav"}

    batch(manifest(songs, text.replace("yes", "no")), out, work=render_song)
    assert not [name for name in files(out) if ".tracks/" in name]


def test_tracks_of_a_model_of_stems_are_refused_before_anything_is_rendered(songs) -> None:
    path = manifest(songs, "song,model,tracks\nsongs/one,none,yes\n")
    with pytest.raises(MixerError, match="mixes stems, not single tracks"):
        plan_batch(path, songs / "out", Options())


def test_a_row_says_what_its_session_holds(songs, batch) -> None:
    text = (
        "song,id,model,daw,daw_audio\nsongs/one,one,none,reaper,wet\nsongs/two,two,none,reaper,\n"
    )
    out = songs / "out"
    summary = batch(manifest(songs, text), out, work=render_song)
    assert summary.n_done == 2, summary.records
    assert not (out / "one.daw").exists()
    assert 'NAME "drums (dry)"' in (out / "one.rpp").read_text()
    assert (out / "two.daw" / "residual.reaper.wav").is_file()
    assert (out / "two.recall.md").is_file()
