"""The machine: CUDA, folders, disk, memory, terminal."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mixer.doctor.finding import Finding, Status
from mixer.doctor.packages import version_of
from mixer.extras import install_command
from mixer.files.wording import counted

_GB = 1_000_000_000
# A song of four minutes in four stems takes about 0.3 GB of mix and wet stems at 24 bit.
_LITTLE_DISK_BYTES, _FULL_DISK_BYTES = 2 * _GB, _GB // 5
# A render of four stems of four minutes takes about 1 GB.
_LITTLE_MEMORY_BYTES, _NO_MEMORY_BYTES = 2 * _GB, _GB // 2
_NARROW_COLUMNS = 80


def look_at_cuda() -> Iterator[Finding]:
    """Check whether networks run on a GPU, and if not, why."""
    from mixer.errors import DeviceError
    from mixer.network.cuda import count_gpus
    from mixer.network.device import Device
    from mixer.network.model import read_bundle
    from mixer.network.runtime import built_for, open_graph
    from mixer.rendering.choices.shipped import DEFAULT_MODEL

    n_gpus = count_gpus()
    if not n_gpus:
        what = "not used: this process finds no GPU (no NVIDIA driver, a container without it, or "
        yield Finding("CUDA", Status.OK, f"{what}CUDA_VISIBLE_DEVICES); networks run on the CPU")
        return
    if "CUDA" not in built_for():
        todo = "pip uninstall -y onnxruntime, then pip install onnxruntime-gpu"
        what = f"not used: {counted(n_gpus, 'GPU')}, but this ONNX Runtime is built without CUDA"
        yield Finding("CUDA", Status.NOTE, what, todo)
        return
    bundle = read_bundle(DEFAULT_MODEL)
    try:
        open_graph(bundle.read_graph(next(iter(bundle.manifest.graphs))), Device("cuda"))
    except DeviceError as error:
        todo = install_command("cuda")
        yield Finding("CUDA", Status.PROBLEM, f"not used: {error}", todo)
        return
    yield Finding("CUDA", Status.OK, f"used: {counted(n_gpus, 'GPU')}, onnxruntime-gpu "
                  f"{version_of('onnxruntime-gpu')}")  # fmt: skip


def look_at_presets() -> Iterator[Finding]:
    """Check the folders of presets, and find presets that cannot be read."""
    from mixer.errors import PresetError
    from mixer.preset.find import list_presets, shipped_folder, user_folder
    from mixer.preset.layer import read_layer

    presets = list_presets()
    shipped = [preset for preset in presets if preset.shipped]
    if shipped:
        yield Finding("presets", Status.OK, f"{len(shipped)} in {shipped_folder()}")
    else:
        what = f"none in {shipped_folder()}"
        yield Finding("presets", Status.PROBLEM, what, "install mixer again")
    try:
        folder = user_folder()
    except PresetError as error:
        yield Finding("your presets", Status.NOTE, str(error))
    else:
        yield _own_presets(folder, len(presets) - len(shipped))
    for preset in presets:
        try:
            read_layer(preset)
        except PresetError as error:
            what = f"{preset.name} cannot be used: {error.lines[0]}"
            yield Finding("presets", Status.PROBLEM, what, f"correct it: {preset.path}")


def _own_presets(folder: Path, n_presets: int) -> Finding:
    from mixer.preset.find import FOLDER_VARIABLE

    reason = why_unwritable(folder)
    found = f"{n_presets} in {folder}"
    if reason is None:
        return Finding("your presets", Status.OK, found)
    todo = f"change its permissions, or set {FOLDER_VARIABLE} to another folder"
    # An account without a home of its own, as in a container, saves no presets.
    status = Status.PROBLEM if folder.exists() else Status.NOTE
    return Finding("your presets", status, f"{found}, which cannot be written ({reason})", todo)


def look_at_models() -> Iterator[Finding]:
    """Check the shipped models against their hashes."""
    from mixer.network.model import PACKAGED, list_bundles, read_bundle

    names = list_bundles()
    for name in names:
        read_bundle(name)
    if names:
        yield Finding("models", Status.OK, f"{', '.join(names)} in {PACKAGED}, intact")
    else:
        yield Finding("models", Status.PROBLEM, f"none in {PACKAGED}", "install mixer again")


def look_at_disk() -> Iterator[Finding]:
    """Check the folders of mixes and temporary files: free space and permissions."""
    asked = os.environ.get("TMPDIR")
    if asked and not Path(asked).is_dir():
        todo = "set TMPDIR to a folder that exists"
        yield Finding("TMPDIR", Status.NOTE, f"{asked} is not a folder, and is not used", todo)
    try:
        current = Path.cwd()
    except OSError:
        todo = "change to another one"
        yield Finding("this folder", Status.PROBLEM, "no longer exists", todo)
        current = None
    for about, folder in (("this folder", current), ("temporary files", _temporary())):
        if folder is None:
            continue
        free_bytes = shutil.disk_usage(folder).free
        found = f"{folder}: {free_bytes / _GB:.1f} GB free"
        if why_unwritable(folder):
            status = Status.PROBLEM if about == "temporary files" else Status.NOTE
            todo = "set TMPDIR to a folder that can be written" if status == Status.PROBLEM else (
                "write mixes elsewhere with -o"
            )  # fmt: skip
            yield Finding(about, status, f"{folder} cannot be written", todo)
        elif free_bytes < _FULL_DISK_BYTES:
            yield Finding(about, Status.PROBLEM, found, "free some space on the disk")
        elif free_bytes < _LITTLE_DISK_BYTES:
            todo = "a song of four minutes with its stems takes about 0.3 GB"
            yield Finding(about, Status.NOTE, found, todo)
        else:
            yield Finding(about, Status.OK, found)


def why_unwritable(folder: Path) -> str | None:
    """Reason that a folder, or the nearest one above it, cannot be written; None if it can.

    A nameless file is tried: rights alone do not tell of a read-only disk.
    """
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _temporary() -> Path:
    return Path(tempfile.gettempdir())


def look_at_memory() -> Iterator[Finding]:
    """Check the free memory and the number of cores."""
    from mixer.batch.memory import free_memory_bytes
    from mixer.dsp.threads import available_threads

    free_bytes = free_memory_bytes()
    found = f"{free_bytes / _GB:.1f} GB free, {counted(available_threads(), 'core')} to use"
    if free_bytes < _NO_MEMORY_BYTES:
        yield Finding("memory", Status.PROBLEM, found, "close other programs")
    elif free_bytes < _LITTLE_MEMORY_BYTES:
        todo = "a song of four minutes takes about 1 GB; batches start fewer workers"
        yield Finding("memory", Status.NOTE, found, todo)
    else:
        yield Finding("memory", Status.OK, found)


def look_at_terminal() -> Iterator[Finding]:
    """Check the terminal's width, colours and encoding."""
    encoding = sys.stdout.encoding or "unknown"
    if sys.stderr.isatty():
        size = shutil.get_terminal_size()
        colours = "no colours" if os.environ.get("NO_COLOR") else "colours"
        found = f"{size.columns} columns, {colours}, {encoding}"
    else:
        size, found = os.terminal_size((_NARROW_COLUMNS, 24)), f"not a terminal, {encoding}"
    if encoding.lower().replace("-", "") != "utf8":
        todo = "other characters are shown as escapes; set PYTHONUTF8=1 or a UTF-8 locale"
        yield Finding("terminal", Status.NOTE, found, todo)
    elif size.columns < _NARROW_COLUMNS:
        todo = f"tables need at least {_NARROW_COLUMNS} columns"
        yield Finding("terminal", Status.NOTE, found, todo)
    else:
        yield Finding("terminal", Status.OK, found)
