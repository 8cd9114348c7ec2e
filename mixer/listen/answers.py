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

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict, cast

from mixer.errors import InputError
from mixer.files.document import Document, parse_json, read_json
from mixer.files.fields import MISSING, TextKind, entries, flag, number, text
from mixer.files.mistakes import Keys, Mistake
from mixer.files.wording import quote
from mixer.listen.design import FORMAT_VERSION, LARGEST_RATING, Design, Page, PageKind, PagePlace

ANSWERS_FORMAT = "mixer-listening-answers"
MAX_ANSWERS_BYTES = 1 << 20
MAX_COMMENT_CHARACTERS = 4_000
# how the open reference is called beside the stems in what was heard
OPEN_REFERENCE = "reference"
_PARTICIPANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_MAX_REVISION = 10**9
_MAX_HEARD_S = 1e6
_MAX_TIME_CHARACTERS = 40
_WHAT = "answers to a listening test"


@dataclass(frozen=True)
class PageAnswers:
    """A participant's answers on one page.

    Attributes:
        done: the page was left with every mix heard and every slider moved.
        started, finished: ISO 8601, UTC, by the participant's clock; "" if not yet.
        order: stimulus ids as they stood on the page.
        ratings: stimulus id to scale id to 0 ... 100.
        heard_s: stimulus id to seconds it sounded.
        stems_heard_s: stem, or `OPEN_REFERENCE`, to seconds it sounded.
        n_switches: how often another sound was chosen.
        comment: free text.
    """

    done: bool = flag()
    started: str = text(shortest=0, longest=_MAX_TIME_CHARACTERS)
    finished: str = text(shortest=0, longest=_MAX_TIME_CHARACTERS)
    order: tuple[str, ...] = entries()
    ratings: Mapping[str, Mapping[str, int]] = number(MISSING, 0, LARGEST_RATING)
    heard_s: Mapping[str, float] = number(MISSING, 0.0, _MAX_HEARD_S)
    stems_heard_s: Mapping[str, float] = number(MISSING, 0.0, _MAX_HEARD_S)
    n_switches: int = number(MISSING, 0, _MAX_REVISION)
    comment: str = text(kind=TextKind.PROSE, shortest=0, longest=MAX_COMMENT_CHARACTERS)


class PageAnswersTable(TypedDict):
    """`PageAnswers` as JSON has them."""

    done: bool
    started: str
    finished: str
    order: Sequence[str]
    ratings: dict[str, dict[str, int]]
    heard_s: dict[str, float]
    stems_heard_s: dict[str, float]
    n_switches: int
    comment: str


class AnswersTable(TypedDict):
    """`Answers` as JSON has them."""

    format: str
    version: int
    test_id: str
    participant: str
    revision: int
    complete: bool
    started: str
    saved: str
    page_order: Sequence[str]
    pages: dict[str, PageAnswersTable]
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

    test_id: str = text()
    participant: str = text(pattern=_PARTICIPANT, means="1 to 40 letters, digits, - or _")
    revision: int = number(MISSING, 0, _MAX_REVISION)
    complete: bool = flag()
    started: str = text(shortest=0, longest=_MAX_TIME_CHARACTERS)
    saved: str = text(shortest=0, longest=_MAX_TIME_CHARACTERS)
    page_order: tuple[str, ...] = entries()
    pages: Mapping[str, PageAnswers] = entries()
    comment: str = text(kind=TextKind.PROSE, shortest=0, longest=MAX_COMMENT_CHARACTERS)

    def as_json(self) -> AnswersTable:
        table = {"format": ANSWERS_FORMAT, "version": FORMAT_VERSION, **asdict(self)}
        return cast(AnswersTable, table)


def is_participant(name: object) -> bool:
    """Whether a text may stand for a participant."""
    return isinstance(name, str) and _PARTICIPANT.fullmatch(name) is not None


