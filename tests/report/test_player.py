"""The report's player in a real browser: what is heard is measured, not believed."""

import json
import shutil

import numpy as np
import pytest
import soundfile

from mixer.report import listening, write_report
from mixer.report.scripts import ASSETS
from tests.browser import file_url, wait_until
from tests.report.conftest import INPUT_HZ, NORMALISED_HZ, RATE_HZ, TONES_HZ

pytestmark = pytest.mark.browser

SOUNDS = {"input_sum": INPUT_HZ, "normalised_sum": NORMALISED_HZ, **TONES_HZ}
# By the audio's own clock: on a busy machine it runs behind the wall's.
SETTLED = """const settled = async () => {
  const { player } = mixReport;
  const wait = () => new Promise((done) => setTimeout(done, 10));
  while (player.waiting) await wait();
  const from = player.engine.context.currentTime;
  while (player.engine.context.currentTime < from + 0.1) await wait();
};"""
# What the page's analyser shows now: level in dB at each tone, after the ramps are over.
LEVELS = """async (bins) => {
  %s
  const { analyser } = mixReport.player.engine;
  analyser.smoothingTimeConstant = 0;
  await settled();
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  return bins.map((bin) => Math.max(levels[bin], -200));
}""".replace("%s", SETTLED)
RMS_DB = """async () => {
  %s
  const { analyser } = mixReport.player.engine;
  await settled();
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
  return 10 * Math.log10(Math.max(power, 1e-20));
}""".replace("%s", SETTLED)


def heard(page) -> set[str]:
    """Which of the song's tones sound: those within 40 dB of full scale."""
    bins = [round(hz * 2048 / RATE_HZ) for hz in SOUNDS.values()]
    levels = page.evaluate(LEVELS, bins)
    return {name for name, level in zip(SOUNDS, levels, strict=True) if level > -40.0}


def button(page, source: str, name: str = "choose"):
    return page.locator(f'[data-source="{source}"] .{name}')


def wait_until_playing(page) -> None:
    wait_until(page, "mixReport.player.playing && mixReport.player.position_s() > 0.1")


@pytest.fixture(scope="module")
def linked(data, folder):
    path = folder / "mix.report.html"
    write_report(path, data, embed=False, overwrite=True)
    return path


