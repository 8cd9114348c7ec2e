"""What tests of the studio's page say to it and ask of it."""

from __future__ import annotations

from typing import Any

from tests.browser import wait_until
from tests.studio.running import Running

READY = "window.mixStudio !== undefined"
# What was edited has been answered; the page plays an exact render of it.
EXACT = (
    "mixStudio.song.sending === null && !mixStudio.song.queue.length && mixStudio.engine.isExact"
)
SETTLED = "mixStudio.song.sending === null && !mixStudio.song.queue.length"
STRIPS = """Object.fromEntries([...mixStudio.song.channels, mixStudio.channel("master")]
  .map(({ id, strip }) => [id, strip]))"""

# Texts whose colour stands out by less than 4.5 to 1 from what is behind them, as WCAG 2 counts.
FAINT = """(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour.startsWith("rgb") && (numbers(colour)[3] ?? 1) === 1) return numbers(colour);
    }
    return numbers(getComputedStyle(document.body).backgroundColor);
  };
  const texts = [...document.querySelectorAll("body *")].filter((element) =>
    element.checkVisibility() && !element.closest(":disabled, svg, .silent, option") &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
  return texts.filter((element) => {
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  }).map((element) => element.outerHTML.slice(0, 200));
})()"""


def opened(open_page: Any, studio: Running, **options: Any) -> Any:
    """A page on the song, with its console in place."""
    studio.wait_until_exact()
    page = open_page(studio.link, **options)
    wait_until(page, READY)
    return page


def fader(page: Any, channel: str) -> Any:
    return page.locator(f'[data-channel="{channel}"] .fader')


def strip_of(state: Any, channel: str) -> Any:
    if channel == "master":
        return state["master"]["strip"]
    channels = [c for stem in state["stems"] for c in (stem, *stem["tracks"])]
    return next(c["strip"] for c in channels if c["id"] == channel)
