"""An analysis as CSV tables, one fact a line, for spreadsheets and statistics programs.

ratings.csv       every rating that counts: participant, song, system, scale, rating
participants.csv  everybody: what screening measured, and why somebody is left out
systems.csv       each scale and system: median and mean with intervals, quartiles
songs.csv         the same for each song, without intervals
friedman.csv      each scale: whether any system differs
pairs.csv         each scale and two systems: Wilcoxon, Holm, effect sizes
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np

from mixer.files.spreadsheet import cell
from mixer.files.whole_file import write_output
from mixer.listen.analysis import Analysis

Row = dict[str, str | int | float | bool]
TABLES = ("ratings", "participants", "systems", "songs", "friedman", "pairs")


def tables(analysis: Analysis) -> dict[str, list[Row]]:
    """Every table by name, in the order of `TABLES`; a line is column to value."""
    return {
        "ratings": list(_ratings(analysis)),
        "participants": list(_participants(analysis)),
        "systems": list(_systems(analysis)),
        "songs": list(_songs(analysis)),
        "friedman": list(_friedman(analysis)),
        "pairs": [
            {"scale": result.scale.id, **cast(Row, pair.as_json())}
            for result in analysis.scales
            for pair in result.pairs
        ],
    }


def table_paths(folder: Path) -> dict[str, Path]:
    """Paths of the tables."""
    return {name: folder / f"{name}.csv" for name in TABLES}


def write_tables(folder: Path, analysis: Analysis) -> None:
    """Write every table as CSV, UTF-8, each whole or not at all; replaces an existing file.

    Undefined figures are empty. A text that a spreadsheet would take for a formula gets an
    apostrophe in front.

    Raises:
        OutputError: the disk is full or read-only.
    """
    for name, rows in tables(analysis).items():
        write_output(table_paths(folder)[name], _csv(rows).encode("utf-8", "backslashreplace"))


def quartiles(ratings: Sequence[int]) -> tuple[float, float, float]:
    """First quartile, median, third quartile; linear between ratings, as box plots draw them."""
    low, middle, high = np.percentile(ratings, [25.0, 50.0, 75.0])
    return float(low), float(middle), float(high)


def _ratings(analysis: Analysis) -> Iterable[Row]:
    for page in analysis.pages:
        for system, ratings in page.ratings.items():
            for scale, rating in ratings.items():
                yield {
                    "participant": page.participant,
                    "song": page.song,
                    "system": system,
                    "scale": scale,
                    "rating": rating,
                    "heard_s": round(page.heard_s[system], 3),
                }


def _participants(analysis: Analysis) -> Iterable[Row]:
    for participant in analysis.participants:
        yield {
            "participant": participant.name,
            "counts": participant.counts,
            "reasons": "; ".join(participant.reasons),
            "complete": participant.complete,
            "n_pages": participant.n_pages,
            "n_unheard_pages": participant.n_unheard_pages,
            "missed_share": participant.missed_share,
            "repeat_difference": participant.repeat_difference,
            "source": participant.source,
        }


def _systems(analysis: Analysis) -> Iterable[Row]:
    for result in analysis.scales:
        for system, where in result.systems.items():
            low, _, high = quartiles(analysis.ratings(system, result.scale.id))
            yield {
                "scale": result.scale.id,
                "system": system,
                **asdict(where),
                "quartile_1": low,
                "quartile_3": high,
            }


def _songs(analysis: Analysis) -> Iterable[Row]:
    for result in analysis.scales:
        for song in analysis.songs:
            for system in analysis.systems:
                ratings = analysis.ratings(system, result.scale.id, song)
                if not ratings:
                    continue
                low, median, high = quartiles(ratings)
                yield {
                    "scale": result.scale.id,
                    "song": song,
                    "system": system,
                    "n": len(ratings),
                    "median": median,
                    "mean": float(np.mean(ratings)),
                    "quartile_1": low,
                    "quartile_3": high,
                    "least": min(ratings),
                    "greatest": max(ratings),
                }


def _friedman(analysis: Analysis) -> Iterable[Row]:
    for result in analysis.scales:
        if result.friedman is None:
            continue
        row: Row = {"scale": result.scale.id, "blocks": analysis.settings.blocks}
        row |= {name: v for name, v in vars(result.friedman).items() if name != "mean_ranks"}
        for system, rank in result.friedman.mean_ranks.items():
            row[f"mean_rank.{system}"] = rank
        yield row


def _csv(rows: Sequence[Row]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([cell(name) for name in columns])
    writer.writerows([cell(row.get(name, "")) for name in columns] for row in rows)
    return text.getvalue()
