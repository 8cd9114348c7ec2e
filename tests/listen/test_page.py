"""A participant takes the test in a real browser: by mouse, by keyboard, in two sittings."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mixer.listen.answer_store import Store
from mixer.listen.answers import Answers, read_answers
from mixer.listen.design import Design, Key, read_design
from mixer.listen.serve import ListeningServer, base_url, participant_link
from tests.browser import Watch, file_url, has_horizontal_scroll
from tests.listen.sample_answers import check_answers

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

DONE_PAGES = """n => Object.values(Listen.test.answers.value.pages)
  .filter((page) => page.done).length > n"""
WIDTHS = (390, 1280, 3840)


@pytest.fixture
def link(short_folder: Path, tmp_path: Path) -> Iterator[Callable[[], tuple[str, Store, Design]]]:
    """A served test: the link of P001, where its answers go, and the test's design."""
    design = read_design(short_folder)
    store = Store(tmp_path / "answers.sqlite", design.test_id)
    tokens = store.invite(1)
    with ListeningServer(("127.0.0.1", 0), short_folder, design, store, tokens) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        yield lambda: (participant_link(base_url(server), tokens["P001"]), store, design)
        server.shutdown()
        thread.join()
    store.close()


def begin(page: "Page", name: str | None = None) -> None:
    if name is not None:
        page.get_by_label("Your name or code").fill(name)
    page.locator("button.next").click()
    page.locator(".rating").wait_for()


def click_at(slider: "Locator", share: float) -> None:
    box = slider.bounding_box()
    assert box is not None
    slider.click(position={"x": share * box["width"], "y": box["height"] / 2})


def rows(page: "Page") -> "list[Locator]":
    return page.locator(".row").all()


def kept(store: Store, design: Design) -> Answers:
    text = store.latest("P001")
    assert text is not None
    return check_answers(json.loads(text), design)


def until(page: "Page", expression: str, argument: object = None) -> None:
    """Wait for a JavaScript function's true; Playwright's own way needs a weaker policy."""
    for _ in range(500):
        if page.evaluate(expression, argument):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never came true: {expression}")


def wait_until_sent(page: "Page") -> None:
    until(
        page,
        "() => { const a = Listen.test.answers;"
        " return !a.dirty && !a.sending && a.timer === null; }",
    )


def test_by_mouse_from_a_stick(open_page, test_folder, design, key: Key, tmp_path) -> None:
    page = open_page(file_url(test_folder / "public/index.html"), accept_downloads=True)
    begin(page, "Anna-1")
    headings, rated = [], {}
    while page.locator(".rating").count():
        headings.append(page.locator("h1").inner_text())
        page.locator("button.next").click()
        assert "Mix A was not heard for 0.2 s (and 11 more)" in page.locator(".todo").inner_text()
        for index, row in enumerate(rows(page)):
            row.locator("button.mix").click()
            assert row.locator("button.mix").get_attribute("aria-pressed") == "true"
            row.locator(".heard.done").wait_for()
            for column, slider in enumerate(row.locator("input").all()):
                click_at(slider, 0.1 + 0.2 * index + 0.15 * column)
                word = row.locator("output").nth(column).inner_text()
                assert slider.get_attribute("aria-valuetext") == word.replace(" · ", ", ")
        rated |= page.evaluate(
            "Object.fromEntries(Listen.test.page().rows.map((row) => "
            "[row.id, row.cells.map((cell) => Number(cell.slider.value))]))"
        )
        page.get_by_role("button", name="Vocals").click()
        page.wait_for_timeout(150)
        page.locator("button.next").click()
        until(page, "text => document.querySelector('h1')?.innerText !== text", headings[-1])
        until(page, "() => !document.querySelector('.loading')")
    assert headings == ["Practice", "Song 1 of 3", "Song 2 of 3", "Song 3 of 3"]
    page.get_by_label("Anything to add?").fill("Schön & <b>laut</b>")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my answers as a file").click()
    assert download.value.suggested_filename == "answers-Anna-1.json"
    download.value.save_as(tmp_path / "answers.json")
    answers = read_answers(tmp_path / "answers.json", design)
    assert answers.complete
    assert answers.comment == "Schön & <b>laut</b>"
    by_id = design.pages_by_id
    assert [by_id[id_].place for id_ in answers.page_order] == ["first", "any", "any", "last"]
    scales = [scale.id for scale in design.scales]
    for page_answers in answers.pages.values():
        for stimulus, given in page_answers.ratings.items():
            assert [given[scale] for scale in scales] == rated[stimulus]
            assert page_answers.heard_s[stimulus] >= design.least_heard_s
        assert 0.0 < page_answers.stems_heard_s["vocals"] < 2.0
        assert page_answers.n_switches >= 4
    # A click at a tenth of the line is about a tenth, whatever the thumb's size.
    first = answers.pages[answers.page_order[0]]
    assert first.ratings[first.order[0]]["production_value"] == pytest.approx(10, abs=4)