def read_answers(path: Path, design: Design) -> Answers:
    """Read one file of answers, as a participant's browser saved it.

    Raises:
        InputError: the file cannot be read or does not hold answers to this test; the message
            names the file and the field.
    """
    return _checked(read_json(path, _WHAT, InputError, most_bytes=MAX_ANSWERS_BYTES), design)


def parse_answers(data: bytes | str, design: Design) -> Answers:
    """Check answers that come from outside, as JSON.

    Raises:
        InputError: a field is wrong; the message names the first one.
    """
    return _checked(
        parse_json(data, "answers", _WHAT, InputError, most_bytes=MAX_ANSWERS_BYTES), design
    )


def _checked(document: Document, design: Design) -> Answers:
    """Answers that fit the test: its pages, mixes, scales, and what being complete means."""
    document.check_version("version", FORMAT_VERSION, name=ANSWERS_FORMAT)
    test_id = document.table.get("test_id")
    if test_id != design.test_id:
        raise document.refusal(("test_id",), f"must be that of this test, not {quote(test_id)}")
    answers = document.read_as(Answers, is_open=True)
    document.refuse(_find_misfits(answers, design))
    return answers


def _find_misfits(answers: Answers, design: Design) -> Iterator[Mistake]:
    """Mistakes in how the parts fit the test, though each is valid by itself."""
    order = answers.page_order
    yield from _find_wrong_ids(("page_order",), order, design.pages_by_id)
    yield from _find_strangers(("pages",), answers.pages, order)
    for id_, page in answers.pages.items():
        if id_ in design.pages_by_id:
            yield from _find_in_page(("pages", id_), page, design.pages_by_id[id_], design)
    if answers.complete:
        if not all(id_ in answers.pages and answers.pages[id_].done for id_ in order):
            yield Mistake(("complete",), "must be false: not every page of page_order is done")
        if not _rates_enough(order, design):
            yield Mistake(("complete",), "must be false: page_order leaves out pages of the test")


def _rates_enough(order: tuple[str, ...], design: Design) -> bool:
    """Whether an order has as many rated pages as each participant gets, and none is forgotten."""
    rated = [page for page in design.pages if page.kind == PageKind.RATED]
    anywhere = [page.id for page in rated if page.place == PagePlace.ANY]
    n_wanted = design.pages_per_participant or len(anywhere)
    has_always = all(page.id in order for page in rated if page.always)
    return has_always and len(set(anywhere) & set(order)) >= n_wanted


def _find_in_page(
    keys: Keys, answers: PageAnswers, page: Page, design: Design
) -> Iterator[Mistake]:
    stimuli = [stimulus.id for stimulus in page.stimuli]
    scales = [scale.id for scale in design.scales]
    yield from _find_wrong_ids((*keys, "order"), answers.order, stimuli)
    if len(answers.order) != len(stimuli):
        what = f"must have {len(stimuli)} entries, not {len(answers.order)}"
        yield Mistake((*keys, "order"), what)
    yield from _find_strangers((*keys, "ratings"), answers.ratings, stimuli)
    for stimulus, ratings in answers.ratings.items():
        yield from _find_strangers((*keys, "ratings", stimulus), ratings, scales)
    if answers.done and any(
        len(answers.ratings.get(stimulus, {})) < len(scales) for stimulus in stimuli
    ):
        yield Mistake((*keys, "done"), "must be false: a rating is missing")
    yield from _find_strangers((*keys, "heard_s"), answers.heard_s, stimuli)
    heard = [*(stem.id for stem in page.stems), OPEN_REFERENCE]
    yield from _find_strangers((*keys, "stems_heard_s"), answers.stems_heard_s, heard)


def _find_wrong_ids(keys: Keys, ids: Sequence[str], known: Collection[str]) -> Iterator[Mistake]:
    yield from _find_strangers(keys, ids, known)
    if len(set(ids)) < len(ids):
        yield Mistake(keys, "must name each once")


def _find_strangers(keys: Keys, names: Iterable[str], known: Collection[str]) -> Iterator[Mistake]:
    for name in names:
        if name not in known:
            yield Mistake(keys, f"names {quote(name)}, which is not in this test")