@pytest.fixture(scope="module")
def embedded(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("alone") / "embedded.html"
    write_report(path, data, embed=True, overwrite=False)
    return path


@pytest.mark.parametrize("how", ["embedded", "served"])
def test_it_plays_switches_solos_and_mutes(how, embedded, linked, open_page, serve) -> None:
    url = file_url(embedded) if how == "embedded" else f"{serve(linked.parent)}/{linked.name}"
    page = open_page(url)
    assert page.evaluate("mixReport.player.engine.kind") == "buffers"
    page.click("text=Play")
    wait_until_playing(page)
    assert heard(page) == {"vocals", "bass"}  # the mix
    button(page, "input_sum").click()
    assert heard(page) == {"input_sum"}
    button(page, "normalised_sum").click()
    assert heard(page) == {"normalised_sum"}
    button(page, "bass").click()
    assert heard(page) == {"vocals", "bass"}  # the stems
    button(page, "bass", "mute").click()
    assert heard(page) == {"vocals"}
    button(page, "bass", "mute").click()
    button(page, "bass", "solo").click()
    assert heard(page) == {"bass"}
    button(page, "vocals", "solo").click()
    assert heard(page) == {"vocals", "bass"}
    button(page, "vocals", "mute").click()
    assert heard(page) == {"bass"}
    page.click("text=Clear solo and mute")
    assert heard(page) == {"vocals", "bass"}
    page.click("text=Pause")
    assert heard(page) == set()


def test_the_stems_null_against_the_mix_sample_for_sample(linked, open_page, serve) -> None:
    page = open_page(f"{serve(linked.parent)}/{linked.name}")
    gains = {"mix": -1.0, "vocals": 1.0, "bass": 1.0}
    page.evaluate(
        """async (gains) => {
          const { engine } = mixReport.player;
          await engine.prepare(["vocals", "mix"]);
          await engine.play(0.5);
          await engine.prepare(["bass"]); // joins while the others play
          engine.setGains(gains);
          await new Promise((done) => setTimeout(done, 100));
        }""",
        gains,
    )
    residual_db = page.evaluate(RMS_DB)
    page.evaluate("mixReport.player.engine.setGains({ vocals: 1, bass: 1 })")
    # Files of 24 bits leave -140 dB; a frame of delay would leave -20 dB of the vocals' tone.
    assert page.evaluate(RMS_DB) > -20.0
    assert residual_db < -120.0


def test_sources_are_heard_at_the_same_loudness(data, linked, open_page, serve) -> None:
    page = open_page(f"{serve(linked.parent)}/{linked.name}")
    page.click("text=Play")
    wait_until_playing(page)
    match_db = page.evaluate(
        "Object.fromEntries(mixReport.player.data.sources.map((s) => [s.key, s.match_db]))"
    )
    levels = {}
    for matched in (True, False):
        for source in ("input_sum", "normalised_sum"):
            button(page, source).click()
            levels[source, matched] = page.evaluate(RMS_DB)
        page.keyboard.press("l")
    for source in ("input_sum", "normalised_sum"):
        raised_db = levels[source, True] - levels[source, False]
        assert raised_db == pytest.approx(match_db[source], abs=0.05)
    own = {source.key: source.level for source in data.sources}
    reached = {key: own[key].loudness_lufs + match_db[key] for key in SOUNDS if "sum" in key}
    assert len({round(lufs, 2) for lufs in reached.values()}) == 1
    for key, level in own.items():
        assert level.true_peak_dbtp + match_db[key] <= -0.49


def apart_s(page) -> float:
    """How far the sources of a page on a disk are apart, once it has had the time to join them.

    By medians of many looks: a single one may fall between the updates of two elements' clocks.
    """
    found = []
    for _ in range(10):
        times = page.evaluate(
            """async () => {
              const looks = [];
              for (let i = 0; i < 25; i += 1) {
                const { elements } = mixReport.player.engine;
                looks.push([...elements.values()].map(({ element }) => element.currentTime));
                await new Promise((done) => setTimeout(done, 12));
              }
              return looks;
            }"""
        )
        offsets = np.median(np.array(times) - np.array(times)[:, :1], axis=0)
        found.append(float(np.ptp(offsets)))
        if found[-1] < 0.002:
            break
    return found[-1]


def test_from_a_disk_it_plays_the_files_in_step(linked, open_page) -> None:
    page = open_page(file_url(linked))
    page.click("text=Play")
    wait_until_playing(page)
    assert page.evaluate("mixReport.player.engine.kind") == "elements"
    button(page, "bass", "solo").click()
    elements = "[...mixReport.player.engine.elements.values()].map((entry) => entry.element)"
    wait_until(page, f"{elements}.length === 5 && {elements}.every((e) => !e.paused)")
    for step in ("seek(1)", "toggleSolo('bass')", "choose('input_sum')", "select('bass')"):
        page.evaluate(f"mixReport.player.{step}")
        assert apart_s(page) < 0.002, step
    button(page, "bass", "solo").click()
    # Fades take a moment, and longer on a busy machine.
    volumes = "[...mixReport.player.engine.elements].map(([k, { element }]) => [k, element.volume])"
    wait_until(page, f"{volumes}.every(([key, volume]) => (volume > 0.1) === (key === 'bass'))")
    wait_until(page, f"{volumes}.every(([key, volume]) => volume < 0.0001 || key === 'bass')")
    page.click("text=Pause")
    stopped = page.evaluate("mixReport.player.position_s()")
    page.wait_for_timeout(150)
    assert page.evaluate("mixReport.player.position_s()") == stopped


HEARD_APART = """async () => {
  const { ElementEngine } = await import("/engines.js");
  const keys = ["a.wav", "b.wav", "c.wav"];
  const engine = new ElementEngine(12, new Map(keys.map((key) => [key, `/${key}`])));
  await engine.prepare(keys);
  const context = new AudioContext({ sampleRate: 44100 });
  const together = new ChannelMergerNode(context, { numberOfInputs: 3 });
  keys.forEach((key, i) => {
    const source = context.createMediaElementSource(engine.elements.get(key).element);
    const mono = new GainNode(context, { channelCount: 1, channelCountMode: "explicit" });
    source.connect(mono).connect(together, 0, i);
  });
  const tap = context.createScriptProcessor(4096, 3, 1);
  together.connect(tap).connect(context.destination);
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const heard = async () => {
    const blocks = [];
    tap.onaudioprocess = ({ inputBuffer: input }) => {
      blocks.push(keys.map((_, i) => Float32Array.from(input.getChannelData(i))));
    };
    while (blocks.length < 4) await wait(20);
    tap.onaudioprocess = null;
    const told = keys.map((key) => engine.elements.get(key).element.currentTime);
    return { told, audio: keys.map((_, i) => blocks.flatMap((block) => Array.from(block[i]))) };
  };
  engine.setGains(Object.fromEntries(keys.map((key) => [key, 1])));
  await context.resume();
  await engine.play(0);
  clearInterval(engine.watch);
  engine.elements.get("b.wav").element.playbackRate = 0.95; // pushed apart by hand
  await wait(300);
  engine.elements.get("b.wav").element.playbackRate = 1;
  await wait(200);
  const apart = await heard();
  const corrects = setInterval(() => engine.correct(), 25);
  await wait(1500);
  const again = await heard();
  clearInterval(corrects);
  await context.close();
  return [apart, again];
}"""


def test_elements_are_held_together_by_their_samples(open_page, serve, tmp_path) -> None:
    noise = 0.2 * np.random.default_rng(1).standard_normal(12 * RATE_HZ)
    for name in "abc":
        soundfile.write(tmp_path / f"{name}.wav", noise, RATE_HZ)
    shutil.copy(ASSETS / "engines.js", tmp_path)
    (tmp_path / "page.html").write_text("<!doctype html><title>elements</title>")
    page = open_page(f"{serve(tmp_path)}/page.html")

    def late_s(heard: dict) -> tuple[float, float]:
        """How far the second element is behind the first: by its own clock, and by its samples."""
        first, second = (np.fft.rfft(heard["audio"][i], 65_536) for i in (0, 1))
        match = np.fft.irfft(np.conj(first) * second)
        return heard["told"][0] - heard["told"][1], float(
            np.argmax(np.roll(match, 32_768)) - 32_768
        )

    apart, again = (late_s(heard) for heard in page.evaluate(HEARD_APART))
    assert apart[1] / RATE_HZ > 0.005
    # A busy machine may look at two clocks in the middle of their updates.
    assert apart[0] == pytest.approx(apart[1] / RATE_HZ, abs=0.004)
    assert abs(again[1]) / RATE_HZ < 0.002


def test_a_file_that_is_gone_is_said_in_words(data, open_page, watch, tmp_path) -> None:
    path = tmp_path / "far" / "report.html"
    write_report(path, data, embed=False, overwrite=False)
    text = path.read_text(encoding="utf-8").replace("mix.wav", "gone.wav")
    path.write_text(text, encoding="utf-8")
    page = open_page(file_url(path))
    page.click("text=Play")
    page.wait_for_selector(".status.fault")
    assert "Mix: cannot be read" in page.inner_text(".status")
    assert not page.evaluate("mixReport.player.playing")
    assert [error for error in watch.errors if "gone.wav" not in error] == []
    watch.errors.clear()


def test_the_keyboard_does_all_of_it(embedded, open_page) -> None:
    page = open_page(file_url(embedded))
    page.keyboard.press("Space")
    wait_until_playing(page)
    page.keyboard.press("1")
    assert heard(page) == {"input_sum"}
    page.keyboard.press("5")  # input sum, normalised sum, mix, vocals, bass
    page.keyboard.press("s")
    assert heard(page) == {"bass"}
    page.keyboard.press("m")
    assert heard(page) == set()
    page.keyboard.press("0")
    assert heard(page) == {"vocals", "bass"}
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("mixReport.player.position_s()") == pytest.approx(5.0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("mixReport.player.position_s()") == 0.0


def test_a_click_on_the_waveform_goes_there(embedded, open_page) -> None:
    page = open_page(file_url(embedded))
    box = page.locator('[data-source="mix"] .track').bounding_box()
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 20)
    assert page.evaluate("mixReport.player.position_s()") == pytest.approx(1.5, abs=0.02)
    head = page.locator('[data-source="bass"] .playhead').bounding_box()
    assert head["x"] == pytest.approx(box["x"] + 0.25 * box["width"], abs=2)


def test_it_stops_at_the_end_and_starts_anew(embedded, open_page) -> None:
    page = open_page(file_url(embedded))
    page.evaluate("mixReport.player.seek(5.7)")
    page.click("text=Play")
    wait_until_playing(page)
    wait_until(page, "!mixReport.player.playing")
    assert page.evaluate("mixReport.player.position_s()") == pytest.approx(6.0, abs=0.05)
    page.click("text=Play")
    wait_until(page, "mixReport.player.playing && mixReport.player.position_s() < 2")


def test_a_preview_is_a_stretch_of_the_song(data, open_page, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(listening, "PREVIEW_S", 4.0)
    write_report(tmp_path / "preview.html", data, embed=True, overwrite=False)
    page = open_page(file_url(tmp_path / "preview.html"))
    start_s = page.evaluate("mixReport.player.data.start_s")
    assert page.locator('[data-source="mix"] .shade').count() == 2
    assert "Preview" in page.inner_text(".status")
    box = page.locator('[data-source="mix"] .track').bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 20)
    reached_s = page.evaluate("mixReport.player.position_s()")
    assert reached_s == pytest.approx(3.0 - start_s, abs=0.03)
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 20)
    assert page.evaluate("mixReport.player.position_s()") <= 4.0
    page.keyboard.press("Home")
    page.click("text=Play")
    wait_until_playing(page)
    assert heard(page) == {"vocals", "bass"}


def test_embedded_it_asks_for_nothing(embedded, open_page, watch) -> None:
    page = open_page(file_url(embedded))
    page.click("text=Play")
    wait_until_playing(page)
    assert [url for url in watch.requests if not url.startswith("data:,")] == [file_url(embedded)]
    player = json.loads(page.locator("#player-data").text_content())
    assert player["length_s"] == 6.0
    assert np.isfinite([source["match_db"] for source in player["sources"]]).all()
