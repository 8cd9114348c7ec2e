"""`mixer listen analyse` as organisers meet it, and its pictures."""

import base64
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from mixer.cli.main import run
from mixer.listen.analyse import analyse
from mixer.listen.collecting import Collected
from mixer.listen.design import SCALES, read_design
from mixer.listen.store import STORE_FILE, Store
from tests.listen.sample_answers import check_answers, whole_answers
from tests.listen.simulated_study import (
    SONGS,
    answers,
    careless,
    design_and_key,
    listener,
    write_answers,
    write_study,
)


@pytest.fixture
def study_folder(tmp_path: Path) -> Path:
    """A small study: three systems, two songs, four listeners and one who is careless."""
    design, key = design_and_key(("WUN-S-Lb", "WUN-L-Lb", "human"), SONGS[:2])
    rng = np.random.default_rng(5)
    people = [listener(design, key, f"L{i}", rng) for i in range(4)]
    write_answers(tmp_path / "answers", *people, careless(design, "X9", rng))
    return write_study(tmp_path / "TEST", design, key)


def picture(data: bytes) -> np.ndarray:
    """PNG to (height, width, channels)."""
    image = pytest.importorskip("matplotlib.image")
    return image.imread(io.BytesIO(data), format="png")


def coloured_share(pixels: np.ndarray) -> float:
    return float(np.mean(np.ptp(pixels[..., :3], axis=2) > 0.1))


def test_a_folder_of_answers_becomes_a_report(study_folder, capsys) -> None:
    pytest.importorskip("matplotlib")
    folder = study_folder.parent / "answers"
    assert run(["listen", "analyse", str(study_folder), str(folder)]) == 0
    said = capsys.readouterr().out
    assert "4 of 5 participants count, 2 songs, 3 systems" in said
    assert "left out: X9: rated the repeated page" in said
    assert "Friedman over 8 blocks" in said
    made = study_folder / "analysis"
    assert sorted(path.name for path in made.iterdir()) == [
        "friedman.csv",
        "pairs.csv",
        "participants.csv",
        "ratings.csv",
        "report.html",
        "songs.csv",
        "songs_clarity.png",
        "songs_excitement.png",
        "songs_production_value.png",
        "systems.csv",
        "violins.png",
    ]
    # The pictures inside are those beside, and something is drawn in them.
    page = (made / "report.html").read_text(encoding="utf-8")
    inside = [base64.b64decode(data) for data in re.findall(r'png;base64,([^"]+)"', page)]
    beside = [path.read_bytes() for path in sorted(made.glob("*.png"))]
    assert sorted(inside) == sorted(beside)
    for data in beside:
        assert coloured_share(picture(data)) > 0.02
    assert run(["listen", "analyse", str(study_folder), str(folder), "-q"]) == 1
    assert "--overwrite" in capsys.readouterr().err
    arguments = ["listen", "analyse", str(study_folder), str(folder), "-q", "--no-plots"]
    assert run([*arguments, "--overwrite"]) == 0
    assert capsys.readouterr() == ("", "")
    assert "data:image/png" not in (made / "report.html").read_text(encoding="utf-8")


