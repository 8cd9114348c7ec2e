"""Sessions and recall sheets changed at random: learnt from, or refused in lines; never a crash."""

from __future__ import annotations

import io
import json
import random
import re
import warnings
import zipfile
from pathlib import Path

import pytest

from mixer.errors import MixerError
from mixer.learn.recall_reader import read_recall
from mixer.learn.session_changes import compare_session
from mixer.learn.song_toml import song_toml_with
from mixer.learn.taste import taste_of
from mixer.learn.user_edit import edit_of
from mixer.output.daw.reaper.reaeq import NAME, reaeq_lines
from mixer.output.daw.session_reading import read_session
from mixer.output.daw.strips.native_strip import EqBand
from tests.fuzz.material import draw, hostile_json, mutate
from tests.learn.test_untrusted_recall import write_recall

CASES = 120
NUMBER = re.compile(r"-?\d+(\.\d+)?")
NUMBERS = (
    "nan", "inf", "-inf", "1e999", "1e308", "-1e308", "1e-320", "0", "-0", "-1", "4000", "9" * 400,
    "x", "", "\u0663", "1_0", str(2**63),
)  # fmt: skip
STATE = "\n".join(reaeq_lines((EqBand("bell", 1_000.0, 2.0, 1.0),), 44_100))
REAPER = f"""<REAPER_PROJECT 0.1 "7.0"
TEMPO 120 4 4
SAMPLERATE 44100 0 0
MARKER 1 2.5 Chorus 0
<TRACK
NAME Kick
VOLPAN 0.5 -0.25 -1 -1 1
MUTESOLO 0 0 0
ISBUS 0 0
AUXRECV 1 0 0.5 0 0 0
<VOLENV2
ACT 1
PT 0 1 0
PT 4 0.25 0
>
<FXCHAIN
BYPASS 0 0 0
<VST "{NAME}"
{STATE}
>
>
<ITEM
POSITION 0.5
LENGTH 2
SOFFS 0.1
VOLPAN 1 0 1 -1
<SOURCE WAVE
FILE "kick.wav"
>
>
>
<TRACK
NAME Reverb
>
>
"""
DAWPROJECT = """<Project version="1.0"><Transport><Tempo value="120" unit="bpm"/></Transport>
<Structure><Track id="t" name="Kick"><Channel id="c" solo="false">
<Volume id="v" value="0.5" unit="linear"/><Pan value="0.25" unit="normalized"/>
<Mute value="false"/><Sends><Send destination="r"><Volume value="-6" unit="decibel"/></Send></Sends>
<Devices><Equalizer><Enabled value="true"/><Band type="bell">
<Freq value="1000"/><Gain value="2"/><Q value="1"/></Band></Equalizer></Devices>
</Channel></Track><Track name="Reverb"><Channel id="r"/></Track></Structure>
<Arrangement><Lanes timeUnit="beats"><Lanes track="t">
<Points unit="linear"><Target parameter="v"/><RealPoint time="0" value="1"/>
<RealPoint time="8" value="0.25"/></Points>
<Clip time="1" duration="2" playStart="0"><Audio><File path="kick.wav"/></Audio></Clip>
</Lanes></Lanes>
<Markers><Marker time="4" name="Chorus"/></Markers></Arrangement></Project>
"""


def changed(text: str, rng: random.Random) -> bytes:
    """The text with numbers that cannot be, lines in another order, or other bytes."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        match rng.randrange(4):
            case 0:
                lines = text.split("\n")
                a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
                lines[a], lines[b] = lines[b], lines[a]
                text = "\n".join(lines)
            case 1:
                lines = text.split("\n")
                lines.insert(rng.randrange(len(lines)), rng.choice(lines))
                text = "\n".join(lines)
            case _:
                places = list(NUMBER.finditer(text))
                if places:
                    at = rng.choice(places)
                    text = text[: at.start()] + rng.choice(NUMBERS) + text[at.end() :]
    content = text.encode()
    return mutate(content, rng, 3) if rng.random() < 0.3 else content


def write_session(folder: Path, daw: str, rng: random.Random) -> Path:
    if daw == "reaper":
        path = folder / "mix.rpp"
        path.write_bytes(changed(REAPER, rng))
        return path
    container, path = io.BytesIO(), folder / "mix.dawproject"
    with zipfile.ZipFile(container, "w") as archive:
        archive.writestr("project.xml", changed(DAWPROJECT, rng))
    content = container.getvalue()
    path.write_bytes(mutate(content, rng, 3) if rng.random() < 0.1 else content)
    return path


def learn(session: Path, recall: Path, song: Path) -> tuple[str, ...] | None:
    """Learn as the command does; the lines of a refusal, or None."""
    try:
        read = read_session(session)
        written = read_recall(recall, read.daw)
        found = compare_session(written, read)
        edits = [edit_of(one, written) for one in found.changed]
        taste_of([(written, found.changed)] * 2).table()
        song_toml_with(song, edits)
    except MixerError as error:
        return error.lines
    return None


@pytest.mark.parametrize("daw", ["reaper", "dawproject"])
@pytest.mark.parametrize("spoilt", ["session", "recall"])
def test_drawn_sessions_are_learnt_from_or_refused(tmp_path: Path, daw: str, spoilt: str) -> None:
    recall = write_recall(tmp_path)
    honest = json.loads(recall.read_text())
    honest["sessions"]["dawproject"] = honest["sessions"]["reaper"]
    (tmp_path / "song" / "kick.wav").touch()
    n_learnt = 0
    for number in range(CASES):
        rng = draw(7, number)
        text = hostile_json(honest, rng) if spoilt == "recall" else json.dumps(honest)
        recall.write_bytes(text.encode("utf-8", "surrogatepass"))
        session = write_session(tmp_path, daw, rng)
        # What NumPy warns of is printed between the answers.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            refusal = learn(session, recall, tmp_path / "song")
        n_learnt += refusal is None
        assert refusal is None or refusal
        assert all("\n" not in line and len(line) < 4_500 for line in refusal or ())
    assert 0 < n_learnt < CASES
