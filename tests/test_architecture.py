"""The directions in which modules may import each other, and what starting up may load."""

import ast
import functools
import subprocess
import sys
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from mixer.normalisations import NORMALISATIONS

ROOT = Path(__file__).resolve().parents[1]
# from the ground up; a module may import its own layer's file and everything below
LAYERS = (
    ("mixer.errors", "mixer.version", "mixer.extras"),
    (
        "mixer.stems",
        "mixer.roles",
        "mixer.normalisations",
        "mixer.setting_changes",
    ),
    ("mixer.dsp", "mixer.files"),
    ("mixer.audio",),
    ("mixer.meters",),
    ("mixer.song", "mixer.fxnorm", "mixer.network", "mixer.console", "mixer.demo_song"),
    ("mixer.preset",),
    ("mixer.reference",),
    ("mixer.rendering",),
    ("mixer.evaluate",),
    ("mixer.report",),
    ("mixer.output",),
    ("mixer.takes",),
    ("mixer.batch", "mixer.learn", "mixer.listen"),
    ("mixer.doctor", "mixer.studio"),
    ("mixer.mcp",),
    ("mixer.cli",),
)
# who alone may import a library
OWNERS = {
    "onnxruntime": ("mixer.network.runtime", "export"),
    "pedalboard": ("mixer.console", "mixer.dsp.ballistics"),
    "soundfile": ("mixer.audio",),
    "av": ("mixer.audio",),
    "soxr": ("mixer.audio", "mixer.meters.true_peak"),
    "pyloudnorm": ("mixer.meters.loudness",),
    "click": ("mixer.cli",),
    "rich": ("mixer.cli",),
    "matplotlib": ("mixer.evaluate",),
    "ray": ("mixer.batch",),
    "starlette": ("mixer.studio",),
    "uvicorn": ("mixer.studio",),
    "mcp": ("mixer.mcp",),
    "torch": ("training", "export"),
    "onnx": ("export",),
    "mido": ("training.synthesis",),
    "yaml": ("mixer.song.metadata",),
}


@functools.cache
def modules() -> dict[str, Path]:
    found = {}
    for package in ("mixer", "export", "training", "presets"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def imports(path: Path, *, of_types: bool = False) -> set[str]:
    """Absolute names that a file imports anywhere; with `of_types` also for type checkers alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and not of_types:
            node.body = []
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def layer_of(name: str) -> int | None:
    return next((i for i, packages in enumerate(LAYERS) if within(name, packages)), None)


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_go_down(module: str) -> None:
    used = imports(modules()[module])
    if within(module, ("mixer",)):
        assert not [name for name in used if within(name, ("torch", "export", "training", "onnx"))]
    if within(module, ("training",)):
        assert not [name for name in used if within(name, ("mixer.cli",))]
    own = layer_of(module)
    if own is not None:
        above = [name for name in used if (layer_of(name) or 0) > own]
        assert not above, f"{module} is below {above}"
        beside = LAYERS[own]
        mine = next(package for package in beside if within(module, (package,)))
        others = tuple(package for package in beside if package != mine)
        assert not [name for name in used if within(name, others)]


@pytest.mark.parametrize("module", sorted(modules()))
def test_each_library_has_its_owner(module: str) -> None:
    for library, owners in OWNERS.items():
        if any(within(name, (library,)) for name in imports(modules()[module])):
            assert within(module, owners), f"{module} imports {library}"


def arrows() -> Iterator[tuple[str, str]]:
    """Which module of ours imports which, also where only its types are."""
    known = modules()
    for module, path in known.items():
        # What an __init__ offers under the package's own name is its front door, not a dependency.
        own = (module,) if path.name == "__init__.py" else ()
        for name in imports(path, of_types=True):
            while name and name not in known:
                name = name.rpartition(".")[0]
            if name and name != module and not within(name, own):
                yield module, name


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A circle in a graph; empty where there is none."""
    done: set[str] = set()

    def follow(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for after in sorted(graph.get(node, ())):
            if found := follow(after, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := follow(node, []))), [])


