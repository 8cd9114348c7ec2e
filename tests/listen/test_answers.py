"""What comes from outside: taken when it is right, refused with the field that is wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mixer.errors import InputError
from mixer.listen.answers import MAX_ANSWERS_BYTES, parse_answers, read_answers
from mixer.listen.design import DESIGN_FILE, PUBLIC_FOLDER, Design, read_design, read_key
from tests.listen.sample_answers import whole_answers


def test_answers_survive_a_round_trip(design: Design, tmp_path) -> None:
    given = whole_answers(design, "P001")
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    answers = read_answers(path, design)
    assert answers.complete
    assert json.loads(json.dumps(answers.as_json())) == given


def first(answers: dict[str, Any]) -> dict[str, Any]:
    return next(iter(answers["pages"].values()))


def first_ratings(answers: dict[str, Any]) -> dict[str, Any]:
    return next(iter(first(answers)["ratings"].values()))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda a: a.update(format="x"), "format"),
        (lambda a: a.update(version=2), "version"),
        (lambda a: a.update(test_id="0"), "test_id"),
        (lambda a: a.update(participant="../../etc"), "participant"),
        (lambda a: a.update(participant=7), "participant"),
        (lambda a: a.update(revision=-1), "revision"),
        (lambda a: a.update(revision=True), "revision"),
        (lambda a: a.update(complete=1), "complete"),
        (lambda a: a.update(page_order={}), "page_order"),
        (lambda a: a.update(page_order=a["page_order"] * 2), "page_order"),
        (lambda a: a.update(page_order=[["p"]]), "page_order"),
        (lambda a: a.update(pages=[]), "pages"),
        (lambda a: a["pages"].update(stranger=first(a)), "pages names 'stranger'"),
        (lambda a: a["pages"].popitem(), "complete"),
        (lambda a: a.update(page_order=[], pages={}), "complete"),
        (lambda a: first(a).update(done=False), "complete"),
        (lambda a: first(a).update(order=first(a)["order"][1:]), "order"),
        (lambda a: first(a)["ratings"].update(x={}), "ratings"),
        (lambda a: first(a)["ratings"].popitem(), "done"),
        (lambda a: first_ratings(a).popitem(), "done"),
        (
            lambda a: first_ratings(a).update(clarity=101),
            "clarity must be a whole number .* not 101",
        ),
        (lambda a: first_ratings(a).update(clarity=50.5), "clarity"),
        (lambda a: first_ratings(a).update(clarity="50"), "clarity"),
        (lambda a: first_ratings(a).update(clarity=False), "clarity"),
        (lambda a: first_ratings(a).update(loudness=1), "loudness"),
        (lambda a: first(a).update(heard_s={next(iter(first(a)["heard_s"])): -1}), "heard_s"),
        (lambda a: first(a).update(heard_s={next(iter(first(a)["heard_s"])): 1e300}), "heard_s"),
        (lambda a: first(a).update(stems_heard_s={"kazoo": 1}), "stems_heard_s"),
        (lambda a: first(a).update(n_switches=None), "n_switches"),
        (lambda a: first(a).update(comment="x" * 5000), "comment"),
        (lambda a: a.update(comment=3), "comment"),
        (lambda a: a.update(started="x" * 100), "started"),
    ],
)
def test_the_wrong_field_is_named(
    design: Design, spoil: Callable[[dict[str, Any]], Any], says: str
) -> None:
    answers = whole_answers(design, "P001")
    spoil(answers)
    with pytest.raises(InputError, match=says) as refusal:
        parse_answers(json.dumps(answers), design)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_fewer_pages_are_complete_where_each_gets_fewer(design: Design) -> None:
    (left_out,) = (p for p in design.pages if p.place == "any" and not p.always)
    answers = whole_answers(design, "P001")
    answers["page_order"].remove(left_out.id)
    del answers["pages"][left_out.id]
    with pytest.raises(InputError, match="leaves out pages"):
        parse_answers(json.dumps(answers), design)
    assert parse_answers(json.dumps(answers), replace(design, pages_per_participant=1)).complete


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"null", b"[]", b"[" * 200_000, b'{"format": NaN}', b"1" * 100_000],
)
def test_what_is_no_json_object_is_refused(design: Design, data: bytes) -> None:
    with pytest.raises(InputError):
        parse_answers(data, design)


def test_nan_is_no_number_of_seconds(design: Design) -> None:
    answers = whole_answers(design, "P001")
    first(answers)["heard_s"] = {next(iter(first(answers)["heard_s"])): float("nan")}
    with pytest.raises(InputError, match="heard_s"):
        parse_answers(json.dumps(answers), design)


def test_too_much_is_refused_unread(design: Design, tmp_path) -> None:
    with pytest.raises(InputError, match="larger than 1 MiB"):
        parse_answers(b" " * (MAX_ANSWERS_BYTES + 1), design)
    with pytest.raises(InputError, match=r"none\.json.*No such file"):
        read_answers(tmp_path / "none.json", design)


def test_a_folder_without_a_test_is_said(tmp_path) -> None:
    with pytest.raises(InputError, match=r"design\.json.*mixer listen build"):
        read_design(tmp_path)
    (tmp_path / "key.json").write_text('{"format": "mixer-listening-key", "version": 9}')
    with pytest.raises(InputError, match="version is 9"):
        read_key(tmp_path)
    public = tmp_path / PUBLIC_FOLDER
    public.mkdir()
    (public / DESIGN_FILE).write_text('{"format": "mixer-listening-test", "version": 1}')
    with pytest.raises(InputError, match=r"design\.json: test_id is missing; build the test again"):
        read_design(tmp_path)
