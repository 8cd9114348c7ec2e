"""Tools for agents: each does what its command does, and none leaves the folders given."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

pytest.importorskip("mcp")

from mcp import StdioServerParameters
from mcp.client.client import Client

from mixer.errors import InputError, SettingsError
from mixer.mcp.bounded_answers import MOST_ANSWER_CHARACTERS, bounded_json
from mixer.mcp.folders import Folders
from mixer.mcp.tool_server import build_server
from mixer.mcp.tools import Tools
from mixer.rendering.timing.progress import unheard
from tests.studio.desk import write_stems

Call = Callable[..., Any]
TOOLS = {"check", "render", "revise", "variations", "takes", "compare", "presets", "preset",
         "evaluate"}  # fmt: skip


@pytest.fixture
def allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXER_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "allowed"
    write_stems(folder / "song")
    write_stems(tmp_path / "private" / "song")
    return folder


@pytest.fixture
def call(allowed: Path) -> Call:
    """Call a tool in memory: its answer, or the text of its error."""
    server = build_server(Tools(Folders([allowed])))

    async def ask(name: str, arguments: dict[str, Any]) -> Any:
        async with Client(server) as client:
            answer = await client.call_tool(name, arguments)
            text = answer.content[0].text  # type: ignore[union-attr]
            return text if answer.is_error else json.loads(text)

    return lambda tool, /, **arguments: asyncio.run(ask(tool, arguments))


def test_each_of_several_folders_is_allowed_and_what_lies_between_is_not(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other, tmp_path / "one more"):
        (folder / "song").mkdir(parents=True)
    folders = Folders([one, other])
    assert folders.inside("song") == one / "song"
    for folder in (one, other):
        assert folders.inside(str(folder)) == folder
        assert folders.inside(str(folder / "song")) == folder / "song"
    for path in (tmp_path, tmp_path / "one more", one / ".." / "one more" / "song"):
        with pytest.raises(InputError, match="lies outside the allowed folders"):
            folders.inside(str(path))


@pytest.mark.parametrize("asked", [{"n": 13}, {"n": -1}, {"names": ["rock"] * 13},
                                   {"names": ["rock"] * 7, "blends": ["first=1"] * 6}])  # fmt: skip
def test_more_variations_than_anybody_hears_are_refused(tmp_path: Path, asked: Any) -> None:
    with pytest.raises(SettingsError, match="at most 12 variations"):
        Tools(Folders([tmp_path])).variations("song", unheard, **asked)


def test_all_tools_are_listed_with_what_they_do(allowed: Path) -> None:
    async def ask() -> dict[str, str | None]:
        async with Client(build_server(Tools(Folders([allowed])))) as client:
            return {tool.name: tool.description for tool in (await client.list_tools()).tools}

    found = asyncio.run(ask())
    assert set(found) == TOOLS
    assert all(found.values())


def test_a_client_over_stdio_mixes_revises_and_compares(allowed: Path) -> None:
    """Every tool once, by the protocol's own client and the command, then what is refused."""

    async def talk() -> None:
        command = StdioServerParameters(
            command=sys.executable,
            args=["-m", "mixer", "mcp", "--allow", str(allowed)],
            env=dict(os.environ),
        )
        async with Client(command) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS

            async def call(tool: str, /, **arguments: Any) -> Any:
                answer = await client.call_tool(tool, arguments)
                text = answer.content[0].text  # type: ignore[union-attr]
                return text if answer.is_error else json.loads(text)

            await use_every_tool(call, allowed)
            assert "lies outside the allowed folders" in await call("check", song="../private/song")
            assert "lies outside the allowed folders" in await call(
                "evaluate", mix="/etc/passwd", reference="/etc/hosts"
            )
            assert "already exists" in await call("render", song="song")
            assert "unknown preset 'none-such'" in await call("preset", name="none-such")
            assert "changes" in await call("revise", mix="mixes/song.mix.json")
            assert (await call("check", song="song"))["stems"]  # it goes on after errors

    asyncio.run(talk())


async def use_every_tool(call: Callable[..., Any], allowed: Path) -> None:
    assert (await call("check", song="song"))["stems"] == ["vocals", "bass", "drums", "other"]
    assert "rock" in [row["name"] for row in (await call("presets"))["presets"]]
    assert (await call("preset", name="rock"))["table"]["drums"]
    varied = await call("variations", song="song", names=["brighter"])
    assert [Path(row["mix"]).name for row in varied["variations"]] == ["song.var1.wav"]
    made = await call(
        "render",
        song="song",
        overwrite=True,
        presets=["vocal-forward"],
        sets=["bass.gain_db=-1"],
        settings={"loudness_lufs": -18},
        outputs={"bit_depth": "32f"},
    )
    assert Path(made["mix"]) == allowed / "mixes" / "song.wav"
    assert made["loudness_lufs"] == pytest.approx(-18.0, abs=0.1)
    taken = await call("revise", mix="mixes/song.mix.json", changes=["vocals up", "drums.pan=-0.2"])
    assert taken["number"] == 2
    assert "vocals" in taken["changed_parts"]
    assert "bass" in taken["unchanged_parts"]
    listed = (await call("takes", mix="mixes/song.wav"))["takes"]
    assert [row["number"] for row in listed] == [1, 2, 1]
    assert listed[1]["asked"] == ["vocals up", "drums.pan=-0.2"]
    assert listed[1]["changes"] == ["vocals.gain_db 1.5 -> 3", "drums.pan 0 -> -0.2"]
    found = await call("compare", a="mixes/song.mix.json", b=taken["recipe"])
    assert "vocals.gain_db" in json.dumps(found)
    assert isinstance(await call("evaluate", mix=taken["mix"], reference=made["mix"]), dict)


