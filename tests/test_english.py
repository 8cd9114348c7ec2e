"""Plain English in messages, help, docstrings, comments and documents: known slips are refused."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_CODE = ("mixer", "training", "export", "benchmarks")
_TEXTS = (
    "README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", "docs", "mixer",
    "training/EXPERIMENTS.md",
)  # fmt: skip
_TEXT_SUFFIXES = {".md", ".js", ".html", ".toml"}

# "there is no file" and "is no longer" are English; "is no file" is not.
_COMPARATIVES = (
    "longer|more|further|less|better|worse|different|other|larger|smaller|louder|quieter|faster|"
    "slower|higher|lower|wider|narrower|nearer|dearer|cheaper|fewer|later|sooner"
)
SLIPS = {
    "is no X": re.compile(
        r"(?<!there )(?<!There )\b(?:is|are|was|were) no " rf"(?!(?:{_COMPARATIVES})\b)[a-z]"
    ),
    # A condition: "where" is for places.
    "None where": re.compile(r"\b(?:None|Raise \w+) where\b"),
    # One word since the seventies.
    "check sum": re.compile(r"\bcheck sums?\b"),
    # Characters; a sign is plus or minus.
    "control signs": re.compile(r"\bcontrol signs?\b"),
    # "as in `name`", or what it is.
    "as of": re.compile(r"(?<!such )\bas of `"),
    "one behind the other": re.compile(r"\bone behind the other\b"),
    # Socks are repaired; files are repaired and mistakes corrected.
    "mend": re.compile(r"\bmend(?:s|ed|ing)?\b"),
    # Files are truncated, runs are interrupted.
    "breaks off": re.compile(r"\b(?:breaks|broke) off\b"),
    # The user's settings.
    "the hand's": re.compile(r"\b(?:[Tt]he|somebody's|a) hand's\b|\bsomebody's hand\b"),
    # Requests of a song, not what is "asked of" it.
    "asked of": re.compile(r"\basked of (?:a|an|the)\b"),
    # "named as the sum of ...".
    "by its name the": re.compile(r"\b[Bb]y (?:its|their) names? (?:the|a|an) "),
    # "stay quieter", "are played unchanged".
    "so, as it is": re.compile(r"\bare (?:played|left|kept) so\b"),
    # A platform or a medium is not a private place, and nobody is "in a shop".
    "house words": re.compile(r"\bhouse (?:words?|rules?)\b"),
    "some N": re.compile(r"\bsome \d"),
    "with commas": re.compile(r"\b(?:list|names|genres) with commas\b", re.IGNORECASE),
    "must be a text": re.compile(r"must be a text\b"),
    "no number any more": re.compile(r"no number any more"),
    # "unknown preset 'x'; choose from ...".
    "no x 'y'": re.compile(
        r"(?<!has )(?<!have )\bno (?:column|device|format|genre|key|model|option|platform|preset"
        r"|profile|role|stem) (?:\{quote\(|'|\{\w+!r\})"
    ),
    # "does not use x", "does not apply to x".
    "has no use for": re.compile(r"\b(?:has|have) no use for\b"),
    # "must name one or more of".
    "name some of": re.compile(r"\bname some of\b"),
    # Recognised, reported, distinguished.
    "told by": re.compile(r"\b(?:is|are|was|were|be) told (?:by|from|at once|as soon)\b"),
    # An offset is removed from a recording, a signal subtracted from another.
    "take off": re.compile(r"\b(?:take|takes|taken|took|taking) (?:(?:it|them|that) )?off\b"),
    # "because the disk is full", "as time ran out".
    "for want of": re.compile(r"\bfor want of\b"),
    # "so", "therefore"; "rarely"; "again".
    "bookish": re.compile(r"\b(?:hence|thereby|whereby|seldom|anew(?! with it\b))\b"),
    # "is a broken link".
    "leads nowhere": re.compile(r"\bleads? nowhere\b"),
    # "free some space".
    "free some room": re.compile(r"\bfree (?:some )?room\b"),
    # "do not match".
    "go together": re.compile(r"\bnot go together\b"),
    # "microphones on one source".
    "at one source": re.compile(r"\b[Mm]icrophones at one source\b"),
    # "is circular".
    "leads in a circle": re.compile(r"\bleads? in a circle\b"),
}
# The first words of a docstring, a comment or a help text.
_OF = re.compile(r"^(?:#\s*|[rf]?\"\"\"|[rf]?\")Of (?!course)")

# A message is "place: what happened; what to do".
_COLON_BEFORE_ADVICE = re.compile(
    r": (?:add|change|choose|copy|correct|cut|do not|export|free|give|leave|lower|make|move|name|"
    r"prepare|remove|rename|render|run|save|see|set|split|start|try|update|use|wait|write) "
    r"(?!(?:is|was|has|must|of)\b)"
)

# A docstring begins with an imperative or a noun phrase, not with a clause in place of one.
_CLAUSES = {"What", "How", "Which", "Who", "Where", "Why", "When"}

# Nor does any sentence: "Undefined figures are empty.", not "What is undefined is empty.".
_CLAUSE_FIRST = re.compile(
    r"(?:^#\s*|^[rf]?\"\"\"|[.:]\s+|\n\s*\n\s*)What (?!if\b)[a-z][^.?]*(?:\.|$)"
)


def slips_in(text: str) -> list[str]:
    return [name for name, pattern in SLIPS.items() if pattern.search(text)]


def _code_files() -> list[Path]:
    return sorted(path for room in _CODE for path in (ROOT / room).rglob("*.py"))


def _texts() -> list[Path]:
    found = []
    for name in _TEXTS:
        path = ROOT / name
        if path.is_file():
            found.append(path)
        else:
            found += sorted(p for p in path.rglob("*") if p.suffix in _TEXT_SUFFIXES)
    return found


def _wordings(source: str) -> list[tuple[int, str]]:
    """Comments and strings of a Python file, with their lines."""
    kinds = {tokenize.COMMENT, tokenize.STRING}
    kinds |= {getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [(t.start[0], t.string) for t in tokens if t.type in kinds]


def test_the_code_speaks_plain_english() -> None:
    found = []
    last_comment = -2
    for path in _code_files():
        for line, text in _wordings(path.read_text(encoding="utf-8")):
            # A comment's second line may begin with any word.
            goes_on = text.startswith("#") and line == last_comment + 1
            last_comment = line if text.startswith("#") else -2
            kinds = slips_in(text)
            if _OF.match(text) and not goes_on:
                kinds.append("Of ...")
            if _CLAUSE_FIRST.search(text) and not (goes_on and text.startswith("# What")):
                kinds.append("What ...")
            found += [f"{path.relative_to(ROOT)}:{line}: {kind}" for kind in kinds]
    assert not found, "\n".join(found)


@functools.cache
def _docstrings_and_messages(path: Path) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Public docstrings of a Python file and messages of its errors, with their lines."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return _public_docstrings(nodes), _messages(nodes)


def _public_docstrings(nodes: list[ast.AST]) -> list[tuple[int, str]]:
    """Docstrings of a module, classes, functions and methods, with their lines."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in nodes if isinstance(node, kinds)]
    public = [node for node in found if not getattr(node, "name", "").startswith("_")]
    texts = [(getattr(node, "lineno", 1), ast.get_docstring(node)) for node in public]
    return [(line, text) for line, text in texts if text]