def graph_of(arrows: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for here, there in arrows:
        graph.setdefault(here, set()).add(there)
    return graph


def test_no_module_is_in_a_circle() -> None:
    assert not circle(graph_of(arrows()))


def side_by_side() -> dict[str, set[tuple[str, str]]]:
    """Of each folder, which of its files and packages import each other.

    A package and those within it are one room of several doors.
    """
    between: dict[str, set[tuple[str, str]]] = {}
    for module, used in arrows():
        here, there = module.split("."), used.split(".")
        depth = next((i for i, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), None)
        if depth is None:  # one is the package that the other lies in
            continue
        pair = ".".join(here[: depth + 1]), ".".join(there[: depth + 1])
        between.setdefault(".".join(here[:depth]), set()).add(pair)
    return between


def test_no_package_is_in_a_circle() -> None:
    packages = {name for name, path in modules().items() if path.name == "__init__.py"}
    between = side_by_side()
    assert {"", "mixer", "training"} <= set(between)
    circles = {
        folder: circle(graph_of(pair for pair in pairs if packages.issuperset(pair)))
        for folder, pairs in between.items()
    }
    assert not {folder: found for folder, found in circles.items() if found}


def test_the_rooms_of_rendering_lie_below_the_files_that_use_them() -> None:
    between = side_by_side()["mixer.rendering"]
    assert ("mixer.rendering.material", "mixer.rendering.tracks") in between
    assert not circle(graph_of(between))


def test_the_page_on_architecture_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = [path for path in (ROOT / "mixer").iterdir() if path.is_dir()]
    rooms = [path.name for path in folders if path.name != "__pycache__"]
    assert len(rooms) > 20
    assert not [room for room in rooms if f"`mixer/{room}`" not in page]
    inner = {path.parent.name for path in (ROOT / "mixer/rendering").glob("*/__init__.py")}
    assert not [room for room in inner if f"`{room}/`" not in page]


def test_training_never_imports_export() -> None:
    assert not [(a, b) for a, b in arrows() if within(a, ("training",)) and within(b, ("export",))]


def test_effects_do_not_import_each_other() -> None:
    effects = tuple(dict.fromkeys(effect.module for effect in NORMALISATIONS))
    for effect in effects:
        used = imports(modules()[effect])
        assert not [name for name in used if within(name, effects) and not within(name, (effect,))]


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in out.stdout.split()}


def test_importing_mixer_loads_nothing_heavy() -> None:
    heavy = {"torch", "click", "rich", "numpy", "scipy", "onnxruntime", "pedalboard", "soundfile"}
    assert not loaded_after("import mixer") & heavy


def test_help_loads_click_alone() -> None:
    loaded = loaded_after("from mixer.cli.main import run\nsys.stderr = sys.stdout\nrun(['-h'])")
    assert "click" in loaded
    assert not loaded & {"torch", "numpy", "scipy", "onnxruntime", "pedalboard", "rich"}


def test_rendering_never_loads_torch() -> None:
    assert not loaded_after("import mixer.output.recipe, mixer.cli.render") & {
        "torch",
        "onnx",
        "training",
    }


def test_settings_and_formats_load_nothing_heavy() -> None:
    loaded = loaded_after(
        "import mixer.rendering.settings, mixer.audio.formats, mixer.normalisations, mixer.stems, "
        "mixer.output.names, mixer.rendering.choices.shipped, mixer.rendering.choices.baselines, "
        "mixer.batch.requests.columns"
    )
    assert not loaded & {"numpy", "scipy", "soundfile", "onnxruntime", "pedalboard", "click"}


def test_a_dry_run_of_a_batch_loads_nothing_that_makes_sound(tmp_path: Path) -> None:
    song = tmp_path / "song"
    song.mkdir()
    for stem in ("vocals", "drums"):
        with wave.open(str(song / f"{stem}.wav"), "wb") as file:
            file.setparams((1, 2, 44_100, 0, "NONE", ""))
            file.writeframes(bytes(88_200))
    manifest = tmp_path / "manifest.csv"
    header = "song,stems,report,daw,effects,preset,vocals.gain_db,loudness_lufs"
    manifest.write_text(f"{header}\nsong,yes,yes,all,eq,rock,+1,-14\n")
    arguments = ["batch", str(manifest), "-o", str(tmp_path / "out"), "--dry-run", "--quiet"]
    loaded = loaded_after(f"from mixer.cli.main import run\nassert run({arguments!r}) == 0")
    assert not loaded & {"scipy", "onnxruntime", "pedalboard", "torch", "matplotlib"}
