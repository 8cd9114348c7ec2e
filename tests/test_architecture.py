"""The directions in which modules may import each other, and what starting up may load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# from the ground up; a module may import its own layer's file and everything below
LAYERS = (
    ("mixer.errors", "mixer.version", "mixer.stems", "mixer.roles"),
    ("mixer.dsp", "mixer.files"),
    ("mixer.audio",),
    ("mixer.meters",),
    ("mixer.song", "mixer.fxnorm", "mixer.network", "mixer.console", "mixer.demo_song"),
    ("mixer.preset",),
    ("mixer.rendering",),
    ("mixer.evaluate",),
    ("mixer.report",),
    ("mixer.output",),
    ("mixer.batch", "mixer.listen"),
    ("mixer.cli",),
)
# who alone may import a library
OWNERS = {
    "onnxruntime": ("mixer.network.session", "export"),
    "pedalboard": ("mixer.console", "mixer.fxnorm.compression"),
    "soundfile": ("mixer.audio",),
    "av": ("mixer.audio",),
    "soxr": ("mixer.audio", "mixer.meters.loudness"),
    "pyloudnorm": ("mixer.meters.loudness",),
    "click": ("mixer.cli",),
    "rich": ("mixer.cli",),
    "matplotlib": ("mixer.evaluate", "mixer.listen"),
    "ray": ("mixer.batch",),
    "torch": ("training", "export"),
    "onnx": ("export",),
    "mido": ("training.synthesis",),
}
FXNORM_EFFECTS = ("loudness", "equalization", "compression", "panning", "balance", "reverb")


def modules() -> dict[str, Path]:
    found = {}
    for package in ("mixer", "export", "training", "presets"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path) -> set[str]:
    """Absolute names that a file imports anywhere, what is for type checkers alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
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


def test_effects_do_not_import_each_other() -> None:
    effects = tuple(f"mixer.fxnorm.{effect}" for effect in FXNORM_EFFECTS)
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