def test_what_a_model_of_stems_set_is_told(call: Call) -> None:
    told = call("render", song="song", settings={"model": "default"})["settings"]
    assert list(told["stems"]) == ["vocals", "bass", "drums", "other"]
    assert all(" dB" in row["set_by_model"] for row in told["stems"].values())
    taken = call("revise", mix="mixes/song.wav", changes=["bass.network.gain_db=-3"])["settings"]
    assert taken["stems"]["bass"]["set_by_model"] == told["stems"]["bass"]["set_by_model"]
    assert " dB" in taken["stems"]["bass"]["changed_by_user"]
    assert "changed_by_user" not in taken["stems"]["drums"]


def test_what_a_model_of_tracks_set_is_told_and_why(call: Call) -> None:
    told = call("render", song="song", settings={"model": "tracks", "dry": True})["settings"]
    assert told["incoming_levels"] == "treated as raw: a dry recording"
    assert [row["track"] for row in told["tracks"]] == [
        "bass.wav", "drums.wav", "other.wav", "vocals.wav"
    ]  # fmt: skip
    assert all(" dB" in row["set_by_model"] for row in told["tracks"])
    assert list(told["buses"]) == ["vocals", "bass", "drums", "other", "mix"]
    assert "room" in told["returns"]
    change = 'tracks."bass".network.gain_db=-3'
    taken = call("revise", mix="mixes/song.wav", changes=[change])["settings"]
    assert taken["tracks"][0]["set_by_model"] == told["tracks"][0]["set_by_model"]
    assert " dB" in taken["tracks"][0]["changed_by_user"]


def test_a_render_is_that_of_the_command_line(call: Call, allowed: Path) -> None:
    from mixer.cli.main import run

    made = call("render", song="song", sets=["vocals.gain_db=+2"], outputs={"bit_depth": "32f"})
    out = allowed / "by hand.wav"
    words = ["render", str(allowed / "song"), "--set", "vocals.gain_db=+2", "-q", "-o", str(out)]
    assert run([*words, "--bit-depth", "32f"]) == 0
    assert np.array_equal(soundfile.read(made["mix"])[0], soundfile.read(out)[0])


def test_nothing_is_replaced_without_asking(call: Call) -> None:
    call("render", song="song")
    assert "already exists" in call("render", song="song")
    assert call("render", song="song", overwrite=True)["mix"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("check", {"song": "../private/song"}),
        ("check", {"song": "song/../../private/song"}),
        ("check", {"song": "/etc"}),
        ("check", {"song": "way out"}),
        ("check", {"song": "inside"}),
        ("check", {"song": ""}),
        ("check", {"song": "a\0b"}),
        ("check", {"song": "x" * 10_000}),
        ("render", {"song": "song", "output": "../private/mix.wav"}),
        ("render", {"song": "song", "output": "/tmp/mix.wav"}),
        ("render", {"song": "song", "output": "way out/mix.wav"}),
        ("render", {"song": "song", "presets": ["../private/mine.toml"]}),
        ("render", {"song": "song", "presets": ["/etc/passwd"]}),
        ("render", {"song": "song", "sets": ["vocals.plugins.0.path=/bin/sh"]}),
        ("render", {"song": "song", "sets": ['vocals={plugins=[{path="/bin/sh"}]}']}),
        ("render", {"song": "song", "sets": ['vocals={"plugins"=[{path="/bin/sh"}]}']}),
        ("render", {"song": "song", "settings": {"model": "/tmp/model"}}),
        ("render", {"song": "song", "settings": {"rooms": "/tmp"}}),
        ("render", {"song": "song", "settings": {"profile": "/etc/passwd"}}),
        ("render", {"song": "song", "settings": {"amount": 7}}),
        ("render", {"song": "song", "settings": {"levels": "x"}}),
        ("render", {"song": "song", "settings": {"levels": "raw", "amount": float("nan")}}),
        ("render", {"song": "song", "outputs": {"output": "/tmp"}}),
        ("render", {"song": "song", "outputs": {"format": "exe"}}),
        ("revise", {"mix": "../private/mix.json", "changes": ["vocals up"]}),
        ("revise", {"mix": "song/vocals.wav", "changes": ["vocals up"]}),
        ("compare", {"a": "/etc/passwd", "b": "/etc/passwd"}),
        ("evaluate", {"mix": "song/vocals.wav", "reference": "../private/song/vocals.wav"}),
        ("preset", {"name": "../../etc/passwd"}),
        ("variations", {"song": "../private/song", "n": 1}),
        ("variations", {"song": "song", "n": 10_000}),
    ],
)
def test_what_leads_out_is_refused(
    call: Call, allowed: Path, tmp_path: Path, tool: str, arguments: dict[str, Any]
) -> None:
    (allowed / "way out").symlink_to(tmp_path / "private")
    write_stems(allowed / "inside")
    (allowed / "inside" / "bass.wav").unlink()
    (allowed / "inside" / "bass.wav").symlink_to(tmp_path / "private" / "song" / "bass.wav")
    before = sorted(tmp_path.rglob("*"))
    answer = call(tool, **arguments)
    assert isinstance(answer, str)
    assert "Internal" not in answer
    assert "root:" not in answer
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before] == []