def test_by_keyboard_alone(open_page, link) -> None:
    url, store, design = link()
    page = open_page(url)
    press = page.keyboard.press

    def tab_to(text: str) -> None:
        for _ in range(40):
            press("Tab")
            if page.evaluate("document.activeElement.innerText ?? ''").strip() == text:
                return
        raise AssertionError(f"no way to {text!r} by keyboard")

    tab_to("Begin" if page.get_by_text("Begin", exact=True).count() else "Continue")
    press("Enter")
    for n_page in range(len(design.pages)):
        page.locator(".rating").wait_for()
        if n_page == 0:
            press("Space")
            assert page.evaluate("Listen.test.player().playing")
            press("Space")
            assert not page.evaluate("Listen.test.player().playing")
        for index, row in enumerate(rows(page)):
            press(str(index + 1))
            assert row.locator("button.mix").get_attribute("aria-pressed") == "true"
            row.locator(".heard.done").wait_for()
            focused = "document.activeElement.getAttribute('aria-label')"
            assert page.evaluate(focused) == f"Production Value of Mix {'ABC'[index]}"
            press("End")
            press("Tab")
            press("Enter")  # the middle, as it stands
            press("Tab")
            for _ in range(3):
                press("ArrowLeft")
            press("Shift+Tab")
            press("Shift+Tab")
        press("Shift+2")
        assert page.evaluate("Listen.test.player().choice") == "bass"
        if n_page == 0:
            page.wait_for_timeout(300)
            press("s")
            assert page.evaluate("Listen.test.player().loop.start") > 0.2
            press("w")
            assert page.evaluate("Listen.test.player().loop.start") == 0
        tab_to("Next")
        press("Enter")
        until(page, DONE_PAGES, n_page)
        until(page, "() => !document.querySelector('.loading')")
    page.get_by_text("Thank you").wait_for()
    page.locator(".state.sent").wait_for()
    wait_until_sent(page)
    answers = kept(store, design)
    assert answers.complete
    ratings = [r for p in answers.pages.values() for r in p.ratings.values()]
    assert ratings == [{"production_value": 100, "clarity": 50, "excitement": 47}] * 6


