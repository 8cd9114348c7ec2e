"""The format of one participant's answers, and the check that every answer from outside passes.

A JSON file, or a row of the server's table, holds:

    {"format": "mixer-listening-answers", "version": 1, "test_id": "4f…",
     "participant": "P001", "revision": 17, "complete": true,
     "started": "2025-03-01T10:00:00.000Z", "saved": "2025-03-01T10:31:12.000Z",
     "page_order": ["p1c…", "p77…"],
     "pages": {"p1c…": {
         "done": true, "started": "…", "finished": "…",
         "order": ["m0a…", "m5e…"],
         "ratings": {"m0a…": {"production_value": 63, "clarity": 40, "excitement": 71}, …},
         "heard_s": {"m0a…": 12.4, …},
         "stems_heard_s": {"vocals": 3.0},
         "n_switches": 31, "comment": ""}},
     "comment": ""}

`page_order` is the order in which the participant meets the pages, `order` that of the mixes on a
page; both were drawn from the participant's id. Ratings are whole numbers from 0 to 100; a rating
that was not given yet is not there, and a page with `done` true has every one. Training pages are
in the answers too; they count for nothing. `revision` grows with every save.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mixer.errors import InputError
from mixer.listen.design import ANY, FORMAT_VERSION, LARGEST_RATING, RATED, Design, Page

ANSWERS_FORMAT = "mixer-listening-answers"
MAX_ANSWERS_BYTES = 1 << 20
MAX_COMMENT_CHARACTERS = 4_000
# how the open reference is called beside the stems in what was heard
OPEN_REFERENCE = "reference"
_PARTICIPANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_MAX_REVISION = 10**9
_MAX_HEARD_S = 1e6
_MAX_TIME_CHARACTERS = 40


@dataclass(frozen=True)
class PageAnswers:
    """What a participant answered on one page.

    Attributes:
        done: the page was left with every mix heard and every slider moved.
        started, finished: ISO 8601, UTC, by the participant's clock; "" where not yet.
        order: stimulus ids as they stood on the page.
        ratings: stimulus id to scale id to 0 ... 100.
        heard_s: stimulus id to seconds it sounded.
        stems_heard_s: stem, or `OPEN_REFERENCE`, to seconds it sounded.
        n_switches: how often another sound was chosen.
        comment: free text.
    """

    done: bool
    started: str
    finished: str
    order: tuple[str, ...]
    ratings: Mapping[str, Mapping[str, int]]
    heard_s: Mapping[str, float]
    stems_heard_s: Mapping[str, float]
    n_switches: int
    comment: str


@dataclass(frozen=True)
class Answers:
    """One participant's answers so far.

    Attributes:
        test_id: of the test.
        participant: letters, digits, `-` and `_`, 40 at most.
        revision: grows with every save.
        complete: every page of `page_order` is done, and none that counts is left out.
        started, saved: ISO 8601, UTC, by the participant's clock.
        page_order: page ids.
        pages: by page id, those that were opened.
        comment: free text.
    """

    test_id: str
    participant: str
    revision: int
    complete: bool
    started: str
    saved: str
    page_order: tuple[str, ...]
    pages: Mapping[str, PageAnswers]
    comment: str

    def as_json(self) -> dict[str, Any]:
        return {"format": ANSWERS_FORMAT, "version": FORMAT_VERSION, **asdict(self)}


def is_participant(name: object) -> bool:
    """Whether a text may stand for a participant."""
    return isinstance(name, str) and _PARTICIPANT.fullmatch(name) is not None


def read_answers(path: Path, design: Design) -> Answers:
    """Read one file of answers, as a participant's browser saved it.

    Raises:
        InputError: not readable, or not answers to this test; names the file and the field.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ANSWERS_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    try:
        return parse_answers(data, design)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def parse_answers(data: bytes | str, design: Design) -> Answers:
    """Check answers that come from outside, as bytes of JSON.

    Raises:
        InputError: names the first field that is wrong.
    """
    if len(data) > MAX_ANSWERS_BYTES:
        raise InputError(f"answers beyond {MAX_ANSWERS_BYTES >> 10} KiB: no answers to this test")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise InputError("answers are no JSON") from None
    return check_answers(value, design)


