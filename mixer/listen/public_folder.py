"""The public half of a test on disk: the page's own files, the design, the sounds.

Everything is loaded by script tags and nothing is fetched, so that the page also works where a
double click opened it as a file.
"""

from __future__ import annotations

import base64
import json
from importlib.resources import files
from pathlib import Path

from mixer.files.whole_file import write_json
from mixer.listen.design import DESIGN_FILE, Design

ASSETS = (
    "listen.css",
    "order.js",
    "sounds.js",
    "player.js",
    "answers.js",
    "transport.js",
    "rating.js",
    "screens.js",
    "main.js",
    "session.js",
)
INDEX_FILE = "index.html"
SESSION_FILE = "assets/session.js"


def write_page(folder: Path, design: Design) -> None:
    """Write the page and the design into the public folder."""
    package = files("mixer.listen") / "assets"
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for name in ASSETS:
        (folder / "assets" / name).write_bytes((package / name).read_bytes())
    (folder / INDEX_FILE).write_bytes((package / INDEX_FILE).read_bytes())
    write_json(folder / DESIGN_FILE, design.as_json())
    text = json.dumps(design.as_json(), ensure_ascii=True, allow_nan=False)
    (folder / "design.js").write_text(f"Listen.design = {text};\n", encoding="ascii")


def write_sound(folder: Path, sound_id: str, wav: bytes) -> None:
    """Write one sound as a script that hands it to the page."""
    sounds = folder / "sounds"
    sounds.mkdir(parents=True, exist_ok=True)
    text = base64.b64encode(wav).decode("ascii")
    (sounds / f"{sound_id}.js").write_text(
        f'Listen.takeSound("{sound_id}", "{text}");\n', encoding="ascii"
    )


def session_script(participant: str, answers_url: str) -> bytes:
    """The script served as `SESSION_FILE`: the participant, and where answers go."""
    session = json.dumps({"participant": participant, "answers": answers_url})
    return f"Listen.session = {session};\n".encode("ascii")
