"""What becomes of a model's setting that is set, scaled and offset."""

import math

import pytest

from mixer.network.track_mixer.parameters import CURVE_CONTROLS
from mixer.network.track_mixer.track_settings import CURVE_HZ
from mixer.setting_changes import (
    POINT_KEYS,
    POINTS_HZ,
    BusChanges,
    Change,
    StripChanges,
    as_tables,
    changed_curve,
    from_tables,
)

OFF_DB = -40.0


def test_what_is_set_is_scaled_and_then_offset() -> None:
    assert Change(set=4.0, scale=0.5, offset=1.0).of(-100.0) == 3.0
    assert Change(scale=0.5).of(-8.0) == -4.0
    assert Change(offset=-6.0).of(-8.0) == -14.0


def test_a_level_is_scaled_as_an_amplitude() -> None:
    assert Change(scale=0.5).of_level(-20.0, OFF_DB) == pytest.approx(-20.0 + 20 * math.log10(0.5))
    assert Change(scale=0.0, offset=12.0).of_level(-20.0, OFF_DB) == OFF_DB
    assert Change(offset=-6.0).of_level(-20.0, OFF_DB) == -26.0


def test_more_of_what_is_off_counts_from_where_it_is_off() -> None:
    assert Change(offset=10.0).of_level(-90.0, OFF_DB) == -30.0


def test_the_points_are_those_of_the_track_mixers_curve() -> None:
    assert POINTS_HZ == CURVE_HZ
    assert POINT_KEYS == CURVE_CONTROLS


def test_a_curve_is_changed_as_a_whole_and_then_at_its_points() -> None:
    found = tuple(float(i) for i in range(9))
    changes = BusChanges(curve_db=Change(scale=0.5), curve_200_hz_db=Change(offset=3.0))
    assert changed_curve(changes, found) == (0.0, 0.5, 4.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
    assert changed_curve(None, found) == found


def test_changes_come_back_from_json() -> None:
    changes = {"drums": StripChanges(room_db=Change(offset=-6.0), shape=Change(set=0.1))}
    assert from_tables(as_tables(changes)) == changes
