"""No sample of a mix hangs on how many threads or cores there were, here or in another process."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mixer import RenderSettings, load_song, render
from mixer.console import settings as desk
from mixer.network.session import Network
from tests.signals import band

# Long enough for BLAS, left alone, to cut its products by its number of threads.
DURATION_S = 5.0
EVERY_EFFECT = desk.Strip(
    amount=0.9,
    duck=desk.Duck(by="vocals"),
    high_pass=desk.Filter(frequency_hz=60.0),
    low_pass=desk.Filter(frequency_hz=12_000.0, slope_db_per_octave=24),
    eq=(desk.Band(type="low_shelf", gain_db=2.0), desk.Band(frequency_hz=((0.0, 500.0), (9, 2e3)))),
    gate=desk.Gate(),
    compressor=desk.Compressor(threshold_db=-30.0),
    de_esser=desk.DeEsser(threshold_db=-20.0),
    saturation=desk.Saturation(),
    width=1.2,
    pan=-0.2,
    gain_db=1.5,
    reverb_db=-12.0,
    delay_db=-15.0,
)
BUS = dataclasses.replace(EVERY_EFFECT, duck=None, reverb_db=None, delay_db=None)
SETTINGS = {
    "default": RenderSettings(),
    "none": RenderSettings(model="none"),
    "every effect": RenderSettings(
        console=desk.Console(strips=(("bass", EVERY_EFFECT), ("other", EVERY_EFFECT)), master=BUS),
        effects=("pre_reverb", "reverb", "eq", "compression", "panning", "loudness"),
        amount=0.8,
    ),
}
ENVIRONMENTS = {
    "as it comes": {},
    "OMP 1": {"OMP_NUM_THREADS": "1"},
    "OMP 4": {"OMP_NUM_THREADS": "4"},
    "one core": {},
}


def hashes(folder: Path, threads: int | None) -> dict[str, str]:
    song = load_song(folder)
    return {
        name: hashlib.sha256(render(song, settings, threads=threads).audio).hexdigest()
        for name, settings in SETTINGS.items()
    }


def main(folder: str) -> None:
    """In a process of its own, which was pinned to its core before a library counted them."""
    sys.stdout.write(json.dumps(hashes(Path(folder), None)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("song")
    for name, audio in band(np.random.default_rng(3), DURATION_S, 44_100).items():
        soundfile.write(folder / f"{name}.wav", audio.T, 44_100, subtype="FLOAT")
    return folder


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, str]:
    return hashes(folder, 1)


def test_every_effect_of_a_strip_is_among_them() -> None:
    unset = {
        field.name
        for field in dataclasses.fields(desk.Strip)
        if getattr(EVERY_EFFECT, field.name) == field.default
    }
    # What is changed of a network's settings acts before the strip.
    assert unset == {"mute", "solo", "plugins", "network"}


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_change_no_sample(folder: Path, expected: dict[str, str], threads: int) -> None:
    assert hashes(folder, threads) == expected


@pytest.mark.parametrize("where", sorted(ENVIRONMENTS))
def test_other_processes_and_cores_change_no_sample(
    folder: Path, expected: dict[str, str], where: str
) -> None:
    free = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    pin = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
    if where == "one core" and not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system does not let a process choose its cores")
    code = f"import sys; {pin if where == 'one core' else ''}\n"
    code += "from tests.rendering.test_threads import main; main(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=free | ENVIRONMENTS[where],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected


def test_the_network_opens_while_stems_are_normalised_where_a_core_is_idle(
    write_song, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_by = list[str]()

    class Noted(Network):
        def __init__(self, *given: Any) -> None:
            opened_by.append(threading.current_thread().name)
            super().__init__(*given)

    monkeypatch.setattr("mixer.rendering.material.network_material.Network", Noted)
    folder = write_song({f"{n}.wav": a for n, a in band(rng, 1.0, 44_100).items()})
    song, settings = load_song(folder), RenderSettings(model="default", device="cpu")
    alone, beside = (render(song, settings, threads=n).audio for n in (1, 2))
    assert [name.startswith("opening") for name in opened_by] == [False, True]
    assert np.array_equal(alone, beside)
