"""Sessions that an engineer has worked in, kept under another name with all that they play.

A session names its audio by path. Files that a new render replaces or removes are kept beside it
under the same number, and the session then plays that. Its numbers (`NAME.recall.json`) stay with
it too, so that `mixer learn` compares it with how it was written.
"""

from __future__ import annotations

import html
import itertools
import os
import re
import shutil
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from mixer.errors import InputError
from mixer.files.archive_member import OF_DAMAGE, MemberError, find_member
from mixer.files.document import read_json
from mixer.files.regular_file import open_regular
from mixer.files.whole_file import hash_file, whole_file
from mixer.output.daw.daw_formats import DAW_FORMATS
from mixer.song.folders.folder_names import RECALL_NUMBERS_SUFFIX

_LONGEST_BYTES = 256 << 20
_PROJECT = "project.xml"


def set_aside(folder: Path, sessions: Collection[str], files: Collection[str]) -> dict[str, str]:
    """Give the edited sessions of one mix another name.

    Args:
        folder: in which everything of the mix lies.
        sessions: paths of the sessions, relative to `folder`: all of the same base name.
        files: paths of what else was written with them, likewise; what none of the sessions plays
            stays.

    Returns:
        Each old and new path of a session.

    Raises:
        OSError: one cannot be read, written or renamed; the old session is then still there.
    """
    if not sessions:
        return {}
    base = str(PurePosixPath(next(iter(sessions))).with_suffix(""))
    played = [path for path in files if path.startswith(f"{base}.") and (folder / path).is_file()]
    mentions = {path: _mention(folder, path, base) for path in played}
    number = next(n for n in itertools.count(1) if _is_free(folder, f"{base} (edited {n})"))
    mark = f" (edited {number})"
    kept, pending = set[str](), list[str]()
    for session in sessions:
        found, is_written = _write_aside(folder / session, folder / _marked(session, base, mark),
                                         mentions, mark)  # fmt: skip
        kept |= found
        if is_written:
            pending.append(session)
        else:
            (folder / session).rename(folder / _marked(session, base, mark))
    numbers = base + RECALL_NUMBERS_SUFFIX
    for path in sorted(kept | ({numbers} & set(played))):
        target = folder / _marked(path, base, mark)
        target.parent.mkdir(exist_ok=True)
        (folder / path).rename(target)
    for session in pending:
        (folder / session).unlink()
    return {session: _marked(session, base, mark) for session in sessions}


def set_edited_aside(mix_path: Path, coming: Collection[str]) -> dict[str, str]:
    """Give sessions of a mix that were edited since they were written another name.

    Args:
        mix_path: of the mix, whose files are about to be replaced.
        coming: paths of the files that replace others, relative to the mix's folder.

    Returns:
        As in `set_aside`; nothing if no session is replaced, or it is unknown what was written.

    Raises:
        OSError: as in `set_aside`.
    """
    base, folder = mix_path.with_suffix("").name, mix_path.parent
    if base + RECALL_NUMBERS_SUFFIX not in coming:
        return {}
    edited = [
        name
        for name, sha256 in _written_sessions(folder / (base + RECALL_NUMBERS_SUFFIX), base)
        if (folder / name).is_file() and hash_file(folder / name) != sha256
    ]
    return set_aside(folder, edited, coming)


def _written_sessions(recall: Path, base: str) -> Iterator[tuple[str, str]]:
    """Names and hashes of sessions by the numbers beside them; none where those do not tell."""
    try:
        files = read_json(recall, "a recall sheet", InputError, most_bytes=_LONGEST_BYTES).table[
            "files"
        ]
        for daw in DAW_FORMATS.values():
            if daw.name in files:
                yield base + daw.suffix, str(files[daw.name])
    except (InputError, TypeError, KeyError):
        return


def _marked(path: str, base: str, mark: str) -> str:
    """A path beside a mix under the name that is kept."""
    return base + mark + path.removeprefix(base)


def _is_free(folder: Path, base: str) -> bool:
    """Whether nothing has a name yet, with any ending."""
    name = PurePosixPath(base).name
    parent = (folder / base).parent
    return not any(entry.name.startswith(f"{name}.") for entry in parent.iterdir())


def _mention(folder: Path, path: str, base: str) -> re.Pattern[bytes]:
    """How a session's text names a file beside it, relative to itself or by its whole path.

    The first group ends where the mark goes. Files of other folders may have the same name.
    """
    name = PurePosixPath(base).name
    whole = _either((folder / base).resolve().parent.as_posix() + "/")
    starts = (rb"FILE ", rb"FILE [\"'`]", rb"path=[\"']", *whole)
    behind = b"|".join(rb"(?<=%s)" % start for start in starts)
    parts = (b"|".join(_either(text)) for text in (name, path.removeprefix(base)))
    return re.compile(rb"((?:%s)(?:%s))((?:%s))(?=[\"'`\s])" % (behind, *parts))


def _either(text: str) -> list[bytes]:
    """Patterns of text as it is, and as XML writes it, with any separator of folders."""
    escaped = html.escape(text, quote=False)
    in_quotes = escaped.replace('"', "&quot;").replace("'", "&apos;")
    spellings = dict.fromkeys((text, escaped, in_quotes))
    return [
        rb"[/\\]".join(re.escape(os.fsencode(part)) for part in spelling.split("/"))
        for spelling in spellings
    ]


def _write_aside(
    session: Path, target: Path, mentions: dict[str, re.Pattern[bytes]], mark: str
) -> tuple[set[str], bool]:
    """Rewrite a session that names files that move; return those, and whether it was written."""
    with open_regular(session) as file:
        if zipfile.is_zipfile(file):
            return _write_archive_aside(session, target, mentions, mark)
        file.seek(0)
        text = file.read(_LONGEST_BYTES + 1)
    if len(text) > _LONGEST_BYTES:
        return set(), False
    new, found = _repointed(text, mentions, mark)
    if found:
        with whole_file(target) as partial:
            partial.write_bytes(new)
    return found, bool(found)


def _write_archive_aside(
    session: Path, target: Path, mentions: dict[str, re.Pattern[bytes]], mark: str
) -> tuple[set[str], bool]:
    """The same of a container; a damaged one is kept as it is."""
    try:
        with open_regular(session) as file, zipfile.ZipFile(file) as archive:
            info = find_member(archive, _PROJECT, _LONGEST_BYTES)
            new, found = _repointed(archive.read(info), mentions, mark)
            if found:
                with whole_file(target) as partial:
                    _copy_archive(archive, partial, new)
            return found, bool(found)
    except (MemberError, *OF_DAMAGE):
        return set(), False


def _repointed(
    text: bytes, mentions: dict[str, re.Pattern[bytes]], mark: str
) -> tuple[bytes, set[str]]:
    """The text with the mark in the names of files, and the files that it names."""
    found = set[str]()
    for path, pattern in mentions.items():
        text, count = pattern.subn(rb"\1%s\2" % mark.encode(), text)
        if count:
            found.add(path)
    return text, found


def _copy_archive(archive: zipfile.ZipFile, target: Path, project: bytes) -> None:
    """Rewrite a container with another `project.xml`."""
    with zipfile.ZipFile(target, "w") as copy:
        for info in archive.infolist():
            if info.filename == _PROJECT:
                copy.writestr(info, project)
                continue
            with archive.open(info) as source, copy.open(info, "w") as file:
                shutil.copyfileobj(source, file)
