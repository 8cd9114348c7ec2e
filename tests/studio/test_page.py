"""The page of the studio in a real Chromium, on its real server: what people do and hear."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.browser import FIREFOX, double_click, has_horizontal_scroll, wait_until
from tests.studio.on_page import EXACT, FAINT, SETTLED, STRIPS, fader, opened, strip_of
from tests.studio.running import RATE_HZ

pytestmark = pytest.mark.browser


def test_from_an_open_page_to_a_revised_render_by_mouse(open_page, studio) -> None:
    page = opened(open_page, studio)
    page.get_by_role("button", name="Play").click()
    wait_until(page, "mixStudio.player.playing && mixStudio.player.position_s() > 0.2")
    wait_until(page, "mixStudio.engine.figures && mixStudio.engine.figures.peaks[0] > 0.001")
    box = fader(page, "vocals").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 40, steps=4)
    page.mouse.up()
    wait_until(page, SETTLED)
    raised = strip_of(studio.state(), "vocals")["gain_db"]
    assert 1.0 < raised < 12.0
    page.locator('[data-channel="drums"] .mute').click()
    page.get_by_role("button", name="Undo").click()
    wait_until(page, f"{SETTLED} && !mixStudio.channel('drums').strip.mute")
    wait_until(page, EXACT, timeout_ms=60_000)
    page.get_by_role("tab", name="Save", exact=True).click()
    page.locator("#panel-save .primary").click()
    wait_until(page, "mixStudio.song.state.jobs.some((job) => job.state === 'done')", 60_000)
    with page.expect_download() as download:
        page.locator("#panel-save .files a").first.click()
    assert download.value.path().stat().st_size > 44
    double_click(fader(page, "vocals"))
    wait_until(page, f"{SETTLED} && !('gain_db' in mixStudio.channel('vocals').hand)")
    assert strip_of(studio.state(), "vocals")["gain_db"] == 0.0


def test_a_stem_shows_what_the_network_set_and_plays_what_its_tracks_say(
    open_page, studio_of_tracks
) -> None:
    page = opened(open_page, studio_of_tracks)
    (bass,) = page.evaluate("mixStudio.channel('bass').tracks")
    drawn = page.locator('[data-channel="bass"] .eq .model')
    assert page.evaluate("mixStudio.consoleView.folded.has('bass')")
    assert drawn.get_attribute("d") != ""
    shown = float(page.locator('[data-channel="bass"] .db').inner_text().replace("\u2212", "-"))
    assert shown == pytest.approx(bass["model"]["gain_db"], abs=0.06)
    page.evaluate("mixStudio.fold('bass')")
    assert drawn.get_attribute("d") == ""
    assert page.locator('[data-channel="bass"] .db').inner_text() == "0.0"
    for channel, heading in (("bass", "The network's bus"), ("master", "The network's mix bus")):
        (bus,) = page.evaluate(
            f"mixStudio.song.state.buses.filter(({{ id }}) => id === '{channel}')"
        )
        page.locator(f'[data-channel="{channel}"] .name').click()
        rows = page.get_by_role("region", name=heading).locator("dl > div")
        assert [row.split("\n", 1)[1] for row in rows.all_inner_texts()] == [
            phrase for _, phrase in bus["phrases"]
        ]
    # Nothing is sent: what is heard where a track was unmuted by hand under a muted stem.
    heard = page.evaluate(
        """async () => {
          const { heardIds } = await import("/assets/engine/state_hand.js");
          const track = (id, hand) => ({ id, hand, strip: { mute: false, solo: false } });
          const tracks = [track("kick", { mute: false }), track("snare", {})];
          const drums = { id: "drums", hand: {}, strip: { mute: true, solo: false }, tracks };
          return [...heardIds({ stems: [drums] }, new Set())];
        }"""
    )
    assert heard == ["kick", "drums"]


def test_figures_begin_anew_where_another_mix_plays(open_page, studio) -> None:
    page = opened(open_page, studio)
    page.get_by_role("button", name="Play").click()
    wait_until(page, "mixStudio.engine.heardAs === 'mix' && mixStudio.consoleView.master.peak > 0")
    page.wait_for_timeout(200)  # what played before has left the meters
    page.evaluate("mixStudio.consoleView.master.peak = 99")
    page.keyboard.press("2")
    wait_until(
        page, "mixStudio.engine.heardAs === 'plain' && mixStudio.consoleView.master.peak < 9"
    )


def test_without_a_sound_device_it_says_so(open_page, studio) -> None:
    """Where Firefox finds none, its context neither starts nor refuses to."""
    page = opened(open_page, studio)
    page.evaluate(
        """() => {
          AudioContext.prototype.resume = () => new Promise((done) => (window.plugIn = done));
          const later = setTimeout;
          window.setTimeout = (act, ms) => later(act, ms / 50);
        }"""
    )
    page.get_by_role("button", name="Play").click()
    said = page.get_by_role("status").filter(has_text="Is a loudspeaker")
    said.wait_for()
    page.evaluate("plugIn()")
    said.wait_for(state="detached")


def test_the_same_by_keyboard(open_page, studio) -> None:
    page = opened(open_page, studio)
    press = page.keyboard.press
    press("Space")
    wait_until(page, "mixStudio.player.playing")
    page.evaluate("mixStudio.select('bass')")
    press("v")
    before = strip_of(studio.state(), "bass")["gain_db"]
    for _ in range(4):
        press("ArrowUp")
    press("Shift+ArrowDown")
    press("Escape")
    press("m")
    wait_until(page, f"{SETTLED} && mixStudio.channel('bass').strip.mute")
    assert strip_of(studio.state(), "bass")["gain_db"] == pytest.approx(before + 1.9)
    press("Control+z")
    wait_until(page, f"{SETTLED} && !mixStudio.channel('bass').strip.mute")
    press("Control+Shift+z")
    wait_until(page, f"{SETTLED} && mixStudio.channel('bass').strip.mute")
    press("m")
    press("e")
    wait_until(page, f"{SETTLED} && mixStudio.channel('bass').strip.eq.length === 1")
    press("ArrowUp")
    press("ArrowRight")
    wait_until(page, f"{SETTLED} && mixStudio.channel('bass').strip.eq[0].gain_db === 1")
    press("Delete")
    press("Escape")
    press("s")
    assert page.evaluate("[...mixStudio.engine.solo]") == ["bass"]
    press("0")
    press("2")
    assert page.evaluate("mixStudio.player.chosen") == "plain"
    press("1")
    press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    press("Escape")
    press("Space")
    wait_until(page, f"{SETTLED} && !mixStudio.player.playing")


def test_two_pages_do_not_overwrite_each_other_unseen(open_page, studio, watch) -> None:
    first, second = opened(open_page, studio), opened(open_page, studio)
    second.evaluate("mixStudio.following.events.close()")  # it hears nothing of the first
    second.wait_for_timeout(500)  # nor is an answer to what it asked before on its way
    first.evaluate("mixStudio.edit({ 'vocals.gain_db': -3 })")
    wait_until(first, SETTLED)
    second.evaluate("mixStudio.edit({ 'drums.gain_db': 2 })")
    again = second.get_by_role("button", name="Repeat my change")
    again.wait_for()
    if not FIREFOX:  # which writes no line of its own for an answer that is a refusal
        assert [error for error in watch.errors if "409" in error]
    watch.errors.clear()
    assert strip_of(second.evaluate("mixStudio.song.state"), "vocals")["gain_db"] == -3
    again.click()
    wait_until(second, SETTLED)
    wait_until(first, "mixStudio.channel('drums').strip.gain_db === 2")
    assert strip_of(studio.state(), "vocals")["gain_db"] == -3


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False), (2560, True)])
def test_every_control_has_a_name_and_nothing_runs_out_of_the_window(
    open_page, studio, width, dark
) -> None:
    page = opened(open_page, studio, width=width, dark=dark)
    for panel in page.evaluate("mixStudio.panels.tabs.map((tab) => tab.textContent)"):
        page.get_by_role("tab", name=panel).click()
        assert not has_horizontal_scroll(page), panel
        unnamed = page.evaluate(
            """[...document.querySelectorAll("button, select, input, [role=slider], [role=tab]")]
              .filter((e) => e.checkVisibility() && !(e.getAttribute("aria-label") ||
                e.textContent.trim() || e.closest("label")?.textContent.trim()))
              .map((e) => e.outerHTML)"""
        )
        assert unnamed == [], panel
        assert page.evaluate(FAINT) == [], panel
    sliders = page.locator("[role=slider]:visible")
    for slider in sliders.all()[:12]:
        assert slider.get_attribute("aria-valuetext")
    assert "dB" in fader(page, "vocals").get_attribute("aria-valuetext")


def test_a_blind_comparison_hides_names_until_it_is_revealed(open_page, studio) -> None:
    page = opened(open_page, studio)
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="Blind").click()
    listed = page.locator("#panel-compare .sources").inner_text()
    assert "Mix A" in listed
    assert "Mix B" in listed
    assert "lain" not in listed
    assert "LUFS" not in listed
    # Nor do waveform and meters tell which one plays.
    drawn = set()
    for place in "12":
        page.keyboard.press(place)
        drawn.add(page.evaluate("mixStudio.peaksOf"))
    assert len(drawn) == 1
    page.get_by_role("button", name="Reveal").click()
    assert "lain sum" in page.locator("#panel-compare .sources").inner_text()


def test_sources_change_over_without_a_gap_at_equal_loudness(open_page, studio) -> None:
    page = opened(open_page, studio)
    page.evaluate("mixStudio.player.play()")
    wait_until(page, "mixStudio.engine.told.position > 20000")
    for source in ("plain", "mix"):
        before = page.evaluate("mixStudio.engine.told.position")
        page.evaluate(f"mixStudio.player.choose({source!r})")
        wait_until(page, f"mixStudio.engine.told.choice === {source!r}")
        assert page.evaluate("mixStudio.engine.told.position") - before < RATE_HZ
        assert not page.evaluate("mixStudio.engine.told.waiting")
    gains = page.evaluate("mixStudio.player.gains()")
    sources = {s["id"]: s["match_db"] for s in studio.state()["sources"]}
    assert 20.0 * np.log10(gains["mix"]) == pytest.approx(sources["mix"], abs=0.01)


@pytest.mark.slow
def test_variations_are_points_to_hear_and_to_blend(open_page, studio) -> None:
    page = opened(open_page, studio)
    page.get_by_role("tab", name="Ask").click()
    page.get_by_role("button", name="Make variations").click()
    made = "mixStudio.song.state.sources.filter(({ kind, audio }) => kind === 'variation' && audio)"
    wait_until(page, f"{made}.length > 1 && !mixStudio.song.state.doing", 60_000)
    page.locator(".map .dot").nth(1).press("Enter")
    assert page.evaluate("mixStudio.player.chosen") == "variation-1"
    state = studio.state()
    first = state["variations"][0]["moved_db"]
    halfway = f"{first['width'] / 2}, {first['brightness'] / 2}"
    shares = page.evaluate(
        f"""async () => {{
          const {{ sharesAt }} = await import("/assets/variation_map.js");
          const points = [{{ id: "mix", x: 0, y: 0 }},
            {{ id: "variation-1", x: {first["width"]}, y: {first["brightness"]} }}];
          mixStudio.ask.map.choose(sharesAt(points, {halfway}));
          return mixStudio.ask.map.parts;
        }}"""
    )
    assert shares == {"mix": 0.5, "variation-1": 0.5}
    page.get_by_role("button", name="Use this mix").click()
    wait_until(page, f"mixStudio.song.state.revision > {state['revision']}")
    assert studio.state()["can_undo"]
    assert page.evaluate("mixStudio.player.chosen") == "mix"


def test_a_request_for_a_role_is_seen_on_its_tracks_and_goes_back(
    open_page, studio_of_tracks
) -> None:
    page = opened(open_page, studio_of_tracks)
    page.get_by_role("tab", name="Ask").click()
    offered = page.get_by_label("Request for").locator("option").all_inner_texts()
    assert {"the mix", "vocals", "drums", "kick", "lead vocal"} <= set(offered)
    assert not {"choir", "strings", "vocal stem"} & set(offered)
    page.get_by_label("Request for").select_option("kick")
    standing = partial(page.evaluate, STRIPS)
    before = standing()
    page.get_by_role("button", name="up", exact=True).click()
    wait_until(page, SETTLED)
    (kick,) = page.evaluate(
        "mixStudio.channel('drums').tracks.filter(({ role }) => role === 'kick')"
    )
    assert kick["strip"]["gain_db"] > kick["base"]["gain_db"]
    assert page.locator(f'[data-channel="{kick["id"]}"].touched').count() == 1
    fader(page, kick["id"]).press("Delete")
    wait_until(page, SETTLED)
    back = page.evaluate(f"mixStudio.channel('{kick['id']}').strip.gain_db")
    assert back == kick["base"]["gain_db"]
    page.keyboard.press("Escape")
    for _ in range(2):  # at once: the second undoes what the first leaves
        page.keyboard.press("Control+z")
    wait_until(page, SETTLED)
    assert standing() == before
