"""Whatever is edited, taken back and reloaded on the page: a render makes what the page shows."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mixer.console.settings import Strip
from mixer.preset.merge import resolve
from mixer.studio.channel_tables import strip_table
from tests.browser import wait_until
from tests.studio.on_page import EXACT, READY, SETTLED, STRIPS, opened
from tests.studio.running import Running

pytestmark = pytest.mark.browser

N_SEQUENCES = int(os.environ.get("STUDIO_SEQUENCES", "2"))
N_STEPS = 8
HEARD_EVERY = 10  # sequences: the first, the eleventh and so on are compared by their samples


def a_change(draw: random.Random) -> dict[str, Any]:
    channel = draw.choice(["vocals", "bass", "drums", "other", "master"])
    band = {"type": "peak", "frequency_hz": 900.0, "gain_db": 4.0, "q": 1.0, "amount": 1.0}
    choices: list[tuple[str, Any]] = [
        ("gain_db", round(draw.uniform(-12.0, 6.0), 1)),
        ("width", round(draw.uniform(0.0, 2.0), 2)),
        ("high_pass", {"frequency_hz": 60.0, "slope_db_per_octave": 24, "amount": 1.0}),
        ("high_pass", "none"),
        ("eq", [{**band, "frequency_hz": round(draw.uniform(100.0, 8_000.0))}]),
        ("gain_db", None),
        ("eq", None),
    ]
    if channel != "master":
        choices += [
            ("pan", round(draw.uniform(-1.0, 1.0), 2)),
            ("mute", draw.random() < 0.5),
            ("reverb_db", round(draw.uniform(-30.0, -10.0), 1)),
        ]
    field, value = draw.choice(choices)
    return {f"{channel}.{field}": value}


def play_a_sequence(page: Any, draw: random.Random) -> None:
    for _ in range(N_STEPS):
        step = draw.choice(["edit", "edit", "edit", "undo", "redo", "reload"])
        if step == "edit":
            page.evaluate("(changes) => mixStudio.edit(changes)", a_change(draw))
        elif step == "reload":
            wait_until(page, SETTLED)
            page.reload()
            wait_until(page, READY)
        elif page.evaluate(f"mixStudio.song.state.can_{step} !== null"):
            page.evaluate(f"mixStudio.song.{step}()")


def rendered(studio: Running) -> tuple[Path, dict[str, Any]]:
    """A mix of the song as it stands, and its recipe."""
    job = studio.wait_for_job(studio.ask(f"{studio.song}/render", "POST", {})["id"])
    assert job["state"] == "done", job["problem"]
    mix, recipe = (Path(job["folder"]) / file["name"] for file in job["files"])
    return mix, json.loads(recipe.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(N_SEQUENCES))
def test_any_sequence_of_edits_undo_and_reload_shows_what_is_rendered(
    open_page, studio, seed
) -> None:
    """Two random sequences; `make studio-sequences` plays a hundred."""
    page = opened(open_page, studio)
    play_a_sequence(page, random.Random(seed))
    wait_until(page, SETTLED)
    shown, revision = page.evaluate(f"[{STRIPS}, mixStudio.song.state.revision]")
    mix, recipe = rendered(studio)
    assert studio.state()["revision"] == revision
    console = resolve((), recipe["settings"]["console"]).console
    made: dict[str, Strip] = {name: console.strip(name) for name in shown if name != "master"}
    made["master"] = console.master
    assert shown == json.loads(json.dumps({n: strip_table(s) for n, s in made.items()}))
    if seed % HEARD_EVERY == 0:
        compare_samples(page, studio, mix)
    for file in mix.parent.glob(f"{mix.stem}.*"):
        file.unlink()


def compare_samples(page: Any, studio: Running, mix: Path) -> None:
    """What the page plays as exact is the file, but for the 16 bits in which it travels."""
    wait_until(page, EXACT, timeout_ms=60_000)
    source = next(s for s in studio.state()["sources"] if s["id"] == "mix")["audio"]
    heard = studio.samples_of(source)
    written = soundfile.read(mix, dtype="float32", always_2d=True)[0].T
    assert heard.shape == written.shape
    assert float(np.abs(heard - written).max()) < 0.51 * source["full_scale"] / 32_767 + 2.0**-23
