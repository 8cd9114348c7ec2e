"""What a command loads before it begins: by names of modules, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

# Each takes from 50 ms to half a second.
HEAVY = {"numpy", "scipy", "soundfile", "soxr", "pedalboard", "onnxruntime", "rich", "torch"}
# What SciPy's signal processing brings along and no render uses.
IDLE = {"scipy.stats", "scipy.signal", "scipy.optimize", "scipy.interpolate", "scipy.sparse"}
IDLE |= {"pyloudnorm", "torch", "urllib.request"}
# What a mix of stems without strips, references, tracks and deliverables can do without. Each is
# the first of several modules.
BESIDE = {
    "mixer.audio.codecs.codec",
    "mixer.audio.containers.container",
    "mixer.audio.containers.mpeg",
    "mixer.audio.containers.ogg_pages",
    "mixer.audio.codecs.round_trip",
    "mixer.console.desk",
    "mixer.console.plugin",
    "mixer.console.strip",
    "mixer.meters.masking",
    "mixer.meters.stem_powers",
    "mixer.network.track_mixer.features",
    "mixer.network.track_mixer.predict",
    "mixer.network.untrusted.graphs",
    "mixer.reference.match",
    "mixer.reference.record",
    "mixer.rendering.doubts.answers_of_stems",
    "mixer.rendering.frozen_bus",
    "mixer.rendering.kept.kept_material",
    "mixer.rendering.levels.raw_stems",
    "mixer.rendering.reference_step",
    "mixer.rendering.tracks.track_console",
    "mixer.rendering.tracks.track_material",
    "mixer.rendering.mix_translation",
    "mixer.rendering.sound.variation_step",
    "pedalboard",
    "rich",
}


def loaded_by(*arguments: str) -> set[str]:
    """Names of the modules that are there at a command's end."""
    code = (
        "import sys\n"
        "from mixer.cli.main import run\n"
        "try:\n"
        "    run(sys.argv[1:])\n"
        "finally:\n"
        "    sys.stderr.write('\\nLOADED ' + ' '.join(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("LOADED ")[2].split())


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_what_only_prints_loads_nothing_heavy(argument: str) -> None:
    assert not HEAVY & loaded_by(argument)


@pytest.mark.parametrize(
    ("options", "unused"),
    [((), IDLE | BESIDE), (("--preset", "rock", "--model", "none"), IDLE | {"onnxruntime"})],
    ids=["plain", "strips"],
)
def test_a_render_loads_only_what_it_uses(
    write_song, rng, tmp_path: Path, options: tuple[str, ...], unused: set[str]
) -> None:
    from tests.signals import band

    files = {f"{n}.wav": a for n, a in band(rng, 2.0, 44_100).items()}
    folder = write_song(files, subtype="PCM_16")
    out = str(tmp_path / "mix.wav")
    loaded = loaded_by("render", str(folder), "-o", out, "--device", "cpu", "-q", *options)
    assert {"numpy", "soundfile"} <= loaded
    assert sorted(unused & loaded) == []


def test_what_a_render_can_do_without_is_still_called_that() -> None:
    names = [name for name in BESIDE if name.startswith("mixer.")]
    assert all(find_spec(name) for name in names)


# Ctrl-C while the library of command lines is loaded.
_INTERRUPTED_WHILE_LOADING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background
class Finder:
    def find_spec(name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder)
from mixer.__main__ import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="no signals to send")
def test_ctrl_c_while_modules_are_loaded_ends_quietly() -> None:
    command = [sys.executable, "-c", _INTERRUPTED_WHILE_LOADING]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
