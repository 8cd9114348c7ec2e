"""The desk: who is heard, what ducks whom, and stems that sum to the bus."""

import json

import numpy as np
import pytest

from mixer.console.desk import apply_console, apply_master_strip, heard_stems
from mixer.console.settings import Compressor, Console, Delay, Duck, Filter, Strip
from mixer.console.split import is_neutral_console, stems_needed
from mixer.errors import PresetError
from tests.console.measures import RATE_HZ, rms_db
from tests.signals import band


def desk(**strips) -> Console:
    return Console(strips=tuple(strips.items()))


@pytest.mark.parametrize(
    ("vocals", "bass", "drums", "heard"),
    [
        ("", "", "", {"vocals", "bass", "drums"}),
        ("m", "", "", {"bass", "drums"}),
        ("s", "", "", {"vocals"}),
        ("s", "s", "", {"vocals", "bass"}),
        ("s", "m", "", {"vocals"}),
        ("ms", "", "", set()),
        ("ms", "s", "", {"bass"}),
        ("m", "m", "m", set()),
    ],
)
def test_mute_and_solo(vocals, bass, drums, heard) -> None:
    words = {"vocals": vocals, "bass": bass, "drums": drums}
    strips = {stem: Strip(mute="m" in w, solo="s" in w) for stem, w in words.items()}
    assert heard_stems(strips) == heard
    stems = {stem: np.ones((2, 100), np.float32) for stem in words}
    out = apply_console(stems, RATE_HZ, desk(**strips))
    assert {stem for stem, audio in out.stems.items() if audio.any()} == heard
    assert {s for s, r in out.report["stems"].items() if r["heard"]} == heard


def test_a_solo_on_a_stem_that_the_song_has_not_silences_nothing() -> None:
    stems = {"bass": np.ones((2, 100), np.float32)}
    assert apply_console(stems, RATE_HZ, desk(vocals=Strip(solo=True))).stems["bass"].all()


@pytest.mark.parametrize(
    ("strips", "needed"),
    [
        ({}, set()),
        ({"vocals": Strip(gain_db=1.0)}, {"vocals"}),
        ({"vocals": Strip(gain_db=1.0, amount=0.0)}, set()),
        ({"vocals": Strip(mute=True, amount=0.0)}, {"vocals"}),
        ({"vocals": Strip(solo=True, amount=0.0)}, {"vocals", "bass", "drums"}),
        ({"bass": Strip(duck=Duck("drums"))}, {"bass", "drums"}),
        ({"bass": Strip(duck=Duck("drums"), amount=0.0)}, set()),
        ({"bass": Strip(duck=Duck("other"))}, {"bass"}),
    ],
)
def test_the_stems_that_a_desk_changes_or_follows(strips, needed) -> None:
    assert stems_needed(desk(**strips), ("vocals", "bass", "drums")) == needed
    assert is_neutral_console(desk(**strips)) == (not needed)


def test_a_desk_at_rest_hands_back_its_arrays(rng) -> None:
    stems = band(rng, 1.0, RATE_HZ)
    out = apply_console(stems, RATE_HZ, Console())
    assert all(out.stems[stem] is audio for stem, audio in stems.items())
    assert list(out.stems) == list(stems)
    assert apply_master_strip(stems["bass"], RATE_HZ, Strip())[0] is stems["bass"]
    assert is_neutral_console(Console())
    assert not is_neutral_console(desk(bass=Strip(gain_db=1.0)))


def test_a_fader_raises_its_stem_alone_and_by_its_gain(rng) -> None:
    stems = band(rng, 1.0, RATE_HZ)
    out = apply_console(stems, RATE_HZ, desk(vocals=Strip(gain_db=3.0))).stems
    assert rms_db(out["vocals"]) - rms_db(stems["vocals"]) == pytest.approx(3.0, abs=0.001)
    assert all(out[stem] is stems[stem] for stem in ("bass", "drums", "other"))


