"""Nulls of a session's own settings, track by track: what the residual makes up for."""

from __future__ import annotations

from mixer.report.data import SessionNulls
from mixer.report.markup import Html, element, name
from mixer.report.report_words import NOTHING, number

ABOUT = (
    "How deeply each track's native settings alone null against the mix: the lower, the more of "
    "the processing is editable. Bands: the largest difference of a band's level over the song. "
    "A shallow null with bands within 1 dB is mostly phase and timing, hardly audible. "
    "With the residual, the untouched session is the mix."
)


def nulls_table(nulls: SessionNulls) -> Html:
    """A row a track and a folder, a column a format of session; what is not deep is flagged."""
    heads = ["Track", *(f"{title}, dB" for title in nulls.titles)]
    found = [
        element(
            "tr",
            element("th", name(track), scope="row"),
            *(element("td", _null(value, nulls.flagged_above_db)) for value in values),
        )
        for track, values in nulls.rows
    ]
    head = element("tr", *(element("th", title, scope="col") for title in heads))
    table = element("table", element("thead", head), element("tbody", *found), class_="moves")
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label="Nulls")


def _null(near: tuple[float, float] | None, flagged_above_db: float) -> str:
    if near is None:
        return NOTHING
    null_db, bands_db = near
    words = f"{number(null_db)}, bands {number(bands_db)}"
    return words + (": listen to the residual" if null_db > flagged_above_db else "")
