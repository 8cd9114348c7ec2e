"""Screening of participants by rules fixed when the test was built, once the answers are in.

The rules are in `key.json` (`mixer.listen.design.Screening`) and apply if the test has what
they need:

- Hidden reference: every rating of the reference system's unnamed mix is a try, one a page and
  scale, repetitions included. A try below `hidden_reference_least` is a miss; a participant who
  misses in more than `hidden_reference_tolerated_share` of the tries is left out (after ITU-R
  BS.1534-3, 4.1.2).
- Repeated page: a participant whose ratings of a page and of its repetition differ by more than
  `repeat_largest_mean_difference` points, on average (absolute) over mixes and scales, is left out.
- Heard: a page on which a mix sounded for less than the test asked counts for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.listen.answers import Answers
from mixer.listen.design import Design, Key
from mixer.listen.ratings import RatedPage

# Times come through JSON and a participant's clock; this much short is forgiven.
_HEARD_TOLERANCE_S = 0.05


@dataclass(frozen=True)
class Participant:
    """One participant, and whether they count.

    Attributes:
        name: as in the answers.
        source: their location.
        complete: every page was finished.
        n_pages: finished pages that count, repetitions aside.
        n_unheard_pages: finished pages on which a mix was not heard for long enough.
        missed_share: of the tries at the hidden reference; NaN without one.
        repeat_difference: mean absolute difference to the repeated page, points; NaN without one.
        reasons: why the participant is left out; empty for who counts.
    """

    name: str
    source: str
    complete: bool
    n_pages: int
    n_unheard_pages: int
    missed_share: float
    repeat_difference: float
    reasons: tuple[str, ...]

    @property
    def counts(self) -> bool:
        return not self.reasons


def screening_rules(
    design: Design, key: Key, *, screening: bool, complete_only: bool
) -> tuple[str, ...]:
    """The rules that apply to a test, each as a sentence."""
    rules = ["Left out: participants who finished no page."]
    if complete_only:
        rules.append("Left out: participants who did not finish the whole test.")
    if not screening:
        return (*rules, "Not screened: the test's own rules were switched off.")
    limits = key.screening
    rules.append(
        "A page is ignored if any of its mixes was played for less than "
        f"{design.least_heard_s:g} s."
    )
    if key.reference_system is not None:
        rules.append(
            f"Left out: participants who rate the hidden reference ({key.reference_system}) below "
            f"{limits.hidden_reference_least:g} in more than "
            f"{100.0 * limits.hidden_reference_tolerated_share:g} % of its ratings, one a page and "
            "scale."
        )
    if any(page.repeats is not None for page in key.pages.values()):
        rules.append(
            "Left out: participants whose ratings of a page and of its repetition differ by more "
            f"than {limits.repeat_largest_mean_difference:g} points on average over mixes and "
            "scales."
        )
    return tuple(rules)


def screen(
    answers: Answers,
    source: str,
    pages: Sequence[RatedPage],
    design: Design,
    key: Key,
    *,
    screening: bool = True,
    complete_only: bool = False,
) -> tuple[Participant, tuple[RatedPage, ...]]:
    """Decide whether one participant counts.

    Args:
        answers: of the participant.
        source: their location.
        pages: from `unblind`.
        design, key: of the test.
        screening: apply the rules of the key; the figures they look at are measured in any case.
        complete_only: leave out who did not finish.

    Returns:
        The participant, and the pages that count, repetitions left out: none for who is left out.
    """
    unheard = [page for page in pages if _is_unheard(page, design)]
    usable = [page for page in pages if not screening or page not in unheard]
    counted = tuple(page for page in usable if page.repeats is None)
    missed_share = _missed_share(usable, key)
    difference = _repeat_difference(usable)
    reasons = []
    if not counted:
        reasons.append(
            "finished no page on which every mix was heard" if pages else "finished no page"
        )
    if complete_only and not answers.complete:
        reasons.append("did not finish the whole test")
    limits = key.screening
    if screening and missed_share > limits.hidden_reference_tolerated_share:
        reasons.append(
            f"rated the hidden reference below {limits.hidden_reference_least:g} in "
            f"{100.0 * missed_share:.0f} % of its ratings"
        )
    if screening and difference > limits.repeat_largest_mean_difference:
        reasons.append(f"rated the repeated page {difference:.1f} points differently on average")
    participant = Participant(
        name=answers.participant,
        source=source,
        complete=answers.complete,
        n_pages=len(counted),
        n_unheard_pages=len(unheard),
        missed_share=missed_share,
        repeat_difference=difference,
        reasons=tuple(reasons),
    )
    return participant, () if reasons else counted


def _is_unheard(page: RatedPage, design: Design) -> bool:
    return min(page.heard_s.values()) < design.least_heard_s - _HEARD_TOLERANCE_S


def _missed_share(pages: Sequence[RatedPage], key: Key) -> float:
    """Share of the ratings of the hidden reference that are too low; NaN without ratings."""
    tries = [
        rating
        for page in pages
        for rating in page.ratings.get(key.reference_system or "", {}).values()
    ]
    if not tries:
        return math.nan
    return float(np.mean(np.array(tries) < key.screening.hidden_reference_least))


def _repeat_difference(pages: Sequence[RatedPage]) -> float:
    """Mean absolute difference between pages and their repetitions; NaN without repetitions."""
    by_id = {page.page: page for page in pages}
    differences = [
        abs(rating - by_id[page.repeats].ratings[system][scale])
        for page in pages
        if page.repeats in by_id
        for system, ratings in page.ratings.items()
        if system in by_id[page.repeats].ratings
        for scale, rating in ratings.items()
    ]
    return float(np.mean(differences)) if differences else math.nan
