"""A built wheel carries everything that a user's machine needs."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_an_installed_wheel_finds_its_models_and_profiles(tmp_path: Path) -> None:
    # built from a copy: setuptools leaves a build folder behind and would pack what it finds there
    source = tmp_path / "source"
    leave = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "demo", "mixes")
    shutil.copytree(ROOT, source, ignore=leave)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--wheel-dir", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True, timeout=240)
    (wheel,) = tmp_path.glob("fxnorm_mixer-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [n for n in names if n.startswith("tests") or n.endswith((".wav", ".ogg"))]
    site = tmp_path / "site"
    install = [*pip, "install", "--no-deps", "--no-compile", "--target", str(site), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    # only the wheel's own files come from here; the libraries are the environment's
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}
    script = (
        "import mixer, sys; from mixer.cli.main import run;"
        f"assert mixer.__file__.startswith({str(site)!r}), mixer.__file__;"
        "sys.exit(run(['demo', 'song', '-q']) or run(['render', 'song', '-o', 'a.wav', '-q']))"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=tmp_path, env=environment)
    assert (tmp_path / "a.wav").stat().st_size > 30 * 44_100 * 6


def test_the_two_onnx_runtimes_exclude_each_other() -> None:
    """They share a directory: every machine must get exactly one."""
    import configparser

    from packaging.requirements import Requirement

    config = configparser.ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    requires = [line for line in config["options"]["install_requires"].splitlines() if line]
    runtimes = [r for r in map(Requirement, requires) if r.name.startswith("onnxruntime")]
    machines = [
        *(("linux", machine) for machine in ("x86_64", "aarch64")),
        *(("darwin", machine) for machine in ("x86_64", "arm64")),
        *(("win32", machine) for machine in ("AMD64", "ARM64")),
    ]
    for system, machine in machines:
        place = {"sys_platform": system, "platform_machine": machine}
        assert sum(r.marker is not None and r.marker.evaluate(place) for r in runtimes) == 1
