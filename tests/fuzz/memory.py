"""Measures how much memory an object holds."""

import gc
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType

_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType)


def held(thing: object) -> int:
    """Return the size in bytes of ``thing`` and of everything it refers to, except code and classes."""
    size, seen, found = 0, {id(thing)}, [thing]
    while found:
        one = found.pop()
        size += sys.getsizeof(one)
        for other in gc.get_referents(one):
            if id(other) not in seen and not isinstance(other, _SHARED):
                seen.add(id(other))
                found.append(other)
    return size
