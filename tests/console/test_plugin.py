"""A VST3 in its own process: whatever happens there costs one clear line here."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from mixer.console.plugin import run_plugin
from mixer.console.plugin_worker import ANSWER, INPUT, OUTPUT, REQUEST, serve
from mixer.console.settings import Plugin, Strip
from mixer.console.strip import apply_strip
from mixer.errors import InputError, PresetError

RATE_HZ = 44_100

# Workers that take the place of the real one; each is given the folder of the exchange.
START = "import sys, os, json, pathlib, time; f = pathlib.Path(sys.argv[1]); "
ANSWERS = START + f"(f / {ANSWER!r}).write_text('{{\"error\": null}}'); "
WORKERS = {
    "aborts": START + "os.abort()",
    "exits": START + "sys.exit(9)",
    "hangs": START + "time.sleep(60)",
    "no audio": ANSWERS,
    "half": ANSWERS + f"(f / {OUTPUT!r}).write_bytes((f / {INPUT!r}).read_bytes()[::2])",
    "nan": ANSWERS + f"(f / {OUTPUT!r}).write_bytes(b'\\xff' * (f / {INPUT!r}).stat().st_size)",
    "no json": START + f"(f / {ANSWER!r}).write_text('[[[')",
    "a list": START + f"(f / {ANSWER!r}).write_text('[1]')",
    "copies, then crashes": ANSWERS
    + f"(f / {OUTPUT!r}).write_bytes((f / {INPUT!r}).read_bytes()); os.abort()",
}
SAYS = {
    "aborts": "crashed (SIGABRT)",
    "exits": "crashed (exit code 9)",
    "hangs": "did not respond within 1 s",
    "no audio": "returned 0 bytes",
    "half": "returned 4000 bytes of audio instead of 8000",
    "nan": "NaN",
    "no json": "crashed",
    "a list": "crashed",
    "copies, then crashes": "crashed (SIGABRT)",
}


@pytest.fixture
def effect(tmp_path) -> Path:
    path = tmp_path / "Warm Thing.vst3"
    path.write_bytes(b"no plug-in at all")
    return path


def audio_of(rng, n_samples: int = 1_000) -> np.ndarray:
    return rng.standard_normal((2, n_samples)).astype(np.float32)


@pytest.mark.parametrize("what", WORKERS)
def test_whatever_the_worker_does_costs_one_line(rng, effect, what) -> None:
    with pytest.raises(InputError) as raised:
        run_plugin(
            audio_of(rng),
            RATE_HZ,
            Plugin(str(effect)),
            stem="vocals",
            time_limit_s=1.0 if what == "hangs" else 30.0,
            worker=[sys.executable, "-I", "-S", "-c", WORKERS[what]],
        )
    message = str(raised.value)
    assert message.startswith(f"vocals: plug-in {effect} ")
    assert SAYS[what] in message
    assert "\n" not in message


def test_audio_goes_there_and_back(rng, effect) -> None:
    code = ANSWERS + f"(f / {OUTPUT!r}).write_bytes((f / {INPUT!r}).read_bytes())"
    audio = audio_of(rng)
    out = run_plugin(
        audio,
        RATE_HZ,
        Plugin(str(effect)),
        stem="vocals",
        worker=[sys.executable, "-I", "-S", "-c", code],
    )
    assert np.array_equal(out, audio)


def test_the_real_worker_refuses_a_file_that_is_no_plug_in(rng, effect) -> None:
    """Through pedalboard itself, in a real child process."""
    with pytest.raises(PresetError) as raised:
        apply_strip(audio_of(rng), RATE_HZ, Strip(plugins=(Plugin(str(effect)),)), stem="drums")
    message = str(raised.value)
    assert message.startswith(f"drums: plug-in {effect}: cannot be loaded: ")
    assert "\n" not in message
    assert len(message) < 700


@pytest.mark.parametrize(
    ("path", "preset", "says"),
    [
        ("gone.vst3", None, "no such file"),
        ("effect.dll", None, "ends in .vst3"),
        ("", None, "ends in .vst3"),
        (None, "gone.vstpreset", "the preset file gone.vstpreset was not found"),
    ],
)
def test_files_that_are_not_there(rng, effect, path, preset, says) -> None:
    setting = Plugin(str(effect) if path is None else path, preset=preset)
    with pytest.raises(PresetError, match=says):
        run_plugin(audio_of(rng), RATE_HZ, setting, stem="vocals")


class FakeEffect:
    """As a plug-in that pedalboard has loaded."""

    is_effect = True

    def __init__(self) -> None:
        self.parameters = {"drive_db": object(), "mode": object()}
        self.done: list = []

    def __setattr__(self, name, value) -> None:
        if name == "drive_db" and not 0 <= value <= 24:
            raise ValueError(f"Value {value} is out of range [0, 24]")
        super().__setattr__(name, value)

    def load_preset(self, path) -> None:
        if "bad" in path:
            raise RuntimeError("not a preset of this plug-in")
        self.done.append(path)

    def process(self, audio, sample_rate, reset):
        assert reset
        if self.drive_db == 13:
            raise ValueError("plug-in is mono")
        assert sample_rate == RATE_HZ
        return audio * self.drive_db


def serve_with(folder: Path, audio, plugin, parameters=(), preset=None) -> dict:
    request = {
        "path": "x.vst3",
        "parameters": [list(pair) for pair in parameters],
        "preset": preset,
        "sample_rate": RATE_HZ,
        "shape": list(audio.shape),
    }
    (folder / REQUEST).write_text(json.dumps(request))
    audio.tofile(folder / INPUT)
    serve(folder, load=lambda path: plugin)
    return json.loads((folder / ANSWER).read_text())


def test_the_worker_sets_preset_then_parameters_and_processes(rng, tmp_path) -> None:
    audio, plugin = audio_of(rng), FakeEffect()
    answer = serve_with(
        tmp_path, audio, plugin, [("drive_db", 2.0), ("mode", "warm")], "a.vstpreset"
    )
    assert answer == {"error": None}
    assert (plugin.done, plugin.mode) == (["a.vstpreset"], "warm")
    out = np.fromfile(tmp_path / OUTPUT, dtype=np.float32).reshape(2, -1)
    assert np.array_equal(out, audio * 2.0)


@pytest.mark.parametrize(
    ("parameters", "preset", "says"),
    [
        ([("drive", 2.0)], None, "has no parameter 'drive'; did you mean 'drive_db'?"),
        ([("zzz", 2.0)], None, "has no parameter 'zzz'; it has drive_db, mode"),
        ([("drive_db", 99.0)], None, "does not accept 99.0 for 'drive_db': Value 99.0 is out"),
        ([("drive_db", "x")], None, "does not accept 'x' for 'drive_db'"),
        ([("drive_db", 13)], None, "does not accept stereo at 44100 Hz: plug-in is mono"),
        ([], "bad.vstpreset", "does not accept the preset bad.vstpreset: not a preset"),
    ],
)
def test_the_worker_says_what_does_not_fit(rng, tmp_path, parameters, preset, says) -> None:
    answer = serve_with(tmp_path, audio_of(rng), FakeEffect(), parameters, preset)
    assert says in answer["error"]
    assert not (tmp_path / OUTPUT).exists()


def test_an_instrument_is_no_effect(rng, tmp_path) -> None:
    plugin = FakeEffect()
    plugin.is_effect = False
    assert "instrument" in serve_with(tmp_path, audio_of(rng), plugin)["error"]


def test_pedalboard_takes_reported_latency_out(rng) -> None:
    """What the worker relies on, by pedalboard's own effect that is late and says so."""
    from pedalboard_native import _internal

    audio = audio_of(rng, 50_000)
    assert np.array_equal(_internal.AddLatency(1_000).process(audio, RATE_HZ, reset=True), audio)
