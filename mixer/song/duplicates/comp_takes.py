"""Takes that a comp was cut from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixer.song.duplicates.found import (
    CERTAIN_BELOW_DB,
    FEWEST_EXCERPTS,
    ROUNDED_BY_DB,
    Found,
    Relation,
    sounding_excerpts,
)

# This share of a comp's excerpts equals one of its takes; cuts are in the others.
_COMP_SHARE = 0.75


def find_comp_takes(
    excerpts: np.ndarray, power: np.ndarray, products: np.ndarray, among: Sequence[int]
) -> list[Found]:
    """Takes that a comp was cut from: in each excerpt it equals one of several recordings.

    Some excerpts may contain a cut. A take that plays while the comp is silent is not contained
    in it: it is reported, not left out.
    """
    found: dict[int, Found] = {}
    cross = products.sum(axis=1)
    each = np.diagonal(cross, axis1=1, axis2=2)
    left = each[:, :, None] + each[:, None, :] - 2.0 * cross
    # Nearly equal, so that it is worth while to compare samples: (excerpts, comps, takes).
    alike = left < 10.0 ** ((CERTAIN_BELOW_DB + ROUNDED_BY_DB) / 10.0) * each[:, :, None]
    for comp in among:
        sounding = np.flatnonzero(sounding_excerpts(power[comp]))
        equal = {
            int(excerpt): next(
                (
                    other
                    for other in among
                    if other != comp
                    and alike[excerpt, comp, other]
                    and _is_equal(excerpts[comp, excerpt], excerpts[other, excerpt])
                ),
                None,
            )
            for excerpt in sounding
        }
        n_equal = sum(other is not None for other in equal.values())
        sources = sorted({other for other in equal.values() if other is not None})
        if n_equal < max(FEWEST_EXCERPTS, _COMP_SHARE * sounding.size) or len(sources) < 2:
            continue
        for take in sources:
            is_held = n_equal == sounding.size and set(
                np.flatnonzero(sounding_excerpts(power[take]))
            ) <= set(sounding)
            entry = Found(take, Relation.TAKE, (comp,), CERTAIN_BELOW_DB, is_held)
            found.setdefault(take, entry)
    comps = {entry.others[0] for entry in found.values()}
    return [entry for entry in found.values() if entry.index not in comps]


def _is_equal(one: np.ndarray, other: np.ndarray) -> bool:
    left = one - other
    return float(np.vdot(left, left)) < 10.0 ** (CERTAIN_BELOW_DB / 10.0) * float(np.vdot(one, one))