def check_answers(value: object, design: Design) -> Answers:
    """Check answers that were read from JSON against the test they answer.

    Raises:
        InputError: names the first field that is wrong.
    """
    if not isinstance(value, dict) or value.get("format") != ANSWERS_FORMAT:
        raise InputError(f"format: these are no {ANSWERS_FORMAT}")
    if value.get("version") != FORMAT_VERSION:
        raise InputError(f"version: {_shown(value.get('version'))} is not {FORMAT_VERSION}")
    if value.get("test_id") != design.test_id:
        raise InputError(f"test_id: these answer another test, {_shown(value.get('test_id'))}")
    if not is_participant(value.get("participant")):
        raise InputError(
            f"participant: {_shown(value.get('participant'))} is not 1 to 40 letters, digits, - "
            "or _"
        )
    by_id = design.pages_by_id
    order = _ids(value.get("page_order"), "page_order", tuple(by_id))
    pages = _table(value.get("pages"), "pages", order)
    read = {id_: _page(page, by_id[id_], design) for id_, page in pages.items()}
    complete = _flag(value.get("complete"), "complete")
    if complete and not all(id_ in read and read[id_].done for id_ in order):
        raise InputError("complete: true, but not every page of page_order is done")
    if complete and not _rates_enough(order, design):
        raise InputError("complete: true, but page_order leaves out pages of the test")
    return Answers(
        test_id=design.test_id,
        participant=value["participant"],
        revision=_whole(value.get("revision"), "revision", _MAX_REVISION),
        complete=complete,
        started=_text(value.get("started"), "started", _MAX_TIME_CHARACTERS),
        saved=_text(value.get("saved"), "saved", _MAX_TIME_CHARACTERS),
        page_order=order,
        pages=read,
        comment=_text(value.get("comment"), "comment", MAX_COMMENT_CHARACTERS),
    )


def _rates_enough(order: tuple[str, ...], design: Design) -> bool:
    """Whether an order has as many rated pages as each participant gets, and none is forgotten."""
    rated = [page for page in design.pages if page.kind == RATED]
    anywhere = [page.id for page in rated if page.place == ANY]
    n_wanted = design.pages_per_participant or len(anywhere)
    has_always = all(page.id in order for page in rated if page.always)
    return has_always and len(set(anywhere) & set(order)) >= n_wanted


def _page(value: object, page: Page, design: Design) -> PageAnswers:
    where = f"pages.{page.id}"
    if not isinstance(value, dict):
        raise InputError(f"{where}: {_shown(value)} is no object")
    stimuli = tuple(stimulus.id for stimulus in page.stimuli)
    scales = tuple(scale.id for scale in design.scales)
    order = _ids(value.get("order"), f"{where}.order", stimuli)
    if len(order) != len(stimuli):
        raise InputError(f"{where}.order: {len(order)} mixes and not {len(stimuli)}")
    ratings = {
        stimulus: {
            scale: _whole(rating, f"{where}.ratings.{stimulus}.{scale}", LARGEST_RATING)
            for scale, rating in _table(given, f"{where}.ratings.{stimulus}", scales).items()
        }
        for stimulus, given in _table(value.get("ratings"), f"{where}.ratings", stimuli).items()
    }
    done = _flag(value.get("done"), f"{where}.done")
    if done and any(len(ratings.get(stimulus, {})) < len(scales) for stimulus in stimuli):
        raise InputError(f"{where}.done: true, but a rating is missing")
    return PageAnswers(
        done=done,
        started=_text(value.get("started"), f"{where}.started", _MAX_TIME_CHARACTERS),
        finished=_text(value.get("finished"), f"{where}.finished", _MAX_TIME_CHARACTERS),
        order=order,
        ratings=ratings,
        heard_s=_seconds(value.get("heard_s"), f"{where}.heard_s", stimuli),
        stems_heard_s=_seconds(
            value.get("stems_heard_s"),
            f"{where}.stems_heard_s",
            (*(stem.id for stem in page.stems), OPEN_REFERENCE),
        ),
        n_switches=_whole(value.get("n_switches"), f"{where}.n_switches", _MAX_REVISION),
        comment=_text(value.get("comment"), f"{where}.comment", MAX_COMMENT_CHARACTERS),
    )


def _ids(value: object, where: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"{where}: {_shown(value)} is no list")
    for id_ in value:
        if id_ not in known:
            raise InputError(f"{where}: {_shown(id_)} is not in this test")
    if len(set(value)) < len(value):
        raise InputError(f"{where}: an id stands there twice")
    return tuple(value)


def _table(value: object, where: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{where}: {_shown(value)} is no object")
    stranger = next((name for name in value if name not in known), None)
    if stranger is not None:
        raise InputError(f"{where}: {_shown(stranger)} is not in this test")
    return value


def _seconds(value: object, where: str, known: tuple[str, ...]) -> dict[str, float]:
    checked = {}
    for name, number in _table(value, where, known).items():
        usable = isinstance(number, int | float) and not isinstance(number, bool)
        if not usable or not math.isfinite(number) or not 0.0 <= number <= _MAX_HEARD_S:
            raise InputError(f"{where}.{name}: {_shown(number)} is no number of seconds")
        checked[name] = float(number)
    return checked


def _whole(value: object, where: str, largest: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
        raise InputError(f"{where}: {_shown(value)} is no whole number from 0 to {largest}")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{where}: {_shown(value)} is neither true nor false")
    return value


def _text(value: object, where: str, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise InputError(f"{where}: no text of at most {longest} characters")
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
