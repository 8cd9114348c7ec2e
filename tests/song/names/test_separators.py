"""Files of source separators: the brackets say the stem, the model's name says nothing."""

import pytest

from mixer.song.names.name_context import classify_all
from mixer.song.names.separators import find_separated
from mixer.song.names.track_roles import role_of

OUT = None


def told(*names: str) -> dict[str, str | None]:
    found = classify_all([f"{name}.wav" for name in names])
    return {name: item.stem for name, item in zip(names, found, strict=True)}


@pytest.mark.parametrize(
    ("name", "stem", "role"),
    [
        ("Erica_(Vocals)_mel_band_roformer_ep_3005_sdr_11.4360", "vocals", "vocal_stem"),
        ("Erica_(Instrumental)_mel_band_roformer_ep_3005_sdr_11.4360", "other", "unknown"),
        ("Erica_(Instrumental)_Kim_Vocal_1", "other", "unknown"),
        ("7_Erica_MDX23C_D1581_Inst_Voc_(Drums)", "drums", "drum_stem"),
        ("Bass Island_(Other)_htdemucs_ft", "other", "other_stem"),
        ("Voices_(Guitar)_htdemucs_6s", "other", "electric_guitar"),
        ("Erica_(No Vocals)_vocals_mel_band", "other", "unknown"),
        ("Erica_(Vocals)_Voc_FT_(No Echo)_DeEcho-Normal", "vocals", "lead_vocal"),
    ],
)
def test_the_brackets_decide(name: str, stem: str, role: str) -> None:
    assert told(name) == {name: stem}
    assert role_of(name, stem) == role


@pytest.mark.parametrize("name", ["Kick_(In)_U47", "Vox (Drums)", "Lead Vox_(dbl)", "Song_()_x"])
def test_other_brackets_are_not_a_separators(name: str) -> None:
    assert find_separated(name) is None


def test_what_was_separated_is_left_out_beside_what_came_of_it() -> None:
    made = {"2_Erica_(Vocals)": "vocals", "2_Erica_(Instrumental)": "other"}
    assert told("Erica", *made) == {"Erica": OUT, **made}
    again = {"Erica_(Vocals)_A_(No Noise)_B": "vocals", "Erica_(Vocals)_A_(Noise)_B": "vocals"}
    rest = {"Erica_(Instrumental)_A": "other"}
    assert told("Erica_(Vocals)_A", *again, *rest) == {"Erica_(Vocals)_A": OUT, **again, **rest}
    kit = {"drums_(Kick)_drumsep": "drums", "drums_(Snare)_drumsep": "drums"}
    assert told("drums", "bass", *kit) == {"drums": OUT, "bass": "bass", **kit}
