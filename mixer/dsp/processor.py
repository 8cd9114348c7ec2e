"""Code paths of the numerical libraries on this processor.

They choose code by what the processor can do, and another path has other last bits: where two
machines differ here, the same versions may give another mix.
"""

from __future__ import annotations

import platform

import numpy as np
import threadpoolctl


def processor_paths() -> dict[str, str]:
    """The processor and the instruction sets that numpy uses ("processor"); each BLAS's kernel."""
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    sets = [*simd.get("baseline", ()), *simd.get("found", ())]
    blas = {
        f"{library['internal_api']} {library['version']} {library.get('architecture', '')}".strip()
        for library in threadpoolctl.threadpool_info()
        if library["user_api"] == "blas"
    }
    found = {"processor": " ".join([platform.machine(), *sets])}
    return found | ({"blas": ", ".join(sorted(blas))} if blas else {})
