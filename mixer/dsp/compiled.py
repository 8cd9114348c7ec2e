"""SciPy's compiled filters without the package around them.

`import scipy.signal` loads scipy.stats, interpolation, integration and optimisation with it, which
takes longer than to render half a minute. A render filters; all that it needs of the package are
loops of C, each a module of its own. They stay the ones that SciPy calls, bit for bit
(tests/dsp/test_compiled.py holds both that and that they are there).

They are not public, so a SciPy may come without them, or with others under their names. Callers
then call the public function, which is as right and loads its package.
"""

from __future__ import annotations

import sys
import threading
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

import scipy

# The first version whose loops were not compared with ours.
FIRST_UNKNOWN = (1, 19)

_LOADING = threading.Lock()


def scipy_version() -> tuple[int, int]:
    """Major and minor version of the installed SciPy."""
    major, minor = map(int, scipy.__version__.split(".")[:2])
    return major, minor


@cache
def compiled(package: str, name: str) -> ModuleType | None:
    """Load a compiled module of SciPy under its own name, without its package.

    Args:
        package: package of SciPy, such as "signal" or "fft._duccfft".
        name: name of the module, such as "_sosfilt".

    Returns:
        The module; None if this SciPy has no such module, or is newer than those that are known.
    """
    if scipy_version() >= FIRST_UNKNOWN:
        return None
    whole = f"scipy.{package}.{name}"
    with _LOADING:  # two threads of a render may be the first to filter
        if whole in sys.modules:
            return sys.modules[whole]
        folder = Path(scipy.__file__).parent.joinpath(*package.split("."))
        spec = PathFinder.find_spec(whole, [str(folder)])
        if spec is None or spec.loader is None:
            return None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        # Whoever imports the package later finds the same module, and none that is half loaded.
        return sys.modules.setdefault(whole, module)
