"""Results that appear together or not at all: made in a hidden folder, then renamed at once."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from mixer.errors import OutputError
from mixer.files.interruption import interruptions_held_back
from mixer.files.whole_file import refuse_existing, shortened, whole_file

_EARLIER = "earlier"  # in the hidden folder: what is replaced, until nothing can fail any more
_MADE = "made"


@contextlib.contextmanager
def staging_folder(folder: Path) -> Iterator[Path]:
    """A folder in a hidden one within `folder`, which is made; gone with all that is left in it.

    Where the block fails, folders that had to be made for it go too, unless somebody uses them.

    Raises:
        OutputError: it cannot be made; or from the block, then of the place where it would be.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    hidden = folder / f".{secrets.token_hex(8)}.partial"
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            hidden.mkdir()
            (hidden / _MADE).mkdir()
        except OSError as error:
            raise OutputError(
                f"{shortened(folder)}: cannot be written ({error.strerror})"
            ) from None
        try:
            yield hidden / _MADE
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
    except BaseException as error:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        if isinstance(error, OutputError):
            where = str(error).replace(str(hidden / _MADE), str(folder))
            raise OutputError(where) from error.__cause__
        raise


def publish(
    staging: Path, folder: Path, *, last: Callable[[Path], bool], overwrite: bool
) -> list[Path]:
    """Rename everything in a staging folder to the same place in `folder`, all of it or nothing.

    Args:
        staging: from `staging_folder(folder)`.
        folder: where the files go.
        last: whether a file, relative to `folder`, is to be renamed after all others.
        overwrite: replace existing files.

    Returns:
        Where the files are now.

    Raises:
        OutputError: a file already exists or cannot be renamed; nothing is changed then.
    """
    made = [path.relative_to(staging) for path in staging.rglob("*") if not path.is_dir()]
    made.sort(key=lambda path: (last(path), path))
    if not overwrite:
        refuse_existing([folder / path for path in made])
    earlier = staging.parent / _EARLIER
    undo: list[Callable[[], None]] = []
    # A few renames take no time; half of them would be half a result.
    with interruptions_held_back():
        try:
            # The file that marks a result as complete is removed first and written last.
            for path in reversed(made):
                if os.path.lexists(folder / path):
                    _move(folder / path, earlier / path, undo)
            for path in made:
                _move(staging / path, folder / path, undo)
        except OSError as error:
            for step in reversed(undo):
                step()
            name = shortened(Path(error.filename2 or error.filename or folder))
            raise OutputError(f"{name}: cannot be written ({error.strerror})") from None
    return [folder / path for path in made]


def _move(source: Path, target: Path, undo: list[Callable[[], None]]) -> None:
    for parent in reversed(target.parents):
        if not parent.exists():
            parent.mkdir()
            undo.append(lambda parent=parent: _without_error(parent.rmdir))  # type: ignore[misc]
    _rename(source, target)
    undo.append(lambda: _without_error(lambda: _rename(target, source)))


def _rename(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # A folder of the result that is a link to another disk.
        with whole_file(target) as partial:
            shutil.copyfile(source, partial)
        source.unlink()


def _without_error(step: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):
        step()
