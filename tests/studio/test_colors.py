"""Colours of channels: changed by hand, kept, saved, and no reason to render anything again."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mixer import load_song
from mixer.errors import PresetError, SettingsError
from mixer.output.daw.daw_session import track_color
from mixer.stems import COLORS
from tests.browser import wait_until
from tests.studio.desk import Open, channel, settled
from tests.studio.on_page import SETTLED
from tests.studio.on_page import opened as opened_page
from tests.studio.running import Running

KICK = "01 Kick.wav"
GIVEN = {"colors.drums": "#112233", f'colors."{KICK}"': "#aabbcc"}


def test_a_colour_is_kept_undone_and_saved_without_another_render(
    track_song: Path, opened: Open
) -> None:
    session = opened(track_song)
    before = settled(session)
    exact = before["exact"]
    assert exact is not None
    session.edit(before["revision"], GIVEN)
    now = settled(session)
    found = {name: channel(now, name) for name in ("drums", KICK, "02 Snare.wav", "vocals")}
    assert {name: one["color"] for name, one in found.items()} == {
        "drums": "#112233",
        KICK: "#aabbcc",
        "02 Snare.wav": "#112233",
        "vocals": COLORS["vocals"],
    }
    assert found["drums"]["base_color"] == COLORS["drums"]
    # the mix is the one of before
    assert now["exact"] == {**exact, "revision": now["revision"]}
    session.undo(now["revision"])
    assert channel(session.state(), "drums")["color"] == COLORS["drums"]
    session.redo(session.state()["revision"])
    saved = session.save_song()
    assert saved["left_out"] == []
    table = tomllib.loads((track_song / "song.toml").read_text())
    assert table["colors"] == {"drums": "#112233", KICK: "#aabbcc"}
    song = load_song(track_song)
    assert song.colors == table["colors"]
    assert track_color(KICK, "drums", song.colors) == "#aabbcc"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("colors.drums", "red", "must be a colour like \"#c0402b\", not 'red'"),
        ("colors.drums", 7, "must be a colour like"),
        ("colors.guitars", "#112233", "'guitars' is neither a stem nor a recording"),
        ("colors.drums.top", "#112233", 'is unknown; write colors."NAME"'),
    ],
)
def test_what_is_not_a_colour_of_a_channel_is_refused(
    stem_song: Path, opened: Open, key: str, value: Any, says: str
) -> None:
    session = opened(stem_song)
    state = settled(session)
    with pytest.raises((SettingsError, PresetError)) as caught:
        session.edit(state["revision"], {key: value})
    assert says in str(caught.value)


def test_a_song_says_colours_by_stem_name_and_pattern(track_song: Path) -> None:
    file = track_song / "song.toml"
    file.write_text(f'[colors]\ndrums = "#112233"\n"0*.wav" = "#445566"\n"{KICK}" = "#778899"\n')
    colors = load_song(track_song).colors
    assert (colors["drums"], colors[KICK], colors["05 Pad.wav"]) == (
        "#112233", "#778899", "#445566"
    )  # fmt: skip
    file.write_text('[colors]\ndrums = "blue"\n"Piano.wav" = "#112233"\n')
    with pytest.raises(PresetError) as caught:
        load_song(track_song)
    wrong, stranger = caught.value.lines
    assert wrong.endswith("line 2: colors.drums must be a colour like \"#c0402b\", not 'blue'")
    assert "line 3: colors.'Piano.wav' matches no file in the folder" in stranger


@pytest.mark.browser
def test_the_picker_gives_a_channel_its_colour(open_page: Any, studio: Running) -> None:
    page = opened_page(open_page, studio)
    page.locator('[data-channel="vocals"] .name').click()
    page.get_by_label("Colour of vocals").fill("#123456")
    shown = """getComputedStyle(document.querySelector('[data-channel="vocals"]')).borderTopColor"""
    wait_until(page, f"{shown} === 'rgb(18, 52, 86)'")
    wait_until(page, f"{SETTLED} && mixStudio.engine.isExact")
    assert channel(studio.state(), "vocals")["color"] == "#123456"
    page.get_by_role("button", name="Reset channel").click()
    wait_until(page, f"{shown} !== 'rgb(18, 52, 86)' && {SETTLED}")
    assert channel(studio.state(), "vocals")["color"] == COLORS["vocals"]


@pytest.mark.browser
def test_an_empty_ceiling_is_none_and_goes_back(open_page: Any, studio: Running) -> None:
    page = opened_page(open_page, studio)
    ceiling = page.get_by_label("Peak ceiling, dBTP", exact=True)
    assert ceiling.input_value() == "-1"
    ceiling.fill("")
    ceiling.press("Enter")
    wait_until(page, f"mixStudio.song.server.master.true_peak_dbtp === null && {SETTLED}")
    assert studio.state()["master"]["hand"]["true_peak_dbtp"] == "none"
    page.get_by_label("Peak ceiling, dBTP as without your change").click()
    wait_until(page, f"mixStudio.song.server.master.true_peak_dbtp === -1 && {SETTLED}")
