"""Voices of choirs and saxophones of sections: names that only their neighbours explain."""

import pytest

from mixer.song.names.name_context import classify_all


def told(*names: str) -> dict[str, tuple[str | None, str | None]]:
    found = classify_all([f"{name}.wav" for name in names])
    return {name: (item.stem, item.role) for name, item in zip(names, found, strict=True)}


SUNG = ("vocals", "backing_vocals")


@pytest.mark.parametrize(
    "names",
    [
        ("Soprano", "Alto", "Tenor", "bass"),
        ("01 Sopranos L", "02 Tenors L", "03 Basses L", "04 Piano"),
        ("Mezzo spot", "Alto spot", "Bass near", "Choir far"),
        ("soprano_2", "tenor_2", "bass_2", "Beatbox"),
    ],
)
def test_a_bass_beside_other_voices_sings(names: tuple[str, ...]) -> None:
    assert next(item for name, item in told(*names).items() if "bass" in name.lower()) == SUNG


@pytest.mark.parametrize(
    "names",
    [
        ("Soprano", "Alto", "Tenor", "Bass", "Kick"),
        ("Soprano", "Alto", "Bass", "Gtr 1"),
        ("Alto", "Bass", "Piano"),
        ("Soprano", "Alto", "Piano", "Bass DI"),
    ],
)
def test_a_bass_of_a_band_is_one(names: tuple[str, ...]) -> None:
    assert next(item[0] for name, item in told(*names).items() if "Bass" in name) == "bass"


def test_an_alto_beside_horns_is_a_saxophone_unless_a_choir_is_there() -> None:
    horns = ("Trombone", "Tpt 1", "Kick")
    sax = ("other", "woodwind")
    for band in (("Alto 1", "Tenor"), ("Soprano", "Alto", "Bari")):
        found = told(*band, *horns, "Lead Vox")
        assert all(found[name] == sax for name in band if name != "Bari")
        assert found["Lead Vox"][0] == "vocals"
    for choir in (("Soprano", "Alto", "Tenor"), ("Alto", "Tenor", "Choir")):
        found = told(*choir, *horns)
        assert all(found[name][0] == "vocals" for name in choir)