def test_docstrings_begin_with_an_imperative_or_a_noun_phrase() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}"
        for path in _code_files()
        for line, text in _docstrings_and_messages(path)[0]
        if text.split()[0] in _CLAUSES
    ]
    assert not found, "\n".join(found)


def _wording_of(node: ast.expr) -> str:
    """The text of a string as it is written, with {} for what is filled in; "" of anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_wording_of(part) or "{}" for part in node.values)
    return ""


def _messages(nodes: list[ast.AST]) -> list[tuple[int, str]]:
    """Messages of the errors that are raised, with their lines."""
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    errors = [call for call in calls if ast.unparse(call.func).endswith("Error")]
    return [(call.lineno, _wording_of(part)) for call in errors for part in call.args]


def test_a_semicolon_stands_before_what_to_do() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {message}"
        for path in _code_files()
        for line, message in _docstrings_and_messages(path)[1]
        if _COLON_BEFORE_ADVICE.search(message)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("message", "right"),
    [
        ("a.wav: the file is empty; export it again", True),
        ("a.wav: the file is empty: export it again", False),
        ("effects {} exclude each other: leave one out", False),
        ("cannot listen on {}: {}; choose another --port", True),
        ("{}: name is missing", True),
    ],
)
def test_advice_after_a_colon_is_found(message: str, right: bool) -> None:
    assert bool(_COLON_BEFORE_ADVICE.search(message)) is not right


def test_the_documents_speak_plain_english() -> None:
    found = []
    for path in _texts():
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found += [f"{path.relative_to(ROOT)}:{line}: {kind}" for kind in slips_in(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        "a.wav is no file",
        "these are no names",
        "turned down by some 7 dB",
        "a list with commas",
        "must be a text of at most 80 characters",
        "what is no number cannot be blended",
        "None where there is no file",
        "Raise InputError where it cannot be read",
        "a check sum that fits",
        "no control signs in it",
        "SettingsError: as of `read_config`",
        "one behind the other",
        "mend it by hand",
        "breaks off: 3 of the 5 s that its header promises",
        "by its name the sum of Kick In.wav",
        "softer mixes are played so",
        "by the house rules",
        "more of the hand's gain",
        "each figure that is asked of a reference",
        "no preset 'rokc': did you mean 'rock'?",
        "{path}: no stem {name!r}; use one of vocals, bass",
        "network.kind wave_u_net has no use for [loss]",
        "effects: name some of eq, reverb",
        "stopped for want of memory",
        "measured anew, hence slower",
        "extends leads in a circle",
        "a link that leads nowhere",
        "free some room, or name another folder",
        "lengths 3 and 4 do not go together",
        "two microphones at one source",
        "a DC offset is taken off, and the residual takes it off too",
        "takes are told by their lengths",
    ],
)
def test_slips_are_found(text: str) -> None:
    assert slips_in(text)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("# What is undefined is empty.", False),
        ('"""What a step adds, in dB."""', False),
        ("# Files are read once. What is damaged is reported.", False),
        ('"""Read a file.\n\n    What is damaged is reported.\n    """', False),
        ("# Undefined figures are empty.", True),
        ("# What if it is empty? Then so is the mix.", True),
        ('"""Say what is damaged: what cannot be read is left out."""', True),
    ],
)
def test_a_clause_that_begins_a_sentence_is_found(text: str, right: bool) -> None:
    assert bool(_CLAUSE_FIRST.search(text)) is not right


@pytest.mark.parametrize(
    "text",
    [
        "there is no file a.wav",
        "it is no longer there",
        "a plan that is no more than a list",
        "is not a file",
        "some of 7 songs",
        "it is no other file",
        "as of version 3",
        "the frames where there is sound",
        "such as of `a` and `b`",
        "recommended amendments",
        "the checksum of the page",
        "one after the other, behind the fader",
        "by its name and path",
        "Clicked by hand; the question was asked of course",
        "there is no preset of that name, and no stem is lost",
        "silent, with no track to play",
        "which has no key 'x'",
        "unknown preset 'rokc'; did you mean 'rock'?",
        "sources that can be told apart",
    ],
)
def test_english_is_left_alone(text: str) -> None:
    assert not slips_in(text)