def test_the_servers_answers_are_found_by_themselves(study_folder, tmp_path, capsys) -> None:
    design, key = design_and_key(("WUN-S-Lb", "WUN-L-Lb", "human"), SONGS[:2])
    arguments = ["listen", "analyse", str(study_folder), "--no-plots", "-o", str(tmp_path / "out")]
    assert run(arguments) == 1
    assert f"{STORE_FILE} is not there: name the answers" in capsys.readouterr().err
    store = Store(study_folder / STORE_FILE, design.test_id)
    rng = np.random.default_rng(6)
    for name in ("P001", "P002"):
        store.save(check_answers(listener(design, key, name, rng), design))
    store.close()
    assert run([*arguments, "--json", "--blocks", "participant"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [p["name"] for p in said["participants"]] == ["P001", "P002"]
    assert said["scales"]["clarity"]["friedman"]["n_blocks"] == 2
    assert said["settings"]["blocks"] == "participant"
    assert said["failed"] == []
    assert Path(said["report"]).is_file()


def test_one_bad_file_costs_itself(study_folder, capsys) -> None:
    folder = study_folder.parent / "answers"
    (folder / "bad.json").write_text('{"format": "mixer-listening-answers", "version": 1}')
    out = study_folder.parent / "out"
    arguments = ["listen", "analyse", str(study_folder), str(folder), "--no-plots", "-o", str(out)]
    assert run([*arguments, "--json"]) == 1
    streams = capsys.readouterr()
    assert len(json.loads(streams.out)["participants"]) == 5
    assert "bad.json: test_id is of another test" in streams.err
    assert "1 sets of answers could not be used, see above; 5 were read" in streams.err
    assert "Traceback" not in streams.err
    assert (out / "report.html").is_file()
    alone = ["listen", "analyse", str(study_folder), str(folder / "bad.json"), "--no-plots"]
    assert run(alone) == 1
    assert not (study_folder / "analysis").exists()


def test_a_test_that_was_built_is_analysed(test_folder, short_folder, tmp_path, capsys) -> None:
    design = read_design(test_folder)
    arguments = ["--no-plots", "--json", "-o", str(tmp_path / "out")]
    folder = write_answers(tmp_path / "in", *(whole_answers(design, f"P{i}", i) for i in range(6)))
    assert run(["listen", "analyse", str(test_folder), str(folder), *arguments]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["songs"] == ["Ada", "Bo"]
    assert said["systems"] == ["sum", "secret-system", "human"]
    # Everybody rates everything alike: 0 to 5, two songs each.
    for scale in said["scales"].values():
        assert scale["systems"]["human"]["median"] == 2.5
        assert scale["friedman"]["p"] == 1.0
        assert scale["friedman"]["n_blocks"] == 12
    # The hidden reference was rated 60 by the only one.
    alone = write_answers(tmp_path / "alone", whole_answers(read_design(short_folder), "P1"))
    assert run(["listen", "analyse", str(short_folder), str(alone), *arguments, "--overwrite"]) == 1
    told = capsys.readouterr().err
    assert "nobody of 1 counts: P1 rated the hidden reference below 90 in 100 %" in told


def test_without_matplotlib_it_says_what_to_install(study_folder, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "mixer.listen.plots", raising=False)
    folder = str(study_folder.parent / "answers")
    assert run(["listen", "analyse", str(study_folder), folder]) == 3
    assert "[plot]" in capsys.readouterr().err
    assert run(["listen", "analyse", str(study_folder), folder, "--no-plots", "-q"]) == 0


def test_pictures_show_where_ratings_lie() -> None:
    pytest.importorskip("matplotlib")
    from mixer.listen.plots import draw

    # Names that would be formulas, or that no font has.
    names = ("cash $$ and {", "\u97f3\u697d" * 20, "c\x07")
    design, key = design_and_key(names, ("$x^",))

    def violins(rating: int) -> np.ndarray:
        one = answers(design, "one", lambda page, stimulus, scale: rating)
        checked = Collected({"one": check_answers(one, design)}, {"one": "one.json"}, (), ())
        return picture(draw(analyse(checked, design, key))["violins"])

    low, high = violins(0), violins(100)
    assert low.shape == high.shape
    # All that is drawn is a mark a system, at the foot of each plot or at its head.
    changed = np.abs(low - high).max(axis=(1, 2)) > 0.3
    assert 0.02 < changed.mean() < 0.5


def test_many_songs_are_spread_over_pictures() -> None:
    pytest.importorskip("matplotlib")
    from mixer.listen.plots import picture_songs

    songs = [f"song {i}" for i in range(14)]
    pictures = picture_songs(SCALES[1], songs)
    assert list(pictures) == ["songs_clarity_1", "songs_clarity_2"]
    assert [song for shown in pictures.values() for song in shown] == songs
    assert list(picture_songs(SCALES[1], songs[:6])) == ["songs_clarity"]
