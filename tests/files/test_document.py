"""One reader of tables from anyone: bounded, and each mistake one line with its place."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mixer.errors import InputError
from mixer.files.document import (
    MOST_LEVELS,
    MOST_MISTAKES,
    Document,
    parse_json,
    read_json,
    read_toml,
)
from mixer.files.fields import (
    MISSING,
    TextKind,
    choice,
    entries,
    flag,
    number,
    numbers,
    sha256,
    text,
)
from mixer.files.shape import table_of


@dataclass(frozen=True)
class Take:
    name: str = text(longest=20, help="what it is called")
    gain_db: float = number(0.0, -60.0, 24.0)
    muted: bool = flag(False)

    def __post_init__(self) -> None:
        if self.muted and self.gain_db > 0.0:
            raise ValueError("muted and turned up")


@dataclass(frozen=True)
class Session:
    """A field of every kind that a table may hold."""

    bpm: int = number(MISSING, 20, 400)
    key: str | None = choice(None, ("major", "minor"))
    takes: tuple[Take, ...] = entries(default=(), most=3)
    levels_db: Mapping[str, float] = entries(number(MISSING, -100.0, 0.0), default={})
    window_s: tuple[float, float] | None = None
    peaks: tuple[float, float] = (0.0, 1.0)
    hash: str = sha256("0" * 64)
    comment: str = text("", kind=TextKind.PROSE, shortest=0)
    path: str = text("a", kind=TextKind.RAW)
    file: str = text("a", kind=TextKind.NAME)
    about: Mapping[str, Any] = entries(default={})


def read(table: Any, **changes: Any) -> Session:
    return Document("a.json", table, InputError, **changes).read_as(Session)


def test_a_range_is_told_to_the_last_digit() -> None:
    @dataclass(frozen=True)
    class Draw:
        seed: int = number(0, 0, 2**63 - 1)
        length_s: float = number(1.0, 0.5, 1e12)

    with pytest.raises(InputError, match=r"number from 0 to 9223372036854775807, not -1"):
        Document("a.json", {"seed": -1}, InputError).read_as(Draw)
    with pytest.raises(InputError, match=r"number from 0\.5 to 1000000000000, not 0"):
        Document("a.json", {"length_s": 0}, InputError).read_as(Draw)


def test_a_table_becomes_its_dataclass() -> None:
    take = {"name": "one", "gain_db": 3}
    table = {"bpm": 120, "takes": [take], "levels_db": {"bass": -3}, "window_s": [0, 1]}
    assert read(table) == Session(120, None, (Take("one", 3.0),), {"bass": -3.0}, (0.0, 1.0))
    assert isinstance(read(table).takes[0].gain_db, float)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bpm": 120.0}, "bpm must be a whole number from 20 to 400, not 120"),
        ({"bpm": True}, "bpm must be a whole number from 20 to 400, not true"),
        ({"bpm": 10**5_000}, "bpm must be a whole number from 20 to 400, not a number of thousand"),
        ({"bpm": None}, "bpm must be a whole number from 20 to 400, not null"),
        ({"tempo": 1}, "tempo is unknown; choose from bpm, key, takes"),
        ({"bmp": 1}, "bmp is unknown; did you mean 'bpm'?"),
        ({"key": "mayor"}, "key must be one of major, minor, not 'mayor'; did you mean 'major'?"),
        ({"key": ["major"]}, "key must be one of major, minor, not ['major']"),
        ({"takes": {}}, "takes must be a list of tables, not {}"),
        ({"takes": [1]}, "takes.0 must be a table, not 1"),
        ({"takes": [{"name": "a"}] * 4}, "takes must have at most 3 entries, not 4"),
        ({"takes": [{}]}, "takes.0.name is missing; give what it is called"),
        ({"takes": [{"name": ""}]}, "takes.0.name must not be empty"),
        (
            {"takes": [{"name": "x" * 21}]},
            "name must be at most 20 characters long, not 21",
        ),
        ({"takes": [{"name": "a\nb"}]}, r"takes.0.name must be one line of text, not 'a\nb'"),
        ({"takes": [{"name": "\ud800"}]}, r"takes.0.name must be one line of text, not '\ud800'"),
        ({"takes": [{"name": "a", "gain_db": float("nan")}]}, "gain_db must be a number from -60"),
        ({"takes": [{"name": "a", "gain_db": -1e999}]}, "to 24, not -inf"),
        ({"takes": [{"name": "a", "gain_db": 1, "muted": True}]}, "takes.0: muted and turned up"),
        ({"levels_db": {"a b": 1}}, "levels_db.'a b' must be a number from -100 to 0, not 1"),
        ({"levels_db": {"a\x1bb": -1}}, r"levels_db.'a\x1bb' must have a name of one line"),
        ({"window_s": [1]}, "window_s must have 2 entries, not 1"),
        ({"window_s": "ab"}, "window_s must be a list, not 'ab'"),
        ({"hash": "z" * 64}, "hash must be a SHA-256 in hex, not 'zzz"),
        ({"comment": "\ud800"}, r"comment must be Unicode text, not '\ud800'"),
        ({"path": "a\0"}, r"path must be text, not 'a\x00'"),
        ({"file": "a\x1b"}, r"file must be one line of text, not 'a\x1b'"),
        ({"about": {"a": [{"b": "\ud800"}]}}, "about.a holds text that is not Unicode"),
        ({"about": {"a": [float("inf")]}}, "about.a holds inf, which is not a finite number"),
    ],
)
def test_each_mistake_is_one_line_with_its_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"a.json: {message}".split(": ", 1)[1])) as told:
        read({"bpm": 120} | change)
    assert str(told.value).startswith("a.json: ")
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 300


def test_what_systems_call_files_may_hold_half_characters() -> None:
    session = read({"bpm": 120, "path": "a\nb\udcff", "file": "a\udcff", "comment": "a\nb"})
    assert (session.path, session.file) == ("a\nb\udcff", "a\udcff")


def test_each_of_a_pair_has_its_own_range() -> None:
    @dataclass(frozen=True)
    class Peaks:
        dbfs: tuple[float, float] = numbers((-120.0, 0.0), (0.0, 60.0))

    document = Document("a.json", {"dbfs": [-3, 61]}, InputError)
    with pytest.raises(InputError, match=r"dbfs\.1 must be a number from 0 to 60, not 61"):
        document.read_as(Peaks)


def test_an_open_table_leaves_unknown_keys_alone() -> None:
    document = Document(
        "a.json", {"bpm": 120, "later": 1, "takes": [{"name": "a", "x": 1}]}, InputError
    )
    assert document.read_as(Session, is_open=True).takes == (Take("a"),)


def test_all_mistakes_are_found_in_one_pass_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("bpm = 1\n\n[[takes]]\nname = 3\n\n[[takes]]\nname = 'b'\ngian_db = 1\n")
    with pytest.raises(InputError) as found:
        read_toml(path, "a session", InputError).check(table_of(Session))
    assert [line.removeprefix(f"{path}: ") for line in found.value.lines] == [
        "line 1: bpm must be a whole number from 20 to 400, not 1",
        "line 4: takes.0.name must be one line of text, not 3",
        "line 8: takes.1.gian_db is unknown; did you mean 'gain_db'?",
    ]


def test_more_mistakes_than_help_are_not_told() -> None:
    document = Document("a.json", {f"x{i}": 0 for i in range(10_000)}, InputError)
    with pytest.raises(InputError) as found:
        document.check(table_of(Session))
    assert len(found.value.lines) == MOST_MISTAKES


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a session: not valid JSON"),
        (b"[]", r"it must hold a table, not \[\]"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 100_000, "nested more than"),
        (b'{"a":' * (MOST_LEVELS + 1) + b"1" + b"}" * (MOST_LEVELS + 1), "nested more than"),
        (b"9" * 5_000, "not valid JSON"),
        (b'{"x": {"y": [0, NaN]}}', r"x\.y\.1 must be a finite 64-bit number, not nan"),
        (b'{"x": -1e999}', "x must be a finite 64-bit number, not -inf"),
        (b'{"x": 9223372036854775808}', "x must be a finite 64-bit number"),
        (b'{"x": "' + b"y" * 2_000_000 + b'"}', "larger than 1 MiB; this is not a session"),
    ],
)
def test_json_beyond_the_bounds_is_refused_before_it_is_looked_into(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as told:
        read_json(path, "a session", InputError, most_bytes=1 << 20)
    assert str(told.value).startswith(str(path))
    assert len(str(told.value)) < len(str(path)) + 300


@pytest.mark.parametrize("kind", [bytes, str])
def test_json_of_many_small_values_is_refused(kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty list takes three bytes of a file, and seventy of memory."""
    monkeypatch.setattr("mixer.files.document._MOST_VALUES", 1_000)
    for value in ("[]", "{}", "1", "[[]]"):
        text = f'{{"a": [{",".join([value] * 1_100)}]}}'
        content: bytes | str = text.encode() if kind is bytes else text
        with pytest.raises(InputError, match="more than 1000 values; this is not a session"):
            parse_json(content, "a.json", "a session", InputError)
    assert parse_json(b'{"a": [' + b"1," * 990 + b"1]}", "a.json", "a session", InputError)


