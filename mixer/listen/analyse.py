"""Analysis of a listening test: each system's ratings on each scale, and significant differences.

Ratings that are compared stand on one page: a block is a participant and a song. On each scale
Friedman's test asks over all blocks whether any system differs; then every two systems are compared
block by block by Wilcoxon's signed-rank test, corrected after Holm over the pairs of that scale.
Blocks of one participant, or of one song, resemble each other, so these p values are on the low
side. `blocks="participant"` averages each participant over the songs first: fewer blocks that are
independent, and p values that hold for other listeners.

Bootstrap intervals draw whole participants: they too are about other listeners, on these songs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.errors import InputError
from mixer.evaluate.statistics import (
    LEAST_PAIRS_TO_REACH_5_PERCENT,
    cliffs_delta,
    friedman,
    grouped_location,
    paired_tests,
)
from mixer.listen.analysis import Analysis, AnalysisSettings, Blocks, ScaleResult, SystemPair
from mixer.listen.collecting import Collected
from mixer.listen.design import Design, Key, Scale
from mixer.listen.ratings import RatedPage, comments_of, songs_of, unblind
from mixer.listen.screening import Participant, screen, screening_rules


def analyse(
    collected: Collected, design: Design, key: Key, settings: AnalysisSettings | None = None
) -> Analysis:
    """Analyse the answers to a test.

    Args:
        collected: from `collect_answers`.
        design, key: of the test, checked by `check_key`.
        settings: defaults to `AnalysisSettings()`.

    Raises:
        InputError: no participant is left; the message says which rule left out whom.
    """
    settings = settings or AnalysisSettings()
    participants: list[Participant] = []
    pages: list[RatedPage] = []
    for name, answers in collected.answers.items():
        participant, counted = screen(
            answers,
            collected.sources[name],
            unblind(answers, design, key),
            design,
            key,
            screening=settings.screening,
            complete_only=settings.complete_only,
        )
        participants.append(participant)
        pages.extend(counted)
    if not pages:
        raise InputError(_nobody(participants))
    systems = tuple(name for name in key.systems if any(name in page.ratings for page in pages))
    return Analysis(
        test_id=design.test_id,
        title=design.title,
        systems=systems,
        songs=tuple(s for s in songs_of(design, key) if any(page.song == s for page in pages)),
        settings=settings,
        scales=tuple(_scale_result(scale, systems, pages, settings) for scale in design.scales),
        participants=tuple(participants),
        rules=screening_rules(
            design, key, screening=settings.screening, complete_only=settings.complete_only
        ),
        pages=tuple(pages),
        comments=tuple(
            comment
            for answers in collected.answers.values()
            for comment in comments_of(answers, design, key)
        ),
        remarks=(*collected.remarks, *_remarks(participants, pages, key, settings)),
    )


def _scale_result(
    scale: Scale, systems: Sequence[str], pages: Sequence[RatedPage], settings: AnalysisSettings
) -> ScaleResult:
    owners = [page.participant for page in pages]
    rated = {
        system: [
            float(page.ratings[system][scale.id]) if system in page.ratings else np.nan
            for page in pages
        ]
        for system in systems
    }
    blocks = (
        rated
        if settings.blocks == Blocks.BY_PAGE
        else {system: _means_by(owners, values) for system, values in rated.items()}
    )
    return ScaleResult(
        scale=scale,
        systems={
            # Each figure draws for itself, so that none depends on which others there are.
            system: grouped_location(values, owners, np.random.default_rng(settings.seed))
            for system, values in rated.items()
        },
        friedman=friedman(blocks),
        pairs=tuple(
            SystemPair(
                test, cliffs_delta(_defined(rated[test.first]), _defined(rated[test.second]))
            )
            for test in paired_tests(blocks)
        ),
    )


def _means_by(owners: Sequence[str], values: Sequence[float]) -> list[float]:
    """The mean of each owner's values, NaN for who has none."""
    own: dict[str, list[float]] = {owner: [] for owner in owners}
    for owner, value in zip(owners, values, strict=True):
        if np.isfinite(value):
            own[owner].append(value)
    return [float(np.mean(found)) if found else np.nan for found in own.values()]


def _defined(values: Sequence[float]) -> list[float]:
    return [value for value in values if np.isfinite(value)]


def _nobody(participants: Sequence[Participant]) -> str:
    if not participants:
        return "nobody has answered this test yet; send the links that mixer listen serve printed"
    first, *others = participants
    more = f", {len(others)} more {'is' if len(others) == 1 else 'are'} left out" if others else ""
    return (
        f"none of {len(participants)} participants counts: {first.name} {first.reasons[0]}{more}"
        "; --no-screening switches the test's own rules off"
    )


def _remarks(
    participants: Sequence[Participant],
    pages: Sequence[RatedPage],
    key: Key,
    settings: AnalysisSettings,
) -> list[str]:
    remarks = []
    counted = [participant for participant in participants if participant.counts]
    unfinished = sum(not participant.complete for participant in counted)
    if unfinished:
        remarks.append(
            f"{unfinished} of {len(counted)} participants did not finish: the pages that they "
            "finished count; --complete-only leaves them out"
        )
    n_blocks = len(pages) if settings.blocks == Blocks.BY_PAGE else len(counted)
    if n_blocks < LEAST_PAIRS_TO_REACH_5_PERCENT:
        remarks.append(
            f"{n_blocks} blocks: no signed-rank test can reach p < 0.05 with fewer than "
            f"{LEAST_PAIRS_TO_REACH_5_PERCENT}"
        )
    if len(counted) == 1:
        remarks.append("only one participant: no interval can be drawn")
    if key.reference_system is not None:
        remarks.append(
            f"{key.reference_system} was also played openly as the reference that counts as 100, "
            "so its ratings show whether it was recognised"
        )
    return remarks
