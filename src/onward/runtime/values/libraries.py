"""Which libraries the user's Python has, without importing one that nobody asked for.

A value is recognised by the class that it is of, taken from `sys.modules`: where a library has not been
imported, no value of its can exist. Only reading and writing import, and only what they need.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

from onward.runtime.values.errors import MissingLibrary

FRAME_LIBRARIES = ("polars", "pandas", "pyarrow", "duckdb")
"""In the order in which they are tried where nothing else decides."""


def is_installed(name: str) -> bool:
    """Whether `import name` would find something; imports nothing but the parents of a dotted name."""
    if name in sys.modules:
        return sys.modules[name] is not None
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def need(name: str, purpose: str = "") -> Any:
    """The module `name`, imported.

    Raises:
        MissingLibrary: it is not installed, or what it stands on is not.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibrary(name, purpose=purpose) from error


def first_installed(names: tuple[str, ...], purpose: str) -> str:
    """The first of `names` that is imported already, else the first that is installed.

    Raises:
        MissingLibrary: none is; the line installs the first of them.
    """
    for name in names:
        if sys.modules.get(name) is not None:
            return name
    for name in names:
        if is_installed(name):
            return name
    raise MissingLibrary(names[0], purpose=purpose)


def loaded(name: str) -> ModuleType | None:
    """The module `name` where something has imported it, else None."""
    return sys.modules.get(name)


def is_a(value: object, library: str, *classes: str) -> bool:
    """Whether `value` is an instance of one of a library's classes, which are not imported to find out.

    Args:
        value: anything.
        library: a module's dotted name; where it is not in `sys.modules` the answer is no.
        classes: names in that module; those that this version lacks are passed over.
    """
    module = loaded(library)
    if module is None:
        return False
    found = tuple(each for each in (getattr(module, name, None) for name in classes) if isinstance(each, type))
    return isinstance(value, found)