def test_keys_are_those_of_the_value_whatever_lies_before_it() -> None:
    text = '{"a": [[1, {"b": 2}], {"c": {}}, []], "d": {"e": [null, "x", {"f": 1e999}]}}'
    with pytest.raises(InputError, match=r"a\.json: d\.e\.2\.f must be a finite"):
        parse_json(text, "a.json", "a session", InputError)


def test_the_bounds_leave_room_for_what_fits(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"x": 2**63 - 1, "y": -1.5e300}))
    assert read_json(path, "a session", InputError).table == {"x": 2**63 - 1, "y": -1.5e300}


@pytest.mark.parametrize("read_file", [read_json, read_toml])
def test_a_folder_or_nothing_is_no_file(tmp_path: Path, read_file: Any) -> None:
    with pytest.raises(InputError, match="not a file; give a session"):
        read_file(tmp_path, "a session", InputError)
    with pytest.raises(InputError, match=r"cannot be read \(No such file"):
        read_file(tmp_path / "none", "a session", InputError)


def test_a_newer_version_and_another_format_are_told_apart() -> None:
    document = Document("a.json", {"format": "x", "version": 3}, InputError)
    document.check_version("version", 3, name="x")
    with pytest.raises(
        InputError, match=r"version is 3, and this version .* up to 2; update mixer"
    ):
        document.check_version("version", 2, name="x")
    with pytest.raises(InputError, match=r"format must be y, not 'x'"):
        document.check_version("version", 3, name="y")


def test_advice_ends_a_message_that_is_not_the_users_doing() -> None:
    with pytest.raises(InputError, match=r"bpm is missing; build it again"):
        read({}, advice="build it again")
