"""SciPy's compiled filters without the package around them.

`import scipy.signal` loads scipy.stats, interpolation, integration and optimisation with it, which
takes longer than to render half a minute. A render filters; all that it needs of the package are
loops of C, each a module of its own. They stay the ones that SciPy calls, bit for bit
(tests/dsp/test_compiled.py holds both that and that they are there).
"""

from __future__ import annotations

import sys
import threading
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType

import scipy

_LOADING = threading.Lock()


@cache
def compiled(package: str, name: str) -> ModuleType:
    """Load a compiled module of SciPy under its own name, without its package.

    Args:
        package: package of SciPy, such as "signal" or "fft._duccfft".
        name: name of the module, such as "_sosfilt".

    Raises:
        ImportError: this SciPy has no such module.
    """
    whole = f"scipy.{package}.{name}"
    with _LOADING:  # two threads of a render may be the first to filter
        if whole in sys.modules:
            return sys.modules[whole]
        folder = Path(scipy.__file__).parent.joinpath(*package.split("."))
        spec = PathFinder.find_spec(whole, [str(folder)])
        if spec is None or spec.loader is None:
            return import_module(whole)  # which says what is missing
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        # Whoever imports the package later finds the same module, and none that is half loaded.
        return sys.modules.setdefault(whole, module)
