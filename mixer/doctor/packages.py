"""The libraries: which are there, which ONNX Runtime, which extras."""

from __future__ import annotations

import importlib.util
import platform
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

from mixer.doctor.finding import Finding, Status
from mixer.extras import EXTRAS, checkout, install_command
from mixer.files.wording import first_line
from mixer.version import __version__

# Distribution to the oldest version that will do, as setup.cfg says.
REQUIRED = {
    "numpy": "1.26",
    "scipy": "1.16",
    "soundfile": "0.13",
    "soxr": "0.5",
    "pyloudnorm": "0.1.1",
    "pedalboard": "0.9.25",
    "threadpoolctl": "3.1",
    "platformdirs": "4",
    "pyyaml": "6",
    "click": "8.1",
    "rich": "13",
}
# Modules that are not named as their distribution.
MODULES = {"pyyaml": "yaml"}
RUNTIMES = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-openvino",
    "onnxruntime-rocm",
    "onnxruntime-silicon",
)
LEAST_RUNTIME = "1.23"
# The distributions that an extra brings; the first is the one that says whether it is there.
OF_EXTRAS = {
    "codecs": ("av",),
    "cuda": ("nvidia-cudnn-cu13", "nvidia-cudnn-cu12"),
    "hub": ("huggingface_hub",),
    "mcp": ("mcp",),
    "plot": ("matplotlib",),
    "ray": ("ray",),
    "studio": ("uvicorn", "starlette"),
    "train": ("torch", "onnx", "onnxscript", "safetensors", "mido", "tensorboard"),
}
_LEAST_PYTHON = (3, 11)


def look_at_versions() -> Iterator[Finding]:
    """Report the versions of mixer, Python and the system."""
    root = checkout()
    where = f"a checkout in {root}" if root else "installed"
    yield Finding("mixer", Status.OK, f"{__version__}, {where}")
    python = f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}"
    if sys.version_info < _LEAST_PYTHON:
        yield Finding("Python", Status.PROBLEM, python, "mixer needs Python 3.11 or newer")
    else:
        yield Finding("Python", Status.OK, python)
    yield Finding("system", Status.OK, f"{platform.platform()}, {platform.machine()}")


def look_at_libraries() -> Iterator[Finding]:
    """Check that each required library is installed, new enough, and loads."""
    good = []
    for name, least in REQUIRED.items():
        found, module = version_of(name), MODULES.get(name, name)
        # A library may be there without its record, as in some systems' packages.
        if found is None and importlib.util.find_spec(module) is None:
            todo = f'pip install "{requirement(name)}"'
            yield Finding(name, Status.PROBLEM, "is not installed", todo)
            continue
        try:
            import_module(module)
        # Whatever a broken library raises.
        except Exception as error:
            line = first_line(error)
            todo = f"pip install --force-reinstall {name}"
            yield Finding(name, Status.PROBLEM, f"{found or ''} cannot be loaded: {line}", todo)
            continue
        if found is not None and _numbers(found) < _numbers(least):
            todo = f'pip install --upgrade "{requirement(name)}"'
            yield Finding(name, Status.PROBLEM, f"{found} is too old", todo)
        else:
            good.append(f"{name} {found or 'of unknown version'}")
            if name == "scipy" and found is not None:
                yield from _look_at_loops(found)
    if good:
        yield Finding("libraries", Status.OK, ", ".join(good))


def _look_at_loops(found: str) -> Iterator[Finding]:
    """Note a SciPy whose compiled loops are not known, so that its whole packages are loaded."""
    from mixer.dsp.compiled import FIRST_UNKNOWN

    if _numbers(found) >= FIRST_UNKNOWN:
        what = f"{found} is newer than mixer knows: renders start later and are otherwise the same"
        yield Finding("scipy", Status.NOTE, what)


def requirement(name: str) -> str:
    """Requirement of a library in setup.cfg, such as "numpy>=1.26"."""
    return f"{name}>={REQUIRED[name]}"


def look_at_runtime() -> Iterator[Finding]:
    """Check which ONNX Runtime is installed; two of them share one folder and clash."""
    about = "ONNX Runtime"
    there = {name: found for name in RUNTIMES if (found := version_of(name)) is not None}
    told = " and ".join(f"{name} {found}" for name, found in there.items())
    if len(there) > 1:
        keep = "onnxruntime-gpu" if "onnxruntime-gpu" in there else next(iter(there))
        todo = f"pip uninstall -y {' '.join(there)}, then pip install {keep}"
        yield Finding(about, Status.PROBLEM, f"{told} share one folder and clash", todo)
        return
    if not there and importlib.util.find_spec("onnxruntime") is None:
        yield Finding(about, Status.PROBLEM, "is not installed", "install mixer again")
        return
    for name, found in there.items():
        if _numbers(found) < _numbers(LEAST_RUNTIME):
            todo = f'pip install --upgrade "{name}>={LEAST_RUNTIME}"'
            yield Finding(about, Status.PROBLEM, f"{told} is too old", todo)
            return
    try:
        from mixer.network.runtime import built_for

        providers = ", ".join(built_for())
    # A runtime that another has overwritten lacks any part of itself.
    except Exception as error:
        line = first_line(error)
        names = " ".join(there) or "onnxruntime"
        todo = f"pip uninstall -y {names}, then pip install {names}"
        what = f"{told or 'of unknown version'} cannot be loaded: {line}"
        yield Finding(about, Status.PROBLEM, what, todo)
        return
    yield Finding(about, Status.OK, f"{told or 'of unknown version'}; built for {providers}")


def look_at_extras() -> Iterator[Finding]:
    """Report which extras are installed; none is required."""
    for extra, adds in EXTRAS.items():
        there = [f"{name} {found}" for name in OF_EXTRAS[extra] if (found := version_of(name))]
        if there:
            yield Finding(f"extra {extra}", Status.OK, ", ".join(there))
        else:
            what = f"not installed ({adds})"
            yield Finding(f"extra {extra}", Status.NOTE, what, install_command(extra))


def look_at_formats() -> Iterator[Finding]:
    """Check which formats libsndfile was built with."""
    soundfile = import_module("soundfile")
    lacking = [name for name in ("WAV", "FLAC", "OGG", "MP3") if name not in
               soundfile.available_formats()]  # fmt: skip
    found = f"libsndfile {soundfile.__libsndfile_version__}"
    if lacking:
        todo = "pip install --force-reinstall soundfile, whose libsndfile has them"
        yield Finding("audio", Status.PROBLEM, f"{found} without {', '.join(lacking)}", todo)
    else:
        yield Finding("audio", Status.OK, f"{found} with WAV, FLAC, Ogg and MP3")
    if importlib.util.find_spec("av") is not None:
        av = import_module("av")
        yield Finding("audio", Status.OK, f"PyAV {av.__version__} for AAC, WMA and others")


def version_of(distribution: str) -> str | None:
    """The version of an installed distribution; None if it is not installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    """A version as numbers, as far as it begins with them."""
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3])
