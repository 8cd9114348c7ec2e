"""Answers from wherever they came: files that participants handed in, folders, the server's table.

A participant counts once. Of several answers of one name those that were saved last count (by the
clock of the participant's device; equal times: the higher revision), and a remark says so, because
two people may have typed the same name. A damaged file is reported and left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mixer.errors import InputError, MixerError
from mixer.files.regular_file import open_regular
from mixer.files.wording import quote
from mixer.listen.answer_store import MAX_PARTICIPANTS, SCHEMA_VERSION, STORE_FILE
from mixer.listen.answers import (
    MAX_ANSWERS_BYTES,
    Answers,
    is_participant,
    parse_answers,
    read_answers,
)
from mixer.listen.design import Design

_SQLITE_START = b"SQLite format 3\0"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Collected:
    """Everybody's answers.

    Attributes:
        answers: participant to answers, by name.
        sources: participant to the location of the answers.
        failures: a line each about what could not be used: which file, which field, why.
        remarks: a line each about participants with more than one set of answers.
    """

    answers: dict[str, Answers]
    sources: dict[str, str]
    failures: tuple[str, ...]
    remarks: tuple[str, ...]


def default_source(test_folder: Path) -> Path:
    """The database in which the server collected the answers of a test.

    Raises:
        InputError: no answers were collected yet.
    """
    path = test_folder / STORE_FILE
    if not path.is_file():
        raise InputError(
            f"{test_folder}: no answers were collected here yet; run mixer listen serve, or give "
            f"answers as files, folders or another server's {STORE_FILE}"
        )
    return path


def collect_answers(sources: Sequence[Path], design: Design) -> Collected:
    """Read answers to a test.

    Args:
        sources: JSON files, folders of `*.json` (not deeper), or databases of the server.
        design: of the test.

    Raises:
        InputError: more sources than a test can have participants.
    """
    answers: dict[str, Answers] = {}
    places: dict[str, str] = {}
    failures: list[str] = []
    remarks: list[str] = []
    n_read = 0
    for place, found in _each(sources, design):
        n_read += 1
        if n_read > MAX_PARTICIPANTS:
            raise InputError(f"more than {MAX_PARTICIPANTS} sets of answers; give fewer at a time")
        if isinstance(found, MixerError):
            failures.append(str(found))
            continue
        name = found.participant
        if name not in answers:
            answers[name], places[name] = found, place
            continue
        if found == answers[name]:
            continue
        if _saved(found) > _saved(answers[name]):
            place, places[name] = places[name], place
            answers[name] = found
        remarks.append(f"{name} answered twice: {places[name]} was saved last, {place} is left out")
    return Collected(
        answers={name: answers[name] for name in sorted(answers)},
        sources=places,
        failures=tuple(failures),
        remarks=tuple(remarks),
    )


def _saved(answers: Answers) -> tuple[datetime, int]:
    try:
        saved = datetime.fromisoformat(answers.saved)
    except ValueError:
        saved = _LONG_AGO
    return saved if saved.tzinfo else saved.replace(tzinfo=UTC), answers.revision


def _each(sources: Sequence[Path], design: Design) -> Iterator[tuple[str, Answers | MixerError]]:
    """Where each set of answers is, and the answers or what is wrong with them."""
    for source in sources:
        try:
            if source.is_dir():
                paths = _files_of(source)
            elif _is_database(source):
                yield from _rows(source, design)
                continue
            else:
                paths = [source]
        except InputError as error:
            yield str(source), error
            continue
        for path in paths:
            try:
                yield str(path), read_answers(path, design)
            except InputError as error:
                yield str(path), error


def _files_of(folder: Path) -> list[Path]:
    try:
        paths = [p for p in folder.iterdir() if p.suffix.lower() == ".json" and p.is_file()]
    except OSError as error:
        raise InputError(f"{folder}: {error.strerror}") from None
    if not paths:
        raise InputError(f"{folder}: no .json files of answers in this folder")
    return sorted(paths)


def _is_database(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return file.read(len(_SQLITE_START)) == _SQLITE_START
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _rows(path: Path, design: Design) -> Iterator[tuple[str, Answers | MixerError]]:
    """The answers in a database of the server, which may be running meanwhile."""
    try:
        for participant, text in _read_rows(path, design):
            named = participant if is_participant(participant) else f"{participant!r:.50}"
            place = f"{path}, {named}"
            try:
                yield place, _named(parse_answers(text, design), participant)
            except InputError as error:
                yield place, InputError(f"{place}: {error}")
    except sqlite3.Error as error:
        yield (
            str(path),
            InputError(f"{path}: {error}; not a database of mixer listen serve"),
        )


def _named(answers: Answers, participant: str) -> Answers:
    """Answers that are of whom the table says they are."""
    if answers.participant != participant:
        raise InputError(
            f"participant must be {quote(participant)}, not {quote(answers.participant)}"
        )
    return answers


def _read_rows(path: Path, design: Design) -> Iterator[tuple[str, str]]:
    """Participant and JSON text, row by row: all at once could be more than memory holds."""
    # Without a log beside it nobody writes: then it can be read where nothing may be written.
    log = path.with_name(f"{path.name}-wal")
    mode = "mode=ro" if log.exists() else "immutable=1"
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as db:
        # A database from elsewhere gets no way to run code or to fill the memory.
        db.execute("PRAGMA trusted_schema=OFF")
        db.text_factory = lambda data: data.decode("utf-8", "replace")
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 4 * MAX_ANSWERS_BYTES)
        kinds = dict(db.execute("SELECT name, type FROM sqlite_master LIMIT 100"))
        if kinds.get("answers") != "table" or kinds.get("about") != "table":
            raise sqlite3.DatabaseError("no table of answers")
        about = dict(db.execute("SELECT name, value FROM about LIMIT 100"))
        if about.get("schema") != SCHEMA_VERSION:
            raise sqlite3.DatabaseError(
                f"schema {quote(about.get('schema'))}, not {SCHEMA_VERSION}"
            )
        if about.get("test_id") != design.test_id:
            raise sqlite3.DatabaseError(f"answers to another test, {quote(about.get('test_id'))}")
        query = "SELECT CAST(participant AS TEXT), CAST(answers AS TEXT) FROM answers LIMIT ?"
        yield from db.execute(query, (MAX_PARTICIPANTS + 1,))
