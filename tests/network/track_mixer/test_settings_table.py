"""The types of a record name what its settings have, no more and no less, nested ones too."""

from collections.abc import Mapping
from typing import get_type_hints, is_typeddict

import pytest

from mixer.network.track_mixer.track_settings import (
    BusSettings,
    BusTable,
    SpaceSettings,
    SpaceTable,
    TrackSettings,
    TrackTable,
    as_json,
)


@pytest.mark.parametrize(
    ("settings", "table"),
    [(TrackSettings(), TrackTable), (BusSettings(), BusTable), (SpaceSettings(), SpaceTable)],
)
def test_a_record_has_the_keys_of_its_type(settings, table) -> None:
    _same_keys(as_json(settings), table)


def _same_keys(record: Mapping, table: type) -> None:
    hints = get_type_hints(table)
    assert list(record) == list(hints)
    for key, value in record.items():
        assert isinstance(value, Mapping) == is_typeddict(hints[key])
        if isinstance(value, Mapping):
            _same_keys(value, hints[key])
