"""The chain in order on real stems, against the answers of the reference implementation."""

from pathlib import Path

import pytest

from tests.fxnorm.oracle_table import Difference, differences, table

pytestmark = [pytest.mark.shared, pytest.mark.slow]
N_STEMS = 13


@pytest.fixture(scope="module")
def found(shared: Path) -> list[Difference]:
    return differences(shared)


def at(found: list[Difference], stage: str) -> list[Difference]:
    stems = [difference for difference in found if difference.stage == stage]
    assert len(stems) == N_STEMS
    return stems


def test_untouched_stems_measure_the_same(found: list[Difference]) -> None:
    stems = at(found, "before")
    assert all(abs(d.loudness_lu) <= 0.1 for d in stems), table(stems)
    assert all(d.spectrum_rms_db <= 1.0 for d in stems), table(stems)
    assert all(d.phi_max <= 0.02 for d in stems), table(stems)
    assert sum(abs(d.onset_peak_db) <= 1.0 for d in stems) >= 11, table(stems)


def test_onsets_are_those_of_the_reference(found: list[Difference]) -> None:
    assert all(abs(d.onset_peak_db) <= 0.02 for d in at(found, "before")), table(found)


def test_equalization_reaches_the_same_spectrum(found: list[Difference]) -> None:
    stems = at(found, "eq")
    assert all(d.spectrum_rms_db <= 1.5 for d in stems), table(stems)


def test_compression_meets_the_same_bound(found: list[Difference]) -> None:
    stems = at(found, "compression")
    assert sum(abs(d.onset_peak_db) <= 1.5 for d in stems) >= 10, table(stems)
    for d in stems:
        for channel in d.done["channels"]:
            if channel["ratio"] is None:
                assert channel["onset_peak_dbfs"] < channel["bound_dbfs"]
            elif channel["bound_met"]:
                assert channel["onset_peak_after_dbfs"] < channel["bound_dbfs"]
            else:  # a compressor cannot tame a stem that is all onset: the hardest setting stands
                assert (channel["ratio"], channel["threshold_db"]) == (20, -40.0)
    unmet = {d.song_stem for d in stems if not all(c["bound_met"] for c in d.done["channels"])}
    assert unmet == {"sodium/other"}


def test_panning_with_its_defect_reaches_the_same_similarity(found: list[Difference]) -> None:
    stems = at(found, "panning")
    assert all(d.phi_max <= 0.05 for d in stems), table(stems)


def test_final_loudness_is_the_same(found: list[Difference]) -> None:
    stems = at(found, "loudness")
    assert all(abs(d.loudness_lu) <= 0.3 for d in stems), table(stems)
    assert all(d.done["peak_dbfs"] <= 0.0 for d in stems)