def test_in_two_sittings_on_two_devices(open_page, link, watch: Watch) -> None:
    url, store, design = link()
    page = open_page(url)
    assert page.get_by_label("Your name or code").input_value() == "P001"
    begin(page)
    first = rows(page)[0]
    first.locator("button.mix").click()
    first.locator(".heard.done").wait_for()
    click_at(first.locator("input").nth(1), 0.9)
    rating = first.locator("output").nth(1).inner_text()
    order = page.evaluate("Listen.test.page().rows.map((row) => row.id)")
    page.get_by_label("Remarks").fill("half-way")
    wait_until_sent(page)

    def is_as_it_was(shown: "Page") -> None:
        assert shown.evaluate("Listen.test.page().rows.map((row) => row.id)") == order
        assert rows(shown)[0].locator("output").nth(1).inner_text() == rating
        assert rows(shown)[0].locator(".heard.done").count() == 1
        assert rows(shown)[0].locator("output").nth(0).inner_text() == "–"
        assert shown.get_by_label("Remarks").input_value() == "half-way"

    page.reload()
    begin(page)
    is_as_it_was(page)
    # Without a connection nothing is lost, and it is said.
    page.context.set_offline(True)
    click_at(rows(page)[1].locator("input").nth(0), 0.2)
    page.locator(".state.offline").wait_for()
    page.context.set_offline(False)
    page.locator(".state.sent").wait_for()
    assert all("ERR_INTERNET_DISCONNECTED" in error for error in watch.errors)
    watch.errors.clear()
    wait_until_sent(page)
    assert len(kept(store, design).pages[page.evaluate("Listen.test.page().page.id")].ratings) == 2

    other = open_page(url)
    begin(other)
    is_as_it_was(other)
    click_at(rows(other)[1].locator("input").nth(2), 0.8)
    click_at(rows(other)[2].locator("input").nth(2), 0.8)
    wait_until_sent(other)
    # The first window does not write over what came later.
    before = store.latest("P001")
    click_at(rows(page)[0].locator("input").nth(0), 0.5)
    page.locator(".state.elsewhere").wait_for()
    assert store.latest("P001") == before
    assert all("409" in error for error in watch.errors)
    watch.errors.clear()


def test_a_reload_from_a_stick(open_page, test_folder) -> None:
    page = open_page(file_url(test_folder / "public/index.html"))
    begin(page, "Bea")
    click_at(rows(page)[0].locator("input").nth(0), 0.7)
    until(page, "() => Listen.test.answers.timer === null")
    shown = rows(page)[0].locator("output").nth(0).inner_text()
    page.reload()
    assert page.get_by_label("Your name or code").input_value() == "Bea"
    begin(page)
    assert rows(page)[0].locator("output").nth(0).inner_text() == shown
    # Somebody else at the same machine begins anew.
    page.reload()
    begin(page, "Cleo")
    assert rows(page)[0].locator("output").nth(0).inner_text() == "–"


def test_a_missing_sound_is_said(open_page, test_folder, serve, tmp_path, watch: Watch) -> None:
    page = open_page(serve(test_folder / "public") + "/index.html")
    page.route("**/sounds/*.js", lambda route: route.abort())
    page.get_by_label("Your name or code").fill("Dora")
    page.locator("button.next").click()
    page.get_by_text("An audio file could not be loaded").wait_for()
    page.unroute("**/sounds/*.js")
    page.get_by_role("button", name="Try again").click()
    page.locator(".rating").wait_for()
    assert all("ERR_FAILED" in error for error in watch.errors)
    watch.errors.clear()


def test_what_sounds_is_what_was_chosen(open_page, test_folder) -> None:
    """A frame of the live output against every sound of the page, near the position shown."""
    page = open_page(file_url(test_folder / "public/index.html"))
    begin(page, "Emil")
    matched = page.evaluate("""async () => {
      const player = Listen.test.player(), found = [];
      const tap = player.context.createAnalyser();
      tap.fftSize = 1024;
      player.volume.connect(tap);
      for (const id of [...player.buffers.keys()].slice(0, 4)) {
        Listen.test.page().transport.choose(id);
        await new Promise((resolve) => setTimeout(resolve, 120));
        const frame = new Float32Array(1024);
        tap.getFloatTimeDomainData(frame);
        const near = Math.round(player.position() * 44100);
        let best = { error: Infinity };
        for (const [name, buffer] of player.buffers) {
          const [left, right] = [buffer.getChannelData(0), buffer.getChannelData(1)];
          for (let at = Math.max(0, near - 6000); at < near + 2000; at += 1) {
            let error = 0;
            for (let i = 0; i < 1024 && error < best.error; i += 7) {
              error += Math.abs((left[at + i] + right[at + i]) / 2 - frame[i]);
            }
            if (error < best.error) best = { error, name };
          }
        }
        found.push([id, best.name, best.error]);
      }
      return found;
    }""")
    assert len(matched) == 4
    for chosen, heard, error in matched:
        assert heard == chosen
        assert error < 1e-3


