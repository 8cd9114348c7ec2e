"""One setting in one word: what it means, and what it is refused for."""

from __future__ import annotations

from typing import Any

import pytest

from mixer.errors import PresetError
from mixer.preset.assignments import parse_key, parse_value, read_assignment


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("vocals.gain_db=+1.5", {"vocals": {"gain_db": 1.5}}),
        (" vocals.gain_db = -2 ", {"vocals": {"gain_db": -2.0}}),
        ("vocals.gain_db=1,5", {"vocals": {"gain_db": 1.5}}),
        ("drums.eq.0.gain_db=-2", {"drums": {"eq": {"0": {"gain_db": -2.0}}}}),
        ("vocals.mute=true", {"vocals": {"mute": True}}),
        ("vocals.mute=NO", {"vocals": {"mute": False}}),
        ("bass.gain_db=[[0,0],[10,3]]", {"bass": {"gain_db": [[0, 0], [10, 3]]}}),
        ("vocals.reverb_db=none", {"vocals": {"reverb_db": "none"}}),
        ("vocals.compressor=none", {"vocals": {"compressor": "none"}}),
        ("other.compressor={ratio = 3}", {"other": {"compressor": {"ratio": 3}}}),
        ("drums.eq.1.type=high_shelf", {"drums": {"eq": {"1": {"type": "high_shelf"}}}}),
        ("drums.eq.0={q = 1}", {"drums": {"eq": {"0": {"q": 1}}}}),
        ("bass.duck.by=drums", {"bass": {"duck": {"by": "drums"}}}),
        ("master.loudness_lufs=-14", {"master": {"loudness_lufs": -14.0}}),
        ("delay.beats=0.75", {"delay": {"beats": 0.75}}),
        ("drums.room_db=-6", {"drums": {"network": {"room_db": -6.0}}}),
        ("drums.network.room_db=-6", {"drums": {"network": {"room_db": -6.0}}}),
        ("bass.ratio.scale=0.5", {"bass": {"network": {"ratio": {"scale": 0.5}}}}),
        ("bass.gain_db=-6", {"bass": {"gain_db": -6.0}}),
    ],
)  # fmt: skip
def test_an_assignment_is_a_layer_of_one_setting(text: str, table: dict[str, Any]) -> None:
    assert read_assignment(text).table == table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vocals.gain_db", "write key=value"),
        ("=1", "unknown key ''; choose from vocals, bass, drums, other"),
        ("vocal.gain_db=1", "unknown key 'vocal'; did you mean 'vocals'"),
        ("vocals.gain=1", "unknown key 'gain' of vocals; did you mean 'gain_db'"),
        ("vocals.compressor.thresh_db=1", "of vocals.compressor; did you mean 'threshold_db'"),
        ("vocals.gain_db.x=1", "vocals.gain_db holds a value, which has no key 'x'"),
        ('tracks."".gain_db=1', 'tracks needs a name, as in tracks."Lead Vox"'),
        ("vocals.eq.gain_db=1", "vocals.eq is a list; write vocals.eq.0 for its first"),
        ("vocals.eq.99999.q=1", "vocals.eq is a list"),
        ("vocals.gain_db=99", r"vocals.gain_db must be a number from -60 to 24 or .*, not 99$"),
        ("vocals.gain_db=loud", "from -60 to 24 or .*, not 'loud'"),
        ("vocals.gain_db=none", "not 'none'"),
        ("vocals.gain_db=", "not ''"),
        ("vocals.gain_db=nan", "not nan"),
        ("vocals.gain_db=[[0,0]", "not '"),
        ("vocals.gain_db=[[0,0],[1,99]]", "point 1 must be from -60 to 24, not 99"),
        ("vocals.gain_db=[[0,0]]\nx=1", "from -60 to 24"),
        ("vocals.reverb_db=20", 'from -60 to 12 or .* or "none", not 20'),
        ("vocals.mute=maybe", "must be true or false, not 'maybe'"),
        ("drums.eq.0.type=bell", "must be one of peak, low_shelf, high_shelf, notch, not 'bell'"),
        ("vocals=1", "vocals must be a table, not 1"),
        ("vocals.compressor={ratio=0}", "vocals.compressor.ratio must be a number from 1 to 100"),
        ("master.solo=true", "unknown key 'solo' of master"),
        ("summary=x", "unknown key 'summary'"),
        ("extends=rock", "unknown key 'extends'"),
    ],
)
def test_a_wrong_assignment_is_one_line_with_the_nearest_key_or_the_range(
    text: str, message: str
) -> None:
    with pytest.raises(PresetError, match=message) as refused:
        read_assignment(text)
    assert str(refused.value).startswith("--set")
    assert "\n" not in str(refused.value)


def test_a_column_is_checked_by_its_name_and_a_cell_by_its_value() -> None:
    assert parse_key("vocals.gain_db")[0] == ("vocals", "gain_db")
    assert parse_value("vocals.gain_db", "+1.5") == 1.5
    with pytest.raises(PresetError, match="did you mean 'gain_db'"):
        parse_key("vocals.gian_db")
    with pytest.raises(PresetError, match="from -60 to 24"):
        parse_value("vocals.gain_db", "99")


@pytest.mark.parametrize("quotes", ['""', "''", "\"'", 'a"b"'])
def test_quotes_without_an_equals_sign_are_refused_in_a_moment(quotes: str) -> None:
    """Two ways to read each pair would take for ever."""
    with pytest.raises(PresetError, match="write key=value"):
        read_assignment(quotes * 10_000)
