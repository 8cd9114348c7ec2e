"""`make gpu-check`: everything that a GPU is to show, in under eight minutes.

    python -m benchmarks.gpu [-o FOLDER]

Needs PyTorch (with safetensors, onnx and onnxscript) and ONNX Runtime; training, renders and the
batch also need soundfile, soxr, pyloudnorm, pedalboard, platformdirs, click and rich, and are left
out where one of these is missing. Without a GPU it measures less, on the CPU.

Writes FOLDER/gpu.json and FOLDER/gpu.md, build/gpu by default. The exit code is 1 if a
comparison failed or a part broke.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.gpu.check import run_check
from benchmarks.gpu.places import ON_CPU, ON_GPU, find_places


def main(arguments: list[str] | None = None) -> int:
    """Measure, write and print the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu")
    parser.add_argument("-o", "--output", type=Path, default=Path("build/gpu"))
    options = parser.parse_args(arguments)
    places = find_places()
    report = run_check(
        places,
        ON_GPU if places.has_gpu else ON_CPU,
        lambda line: sys.stderr.write(line + "\n") and None,
    )
    paths = report.write(options.output)
    sys.stdout.write("\n".join(report.lines()) + "\n")
    sys.stderr.write(f"written: {', '.join(map(str, paths))}\n")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
