"""`mixer doctor`: everything is looked at, and nothing that is broken keeps the rest from it."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mixer.cli.main import run
from mixer.doctor import machine, packages, self_test
from mixer.doctor.examine import examine
from mixer.doctor.finding import Finding, Status

ROOT = Path(__file__).resolve().parents[2]


def of(about: str, findings: list[Finding]) -> Finding:
    return next(finding for finding in findings if finding.about == about)


def test_a_whole_installation_renders_what_was_measured(capsys) -> None:
    assert run(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["works"]
    by_name = {finding["about"]: finding for finding in said["findings"]}
    assert {"ONNX Runtime", "CUDA", "audio", "presets", "models", "memory"} <= set(by_name)
    figures = by_name["self-test"]["figures"]
    for name, expected in figures["expected"].items():
        assert figures[name] == pytest.approx(expected["value"], abs=expected["within"])
    assert re.fullmatch("[0-9a-f]{64}", figures["sha256"])


def test_a_mix_that_came_out_wrong_is_a_problem(monkeypatch) -> None:
    figures = {name: value for name, (value, _) in self_test.EXPECTED.items()}
    done = self_test.SelfTest(figures | {"bass_db": -9.0}, "0" * 64, 1.0)
    monkeypatch.setattr(self_test, "run_self_test", lambda: done)
    (finding,) = self_test.self_test()
    assert finding.status is Status.PROBLEM
    assert finding.found == "bass_db -9.00, not -3.15 within 0.1"


def mixer_without(*missing: str, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """The command line in a process that cannot import some libraries."""
    code = (
        "import runpy, sys\n"
        f"sys.modules.update(dict.fromkeys({missing!r}))\n"
        "runpy.run_module('mixer', run_name='__main__')"
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)


def test_missing_packages_are_lines_and_the_rest_is_looked_at() -> None:
    missing = ("numpy", "soundfile", "platformdirs", "onnxruntime", "rich")
    done = mixer_without(*missing, arguments=("doctor",))
    assert done.returncode == 3
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    problems = [line for line in lines if line.startswith("problem")]
    assert lines[-len(problems) :] == problems
    assert any("soundfile" in line and "pip install" in line for line in problems)
    assert any("ONNX Runtime" in line for line in problems)
    assert any("self-test" in line for line in problems)
    assert any(line.startswith("ok       temporary files") for line in lines)


def test_what_an_uninstalled_runtime_leaves_behind_is_a_broken_environment(write_song, rng) -> None:
    folder = write_song({"drums.wav": rng.standard_normal((2, 4_410)).astype("float32") * 0.1})
    code = (
        "import sys, types\n"
        "sys.modules['onnxruntime'] = types.ModuleType('onnxruntime')\n"
        "from mixer.cli.main import run\n"
        f"sys.exit(run(['render', {str(folder)!r}, '--model', 'default', '-q']))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder.parent)
    assert done.returncode == 3
    assert "onnxruntime is incomplete; mixer doctor says how to repair it" in done.stderr
    assert "internal error" not in done.stderr


def test_without_the_library_of_the_command_line_it_is_one_line() -> None:
    done = mixer_without("click", arguments=("doctor",))
    assert done.returncode == 3
    assert done.stderr.startswith("mixer: click is not installed; pip install click")
    assert done.stderr.count("\n") == 1


def test_two_runtimes_in_one_folder_are_a_problem(monkeypatch) -> None:
    there = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.1"}
    monkeypatch.setattr(packages, "version_of", there.get)
    (finding,) = packages.look_at_runtime()
    assert finding.status is Status.PROBLEM
    assert "onnxruntime 1.32.0 and onnxruntime-gpu 1.31.1 share one folder" in finding.found
    assert finding.todo.endswith("then pip install onnxruntime-gpu")


def test_an_old_library_names_the_version_that_will_do(monkeypatch) -> None:
    real = packages.version_of
    monkeypatch.setattr(packages, "version_of", lambda n: "0.9.3" if n == "pedalboard" else real(n))
    finding = of("pedalboard", list(packages.look_at_libraries()))
    assert finding.status is Status.PROBLEM
    assert finding.todo == 'pip install --upgrade "pedalboard>=0.9.25"'


def test_a_scipy_newer_than_those_that_are_known_will_do(monkeypatch) -> None:
    real = packages.version_of
    monkeypatch.setattr(packages, "version_of", lambda n: "1.19.0" if n == "scipy" else real(n))
    findings = list(packages.look_at_libraries())
    assert not [finding for finding in findings if finding.status is Status.PROBLEM]
    assert of("scipy", findings).found.startswith("1.19.0 is newer")
    monkeypatch.undo()
    assert not [finding for finding in packages.look_at_libraries() if finding.about == "scipy"]


def test_presets_that_cannot_be_saved_are_a_problem(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path))
    monkeypatch.setattr(machine, "why_unwritable", lambda folder: "Read-only file system")
    finding = of("your presets", list(machine.look_at_presets()))
    assert finding.status is Status.PROBLEM
    assert finding.found.endswith("which cannot be written (Read-only file system)")
    assert "MIXER_PRESETS" in finding.todo
    # Nor can they in a container without a home; there nobody expects it.
    monkeypatch.setenv("MIXER_PRESETS", str(tmp_path / "none"))
    assert of("your presets", list(machine.look_at_presets())).status is Status.NOTE


def test_a_full_disk_is_a_problem(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    disk = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: disk)
    finding = of("this folder", list(machine.look_at_disk()))
    assert (finding.status, finding.todo) == (Status.PROBLEM, "free some space on the disk")


def test_a_deleted_folder_and_a_temporary_one_that_is_not_there_are_told(monkeypatch) -> None:
    def gone() -> Path:
        raise FileNotFoundError

    monkeypatch.setenv("TMPDIR", "/no/such/folder")
    monkeypatch.setattr(machine.Path, "cwd", gone)
    findings = list(machine.look_at_disk())
    assert of("TMPDIR", findings).status is Status.NOTE
    assert of("this folder", findings).found == "no longer exists"
    assert of("temporary files", findings).status is Status.OK


def test_a_library_without_a_format_is_a_problem(monkeypatch) -> None:
    soundfile = SimpleNamespace(
        __libsndfile_version__="1.0.28", available_formats=lambda: {"WAV": "", "FLAC": ""}
    )
    monkeypatch.setattr(packages, "import_module", lambda name: soundfile)
    finding = next(iter(packages.look_at_formats()))
    assert finding.status is Status.PROBLEM
    assert finding.found == "libsndfile 1.0.28 without OGG, MP3"


def test_a_look_that_fails_is_a_line(monkeypatch) -> None:
    def broken() -> list[Finding]:
        raise RuntimeError("no\nsuch thing")

    monkeypatch.setattr("mixer.doctor.examine._LOOKS", (("audio", broken),))
    (finding,) = examine(renders=False)
    assert finding.found == "fails: RuntimeError: no"


def test_what_is_looked_for_is_what_is_required() -> None:
    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    lines = config["options"]["install_requires"].split("\n")
    requires = [line.split(";")[0].strip() for line in lines if line]
    runtimes = {line for line in requires if line.startswith("onnxruntime")}
    assert {line.partition(">=")[2] for line in runtimes} == {packages.LEAST_RUNTIME}
    required = list(map(packages.requirement, packages.REQUIRED))
    assert required == [line for line in requires if line not in runtimes]
    extras = set(config["options.extras_require"]) - {"dev", "docs", "test"}
    assert extras == set(packages.EXTRAS) == set(packages.OF_EXTRAS)
