"""Answers with the names put back: the rating of each system, song and participant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mixer.errors import InputError
from mixer.listen.answers import Answers
from mixer.listen.design import KEY_FILE, Design, Key, PageKind


@dataclass(frozen=True)
class RatedPage:
    """One participant's ratings of all mixes of one song, by system.

    Attributes:
        participant: name of the participant.
        page: its id.
        song: its song.
        repeats: id of the page that it repeats, or None.
        ratings: system to scale to 0 ... 100; every one is there.
        heard_s: system to seconds it sounded.
    """

    participant: str
    page: str
    song: str
    repeats: str | None
    ratings: Mapping[str, Mapping[str, int]]
    heard_s: Mapping[str, float]


@dataclass(frozen=True)
class Comment:
    """A participant's comment; `song` is "" for comments on the whole test."""

    participant: str
    song: str
    text: str


def check_key(design: Design, key: Key, test_folder: Path) -> None:
    """Refuse a key that does not fit its design.

    Raises:
        InputError: the two do not belong together; the message says why.
    """
    fault = _fault(design, key)
    if fault is not None:
        raise InputError(
            f"{test_folder / KEY_FILE}: {fault}; use the key that was made with this test"
        )


def _fault(design: Design, key: Key) -> str | None:
    if key.test_id != design.test_id:
        return f"test_id: {key.test_id!r} is not the test's {design.test_id!r}"
    scales = [scale.id for scale in design.scales]
    if not scales or any(scales.count(id_) > 1 for id_ in scales):
        return "the test has no scales, or two with the same id"
    if key.reference_system is not None and key.reference_system not in key.systems:
        return f"reference_system: {key.reference_system!r:.50} is not one of the systems"
    for page in design.pages:
        if page.id not in key.pages:
            return f"pages: page {page.id!r:.50} is missing"
        repeats = key.pages[page.id].repeats
        if repeats is not None and repeats not in key.pages:
            return f"pages.{page.id}.repeats: {repeats!r:.50} is not a page"
        found = [key.stimuli.get(stimulus.id) for stimulus in page.stimuli]
        systems = [stimulus.system for stimulus in found if stimulus is not None]
        if len(systems) < len(found) or any(s.page != page.id for s in found if s is not None):
            return f"stimuli: a mix of page {page.id!r:.50} is missing"
        if any(name not in key.systems or systems.count(name) > 1 for name in systems):
            return f"stimuli: the mixes of page {page.id!r:.50} are not of different systems"
    return None


def unblind(answers: Answers, design: Design, key: Key) -> tuple[RatedPage, ...]:
    """The pages that a participant finished, training aside, in the order of the design."""
    pages = []
    for page in design.pages:
        given = answers.pages.get(page.id)
        if page.kind != PageKind.RATED or given is None or not given.done:
            continue
        system = {stimulus.id: key.stimuli[stimulus.id].system for stimulus in page.stimuli}
        pages.append(
            RatedPage(
                participant=answers.participant,
                page=page.id,
                song=key.pages[page.id].song,
                repeats=key.pages[page.id].repeats,
                ratings={system[id_]: dict(given.ratings[id_]) for id_ in system},
                heard_s={system[id_]: given.heard_s.get(id_, 0.0) for id_ in system},
            )
        )
    return tuple(pages)


def comments_of(answers: Answers, design: Design, key: Key) -> tuple[Comment, ...]:
    """A participant's comments, page by page, training included, then on the whole test."""
    texts = [
        (key.pages[page.id].song, answers.pages[page.id].comment)
        for page in design.pages
        if page.id in answers.pages
    ]
    return tuple(
        Comment(answers.participant, song, text.strip())
        for song, text in (*texts, ("", answers.comment))
        if text.strip()
    )


def songs_of(design: Design, key: Key) -> tuple[str, ...]:
    """Songs that are rated, by name; a repetition is not a song of its own."""
    counted = Counter(
        key.pages[page.id].song for page in design.pages if page.kind == PageKind.RATED
    )
    return tuple(sorted(counted))
