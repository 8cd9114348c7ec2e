"""The player's sound itself: rendered by Chromium offline, and tapped while it plays."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.browser import file_url

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

RATE_HZ = 44_100
LEAD_S, EDGE_S, SWITCH_S = 0.03, 0.01, 0.015
# Positions as samples: float32 holds whole numbers below it exactly.
POSITION_STEP = 1.0 / (1 << 20)

# Sounds are made from formulas of the sample number, so that what comes out tells its position.
# Events are run at their times, which are rounded to blocks of 128 samples.
RENDER = """async ({ formulas, seconds, events, loop }) => {
  const rate = 44100, n = Math.round(seconds * rate);
  const context = new OfflineAudioContext(1, n, rate);
  const player = new Listen.Player(context);
  const length = 4 * rate;
  player.load(Object.entries(formulas).map(([id, formula]) => {
    const buffer = context.createBuffer(1, length, rate);
    const value = new Function("i", "length", `return ${formula}`);
    const data = buffer.getChannelData(0);
    for (let i = 0; i < length; i += 1) data[i] = value(i, length);
    return [id, buffer];
  }));
  if (loop) player.setLoop(...loop);
  player.choose(Object.keys(formulas)[0]);
  player.play();
  for (const [time, name, ...values] of events) {
    context.suspend(time).then(() => { player[name](...values); context.resume(); });
  }
  const rendered = await context.startRendering();
  return Array.from(rendered.getChannelData(0));
}"""

# The same sounds through a live context, its output recorded by a worklet.
RECORD = """async ({ seconds, switches }) => {
  const context = new AudioContext({ sampleRate: 44100 });
  const code = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([input]) {
      if (input[0]) this.port.postMessage(input[0].slice());
      return true;
    }
  })`;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  await context.audioWorklet.addModule(url);
  await context.resume();
  const tap = new AudioWorkletNode(context, "tap");
  const blocks = [];
  tap.port.onmessage = ({ data }) => blocks.push(...data);
  const player = new Listen.Player(context);
  const length = 4 * 44100;
  player.load([["a", 1], ["b", -1]].map(([id, sign]) => {
    const buffer = context.createBuffer(1, length, 44100);
    const data = buffer.getChannelData(0);
    for (let i = 0; i < length; i += 1) data[i] = sign * i / (1 << 20);
    return [id, buffer];
  }));
  player.volume.connect(tap);
  const wait = (s) => new Promise((resolve) => setTimeout(resolve, 1000 * s));
  player.choose("a");
  player.play();
  const positions = [];
  for (let i = 0; i < switches; i += 1) {
    await wait(seconds / (switches + 1));
    player.choose(i % 2 === 0 ? "b" : "a");
    positions.push(player.position());
  }
  await wait(seconds / (switches + 1));
  player.pause();
  await wait(0.1);
  await context.close();
  return { samples: blocks, positions };
}"""

UP, DOWN = f"i * {POSITION_STEP}", f"-i * {POSITION_STEP}"


@pytest.fixture
def render(open_page: Callable[..., "Page"], test_folder: Path) -> Callable[..., np.ndarray]:
    page = open_page(file_url(test_folder / "public/index.html"))

    def run(
        formulas: dict[str, str],
        events: list[list[Any]] | None = None,
        seconds: float = 1.0,
        loop: list[float] | None = None,
    ) -> np.ndarray:
        values = {"formulas": formulas, "seconds": seconds, "events": events or [], "loop": loop}
        return np.array(page.evaluate(RENDER, values))

    return run


def largest_step(samples: np.ndarray) -> float:
    return float(np.abs(np.diff(samples)).max())


def test_positions_agree_to_the_sample(render) -> None:
    out = render({"a": UP, "b": DOWN}, [[0.4, "choose", "b"], [0.7, "choose", "a"]])
    position = np.arange(out.size) - LEAD_S * RATE_HZ
    time_s = np.arange(out.size) / RATE_HZ
    settled = {
        1.0: ((time_s > LEAD_S + EDGE_S + 0.001) & (time_s < 0.4 + LEAD_S - 0.004))
        | (time_s > 0.7 + LEAD_S + SWITCH_S + 0.004),
        -1.0: (time_s > 0.4 + LEAD_S + SWITCH_S + 0.004) & (time_s < 0.7 + LEAD_S - 0.004),
    }
    for sign, where in settled.items():
        assert where.sum() > 0.2 * RATE_HZ
        # The sign says which sound it is, the size where in it: off by less than a sample.
        off = sign * out[where] / POSITION_STEP - position[where]
        assert np.abs(off).max() < 0.5
    assert np.all(out[: round(LEAD_S * RATE_HZ)] == 0.0)


def test_a_switch_neither_clicks_nor_dips(render) -> None:
    levels = render({"a": "0.5", "b": "-0.5"}, [[0.4, "choose", "b"]])
    begun = levels[round((LEAD_S + EDGE_S) * RATE_HZ) + 2 :]
    # A straight line over 15 ms and nothing steeper; a plain cut would be a step of 1.
    assert largest_step(begun) == pytest.approx(1.0 / (SWITCH_S * RATE_HZ), rel=0.02)
    assert (begun[0], begun[-1]) == (0.5, -0.5)
    # Two equal sounds: whoever listens cannot tell that anything was switched.
    same = render({"a": "0.5", "b": "0.5"}, [[0.4, "choose", "b"], [0.406, "choose", "a"]])
    assert np.abs(same[round((LEAD_S + EDGE_S) * RATE_HZ) + 2 :] - 0.5).max() < 1e-6


def test_switching_in_the_middle_of_a_switch(render) -> None:
    events = [[0.4 + 0.006 * n, "choose", "ab"[(n + 1) % 2]] for n in range(9)]
    out = render({"a": "0.5", "b": "-0.5"}, events)
    assert largest_step(out) < 1.05 / (SWITCH_S * RATE_HZ)
    assert out[-1] == -0.5


def test_pauses_and_jumps_fade(render) -> None:
    events = [[0.3, "pause"], [0.4, "play"], [0.6, "seek", 2.5], [0.7, "setLoop", 1.0, 2.0]]
    out = render({"a": "0.5"}, events)
    assert largest_step(out) < 1.05 * 0.5 / (EDGE_S * RATE_HZ)
    paused = out[round((0.3 + LEAD_S + EDGE_S + 0.005) * RATE_HZ) : round(0.4 * RATE_HZ)]
    assert paused.size > 1_000
    assert np.all(paused == 0.0)
    # Nothing was lost by the pause: it goes on where it stopped.
    out = render({"a": UP}, [[0.3, "pause"], [0.4, "play"]])
    stop = np.ceil(0.3 * RATE_HZ / 128) * 128
    again = np.ceil(0.4 * RATE_HZ / 128) * 128
    place = out.size - 1
    expected = place - LEAD_S * RATE_HZ - (again - stop)
    assert out[place] / POSITION_STEP == pytest.approx(expected, abs=1.0)


def test_a_loop_comes_back_without_a_click(render) -> None:
    # From -0.5 to 0.5 over 4 s: the loop from 1 to 1.6 s jumps by 0.15 at its end.
    out = render({"a": "i / length - 0.5"}, seconds=2.0, loop=[1.0, 1.6])
    slope = 1.0 / (4 * RATE_HZ)
    assert largest_step(out) < slope + 1.1 * 0.25 / (EDGE_S * RATE_HZ)
    first = round((LEAD_S + 0.3) * RATE_HZ)
    # The second time round is the first again, to the sample.
    assert out[first + round(0.6 * RATE_HZ)] == pytest.approx(out[first], abs=1.5 * slope)


def test_a_live_context_keeps_step(open_page, serve, test_folder) -> None:
    page = open_page(serve(test_folder / "public") + "/index.html")
    result = page.evaluate(RECORD, {"seconds": 1.2, "switches": 5})
    samples = np.array(result["samples"])
    sounding = np.flatnonzero(np.abs(samples) > POSITION_STEP)
    assert sounding.size > 1.0 * RATE_HZ
    part = samples[sounding[0] : sounding[-1]]
    # Where no gain moves, the size of a sample is its position; it is one line from end to end.
    offset = np.abs(part) / POSITION_STEP - np.arange(part.size)
    line = np.median(offset)
    moving = round((5 * SWITCH_S + 2 * EDGE_S + 0.01) * RATE_HZ)
    assert np.sum(np.abs(offset - line) > 0.5) < moving
    assert np.sum(np.diff(np.sign(part)) != 0) >= 5
    # No click: the steepest line is from the loudest place down through zero in 15 ms.
    loudest = np.abs(part).max()
    assert largest_step(samples) < 1.1 * 2 * loudest / (SWITCH_S * RATE_HZ)
    assert np.all(np.diff(result["positions"]) > 0.1)
