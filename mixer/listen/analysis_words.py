"""An analysis in words: figures as people read them, and how they were computed."""

from __future__ import annotations

import math

from mixer.evaluate.statistics import FriedmanTest
from mixer.listen.analysis import Blocks, SystemPair

SIGNIFICANT_P = 0.05
_LEAST_SHOWN_P = 0.0001
METHODS = (
    "Median and mean over all ratings that count, on the scale from 0 to 100. Their 95 % intervals "
    "are percentile bootstrap intervals; each resample draws whole participants, so they are about "
    "other listeners with the same songs.",
    "Friedman's test asks whether any system differs (chi-squared approximation, corrected for "
    "ties; W is Kendall's agreement of the blocks). The pairs are worth reading where it says so.",
    "Pairs: Wilcoxon's signed-rank test on the differences within blocks, two-sided, ties dropped; "
    "p corrected after Holm over the pairs of one scale.",
    "Effect: matched-pairs rank-biserial correlation; Cliff's delta over all ratings of both, "
    "unpaired. Both go from -1 to 1, above 0 where the first is rated higher.",
)
BLOCK_WORDS = {
    Blocks.BY_PAGE: "A block is a participant and a song. Blocks of one participant, or of one "
    "song, resemble each other, so p values are on the low side.",
    Blocks.BY_PARTICIPANT: "A block is a participant, averaged over the songs.",
}


def p_text(p: float) -> str:
    """A p value as text, with at most four decimals."""
    return f"< {_LEAST_SHOWN_P:.4f}" if p < _LEAST_SHOWN_P else f"{p:.4f}"


def friedman_text(test: FriedmanTest | None) -> str:
    """Friedman's test in a line."""
    if test is None:
        return "Friedman's test needs three systems and two blocks."
    return (
        f"Friedman over {test.n_blocks} blocks: chi-squared({test.degrees_of_freedom}) = "
        f"{test.chi_squared:.2f}, p {_equal(test.p)}, Kendall's W = {test.kendalls_w:.3f}"
    )


def pair_texts(pair: SystemPair) -> tuple[str, ...]:
    """Figures of a pair: blocks, median difference, effect, Cliff's delta, p, p after Holm."""
    test = pair.test
    return (
        str(test.n),
        f"{test.median_difference:+.1f}",
        f"{test.effect:+.2f}",
        f"{pair.cliffs_delta:+.2f}",
        p_text(test.p),
        p_text(test.p_holm),
    )


def interval_text(low: float, high: float) -> str:
    """The bounds as text, or a dash if there are none."""
    return f"[{low:.1f}, {high:.1f}]" if math.isfinite(low) else "-"


def _equal(p: float) -> str:
    text = p_text(p)
    return text if text.startswith("<") else f"= {text}"