def test_ducks_listen_to_stems_as_they_came(rng) -> None:
    """A muted or lowered key still ducks: it is heard before its strip."""
    stems = band(rng, 2.0, RATE_HZ)
    ducked = [
        apply_console(stems, RATE_HZ, desk(vocals=strip, other=Strip(duck=Duck("vocals", 6.0))))
        for strip in (Strip(), Strip(mute=True), Strip(gain_db=-60.0))
    ]
    assert ducked[0].report["stems"]["other"]["effects"]["duck"]["max_reduction_db"] > 5.5
    for other in ducked[1:]:
        assert np.array_equal(other.stems["other"], ducked[0].stems["other"])


def test_wet_stems_carry_their_returns_and_sum_to_the_bus(rng) -> None:
    """Their sum is what a desk with one shared reverb and delay would put out."""
    stems = band(rng, 2.0, RATE_HZ)
    strips = {stem: Strip(gain_db=-3.0, reverb_db=-9.0, delay_db=-12.0) for stem in stems}
    delay = Delay(beats=0.5)
    one = Console(strips=tuple(strips.items()), delay=delay)
    parts = apply_console(stems, RATE_HZ, one, tempo_bpm=100.0)
    bus = apply_console({"bass": sum(stems.values())}, RATE_HZ, one, tempo_bpm=100.0)
    assert np.allclose(sum(parts.stems.values()), bus.stems["bass"], atol=2e-6)
    assert parts.report["delay"]["time_ms"] == pytest.approx(300.0)
    sent = parts.report["stems"]["drums"]["sends"]
    assert (sent["reverb"]["send_db"], sent["delay"]["send_db"]) == (-9.0, -12.0)
    assert json.loads(json.dumps(parts.report, allow_nan=False)) == parts.report


def test_silence_reports_none() -> None:
    console = desk(bass=Strip(compressor=Compressor(), gain_db=3.0, reverb_db=-6.0))
    report = apply_console({"bass": np.zeros((2, RATE_HZ), np.float32)}, RATE_HZ, console).report
    assert report["stems"]["bass"]["loudness_after_lufs"] is None
    assert report["stems"]["bass"]["sends"]["reverb"]["return_db"] is None
    json.dumps(report, allow_nan=False)


def test_the_bus_has_a_strip_without_what_only_stems_have(rng) -> None:
    mix = sum(band(rng, 2.0, RATE_HZ).values())
    glue = Strip(compressor=Compressor(rms_db(mix), 2.0, 30.0), high_pass=Filter(25.0))
    out, report = apply_master_strip(mix, RATE_HZ, glue)
    assert report["effects"]["compressor"]["max_reduction_db"] > 1.0
    assert report["loudness_after_lufs"] < report["loudness_before_lufs"]
    assert np.isfinite(out).all()
    for wrong in (Strip(duck=Duck()), Strip(reverb_db=-6.0), Strip(solo=True), Strip(mute=True)):
        with pytest.raises(PresetError, match=r"master\.\w+ does not apply to the bus"):
            apply_master_strip(mix, RATE_HZ, wrong)


def test_stems_that_are_given_away_give_the_same(rng) -> None:
    stems = band(rng, 1.0, RATE_HZ)
    console = desk(vocals=Strip(gain_db=2.0, amount=0.5), bass=Strip(gain_db=-3.0, reverb_db=-9.0))
    expected = apply_console(stems, RATE_HZ, console).stems
    given = {stem: audio.copy() for stem, audio in stems.items()}
    away = {"bass", "vocals"}
    found = apply_console(given, RATE_HZ, console, reports_loudness=False, consume=away).stems
    for stem, audio in expected.items():
        assert np.array_equal(found[stem], audio)
        if stem not in away:
            assert np.array_equal(given[stem], stems[stem])
    assert not np.array_equal(given["bass"], stems["bass"])
