"""What is built here carries everything that a user's machine needs."""

import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest
import soundfile

ROOT = Path(__file__).resolve().parents[1]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
# The libraries are the environment's, its build tools too: nothing is fetched.
HERE = ["--no-deps", "--no-build-isolation"]


def call(*command: str, cwd: Path, timeout_s: int = 240) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=timeout_s)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, Path]:
    """A wheel and an sdist of this checkout."""
    folder = tmp_path_factory.mktemp("built")
    # From a copy: setuptools leaves a build folder behind and would pack what it finds there.
    source = folder / "source"
    leave = shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "demo", "mixes")
    shutil.copytree(ROOT, source, ignore=leave)
    code = "import sys, setuptools.build_meta as b; b.build_sdist(sys.argv[1])"
    call(sys.executable, "-c", code, str(folder), cwd=source)
    call(*PIP, "wheel", *HERE, "--wheel-dir", str(folder), str(source), cwd=folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def installed(archive: Path, target: Path) -> Path:
    """Where a wheel or an sdist is installed, alone."""
    install = [*PIP, "install", *HERE, "--no-compile", "--target", str(target)]
    call(*install, str(archive), cwd=target.parent)
    return target


@pytest.fixture(scope="module")
def site(built, tmp_path_factory) -> Path:
    return installed(built["wheel"], tmp_path_factory.mktemp("wheel") / "site")


@pytest.fixture
def mixer(site, tmp_path):
    """Run the installed command line in an empty folder."""
    paths = [str(site), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}

    def run(*arguments: str) -> str:
        # -P and -S: neither this folder nor an editable install of the checkout is in the way.
        done = subprocess.run(
            [sys.executable, "-P", "-S", "-m", "mixer", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.slow
def test_what_is_installed_renders_listens_and_trains(mixer, tmp_path) -> None:
    mixer("demo", "song", "-q")
    for path in (tmp_path / "song").glob("*.wav"):
        audio, rate = soundfile.read(path)
        assert len(audio) == 30 * rate
        soundfile.write(path, audio[12 * rate : 20 * rate], rate)  # all four play there
    mixer("render", "song", "-o", "a.wav", "--report", "--preset", "rock", "-q")
    assert (tmp_path / "a.wav").stat().st_size > 8 * 44_100 * 6
    assert "<script" in (tmp_path / "a.report.html").read_text(encoding="utf-8")
    mixer(
        "listen", "build", "song", "--systems", "none", "sum", "--length", "5", "-o", "test", "-q"
    )
    assert (tmp_path / "test" / "public" / "index.html").exists()
    assert "rock" in mixer("preset", "list")
    assert "default" in mixer("model", "list")
    configuration = tomllib.loads(mixer("train", "smoke", "--dry-run", "run.seed=7"))
    assert configuration["run"]["seed"] == 7


@pytest.mark.slow
def test_the_sdist_installs_the_same_files(built, site, tmp_path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        paths = (path for path in folder.rglob("*") if path.is_file())
        names = {path.relative_to(folder): path for path in paths}
        return {
            str(name): path.read_bytes()
            for name, path in names.items()
            if not name.parts[0].endswith(".dist-info") and name.suffix != ".pyc"
        }

    of_sdist, of_wheel = files(installed(built["sdist"], tmp_path / "site")), files(site)
    assert sorted(of_sdist) == sorted(of_wheel)
    assert not [name for name, data in of_wheel.items() if of_sdist[name] != data]


@pytest.mark.slow
def test_nothing_but_the_product_is_in_the_wheel(built) -> None:
    names = zipfile.ZipFile(built["wheel"]).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith((".dist-info", ".data"))} == {
        "mixer",
        "export",
        "training",
        "presets",
    }
    assert not [name for name in names if name.endswith((".wav", ".ogg", ".pyc"))]
    shipped = {f"training/configs/{p.name}" for p in (ROOT / "training/configs").glob("*.toml")}
    assert shipped
    assert shipped <= set(names)
    # Beside the programs, where man looks for it.
    assert [name.partition(".data/")[2] for name in names if ".data/" in name] == [
        "data/share/man/man1/mixer.1"
    ]


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


def test_the_page_for_a_package_index_links_to_no_file_of_ours(monkeypatch) -> None:
    given: dict[str, str] = {}
    monkeypatch.setattr("setuptools.setup", given.update)
    runpy.run_path(str(ROOT / "setup.py"))
    page, readme = given["long_description"], (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)]*)\)", page)
    assert targets
    assert all(target.startswith("https://") for target in targets)
    assert "docs/" in readme
    assert "install mixer with `pip install '.[codecs,studio]'` and see First mix." in page
    assert "*The studio: a channel for each stem" in page
