"""The machine that a benchmark runs on, and how busy it is with other work."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = (
    *("numpy", "scipy", "onnxruntime", "onnxruntime-gpu", "soundfile", "soxr"),
    *("torch", "pedalboard", "demucs-infer"),
)
# From here on other programs take time that a figure would show as its own.
_BUSY_FROM = 0.5


def machine() -> Iterator[str]:
    """Processor, system and versions."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":")[1] for line in cpuinfo.open() if line.startswith("model name")]
        model = names[0].strip() if names else model
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    yield f"{model}, {os.cpu_count()} cores, {memory_gb:.0f} GB, {platform.platform()}"
    found = [f"Python {platform.python_version()}"]
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    if shutil.which("ffmpeg") is not None:
        told = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True)
        # ffmpeg version 5.1.6-0+deb12u1 Copyright ...
        found.append("ffmpeg " + told.stdout.split()[2])
    yield ", ".join(found)


def keep_compiled_modules() -> None:
    """Let every command from now on find its modules compiled, as those that pip installs are.

    In a checkout Python compiles a module when it first loads it, and keeps the result unless the
    environment forbids it: then every command would compile all of them again.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def other_work() -> str:
    """A line about other programs on this machine, before a measurement begins."""
    load = os.getloadavg()[0]
    words = "on a machine that others use as well" if load >= _BUSY_FROM else "on an idle machine"
    return f"measured {words} (load {load:.1f} at the beginning)"


def print_lines(lines: Iterable[str]) -> None:
    """Print each line as soon as it is measured."""
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
