"""Settings that a band mixer found, changed by hand: exactly what was asked for, nothing else."""

import numpy as np
import pytest

from mixer.network.band_mixer.changes import as_table, change_controls
from mixer.network.band_mixer.controls import StemControls
from mixer.network.band_mixer.parameters import CHANGES
from mixer.network.band_mixer.run import mix_by_bands
from mixer.network.band_mixer.space import LEAST_DB, room_filter
from mixer.network.output import RunOptions
from mixer.setting_changes import Change, StripChanges
from tests.network.test_band_mixer import HYPER, NAMES, RATE, noise, settings

N_BANDS, N_BLOCKS = 24, 6


@pytest.fixture
def controls(rng: np.random.Generator) -> StemControls:
    return StemControls(
        rng.normal(-6.0, 3.0, (N_BANDS, N_BLOCKS)).astype(np.float32),
        rng.normal(0.0, 1.0, N_BANDS).astype(np.float32),
        rng.normal(0.0, 1.0, N_BANDS).astype(np.float32),
        shape=-0.1,
        width_db=-20.0,
        room_db=-18.0,
    )


def test_without_a_change_the_settings_are_the_same_object(controls: StemControls) -> None:
    assert change_controls(controls, None) is controls
    assert change_controls(controls, StripChanges()) is controls
    # a band mixer has no such setting
    assert change_controls(controls, StripChanges(ratio=Change(offset=1.0))) is controls


def test_the_fader_moves_every_gain_by_as_much(controls: StemControls) -> None:
    louder = change_controls(controls, StripChanges(gain_db=Change(offset=2.0)))
    assert louder.gain_db == pytest.approx(controls.gain_db + 2.0, abs=1e-4)
    placed = change_controls(controls, StripChanges(gain_db=Change(set=-3.0)))
    assert as_table(placed)["gain_db"] == pytest.approx(-3.0, abs=1e-4)


def test_motion_and_curve_are_taken_out_apart(controls: StemControls) -> None:
    still = change_controls(controls, StripChanges(motion=Change(scale=0.0)))
    assert np.ptp(still.gain_db, axis=1).max() < 1e-4
    assert still.gain_db.mean(axis=1) == pytest.approx(controls.gain_db.mean(axis=1), abs=1e-4)
    flat = change_controls(controls, StripChanges(curve_db=Change(scale=0.0)))
    assert np.ptp(flat.gain_db.mean(axis=1)) < 1e-4
    assert np.ptp(flat.gain_db, axis=1) == pytest.approx(np.ptp(controls.gain_db, axis=1), abs=1e-4)


@pytest.mark.parametrize(("asked", "had"), [(5.0, 2.0), (-1.0, 0.0)])
def test_motion_is_doubled_at_most_and_never_turned_round(
    controls: StemControls, asked: float, had: float
) -> None:
    bounded, wanted = (
        change_controls(controls, StripChanges(motion=Change(scale=scale))).gain_db
        for scale in (asked, had)
    )
    assert np.array_equal(bounded, wanted)


def test_a_point_of_the_curve_bends_its_surroundings_alone(controls: StemControls) -> None:
    bent = change_controls(controls, StripChanges(curve_6300_hz_db=Change(offset=4.0)))
    moved = (bent.gain_db - controls.gain_db).mean(axis=1)
    assert moved.max() == pytest.approx(4.0, abs=1.0)
    assert np.abs(moved[:12]).max() < 1e-4
    assert np.array_equal(bent.balance_db, controls.balance_db)


def test_no_change_reaches_beyond_what_a_console_has(controls: StemControls) -> None:
    wild = StripChanges(**{key: Change(scale=10.0, offset=9_000.0) for key in CHANGES})
    changed = change_controls(controls, wild)
    assert changed.gain_db.max() <= 72.0
    assert changed.room_db == changed.width_db == 0.0
    assert np.isfinite(changed.gain_db).all()
    gone = change_controls(controls, StripChanges(room_db=Change(scale=0.0)))
    assert gone.room_db == LEAST_DB


def test_less_room_on_one_stem_lowers_its_room_by_that_and_leaves_the_other_bit_for_bit() -> None:
    stems = [noise(1), noise(2)]

    def predict(levels: dict) -> list[np.ndarray]:
        return settings(levels["mean_db"].shape[-1], room_db=-12.0)

    def wet(**changes: StripChanges) -> list[np.ndarray]:
        output = mix_by_bands(
            predict, stems, NAMES, HYPER, RATE, RunOptions(wet_stems=True, changes=changes)
        )
        assert output.wet_stems is not None
        return output.wet_stems

    before, after = wet(), wet(drums=StripChanges(room_db=Change(offset=-6.0)))
    dry = wet(drums=StripChanges(room_db=Change(scale=0.0)))
    assert np.array_equal(before[0], after[0])
    rooms = [float(np.square(one[1] - dry[1]).sum(dtype=np.float64)) for one in (before, after)]
    assert 10.0 * np.log10(rooms[1] / rooms[0]) == pytest.approx(-6.0, abs=0.05)
    assert room_filter(RATE).shape[0] == 2


def test_what_was_set_is_recorded_with_what_was_found() -> None:
    def predict(levels: dict) -> list[np.ndarray]:
        return settings(levels["mean_db"].shape[-1], room_db=-12.0, gain_db=-3.0)

    output = mix_by_bands(
        predict, [noise(1), None], NAMES, HYPER, RATE,
        RunOptions(changes={"vocals": StripChanges(room_db=Change(set=-20.0))}),
    )  # fmt: skip
    assert list(output.settings) == ["vocals"]
    record = output.settings["vocals"]
    assert record["used"]["room_db"] == -20.0
    assert record["found"]["room_db"] == -12.0
    assert record["used"]["gain_db"] == pytest.approx(-3.0)
