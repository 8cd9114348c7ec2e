"""Files of a rendered song in its staging folder: on the disk, hashed, with their roles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mixer.batch.engines.order import StagedFile

if TYPE_CHECKING:
    from mixer.output.destination import Destination, Rendered


def staged_files(destination: Destination, done: Rendered, staging: Path) -> list[StagedFile]:
    """Every file that was written for a song, flushed to the disk.

    Args:
        destination: where it was rendered to, within the staging folder; its `home` is set.
        done: what was rendered there.
        staging: the order's staging folder, to which the files' paths are relative.

    Raises:
        OSError: a file is missing or cannot be flushed.
    """
    from mixer.files.whole_file import hash_file
    from mixer.output.names import TRACK_ROLE, VERSION_ROLE, FileRole, output_paths

    assert destination.home is not None
    output = done.recipe["output"]
    files = dict(output["files"])
    files |= {f"{TRACK_ROLE}{name}": file for name, file in output.get("tracks", {}).items()}
    files |= {f"{VERSION_ROLE}{name}": file for name, file in output.get("versions", {}).items()}
    staged = []
    for role, entry in files.items():
        path = destination.path.parent / Path(entry["path"]).relative_to(destination.home)
        staged.append(_staged(path, role, entry["sha256"], staging))
    paths = output_paths(destination.path, [], destination.wanted.format)
    beside = {FileRole.RECIPE: paths[FileRole.RECIPE]} | destination.beside()
    # The listening copies that the mix has: one of no amount was never normalised.
    there = {role: file for role, file in beside.items() if file.exists()}
    return staged + [_staged(file, role, hash_file(file), staging) for role, file in there.items()]


def _staged(path: Path, role: str, sha256: str, staging: Path) -> StagedFile:
    # On the disk before the ledger says so: a power cut must not leave a name without content.
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    relative = path.resolve().relative_to(staging.resolve()).as_posix()
    return StagedFile(relative, role, path.stat().st_size, sha256)
