"""Read a pickled dict of number arrays from a `.npy` file without running what a pickle may run.

A pickle is a program. Here its opcodes are checked before it is run, every name that it asks for
is answered by a stand-in of this module or refused, and the stand-ins can only view the file's own
bytes as numbers: nothing is allocated because a header claims a size.
"""

import io
import math
import pickle
import pickletools
import re

import numpy as np

from mixer.errors import ModelError

# All that a dict of arrays needs; nothing that builds objects of other classes, or that allocates
# by a number in the file.
_OPCODE_NAMES = (
    "PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG1 FLOAT BINFLOAT "
    "BINBYTES SHORT_BINBYTES BINBYTES8 UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT DICT "
    "SETITEM SETITEMS GLOBAL STACK_GLOBAL REDUCE BUILD PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET "
    "LONG_BINGET "
)
_OPCODES = frozenset(_OPCODE_NAMES.split())
# A feature file has a few hundred. The bound keeps nesting shallow enough for recursive code.
MAX_OPCODES = 10_000
_NUMBER_CODE = re.compile(r"[fiu][1248]|f16")
_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def load_number_dict(content: bytes, source: str) -> dict:
    """The dict in a `.npy` file that holds one pickled dict.

    Args:
        content: the whole file.
        source: name of the file in errors.

    Returns:
        The dict; its leaves may be `PickledArray`, see `as_numbers`. Arrays are views of
        `content`'s pickle.

    Raises:
        ModelError: the file is damaged, or holds anything but arrays of numbers in dicts, lists
            and tuples.
    """
    stream = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(stream)
        shape, _, dtype = _READ_HEADER[version](stream)
        if dtype != np.dtype(object) or shape != ():
            raise ModelError("it holds an array, not one dict")
        pickled = stream.read()
        _check_opcodes(pickled)
        loaded = as_numbers(_NumberUnpickler(io.BytesIO(pickled)).load())
        if not isinstance(loaded, dict):
            raise ModelError("it does not hold a dict")
    except Exception as error:  # a damaged pickle raises whatever its damage leads to
        reason = " ".join(str(error).split())[:200]
        raise ModelError(
            f"{source}: refused, not a plain dict of number arrays ({reason})"
        ) from error
    return loaded


def as_numbers(value: object) -> object:
    """The array after a `PickledArray`; any other value unchanged."""
    return value.value if isinstance(value, PickledArray) else value


class PickledArray:
    """Stands in for an array while it is unpickled; `value` is the array, or the one object of an
    object array without dimensions, which is how NumPy saves a dict."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: object = None

    def __setstate__(self, state: object) -> None:
        _, shape, dtype, is_fortran, data = _expect(state, tuple, 5)
        if not isinstance(dtype, _Dtype) or not isinstance(shape, tuple):
            raise ModelError("an array has no element type or shape")
        if dtype.is_object:
            if shape != ():
                raise ModelError("arrays of objects are not allowed")
            self.value = _expect(data, list, 1)[0]
            return
        numbers = dtype.view(data)
        if any(not isinstance(n, int) or n < 0 for n in shape) or math.prod(shape) != numbers.size:
            raise ModelError("the stated size of an array differs from its data")
        self.value = numbers.reshape(shape, order="F" if is_fortran else "C")


class _Dtype:
    """Stands in for an element type: numbers, or the object type of the outermost array."""

    __slots__ = ("code", "order")

    def __init__(self, code: object) -> None:
        if code != "O8" and not (isinstance(code, str) and _NUMBER_CODE.fullmatch(code)):
            raise ModelError(f"element type {code!r} is not a type of numbers")
        self.code, self.order = str(code), "<"

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or state[1] not in ("<", ">", "|", "="):
            raise ModelError("an element type is damaged")
        if any(part is not None for part in state[2:5]):
            raise ModelError("structured arrays are not allowed")
        self.order = state[1]

    @property
    def is_object(self) -> bool:
        return self.code == "O8"

    def view(self, data: object) -> np.ndarray:
        if self.is_object or not isinstance(data, bytes):
            raise ModelError("an array does not hold plain bytes")
        return np.frombuffer(data, dtype=np.dtype(self.order + self.code))


def _expect(value: object, kind: type, length: int) -> tuple | list:
    if not isinstance(value, tuple | list) or type(value) is not kind or len(value) != length:
        raise ModelError("an array is damaged")
    return value


class _ArrayType:
    """Stands in for the class numpy.ndarray; only ever an argument."""

    __slots__ = ()


class _Reconstruct:
    """Stands in for NumPy's empty array, whose claimed shape is not looked at."""

    __slots__ = ()

    def __call__(self, kind: object, shape: object, code: object) -> PickledArray:
        del kind, shape, code  # the state that follows says it again, with the bytes at hand
        return PickledArray()


class _MakeDtype:
    """Stands in for numpy.dtype(code, align, copy)."""

    __slots__ = ()

    def __call__(self, code: object, *flags: object) -> _Dtype:
        del flags
        return _Dtype(code)


class _MakeScalar:
    """Stands in for a NumPy scalar of an element type and its bytes."""

    __slots__ = ()

    def __call__(self, dtype: object, data: object) -> float:
        if not isinstance(dtype, _Dtype) or dtype.view(data).size != 1:
            raise ModelError("a number is damaged")
        return float(dtype.view(data)[0])


_STAND_INS: dict[tuple[str, str], object] = {("numpy", "ndarray"): _ArrayType()}
_STAND_INS["numpy", "dtype"] = _MakeDtype()
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _STAND_INS[_module, "_reconstruct"] = _Reconstruct()
    _STAND_INS[_module, "scalar"] = _MakeScalar()


class _NumberUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _STAND_INS:
            raise ModelError(f"its pickle asks for {module}.{name}")
        return _STAND_INS[module, name]

    def persistent_load(self, pid: object) -> object:
        raise ModelError("its pickle refers to objects outside of the file")


def _check_opcodes(content: bytes) -> None:
    """Refuse opcodes that arrays do not need, too many of them, and a memo larger than that."""
    for number, (opcode, argument, _) in enumerate(pickletools.genops(content)):
        if opcode.name not in _OPCODES:
            raise ModelError(f"its pickle uses {opcode.name}")
        if number >= MAX_OPCODES:
            raise ModelError(f"its pickle has more than {MAX_OPCODES} steps")
        is_memo = opcode.name in ("PUT", "BINPUT", "LONG_BINPUT")
        if is_memo and isinstance(argument, int) and argument > MAX_OPCODES:
            raise ModelError(f"its pickle claims {argument} objects")
