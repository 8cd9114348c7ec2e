"""A VST3 in a process of its own: whatever it does, the render gets audio or one clear line.

The audio is handed over in files of plain float32 in a temporary folder, the rest as JSON.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mixer.console import plugin_worker
from mixer.console.plugin_worker import ANSWER, INPUT, OUTPUT, REQUEST
from mixer.console.settings import Plugin
from mixer.dsp.blocks import FloatArray, peak
from mixer.errors import InputError, OutputError, PresetError

# By its path and without its folder on the search path: it needs nothing of this package, and
# finds the same libraries wherever the render was started.
WORKER = (sys.executable, "-P", plugin_worker.__file__)
# A plug-in may load its samples first, and be four times slower than the music; then it hangs.
_START_S, _SECONDS_A_SECOND = 60.0, 4.0
_LONGEST_ANSWER_BYTES = 1 << 16
_LONGEST_REASON = 300


class RunPlugin(Protocol):
    """Stereo audio through a plug-in; as `run_plugin`."""

    def __call__(
        self, audio: FloatArray, sample_rate: int, setting: Plugin, *, stem: str
    ) -> FloatArray: ...


def run_plugin(
    audio: FloatArray,
    sample_rate: int,
    setting: Plugin,
    *,
    stem: str,
    time_limit_s: float | None = None,
    worker: Sequence[str] = WORKER,
) -> FloatArray:
    """Run audio through a plug-in in a worker process.

    Latency that the plug-in reports is taken out.

    Args:
        audio: float32 `(2, samples)`.
        sample_rate: Hz.
        setting: the plug-in and its parameters.
        stem: name of the stem, for messages.
        time_limit_s: time after which the worker is stopped; None for a minute plus four times the
            length of the audio.
        worker: command line of the worker, to which the exchange folder is appended.

    Returns:
        float32 `(2, samples)`, finite.

    Raises:
        PresetError: the file does not exist or is not a plug-in, or does not accept a parameter or
            preset.
        InputError: the plug-in crashed, hung, or answered with invalid audio.
        OutputError: the disk has no room for the exchange.
    """
    check_files(setting, stem)
    if time_limit_s is None:
        time_limit_s = _START_S + _SECONDS_A_SECOND * audio.shape[-1] / sample_rate
    try:
        with tempfile.TemporaryDirectory(prefix="mixer-plugin-") as name:
            folder = Path(name)
            _write_request(folder, audio, sample_rate, setting)
            code = _run([*worker, str(folder)], time_limit_s)
            if code is None:
                raise _broken(
                    setting, stem, f"did not respond within {time_limit_s:.0f} s and was stopped"
                )
            answer = _read_answer(folder / ANSWER)
            if answer.get("error"):
                reason = " ".join(str(answer["error"]).split())[:_LONGEST_REASON]
                raise PresetError(f"{stem}: plug-in {setting.path}: {reason}")
            if code != 0 or answer.get("error", "") is not None:
                raise _broken(setting, stem, f"crashed ({_ending(code)})")
            return _read_output(folder / OUTPUT, audio.shape, setting, stem)
    except OSError as error:
        raise OutputError(
            f"{stem}: plug-in {setting.path}: its audio cannot be exchanged in "
            f"{tempfile.gettempdir()}: {error.strerror}; free some space there"
        ) from None


def _write_request(folder: Path, audio: FloatArray, sample_rate: int, setting: Plugin) -> None:
    request = {
        "path": str(Path(setting.path).absolute()),
        "parameters": [list(pair) for pair in setting.parameters],
        "preset": str(Path(setting.preset).absolute()) if setting.preset else None,
        "sample_rate": sample_rate,
        "shape": list(audio.shape),
    }
    (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
    np.ascontiguousarray(audio, dtype=np.float32).tofile(folder / INPUT)


def check_files(setting: Plugin, stem: str) -> None:
    """Raise PresetError if a plug-in's files are not there, as `run_plugin` would."""
    path = Path(setting.path)
    if path.suffix.lower() != ".vst3":
        raise PresetError(
            f"{stem}: plug-in {setting.path!r} is not a VST3; path must name a file or folder that "
            "ends in .vst3"
        )
    if not path.exists():
        raise PresetError(
            f"{stem}: plug-in {setting.path}: no such file; install it or correct the path"
        )
    if setting.preset is not None and not Path(setting.preset).is_file():
        raise PresetError(
            f"{stem}: plug-in {setting.path}: the preset file {setting.preset} was not found"
        )


def _run(command: Sequence[str], time_limit_s: float) -> int | None:
    """Exit code of a worker; None if it had to be ended."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=time_limit_s,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return None


def _read_answer(path: Path) -> dict[str, Any]:
    """The worker's JSON; empty if it did not come to write it whole."""
    try:
        with path.open("rb") as file:
            answer = json.loads(file.read(_LONGEST_ANSWER_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _read_output(path: Path, shape: tuple[int, ...], setting: Plugin, stem: str) -> FloatArray:
    expected = 4 * int(np.prod(shape))
    size = path.stat().st_size if path.is_file() else 0
    if size != expected:
        raise _broken(setting, stem, f"returned {size} bytes of audio instead of {expected}")
    out = np.fromfile(path, dtype=np.float32).reshape(shape)
    if not np.isfinite(peak(out)):
        raise _broken(setting, stem, "returned NaN or infinite samples")
    return out


def _broken(setting: Plugin, stem: str, what: str) -> InputError:
    return InputError(
        f"{stem}: plug-in {setting.path} {what}; update it, or take it out of the preset"
    )


def _ending(code: int) -> str:
    if code < 0:
        try:
            return signal.Signals(-code).name
        except ValueError:
            pass
    return f"exit code {code}"