ORDERS = """design => {
  const names = Array.from({ length: 300 }, (_, i) => `P${i}`);
  return names.map((name) => [
    Listen.pageOrder(design, name), Listen.stimulusOrder(design, design.pages[0], name),
  ]);
}"""


def test_orders_are_random_and_fair(open_page, test_folder, design: Design) -> None:
    page = open_page(file_url(test_folder / "public/index.html"))
    mixes = [{"id": f"m{i}", "sound": "x"} for i in range(6)]
    pages: list[dict[str, Any]] = [
        {"id": f"p{i}", "place": "any", "always": i == 4, "stimuli": mixes} for i in range(6)
    ]
    pages.append({"id": "last", "place": "last", "always": True, "stimuli": mixes})
    short = {"test_id": "t", "pages_per_participant": 3, "pages": pages}
    orders = page.evaluate(ORDERS, short)
    for order, _ in orders:
        assert len(order) == len(set(order)) == 4
        assert order[-1] == "last"
        assert "p4" in order
    # 300 draws of one in six: 50, and a deviation of 6.5; five of them are no chance.
    for place in range(6):
        counts = [sum(order[place] == f"m{i}" for _, order in orders) for i in range(6)]
        assert sum(counts) == 300
        assert min(counts) > 50 - 32
        assert max(counts) < 50 + 32
    shown = [sum(f"p{i}" in order for order, _ in orders) for i in (0, 1, 2, 3, 5)]
    assert min(shown) > 120 - 43  # 2 of the 5 others each: 120, and a deviation of 8.5
    assert max(shown) < 120 + 43
    assert page.evaluate(ORDERS, short) == orders


NAMELESS = """() => [...document.querySelectorAll("button, input, textarea, progress")]
  .filter((element) => !(element.getAttribute("aria-label") || element.innerText?.trim()
    || element.labels?.[0]?.innerText.trim())).map((element) => element.outerHTML)"""
# Text and what it stands on, by the page's own names.
PAIRS = (
    ("text", "ground"),
    ("text", "panel"),
    ("quiet", "ground"),
    ("quiet", "panel"),
    ("quiet", "chosen"),
    ("good", "panel"),
    ("good", "chosen"),
    ("warn", "ground"),
    ("on-mark", "mark"),
)
COLOURS = """names => names.map((name) => {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/[0-9.]+/g).map(Number);
  probe.remove();
  return [r, g, b];
})"""


def luminance(rgb: list[float]) -> float:
    """Relative luminance after WCAG 2.2."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (value / 255.0 for value in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("dark", [False, True])
def test_every_width_light_and_dark(open_page, test_folder, dark: bool) -> None:
    page = open_page(file_url(test_folder / "public/index.html"), dark=dark)
    for screen in ("welcome", "rating"):
        if screen == "rating":
            begin(page, "Finn")
        assert page.evaluate(NAMELESS) == []
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            assert not has_horizontal_scroll(page), (screen, width)
            # The way on can be reached, and nothing covers it.
            way_on = page.locator("button.next")
            way_on.scroll_into_view_if_needed()
            page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
            way_on.click(trial=True)
    for front, back in PAIRS:
        one, two = (luminance(rgb) for rgb in page.evaluate(COLOURS, [front, back]))
        contrast = (max(one, two) + 0.05) / (min(one, two) + 0.05)
        assert contrast >= 4.5, (front, back)


def test_a_hidden_reference_is_there_to_hear(open_page, short_folder) -> None:
    page = open_page(file_url(short_folder / "public/index.html"))
    begin(page, "Gil")
    assert "counts as 100" in page.locator(".introduction").inner_text()
    page.keyboard.press("0")
    assert page.evaluate("Listen.test.player().choice") == "reference"
    until(page, "() => Listen.test.page().given.stems_heard_s.reference > 0.1")
    assert len(rows(page)) == 3