def test_a_recipe_that_names_what_is_outside_is_refused(
    call: Call, allowed: Path, tmp_path: Path
) -> None:
    call("render", song="song")
    path = allowed / "mixes" / "song.mix.json"
    recipe = json.loads(path.read_text())
    for change in (
        {"song": {**recipe["song"], "folder": str(tmp_path / "private" / "song")}},
        {"settings": {**recipe["settings"], "rooms": str(tmp_path / "private")}},
        {"settings": {**recipe["settings"], "model": str(tmp_path / "private")}},
        {"settings": {**recipe["settings"], "profile": str(tmp_path / "private" / "a.json")}},
        {"settings": {**recipe["settings"], "profile": "private"}},
        {"settings": {**recipe["settings"], "rooms": "private"}},
        {"settings": {**recipe["settings"], "reference": [f"{tmp_path}/private/song:width"]}},
    ):
        path.write_text(json.dumps({**recipe, **change}))
        answer = call("revise", mix="mixes/song.mix.json", changes=["vocals up"])
        assert "lies outside the allowed folders" in answer


def test_a_relative_path_in_a_recipe_is_checked_from_where_it_is_opened(
    call: Call, allowed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent's own folder of the same name must not stand for a private one."""
    call("render", song="song")
    path = allowed / "mixes" / "song.mix.json"
    recipe = json.loads(path.read_text())
    write_stems(allowed / "private" / "song")
    (allowed / "~" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for change, why in (
        ({"song": {**recipe["song"], "folder": "private/song"}}, "lies outside"),
        ({"settings": {**recipe["settings"], "model": "~/model"}}, "is not an absolute path"),
    ):
        path.write_text(json.dumps({**recipe, **change}))
        assert why in call("revise", mix="mixes/song.mix.json", changes=["vocals up"])


@pytest.mark.parametrize("link", ["song.stems", "song.take2.stems", "song.var1.session/audio"])
def test_no_link_beside_a_mix_is_written_through(
    call: Call, allowed: Path, tmp_path: Path, link: str
) -> None:
    private, place = tmp_path / "private", allowed / "mixes" / link
    call("render", song="song")
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(private)
    before = sorted(tmp_path.rglob("*"))
    for tool, arguments in (
        ("render", {"song": "song", "outputs": {"stems": True}, "overwrite": True}),
        ("revise", {"mix": "mixes/song.mix.json", "changes": ["vocals up"]}),
        ("variations", {"song": "song", "names": ["brighter"]}),
    ):
        assert "lies outside the allowed folders" in call(tool, **arguments)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("link", ["song/loop.wav", "mixes/song.stems"])
def test_a_link_to_itself_is_one_line_or_nothing(call: Call, allowed: Path, link: str) -> None:
    place = allowed / link
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(place.name)
    for tool in ("check", "render"):
        answer = call(tool, song="song")
        assert "Symlink" not in str(answer)
        assert "internal" not in str(answer)


def test_answers_are_bounded() -> None:
    answer = {"kept": 1, "long": ["x" * 100] * 10_000, "silence": float("-inf")}
    text = bounded_json(answer)
    assert len(text) <= MOST_ANSWER_CHARACTERS
    assert json.loads(text) == {"kept": 1, "silence": None, "left_out_as_too_long": ["long"]}


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder was given"):
        Folders([])
    with pytest.raises(InputError, match="no such folder"):
        Folders([tmp_path / "none"])


def test_the_command_says_nothing_but_the_protocol(allowed: Path) -> None:
    messages = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {
            "jsonrpc": "2.0",
            "id": 2,
            "method": "tools/call",
            "params": {"name": "check", "arguments": {"song": "song"}},
        },
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "mixer", "mcp", "--allow", str(allowed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    answers = []
    for message in messages:
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        if "id" in message:
            answers.append(json.loads(process.stdout.readline()))
    rest, _ = process.communicate(timeout=60)
    assert rest == ""
    assert process.returncode == 0
    assert answers[0]["result"]["serverInfo"]["name"] == "mixer"
    assert json.loads(answers[1]["result"]["content"][0]["text"])["stems"]


def test_a_missing_library_names_its_extra(allowed: Path) -> None:
    code = (
        "import sys\nsys.modules['mcp'] = None\nfrom mixer.cli.main import run\n"
        f"sys.exit(run(['mcp', '--allow', {str(allowed)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 3
    assert "[mcp]" in done.stderr
    assert done.stdout == ""
