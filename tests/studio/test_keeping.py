"""What the studio's page takes in and hands out: songs, references, song.toml, presets, renders."""

from __future__ import annotations

import base64
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.browser import wait_until
from tests.studio.on_page import READY, SETTLED, strip_of
from tests.studio.running import WAIT_S, Running, write_stems

pytestmark = pytest.mark.browser

WAIT_MS = round(1000 * WAIT_S)
_DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], name, { type: "audio/wav" }));
  document.querySelector("#console").dispatchEvent(
    new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: dropped }));
}"""


@pytest.fixture(scope="module")
def two_songs(start_studio, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A folder of a song, and of another that cannot be opened."""
    root = tmp_path_factory.mktemp("songs")
    write_stems(root / "My songs" / "A small one")
    broken = write_stems(root / "My songs" / "Broken")
    (broken / "song.toml").write_text("title = ")
    return start_studio(root / "My songs", root / "mixes")


@pytest.fixture
def opened_page(open_page: Any, two_songs: Running) -> Any:
    """The song, chosen from the list."""
    page = open_page(two_songs.link)
    page.get_by_text("Songs in My songs").wait_for()
    page.get_by_role("button", name="A small one").click()
    wait_until(page, READY, WAIT_MS)
    wait_until(page, "mixStudio.engine.isExact", WAIT_MS)
    return page


@pytest.mark.slow
def test_from_the_list_of_songs_to_files_kept(
    opened_page, two_songs, watch, monkeypatch, tmp_path
) -> None:
    """One walk, since each page costs a start: list, reference, song.toml, preset, session."""
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path / "presets"))
    drop_a_reference(opened_page, two_songs)
    save_to_the_song(opened_page, two_songs)
    save_a_preset(opened_page, tmp_path / "presets" / "warm-voice.toml")
    render_a_session(opened_page, tmp_path)
    # The browser's own lines about what was refused: no music, and a preset that is there.
    watch.errors = [line for line in watch.errors if "Failed to load resource" not in line]


def drop_a_reference(page: Any, studio: Running) -> None:
    """Another recording, dropped anywhere on the page, is a source at equal loudness."""
    other = (studio.folder / "A small one" / "vocals.wav").read_bytes()
    page.evaluate(_DROP, ["Ours 2019.wav", base64.b64encode(other).decode()])
    row = page.locator("#panel-compare .source", has_text="Ours 2019")
    row.wait_for(timeout=WAIT_MS)
    found = "mixStudio.song.state.sources.filter(({ kind }) => ['mix', 'reference'].includes(kind))"
    wait_until(page, f"{found}.every((source) => Number.isFinite(source.loudness_lufs))", WAIT_MS)
    source = next(s for s in studio.state()["sources"] if s["kind"] == "reference")
    mix = next(s for s in studio.state()["sources"] if s["id"] == "mix")
    heard_lufs = [s["loudness_lufs"] + s["match_db"] for s in (source, mix)]
    assert heard_lufs[0] == pytest.approx(heard_lufs[1], abs=0.05)
    row.click()
    assert page.evaluate("mixStudio.player.chosen") == source["id"]
    page.keyboard.press("1")
    page.evaluate(_DROP, ["notes.txt", base64.b64encode(b"no music").decode()])
    page.locator(".message.fault", has_text="notes.txt").wait_for()
    page.get_by_role("button", name="Close this message").first.click()


def save_to_the_song(page: Any, studio: Running) -> None:
    """By the keyboard; what song.toml cannot hold is said."""
    page.evaluate("mixStudio.edit({ 'vocals.gain_db': -2.5, 'settings.amount': 0.8 })")
    wait_until(page, SETTLED)
    page.keyboard.press("Control+s")
    said = page.locator(".message", has_text="Saved to")
    said.wait_for()
    assert "cannot hold the amount" in said.inner_text()
    table = tomllib.loads((studio.folder / "A small one" / "song.toml").read_text())
    assert table["console"]["vocals"] == {"gain_db": -2.5}
    page.evaluate("mixStudio.edit({ 'settings.amount': null })")
    wait_until(page, SETTLED)
    page.get_by_role("button", name="Save to song.toml").first.click()
    wait_until(page, "mixStudio.song.state.saved")
    page.get_by_role("tab", name="Save", exact=True).click()
    page.get_by_text("Everything is in song.toml.").wait_for()


def save_a_preset(page: Any, file: Path) -> None:
    """A second one of that name is refused until it may be replaced."""
    page.get_by_label("Name of the preset").fill("warm-voice")
    page.get_by_role("button", name="Save as preset").click()
    page.locator(".message.said", has_text=file.name).wait_for()
    assert tomllib.loads(file.read_text())["vocals"]["gain_db"] == -2.5
    file.write_text(file.read_text() + "\n# old\n")
    page.get_by_role("button", name="Save as preset").click()
    page.locator(".message.refused", has_text="warm-voice").wait_for()
    page.get_by_label("Replace a preset of that name").check()
    page.get_by_role("button", name="Save as preset").click()
    page.locator(".message.refused").wait_for(state="detached")
    wait_until(page, SETTLED)
    assert "# old" not in file.read_text()


def render_a_session(page: Any, folder: Path) -> None:
    """A mix with a session of wet stems beside it; every file of it can be fetched."""
    audio = page.get_by_label("Audio in sessions")
    assert not audio.is_visible()
    page.get_by_label("DAWproject").check()
    audio.select_option("wet")
    page.locator("#panel-save .primary").click()
    wait_until(page, "mixStudio.song.state.jobs.some((job) => job.state === 'done')", WAIT_MS)
    links = page.locator("#panel-save .files a")
    names = [link.inner_text() for link in links.all()]
    assert any(name.endswith(".dawproject") for name in names)
    for place, name in enumerate(names):
        with page.expect_download() as download:
            links.nth(place).click()
        download.value.save_as(folder / Path(name).name)
    session = next(folder.glob("*.dawproject"))
    held = zipfile.ZipFile(session).namelist()
    assert any("vocals" in name for name in held)
    assert strip_of(page.evaluate("mixStudio.song.state"), "vocals")["gain_db"] == -2.5
